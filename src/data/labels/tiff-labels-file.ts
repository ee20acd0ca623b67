/** The labels in a TIFF file: the numbers that are stored, and not what they look like. */

import { inflateSync } from "node:zlib";
import { openTiff, type TiffDirectory, type TiffFile } from "../pictures/formats/tiff-file.js";
import { LabelError, type LabelSource } from "./label-source.js";
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
const COMPRESSIONS: Readonly<Record<number, string>> = {
  ...{ 2: "CCITT", 3: "CCITT", 4: "CCITT", 6: "JPEG", 7: "JPEG", 34712: "JPEG 2000", 33003: "JPEG 2000" },
  ...{ 33005: "JPEG 2000", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL", 34887: "LERC" },
};
/** What the numbers stand for, by the number in tag 262: those of one number, where the others differ from colour or do not stand for themselves. */
const GREY: readonly number[] = [0, 1, 3, 4];
const COLOUR = 2;

/**
 * Opens the labels of a TIFF's first page: of grey and of colour the number itself, of a palette its index, whether 0 is called black or white,
 * whatever opacity, profile or palette say of how it looks.
 *
 * @throws LabelError when its numbers are no labels, or it is packed in a way that is not read
 */
export async function openTiffLabels(path: string): Promise<LabelSource & { close(): Promise<void> }> {
  const file = await openTiff(path);
  try {
    const layout = await layoutOf(file);
    const { width, height } = layout;
    return { width, height, rows: () => rowsOf(file, layout), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** How a page's numbers lie in its file. */
interface Layout {
  readonly width: number;
  readonly height: number;
  /** bits of a number, and numbers of a pixel */
  readonly bits: number;
  readonly samples: number;
  readonly isColour: boolean;
  /** 1: from 0 on, 2: with a sign, 3: floating */
  readonly kind: number;
  readonly littleEndian: boolean;
  readonly unpack: Unpack | undefined;
  /** each number is stored as its difference from the one before */
  readonly differs: boolean;
  /** the lowest bit of a byte is the first */
  readonly reversed: boolean;
  /** the size of its strips or tiles, and where they are */
  readonly part: { readonly width: number; readonly height: number };
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

async function layoutOf({ pages, littleEndian }: TiffFile): Promise<Layout> {
  const [page, ...others] = pages;
  if (!page) throw new LabelError("it has no page");
  const [width, height] = [await page.number("width", 0), await page.number("height", 0)];
  if (width < 1 || height < 1) throw new LabelError(`it measures ${width}×${height}`);
  for (const other of others) {
    const isCopy = ((await other.number("newSubfileType", 0)) & 1) === 1 || (await other.number("width", 0)) < width;
    if (!isCopy) throw new LabelError(`it has ${pages.length} pages: expected one, or smaller copies of it`);
  }
  const { isColour, kind, bits, samples } = await numbersOf(page);
  if ((await page.number("orientation", 1)) !== 1)
    throw new LabelError("it is to be turned, as its tag 274 says; save it upright");
  const compression = await page.number("compression", 1);
  const unpack = UNPACK.get(compression);
  const predictor = await page.number("predictor", 1);
  if (!UNPACK.has(compression) || predictor > 2) {
    const how = UNPACK.has(compression)
      ? `with predictor ${predictor}`
      : `by ${COMPRESSIONS[compression] ?? `method ${compression}`}`;
    throw new LabelError(`it is packed ${how}: expected none, LZW, Deflate or PackBits`);
  }
  const tile = await page.number("tileWidth", 0);
  const part = tile
    ? { width: tile, height: await page.number("tileHeight", 0) }
    : { width, height: Math.min(height, await page.number("rowsPerStrip", height)) };
  if (part.height < 1) throw new LabelError("it has strips or tiles without a row");
  const [offsets, lengths] = [
    await page.numbers(tile ? "tileOffsets" : "stripOffsets"),
    await page.numbers(tile ? "tileBytes" : "stripBytes"),
  ];
  const parts = Math.ceil(width / part.width) * Math.ceil(height / part.height);
  if (offsets.length < parts || lengths.length < parts) {
    throw new LabelError(`it has ${Math.min(offsets.length, lengths.length)} strips or tiles: expected ${parts}`);
  }
  const reversed = (await page.number("fillOrder", 1)) === 2;
  return {
    width,
    height,
    bits,
    samples,
    isColour,
    kind,
    littleEndian,
    unpack,
    differs: predictor === 2,
    reversed,
    part,
    offsets,
    lengths,
  };
}

/** What the numbers of a page are. @throws LabelError when they are no labels */
async function numbersOf(page: TiffDirectory): Promise<Pick<Layout, "isColour" | "kind" | "bits" | "samples">> {
  const photometric = await page.number("photometric", 1);
  const isColour = photometric === COLOUR;
  if (!isColour && !GREY.includes(photometric)) {
    throw new LabelError(`its pixels are colours of another kind (photometric ${photometric}): expected grey values`);
  }
  const samples = await page.number("samples", 1);
  const [bits = 1, ...more] = await page.numbers("bits");
  const kind = await page.number("sampleFormat", 1);
  const isWhole = kind !== 3 && [1, 2, 4, 8, 16, 32].includes(bits);
  const isFloating = kind === 3 && [32, 64].includes(bits);
  if (more.some((other) => other !== bits) || !(isWhole || isFloating) || kind > 4) {
    throw new LabelError(
      `its numbers have ${[bits, ...more].join(" ")} bits of kind ${kind}: expected whole numbers of 1 to 32 bits`,
    );
  }
  if (samples > 1 && (await page.number("planes", 1)) !== 1) {
    throw new LabelError("its colours lie in planes of their own: expected one number after the other");
  }
  if (isColour && samples < 3) throw new LabelError(`it has ${samples} colours`);
  return { isColour, kind, bits, samples };
}

async function* rowsOf(file: TiffFile, layout: Layout): AsyncGenerator<Uint16Array, void, undefined> {
  const { width, height, part, bits, samples, unpack } = layout;
  const across = Math.ceil(width / part.width);
  const lineBytes = Math.ceil((part.width * samples * bits) / 8);
  // what is not packed need not be read as a whole
  const step = unpack ? part.height : Math.max(1, Math.min(part.height, Math.floor(2 ** 24 / (lineBytes * across))));
  if (lineBytes * step > MOST_BYTES) {
    throw new LabelError(`its strips or tiles have ${lineBytes * step} bytes: expected at most ${MOST_BYTES}`);
  }
  for (let top = 0; top < height; ) {
    const row = Math.floor(top / part.height);
    const within = top - row * part.height;
    const count = Math.min(step, part.height - within, height - top);
    const labels = Array.from({ length: count }, () => new Uint16Array(width));
    for (let column = 0; column < across; column++) {
      const number = row * across + column;
      if (!unpack && layout.lengths[number] < (within + count) * lineBytes) throw new LabelError("its data break off");
      const bytes = unpack
        ? await unpackedPart(file, layout, number, lineBytes)
        : await file.read(layout.offsets[number] + within * lineBytes, count * lineBytes);
      for (let y = 0; y < count; y++) {
        const line = bytes.subarray(y * lineBytes, (y + 1) * lineBytes);
        if (line.length < lineBytes) throw new LabelError("its data break off");
        if (layout.reversed && !unpack) reverseBits(line);
        readLine(line, labels[y], column * part.width, top + y, layout);
      }
    }
    yield* labels;
    top += count;
  }
}

/** The bytes of a strip or a tile. The last strip may be shorter than the others. */
async function unpackedPart(file: TiffFile, layout: Layout, number: number, lineBytes: number): Promise<Buffer> {
  const { offsets, lengths, unpack, reversed, part, height, width } = layout;
  if (lengths[number] > MOST_BYTES) {
    throw new LabelError(`a strip or a tile has ${lengths[number]} bytes: expected at most ${MOST_BYTES}`);
  }
  const packed = await file.read(offsets[number], lengths[number]);
  if (reversed) reverseBits(packed);
  const top = Math.floor(number / Math.ceil(width / part.width)) * part.height;
  const needed = lineBytes * Math.min(part.height, height - top);
  try {
    return Buffer.from(unpack?.(packed, needed, lineBytes * part.height) ?? packed);
  } catch (error) {
    throw new LabelError("its data are damaged or break off", { cause: error });
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

/** Reads the labels of a line of a strip or a tile, as far as it lies in the picture. */
function readLine(line: Buffer, labels: Uint16Array, left: number, row: number, layout: Layout): void {
  const { bits, samples, isColour, differs, part } = layout;
  const read = reader(line, layout);
  const sums = new Array<number>(samples).fill(0);
  const whole = 2 ** bits;
  const count = Math.min(part.width, labels.length - left);
  for (let x = 0; x < count; x++) {
    for (let s = 0; s < samples; s++) {
      const value = read(x * samples + s);
      sums[s] = differs ? (((sums[s] + value) % whole) + whole) % whole : value;
    }
    const [value] = sums;
    if (isColour && (sums[1] !== value || sums[2] !== value)) throw LabelError.colour(sums.slice(0, 3), left + x, row);
    if (!Number.isInteger(value) || value < 0 || value > 65535) {
      throw new LabelError(`it has ${value} at x ${left + x}, y ${row}: expected whole numbers from 0 to 65535`);
    }
    labels[left + x] = value;
  }
}

/** How the numbers of a line are read. Differences are whole numbers without a sign. */
function reader(line: Buffer, { bits, kind, littleEndian: little, differs }: Layout): (i: number) => number {
  const signed = kind === 2 && !differs;
  if (kind === 3 && bits === 32) return (i) => (little ? line.readFloatLE(4 * i) : line.readFloatBE(4 * i));
  if (kind === 3) return (i) => (little ? line.readDoubleLE(8 * i) : line.readDoubleBE(8 * i));
  if (bits < 8) return (i) => (line[(i * bits) >> 3] >> (8 - bits - ((i * bits) & 7))) & ((1 << bits) - 1);
  const size = bits / 8;
  if (signed) return (i) => (little ? line.readIntLE(size * i, size) : line.readIntBE(size * i, size));
  return (i) => (little ? line.readUIntLE(size * i, size) : line.readUIntBE(size * i, size));
}
