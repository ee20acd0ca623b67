/** The labels in a PNG file (PNG 1.2): the numbers that are stored, and not what they look like. */

import { createInflate } from "node:zlib";
import { PixelError } from "../pictures/numbers/pixel-error.js";
import type { LabelSource } from "./label-source.js";

const SIGNATURE = "137,80,78,71,13,10,26,10";

/** Whether a file begins as a PNG does. */
export const isPng = (head: Uint8Array): boolean => head.subarray(0, 8).join() === SIGNATURE;

/** Numbers of a pixel by the colour type: grey, colour, palette, grey and opacity, colour and opacity. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** The bits that each colour type may have. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  ...{ 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] },
};
/** The passes of Adam7: first column and row, and the steps. */
const PASSES = [
  ...[[0, 0, 8, 8] as const, [4, 0, 8, 8] as const, [0, 4, 4, 8] as const, [2, 0, 4, 4] as const],
  ...[[0, 2, 2, 4] as const, [1, 0, 2, 2] as const, [0, 1, 1, 2] as const],
];
/** An interlaced picture has to be in memory as a whole. */
const MOST_INTERLACED = 2 ** 26;

/**
 * The labels in the bytes of a PNG file: of grey and of colour the number itself, of a palette its index, whatever opacity, profile, gamma or
 * palette say of how it looks.
 *
 * @throws PixelError when it is damaged; where a pixel's colours differ, when that row is read
 */
export function pngLabels(bytes: Buffer): LabelSource {
  const parts = chunksOf(bytes);
  const head = parts.find(({ type }) => type === "IHDR")?.data;
  if (head?.length !== 13) throw new PixelError("it has no head");
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const [depth, colour, , , interlaced] = head.subarray(8);
  if (width === 0 || height === 0) throw new PixelError(`it measures ${width}×${height}`);
  if (!DEPTHS[colour]?.includes(depth)) throw new PixelError(`it has ${depth} bits of colour type ${colour}`);
  if (parts.some(({ type, data }) => type === "eXIf" && turns(data))) {
    throw new PixelError("it is to be turned, as its EXIF says; save it upright");
  }
  const packed = parts.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  const format: Format = { depth, samples: SAMPLES[colour], isColour: colour === 2 || colour === 6 };
  if (interlaced === 0) return { width, height, rows: () => rowsOf(packed, [{ width, height }], format) };
  if (width * height > MOST_INTERLACED) {
    throw new PixelError(`it is interlaced and has ${width}×${height} pixels; save it without interlacing`);
  }
  return { width, height, rows: () => interlacedRows(packed, width, height, format) };
}

interface Format {
  readonly depth: number;
  readonly samples: number;
  readonly isColour: boolean;
}

function chunksOf(bytes: Buffer): { readonly type: string; readonly data: Buffer }[] {
  const parts = [];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    parts.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
    if (type === "IEND") break;
  }
  return parts;
}

/** Whether EXIF says that the picture is not upright: its tag 274 is there and not 1. */
function turns(exif: Buffer): boolean {
  if (exif.length < 10) return false;
  const little = exif[0] === 0x49;
  const short = (at: number): number => (little ? exif.readUInt16LE(at) : exif.readUInt16BE(at));
  const first = little ? exif.readUInt32LE(4) : exif.readUInt32BE(4);
  if (first + 2 > exif.length) return false;
  for (let i = 0, at = first + 2; i < short(first) && at + 12 <= exif.length; i++, at += 12) {
    if (short(at) === 274) return short(at + 8) !== 1;
  }
  return false;
}

