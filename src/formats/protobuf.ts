/** Protobuf without a schema: which fields a message has. */

import type { Bytes } from "./bytes.js";

/** A field of a message: its number, its wire type, and where its content lies. */
interface TopField {
  readonly number: number;
  readonly wire: number;
  readonly start: number;
  readonly end: number;
}

/** So many fields say what a message is. */
const ENOUGH = 4096;

/** The first fields of the message that a file is; none where it is no message. Contents are skipped, and not read. */
export function topFields(file: Bytes): readonly TopField[] {
  const fields: TopField[] = [];
  let at = 0;
  const varint = (): number => {
    const bytes = file.at(at, Math.min(10, file.size - at));
    let value = 0;
    for (let i = 0; i < bytes.length; i++) {
      value += (bytes[i] & 127) * 128 ** i;
      if (bytes[i] < 128) {
        at += i + 1;
        return value;
      }
    }
    return Number.NaN;
  };
  while (at < file.size && fields.length < ENOUGH) {
    const tag = varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    let length = { 0: 0, 1: 8, 5: 4 }[wire];
    if (wire === 0) varint();
    if (wire === 2) length = varint();
    const [start, end] = [at, at + (length ?? Number.NaN)];
    if (!(number >= 1 && end <= file.size)) return [];
    fields.push({ number, wire, start, end });
    at = end;
  }
  return fields;
}
