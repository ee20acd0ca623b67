/** Pictures whose numbers are no bytes. */

import { type NumberKind, type NumberRange, rangeFor } from "../../../values/number-ranges.js";
import type { Decoding, Opening, PictureFile } from "../formats/decoder.js";
import { extremesOfSixteenBits, readSixteenBits, resampleImage } from "../formats/sharp-file.js";
import type { Image } from "../image.js";
import type { FileLook } from "./look-file.js";
import { PixelError } from "./pixel-error.js";
import { openTiffNumbers, type TiffNumbers } from "./tiff-numbers-file.js";

/** As many pixels as libvips decodes of a picture. */
const MOST_PIXELS = 0x3fff ** 2;

/** The least and the largest of a picture's numbers. */
export type Extremes = readonly [least: number, largest: number];

/** A picture whose numbers are no bytes, as it lies in its file. */
export interface DeepPicture {
  extremes(): Promise<Extremes>;
  /** The picture, or a part of it, in bytes and in some size. @returns also whether it has numbers beyond the range, which are cut off */
  image(range: NumberRange, decoding: Decoding): Promise<{ readonly image: Image; readonly isCut: boolean }>;
}

/**
 * Works on a picture whose numbers are no bytes.
 *
 * @param look what its head says
 * @throws PixelError when it cannot be read
 */
export async function withDeepPicture<R>(
  file: PictureFile,
  { kind, isInverted }: FileLook,
  opening: Opening | undefined,
  work: (picture: DeepPicture) => Promise<R>,
): Promise<R> {
  // libvips turns 16 bits as their camera says, and knows all ways of packing; it takes 0 for white before the range is known
  if (kind === "uint16" && !isInverted) return work(ofSixteenBits(file, opening));
  const numbers = await openTiffNumbers(file);
  try {
    expectPicture(numbers);
    return await work(ofNumbers(numbers));
  } finally {
    await numbers.close();
  }
}

/** The range of one picture's own numbers. */
export const ownRange = async (kind: NumberKind, picture: DeepPicture): Promise<NumberRange> =>
  rangeFor(kind, ...(await picture.extremes()));

function expectPicture({ width, height, samples, photometric, isTurned }: TiffNumbers): void {
  if (width * height > MOST_PIXELS) {
    throw new PixelError(`it measures ${width}×${height}: expected at most ${MOST_PIXELS} pixels`);
  }
  if (isTurned) throw new PixelError("it is to be turned, as its tag 274 says; save it upright");
  const isColour = photometric === 2 && samples === 3;
  if (!isColour && !(samples === 1 && photometric <= 1)) {
    throw new PixelError(`it has ${samples} numbers for each pixel, of kind ${photometric}: expected grey or RGB`);
  }
}

/** What 255 steps make of a number. */
const byteOf = (value: number, [black, white]: NumberRange): number =>
  Math.min(255, Math.max(0, Math.round((255 * (value - black)) / (white - black))));

/** Resampling makes numbers that are as far beyond the others, as a share of the range. */
const OVERSHOOT = 0.2;

function ofSixteenBits(file: PictureFile, opening: Opening | undefined): DeepPicture {
  return {
    extremes: () => extremesOfSixteenBits(file, opening),
    async image(range, decoding) {
      const { width, height, channels, data } = await readSixteenBits(file, decoding, opening);
      // a byte for each of 65536 numbers
      const bytes = Uint8Array.from({ length: 65536 }, (_, value) => byteOf(value, range));
      const area = width * height;
      const planes = new Uint8Array(channels * area);
      const most = range[1] + (decoding.size ? OVERSHOOT * (range[1] - range[0]) : 0);
      let isCut = false;
      for (let i = 0; i < area; i++) {
        for (let c = 0; c < channels; c++) {
          const value = data[i * channels + c];
          if (value > most) isCut = true;
          planes[c * area + i] = bytes[value];
        }
      }
      const image = await resampleImage({ width, height, channels, data: planes }, { channels: decoding.channels });
      return { image, isCut };
    },
  };
}

function ofNumbers(numbers: TiffNumbers): DeepPicture {
  const { width, height, photometric } = numbers;
  const channels = photometric === 2 ? 3 : 1;
  return {
    async extremes() {
      let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      let y = 0;
      for await (const row of numbers.rows()) {
        for (let i = 0; i < row.length; i++) {
          if (!Number.isFinite(row[i])) throw notFinite(row[i], Math.floor(i / channels), y);
          if (row[i] < least) least = row[i];
          if (row[i] > largest) largest = row[i];
        }
        y++;
      }
      return [least, largest];
    },
    async image(range, decoding) {
      const area = width * height;
      const planes = new Uint8Array(channels * area);
      let [y, isCut] = [0, false];
      for await (const row of numbers.rows()) {
        for (let i = 0; i < row.length; i++) {
          const value = row[i];
          const x = Math.floor(i / channels);
          if (!Number.isFinite(value)) throw notFinite(value, x, y);
          if (value < range[0] || value > range[1]) isCut = true;
          const byte = byteOf(value, range);
          planes[(i % channels) * area + y * width + x] = photometric === 0 ? 255 - byte : byte;
        }
        y++;
      }
      return { image: await resampleImage({ width, height, channels, data: planes }, decoding), isCut };
    },
  };
}

const notFinite = (value: number, x: number, y: number): PixelError =>
  new PixelError(`it has ${value} at x ${x}, y ${y}: expected finite numbers`);
