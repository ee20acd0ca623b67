/** The numbers of a TIFF's first page, as they are stored. */

import { inflateSync } from "node:zlib";
import type { PictureFile } from "../formats/decoder.js";
import { PixelError } from "./pixel-error.js";
import { openTiff, type TiffDirectory, type TiffFile } from "./tiff-file.js";
import { unpackBits, unpackLzw } from "./unpack.js";

/** A part of a file that is unpacked as a whole may have so many bytes. */
const MOST_BYTES = 2 ** 29;

/** Unpacks the bytes that are needed of a strip or a tile that has so many at most. */
type Unpack = (packed: Uint8Array, needed: number, most: number) => Uint8Array;

const inflate: Unpack = (packed, _, most) => inflateSync(packed, { maxOutputLength: most + 2 ** 16 });

/** How a part's bytes come out of the file, by the number in tag 259; as they are where nothing is said. */
const UNPACK: ReadonlyMap<number, Unpack | undefined> = new Map([
  [1, undefined],
  [5, unpackLzw],
  [8, inflate],
  [32773, unpackBits],
  [32946, inflate],
]);
/** Only so packed are numbers stored as differences, whatever tag 317 says. */
const DIFFERENT: ReadonlySet<number> = new Set([5, 8, 32946]);
const COMPRESSIONS: Readonly<Record<number, string>> = {
  ...{ 2: "CCITT", 3: "CCITT", 4: "CCITT", 6: "JPEG", 7: "JPEG", 34712: "JPEG 2000", 33003: "JPEG 2000" },
  ...{ 33005: "JPEG 2000", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 34887: "LERC" },
};
/** The numbers of a page, pixel by pixel. */
export interface TiffNumbers extends Pick<Layout, "width" | "height" | "bits" | "samples" | "kind"> {
  /** what the numbers stand for, as tag 262 says it: 0 grey of which 0 is white, 1 grey, 2 red, green and blue, 3 a palette's index … */
  readonly photometric: number;
  /** whether it says that it is to be turned */
  readonly isTurned: boolean;
  /** how many pages of its size or larger there are beside it */
  readonly others: number;
  /** The numbers of each row, from top to bottom: those of a pixel one after the other. @throws PixelError when they are damaged */
  rows(): AsyncGenerator<Float64Array, void, undefined>;
  close(): Promise<void>;
}

/**
 * Opens the numbers of a TIFF's first page.
 *
 * @throws PixelError when they are of a kind, or packed in a way, that is not read
 */