/** The rows of one picture, or of one smaller picture after the other. */
async function* rowsOf(
  packed: readonly Buffer[],
  pictures: readonly { readonly width: number; readonly height: number }[],
  format: Format,
): AsyncGenerator<Uint16Array, void, undefined> {
  const { depth, samples } = format;
  const rows = pictures.flatMap(({ width, height }) =>
    Array.from({ length: height }, (_, row) => ({ width, isFirst: row === 0 })),
  );
  let wanted = 0;
  const sizeOf = (row: number): number => 1 + Math.ceil((rows[row].width * samples * depth) / 8);
  let [line, filled] = [Buffer.alloc(sizeOf(0)), 0];
  let before = line;
  for await (const chunk of inflated(packed)) {
    for (let at = 0; at < chunk.length && wanted < rows.length; ) {
      const count = Math.min(line.length - filled, chunk.length - at);
      chunk.copy(line, filled, at, at + count);
      at += count;
      filled += count;
      if (filled < line.length) continue;
      if (rows[wanted].isFirst) before = Buffer.alloc(line.length);
      unfilter(line, before, Math.max(1, (samples * depth) >> 3));
      yield labelsIn(line.subarray(1), rows[wanted].width, wanted, format);
      wanted++;
      before = line;
      [line, filled] = [Buffer.alloc(wanted < rows.length ? sizeOf(wanted) : 0), 0];
    }
  }
  if (wanted < rows.length) throw new PixelError(`it breaks off in row ${wanted} of ${rows.length}`);
}

async function* inflated(packed: readonly Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  const inflate = createInflate();
  inflate.on("error", () => undefined);
  for (const part of packed) inflate.write(part);
  inflate.end();
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } catch (error) {
    throw new PixelError("its data are damaged or break off", { cause: error });
  } finally {
    inflate.destroy();
  }
}

/** Undoes a row's filter (PNG 1.2, section 6), in place. @param step bytes from a pixel to the next */
function unfilter(line: Buffer, before: Buffer, step: number): void {
  const filter = line[0];
  if (filter > 4) throw new PixelError("its data are damaged: there is no such filter");
  for (let i = 1; i < line.length; i++) {
    const left = i > step ? line[i - step] : 0;
    const corner = i > step ? before[i - step] : 0;
    const above = before[i];
    if (filter === 1) line[i] += left;
    else if (filter === 2) line[i] += above;
    else if (filter === 3) line[i] += (left + above) >> 1;
    else if (filter === 4) line[i] += paeth(left, above, corner);
  }
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

function labelsIn(bytes: Buffer, width: number, row: number, { depth, samples, isColour }: Format): Uint16Array {
  const labels = new Uint16Array(width);
  const at = (i: number): number => {
    if (depth === 16) return bytes.readUInt16BE(2 * i);
    if (depth === 8) return bytes[i];
    return (bytes[(i * depth) >> 3] >> (8 - depth - ((i * depth) & 7))) & ((1 << depth) - 1);
  };
  for (let x = 0; x < width; x++) {
    labels[x] = at(x * samples);
    if (!isColour) continue;
    const [red, green, blue] = [labels[x], at(x * samples + 1), at(x * samples + 2)];
    if (red !== green || red !== blue) throw PixelError.colour([red, green, blue], x, row);
  }
  return labels;
}

async function* interlacedRows(
  packed: readonly Buffer[],
  width: number,
  height: number,
  format: Format,
): AsyncGenerator<Uint16Array, void, undefined> {
  const all = new Uint16Array(width * height);
  const passes = PASSES.filter(([x, y]) => x < width && y < height);
  const sizes = passes.map(([x, y, right, down]) => ({
    width: Math.ceil((width - x) / right),
    height: Math.ceil((height - y) / down),
  }));
  const rows = rowsOf(packed, sizes, format);
  for (const [pass, [left, top, right, down]] of passes.entries()) {
    for (let r = 0; r < sizes[pass].height; r++) {
      const { value } = await rows.next();
      if (!value) throw new PixelError("it breaks off");
      value.forEach((label, i) => {
        all[(top + r * down) * width + left + i * right] = label;
      });
    }
  }
  for (let y = 0; y < height; y++) yield all.subarray(y * width, (y + 1) * width);
}
