/** The directories of a TIFF file (TIFF 6.0, and BigTIFF): what it says of each of its pages. Pixels are decoded elsewhere. */

import { open } from "node:fs/promises";
import type { PictureFile } from "../formats/decoder.js";
import { PixelError } from "./pixel-error.js";

/** The tags that something here asks for. */
export const TIFF_TAGS = {
  newSubfileType: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  description: 270,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  planes: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  subDirectories: 330,
  extraSamples: 338,
  sampleFormat: 339,
  largest: 341,
} as const;

/** The name of a tag. */
export type TiffTag = keyof typeof TIFF_TAGS;

/** What a file says of a page. */
export interface TiffDirectory {
  /** The numbers of a tag, the first of its kind; none where the page does not have it. */
  numbers(tag: TiffTag): Promise<readonly number[]>;
  /** The first number of a tag, or what holds without it. */
  number(tag: TiffTag, fallback: number): Promise<number>;
  /** The text of a tag, that of several of its kind on lines of their own; empty where the page has none. */
  text(tag: TiffTag): Promise<string>;
}

/** A TIFF file that is open. */
export interface TiffFile {
  /** whether numbers begin with their lowest byte */
  readonly littleEndian: boolean;
  /** the pages that follow each other */
  readonly pages: readonly TiffDirectory[];
  /** The pages inside a page, such as its smaller copies. */
  inside(page: TiffDirectory): Promise<readonly TiffDirectory[]>;
  /** Bytes of the file. @throws Error where it ends before */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Bytes of a value of each type. */
const SIZES: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8 },
};
/** More pages or bytes of a tag than this has no file that means well. */
const [MOST_PAGES, MOST_BYTES] = [10_000, 2 ** 27];

/** Whether a file begins as a TIFF does. */
export const isTiff = (head: Uint8Array): boolean =>
  ["73,73,42,0", "77,77,0,42", "73,73,43,0", "77,77,0,43"].includes(head.subarray(0, 4).join());

/**
 * Opens a TIFF file, or the bytes of one, and reads its directories.
 *
 * @throws PixelError when it is none, or breaks off
 */
export async function openTiff(given: PictureFile): Promise<TiffFile> {
  if (typeof given !== "string") {
    const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    const read = async (at: number, length: number): Promise<Buffer> =>
      expectAll(bytes.subarray(at, at + length), length);
    return readDirectories(read, async () => undefined);
  }
  const file = await open(given, "r");
  const read = async (at: number, length: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(length);
    return expectAll(bytes.subarray(0, (await file.read(bytes, 0, length, at)).bytesRead), length);
  };
  try {
    return await readDirectories(read, () => file.close());
  } catch (error) {
    await file.close();
    throw error;
  }
}

function expectAll(bytes: Buffer, length: number): Buffer {
  if (bytes.length < length) throw new PixelError(`it breaks off: expected ${length} more bytes, got ${bytes.length}`);
  return bytes;
}

interface Entry {
  readonly type: number;
  readonly count: number;
  /** where the values are */
  readonly at: number;
}

async function readDirectories(read: TiffFile["read"], close: TiffFile["close"]): Promise<TiffFile> {
  const head = await read(0, 8);
  if (!isTiff(head)) throw new PixelError("it is no TIFF");
  const little = head[0] === 0x49;
  const big = head[little ? 2 : 3] === 43;
  const whole = (bytes: Buffer, at: number, size: number): number => {
    if (size === 8) return Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    return little ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
  };
  const place = big ? 8 : 4;

  const numbersOf = async ({ type, count, at }: Entry): Promise<number[]> => {
    const size = SIZES[type];
    if (count * size > MOST_BYTES) throw new PixelError(`it has a tag of ${count} values`);
    const bytes = await read(at, count * size);
    return Array.from({ length: count }, (_, i) => {
      if (type === 11) return little ? bytes.readFloatLE(4 * i) : bytes.readFloatBE(4 * i);
      if (type === 12) return little ? bytes.readDoubleLE(8 * i) : bytes.readDoubleBE(8 * i);
      if (type === 5 || type === 10) return whole(bytes, 8 * i, 4) / whole(bytes, 8 * i + 4, 4);
      const value = whole(bytes, size * i, size);
      return [6, 8, 9].includes(type) && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
    });
  };

  const directoryAt = async (offset: number): Promise<{ directory: TiffDirectory; next: number }> => {
    const [countSize, entrySize] = big ? [8, 20] : [2, 12];
    const count = whole(await read(offset, countSize), 0, countSize);
    if (count > 4096) throw new PixelError(`it has a page of ${count} tags`);
    const bytes = await read(offset + countSize, count * entrySize + place);
    const entries = new Map<number, Entry[]>();
    for (let i = 0; i < count; i++) {
      const from = i * entrySize;
      const [tag, type] = [whole(bytes, from, 2), whole(bytes, from + 2, 2)];
      const values = whole(bytes, from + 4, place);
      const inline = values * (SIZES[type] ?? 0) <= place;
      const at = inline ? offset + countSize + from + 4 + place : whole(bytes, from + 4 + place, place);
      if (SIZES[type] === undefined) continue;
      const same = entries.get(tag);
      if (same) same.push({ type, count: values, at });
      else entries.set(tag, [{ type, count: values, at }]);
    }
    const numbers = async (tag: TiffTag): Promise<readonly number[]> => {
      const [entry] = entries.get(TIFF_TAGS[tag]) ?? [];
      return entry ? numbersOf(entry) : [];
    };
    const directory: TiffDirectory = {
      numbers,
      number: async (tag, fallback) => (await numbers(tag))[0] ?? fallback,
      async text(tag) {
        const texts = await Promise.all((entries.get(TIFF_TAGS[tag]) ?? []).map(numbersOf));
        return texts.map((signs) => String.fromCharCode(...signs.slice(0, 10_000)).replace(/\0.*$/s, "")).join("\n");
      },
    };
    return { directory, next: whole(bytes, count * entrySize, place) };
  };

  const seen = new Set<number>();
  const chain = async (first: number): Promise<TiffDirectory[]> => {
    const found: TiffDirectory[] = [];
    for (let at = first; at !== 0; ) {
      if (seen.has(at)) throw new PixelError("its pages go in a circle");
      if (found.length >= MOST_PAGES) throw new PixelError(`it has more than ${MOST_PAGES} pages`);
      seen.add(at);
      const { directory, next } = await directoryAt(at);
      found.push(directory);
      at = next;
    }
    return found;
  };
  return {
    littleEndian: little,
    pages: await chain(whole(big ? await read(8, 8) : head, big ? 0 : 4, place)),
    async inside(page) {
      const offsets = await page.numbers("subDirectories");
      return Promise.all(offsets.map(async (offset) => (await directoryAt(offset)).directory));
    },
    read,
    close,
  };
}
