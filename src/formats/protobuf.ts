/** Protobuf without a schema: which fields a message has. */

import type { Bytes } from "./bytes.js";

/** A field of a message: its number, its wire type, and where its content lies. */
export interface ProtoField {
  readonly number: number;
  readonly wire: number;
  /** of a number (wire type 0); it is rounded beyond 2⁵³ */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** So many fields say what a message is. */
const ENOUGH = 4096;

/** So many bytes are looked at together where they are read from a file. */
const WINDOW = 4096;

/** The first fields of the message that a file is; none where it is no message. Contents are skipped, and not read. */
export function topFields(file: Bytes): readonly ProtoField[] {
  const fields: ProtoField[] = [];
  for (const field of protoFields(file, 0, file.size)) {
    if (field === undefined) return [];
    fields.push(field);
    if (fields.length >= ENOUGH) break;
  }
  return fields;
}

/** The fields of the message between two places; ends with undefined where it is no message. */
export function* protoFields(file: Bytes, from: number, end: number): Generator<ProtoField | undefined> {
  let at = from;
  let window: Uint8Array = new Uint8Array();
  let windowAt = 0;
  const varint = (): number => {
    if (at < windowAt || at + 10 > windowAt + window.length) {
      windowAt = at;
      window = file.at(at, Math.min(WINDOW, end - at));
    }
    let value = 0;
    for (let i = 0; i < 10 && at - windowAt < window.length; i++) {
      const byte = window[at - windowAt];
      at++;
      value += (byte & 127) * 128 ** i;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < end) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    const value = wire === 0 || wire === 2 ? varint() : 0;
    const length = wire === 2 ? value : { 0: 0, 1: 8, 5: 4 }[wire];
    const start = at;
    if (!(number >= 1 && value >= 0 && length !== undefined && at + length <= end)) {
      yield undefined;
      return;
    }
    at += length;
    yield { number, wire, value, start, end: at };
  }
}