export async function openTiffNumbers(given: PictureFile): Promise<TiffNumbers> {
  const file = await openTiff(given);
  try {
    const [page] = file.pages;
    if (!page) throw new PixelError("it has no page");
    const layout = await layoutOf(page, file.littleEndian);
    return {
      ...layout,
      photometric: await page.number("photometric", 1),
      isTurned: (await page.number("orientation", 1)) !== 1,
      others: await countOthers(file, layout.width),
      rows: () => rowsOf(file, layout),
      close: file.close,
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Pages beside the first that are no smaller copies of it. */
async function countOthers({ pages: [, ...others] }: TiffFile, width: number): Promise<number> {
  const isOther = await Promise.all(
    others.map(
      async (page) => ((await page.number("newSubfileType", 0)) & 1) === 0 && (await page.number("width", 0)) >= width,
    ),
  );
  return isOther.filter(Boolean).length;
}

/** How a page's numbers lie in its file. */
interface Layout {
  readonly width: number;
  readonly height: number;
  /** bits of a number, and numbers of a pixel */
  readonly bits: number;
  readonly samples: number;
  /** 1: from 0 on, 2: with a sign, 3: floating */
  readonly kind: number;
  readonly littleEndian: boolean;
  readonly unpack: Unpack | undefined;
  /** each number is stored as its difference from the one before */
  readonly differs: boolean;
  /** each byte of a line is stored so, the first bytes of all its numbers before the second ones (Adobe Photoshop TIFF Technical Note 3) */
  readonly differsInBytes: boolean;
  /** the lowest bit of a byte is the first */
  readonly reversed: boolean;
  /** the size of its strips or tiles, and where they are */
  readonly part: { readonly width: number; readonly height: number };
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

async function layoutOf(page: TiffDirectory, littleEndian: boolean): Promise<Layout> {
  const [width, height] = [await page.number("width", 0), await page.number("height", 0)];
  if (width < 1 || height < 1) throw new PixelError(`it measures ${width}×${height}`);
  const { kind, bits, samples } = await numbersOf(page);
  const compression = await page.number("compression", 1);
  const unpack = UNPACK.get(compression);
  const predictor = DIFFERENT.has(compression) ? await page.number("predictor", 1) : 1;
  if (!UNPACK.has(compression)) {
    const how = COMPRESSIONS[compression] ?? `method ${compression}`;
    throw new PixelError(`it is packed by ${how}: expected none, LZW, Deflate or PackBits`);
  }
  if (predictor > 3 || (predictor === 3 && kind !== 3)) {
    const numbers = kind === 3 ? "floating" : "whole";
    throw new PixelError(
      `its numbers are ${numbers} and stored as differences of kind ${predictor} (tag 317): expected none, kind 2, or 3 of floating ones`,
    );
  }
  const tile = await page.number("tileWidth", 0);
  const part = tile
    ? { width: tile, height: await page.number("tileHeight", 0) }
    : { width, height: Math.min(height, await page.number("rowsPerStrip", height)) };
  if (part.height < 1) throw new PixelError("it has strips or tiles without a row");
  const [offsets, lengths] = [
    await page.numbers(tile ? "tileOffsets" : "stripOffsets"),
    await page.numbers(tile ? "tileBytes" : "stripBytes"),
  ];
  const parts = Math.ceil(width / part.width) * Math.ceil(height / part.height);
  if (offsets.length < parts || lengths.length < parts) {
    throw new PixelError(`it has ${Math.min(offsets.length, lengths.length)} strips or tiles: expected ${parts}`);
  }
  const reversed = (await page.number("fillOrder", 1)) === 2;
  return {
    width,
    height,
    bits,
    samples,
    kind,
    littleEndian,
    unpack,
    differs: predictor === 2,
    differsInBytes: predictor === 3,
    reversed,
    part,
    offsets,
    lengths,
  };
}

/** What the numbers of a page are. */
async function numbersOf(page: TiffDirectory): Promise<Pick<Layout, "kind" | "bits" | "samples">> {
  const samples = await page.number("samples", 1);
  const [bits = 1, ...more] = await page.numbers("bits");
  const format = await page.number("sampleFormat", 1);
  // 4 says that nothing is known of them
  const kind = format === 4 ? 1 : format;
  const known = kind === 3 ? [16, 32, 64] : kind === 2 ? [8, 16, 32] : [1, 2, 4, 8, 16, 32];
  if (more.some((other) => other !== bits) || !known.includes(bits) || kind > 3) {
    const what = {
      2: "whole numbers with a sign",
      3: "floating numbers",
      5: "complex whole numbers",
      6: "complex numbers",
    }[kind];
    throw new PixelError(
      `it has ${what ?? "whole numbers"} of ${[...new Set([bits, ...more])].join(" and ")} bits, which are not read`,
    );
  }
  if (samples > 1 && (await page.number("planes", 1)) !== 1) {
    throw new PixelError("its colours lie in planes of their own: expected one number after the other");
  }
  return { kind, bits, samples };
}

async function* rowsOf(file: TiffFile, layout: Layout): AsyncGenerator<Float64Array, void, undefined> {
  const { width, height, part, bits, samples, unpack } = layout;
  const across = Math.ceil(width / part.width);
  const lineBytes = Math.ceil((part.width * samples * bits) / 8);
  // what is not packed need not be read as a whole
  const step = unpack ? part.height : Math.max(1, Math.min(part.height, Math.floor(2 ** 24 / (lineBytes * across))));
  if (lineBytes * step > MOST_BYTES) {
    throw new PixelError(`its strips or tiles have ${lineBytes * step} bytes: expected at most ${MOST_BYTES}`);
  }
  for (let top = 0; top < height; ) {
    const row = Math.floor(top / part.height);
    const within = top - row * part.height;
    const count = Math.min(step, part.height - within, height - top);
    const numbers = Array.from({ length: count }, () => new Float64Array(width * samples));
    for (let column = 0; column < across; column++) {
      const number = row * across + column;
      if (!unpack && layout.lengths[number] < (within + count) * lineBytes) throw new PixelError("its data break off");
      const bytes = unpack
        ? await unpackedPart(file, layout, number, lineBytes)
        : await file.read(layout.offsets[number] + within * lineBytes, count * lineBytes);
      for (let y = 0; y < count; y++) {
        const line = bytes.subarray(y * lineBytes, (y + 1) * lineBytes);
        if (line.length < lineBytes) throw new PixelError("its data break off");
        if (layout.reversed && !unpack) reverseBits(line);
        if (layout.differsInBytes) sumBytes(line, layout);
        readLine(line, numbers[y].subarray(column * part.width * samples), layout);
      }
    }
    yield* numbers;
    top += count;
  }
}

/** The bytes of a strip or a tile. The last strip may be shorter than the others. */
async function unpackedPart(file: TiffFile, layout: Layout, number: number, lineBytes: number): Promise<Buffer> {
  const { offsets, lengths, unpack, reversed, part, height, width } = layout;
  if (lengths[number] > MOST_BYTES) {
    throw new PixelError(`a strip or a tile has ${lengths[number]} bytes: expected at most ${MOST_BYTES}`);
  }
  const packed = await file.read(offsets[number], lengths[number]);
  if (reversed) reverseBits(packed);
  const top = Math.floor(number / Math.ceil(width / part.width)) * part.height;
  const needed = lineBytes * Math.min(part.height, height - top);
  try {
    return Buffer.from(unpack?.(packed, needed, lineBytes * part.height) ?? packed);
  } catch (error) {
    throw new PixelError("its data are damaged or break off", { cause: error });
  }
}

function reverseBits(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = REVERSED[bytes[i]];
}

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let result = 0;
  for (let bit = 0; bit < 8; bit++) result |= ((byte >> bit) & 1) << (7 - bit);
  return result;
});

/** Brings the bytes of a line that lie as differences, those of a rank together, into the order of the numbers. */
function sumBytes(line: Buffer, { bits, samples, littleEndian }: Layout): void {
  for (let i = samples; i < line.length; i++) line[i] += line[i - samples];
  const ranks = Uint8Array.from(line);
  const size = bits / 8;
  const count = line.length / size;
  for (let i = 0; i < count; i++) {
    for (let rank = 0; rank < size; rank++) {
      line[i * size + (littleEndian ? size - 1 - rank : rank)] = ranks[rank * count + i];
    }
  }
}

/** Reads a line of a strip or a tile, as far as it lies in the picture. */
function readLine(
  line: Buffer,
  numbers: Float64Array,
  { bits, samples, differs, part, kind, littleEndian }: Layout,
): void {
  const little = littleEndian;
  const whole = 2 ** bits;
  const count = Math.min(part.width * samples, numbers.length);
  // differences are whole numbers without a sign, and go round
  const read = reader(line, bits, differs ? 1 : kind, little);
  for (let i = 0; i < count; i++) {
    const value = read(i);
    numbers[i] = differs && i >= samples ? (numbers[i - samples] + value) % whole : value;
  }
  if (differs && kind === 2) {
    for (let i = 0; i < count; i++) if (numbers[i] >= whole / 2) numbers[i] -= whole;
  }
}

/** How the numbers of a line are read. */
function reader(line: Buffer, bits: number, kind: number, little: boolean): (i: number) => number {
  if (kind === 3 && bits === 16) return (i) => halfOf(little ? line.readUInt16LE(2 * i) : line.readUInt16BE(2 * i));
  if (kind === 3 && bits === 32) return (i) => (little ? line.readFloatLE(4 * i) : line.readFloatBE(4 * i));
  if (kind === 3) return (i) => (little ? line.readDoubleLE(8 * i) : line.readDoubleBE(8 * i));
  if (bits < 8) return (i) => (line[(i * bits) >> 3] >> (8 - bits - ((i * bits) & 7))) & ((1 << bits) - 1);
  const size = bits / 8;
  if (kind === 2) return (i) => (little ? line.readIntLE(size * i, size) : line.readIntBE(size * i, size));
  return (i) => (little ? line.readUIntLE(size * i, size) : line.readUIntBE(size * i, size));
}

/** A floating number of 16 bits (IEEE 754): a sign, 5 bits of the exponent, 10 of the fraction. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
