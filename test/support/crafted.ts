/** Pictures byte by byte, as no encoder would write them all. */

import { crc32, deflateSync } from "node:zlib";

/** A PNG as it is to be written. */
export interface CraftedPng {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** 0 grey, 2 colour, 3 palette, 4 grey and opacity, 6 colour and opacity */
  readonly colour: number;
  /** the bytes of each row */
  readonly row: (y: number) => Iterable<number>;
  /** chunks before the data */
  readonly chunks?: readonly [type: string, data: Uint8Array][];
}

/** A PNG without filters. */
export function craftPng({ width, height, depth, colour, row, chunks = [] }: CraftedPng): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([depth, colour], 8);
  const rows = Array.from({ length: height }, (_, y) => Buffer.from([0, ...row(y)]));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", head),
    ...chunks.map(([type, data]) => chunk(type, data)),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** A page of a TIFF as it is to be written: its tags, and its pixels in one strip. */
export interface CraftedPage {
  /** numbers of a tag, or its text, or the texts of several of its kind */
  readonly tags: Readonly<Record<number, number | readonly number[] | string | readonly string[]>>;
  readonly data: Uint8Array;
  /** pages inside of this one */
  readonly inside?: readonly CraftedPage[];
}

/** A page of one number a pixel. */
export const greyPage = (
  width: number,
  height: number,
  bits: number,
  data: Uint8Array,
  tags: CraftedPage["tags"] = {},
): CraftedPage => ({
  tags: { 256: width, 257: height, 258: bits, 259: 1, 262: 1, 277: 1, 278: height, ...tags },
  data,
});

/** A TIFF whose numbers begin with their lowest byte. */
export function craftTiff(pages: readonly CraftedPage[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0])];
  let at = 8;
  const add = (bytes: Uint8Array): number => {
    const start = at;
    const padded = Buffer.alloc(bytes.length + (bytes.length % 2));
    padded.set(bytes);
    parts.push(padded);
    at += padded.length;
    return start;
  };
  const numbers = (values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => {
      bytes.writeUInt32LE(value, 4 * i);
    });
    return bytes;
  };
  /** Writes a page. @returns where it is, and where it says what comes next */
  const write = ({ tags, data, inside = [] }: CraftedPage): { readonly start: number; readonly next: Buffer } => {
    const all: Record<number, CraftedPage["tags"][number]> = { ...tags, 273: add(data), 279: data.length };
    if (inside.length > 0) all[330] = inside.map((page) => write(page).start);
    const single = Object.entries(all).flatMap(([tag, value]): [string, string | number[]][] => {
      const values = [value].flat();
      const texts = values.filter((one) => typeof one === "string");
      return texts.length > 0 ? texts.map((text) => [tag, text]) : [[tag, values.map(Number)]];
    });
    const entries = single.map(([tag, value]) => {
      const entry = Buffer.alloc(12);
      const isText = typeof value === "string";
      const bytes = isText ? Buffer.from(`${value}\0`, "latin1") : numbers(value);
      entry.writeUInt16LE(Number(tag), 0);
      entry.writeUInt16LE(isText ? 2 : 4, 2);
      entry.writeUInt32LE(isText ? bytes.length : bytes.length / 4, 4);
      if (bytes.length <= 4) entry.set(bytes, 8);
      else entry.writeUInt32LE(add(bytes), 8);
      return entry;
    });
    const count = Buffer.alloc(2);
    count.writeUInt16LE(entries.length, 0);
    const next = Buffer.alloc(4);
    const start = at;
    for (const part of [count, ...entries, next]) {
      parts.push(part);
      at += part.length;
    }
    return { start, next };
  };
  let before = parts[0].subarray(4);
  for (const page of pages) {
    const { start, next } = write(page);
    before.writeUInt32LE(start, 0);
    before = next;
  }
  return Buffer.concat(parts);
}
