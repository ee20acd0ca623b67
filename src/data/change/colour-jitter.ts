/** Brightness, contrast, saturation, hue and stain. */

import type { Stream } from "../../random/stream.js";
import type { ImageShape } from "../../values/image-shape.js";
import { drawBetween, drawFactor } from "./geometry.js";
import { changesAny, type JitterRanges } from "./jitter-description.js";

/** Three rows of three numbers. */
export type Matrix = readonly [number, number, number, number, number, number, number, number, number];

/** What was drawn for the colours of one picture. */
export interface DrawnColours {
  /** of haematoxylin and of eosin */
  readonly stain: readonly [number, number];
  /** a share of 255 */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** degrees */
  readonly hue: number;
}

/** Grey of red, green and blue (ITU-R BT.601). */
const GREY = [0.299, 0.587, 0.114] as const;

/** Draws what happens to a picture's colours; see {@link drawGeometry}. */
export function drawColours(random: Stream, ranges: JitterRanges): DrawnColours {
  const stain = [drawFactor(random, ranges.stain), drawFactor(random, ranges.stain)] as const;
  const brightness = drawBetween(random, ranges.brightness);
  const contrast = drawFactor(random, ranges.contrast);
  const saturation = drawFactor(random, ranges.saturation);
  return { stain, brightness, contrast, saturation, hue: drawBetween(random, ranges.hue) };
}

const multiplyMatrices = (a: Matrix, b: Matrix): Matrix => {
  const at = (row: number, column: number): number =>
    a[3 * row] * b[column] + a[3 * row + 1] * b[3 + column] + a[3 * row + 2] * b[6 + column];
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
};

/** The inverse by cofactors. */
function invertMatrix([a, b, c, d, e, f, g, h, i]: Matrix): Matrix {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const cofactors = [
    ...[e * i - f * h, c * h - b * i, b * f - c * e],
    ...[f * g - d * i, a * i - c * g, c * d - a * f],
    ...[d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  const [A, B, C, D, E, F, G, H, I] = cofactors.map((value) => value / determinant);
  return [A, B, C, D, E, F, G, H, I];
}

/** RGB to YIQ, the colours of NTSC: grey, and two coordinates of colour. */
const YIQ: Matrix = [...GREY, 0.5959, -0.2746, -0.3213, 0.2115, -0.5227, 0.3112];
const FROM_YIQ = invertMatrix(YIQ);

/**
 * What saturation and hue do to red, green and blue, as a matrix. Both leave the grey: saturation s multiplies the I and Q of YIQ, hue
 * turns them by its degrees.
 *
 * @example
 * const grey = colourMatrix(0, 0); // every row is 0.299, 0.587, 0.114
 */
export function colourMatrix(saturation: number, hue: number): Matrix {
  const angle = (Math.PI / 180) * hue;
  const [cos, sin] = [saturation * Math.cos(angle), saturation * Math.sin(angle)];
  return multiplyMatrices(FROM_YIQ, multiplyMatrices([1, 0, 0, 0, cos, -sin, 0, sin, cos], YIQ));
}

/**
 * The optical densities of red, green and blue that haematoxylin, eosin and what is neither have, as rows of length 1 (Ruifrok and
 * Johnston 2001). The third is at right angles to the others.
 */
export const STAINS: Matrix = (() => {
  const unit = (v: readonly number[]): number[] => v.map((value) => value / Math.hypot(...v));
  const [h, e] = [unit([0.65, 0.7, 0.29]), unit([0.07, 0.99, 0.11])];
  const cross = [h[1] * e[2] - h[2] * e[1], h[2] * e[0] - h[0] * e[2], h[0] * e[1] - h[1] * e[0]];
  const [a, b, c, d, f, g, i, j, k] = [...h, ...e, ...unit(cross)];
  return [a, b, c, d, f, g, i, j, k] as const;
})();

/**
 * What other amounts of haematoxylin and eosin do to optical densities D = −ln(x / 255), as a matrix: the densities are taken apart
 * into concentrations, c = D·S⁻¹ with the stains as the rows of S (Ruifrok and Johnston 2001); those are multiplied by the factors, and
 * put together again. What is neither of the two stays as it is.
 *
 * @returns M, for densities as columns: D' = M·D
 * @example
 * const twice = stainMatrix([2, 1]); // of the densities of haematoxylin alone, twice as much
 */
export function stainMatrix([haematoxylin, eosin]: readonly [number, number]): Matrix {
  const [a, b, c, d, e, f, g, h, i] = STAINS;
  const columns: Matrix = [a, d, g, b, e, h, c, f, i];
  return multiplyMatrices(multiplyMatrices(columns, [haematoxylin, 0, 0, 0, eosin, 0, 0, 0, 1]), invertMatrix(columns));
}

/** Steps of an optical density that is looked up; ln 256 is the density of a byte of 0. */
const STEPS = 512;
/** A byte of 0 counts as ⅓, since its density would be infinite. */
const DENSITIES = Float32Array.from({ length: 256 }, (_, x) => -STEPS * Math.log(Math.max(x, 1 / 3) / 255));
const BYTES = Uint8Array.from({ length: 7 * STEPS }, (_, d) => Math.round(255 * Math.exp(-d / STEPS)));

/**
 * Changes the colours of pictures of one shape, in their place.
 *
 * Stain comes first. Then, with m the mean grey of the picture, b its brightness, c its contrast and M of {@link colourMatrix}:
 *
 *     x' = M·(m + c·(x − m)) + 255·b
 *
 * which is one matrix and one offset, or where M is the unit matrix a table of 256 bytes. Results are rounded and cut to 0 … 255.
 *
 * @returns undefined when the ranges change no colour of such pictures
 */
export function colourChanger(
  shape: ImageShape,
  ranges: JitterRanges,
): ((bytes: Uint8Array, offset: number, drawn: DrawnColours) => void) | undefined {
  const area = shape.height * shape.width;
  const isColour = shape.channels === 3;
  const stains = isColour && changesAny(ranges, "stain");
  const mixes = isColour && changesAny(ranges, "saturation", "hue");
  const levels = changesAny(ranges, "brightness", "contrast");
  const contrasts = changesAny(ranges, "contrast");
  if (!stains && !mixes && !levels) return undefined;
  const table = new Uint8Array(256);
  return (bytes, offset, { stain, brightness, contrast, saturation, hue }) => {
    if (stains) changeStain(bytes, offset, area, stainMatrix(stain));
    const mean = contrasts ? meanGrey(bytes, offset, area, shape.channels) : 0;
    const shift = (1 - contrast) * mean + 255 * brightness;
    if (mixes) {
      // every row of M adds up to 1, so that the offset may be added behind it
      const matrix = colourMatrix(saturation, hue);
      mixChannels(
        bytes,
        offset,
        area,
        matrix.map((value) => contrast * value),
        shift,
      );
    } else if (levels) {
      for (let x = 0; x < 256; x++) table[x] = Math.min(255, Math.max(0, Math.round(contrast * x + shift)));
      const end = offset + shape.channels * area;
      for (let i = offset; i < end; i++) bytes[i] = table[bytes[i]];
    }
  };
}

/** The mean grey of a picture; of other than three channels, the mean byte. */
export function meanGrey(bytes: Uint8Array, offset: number, area: number, channels: number): number {
  let mean = 0;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    const start = offset + c * area;
    for (let i = start; i < start + area; i++) sum += bytes[i];
    mean += (channels === 3 ? GREY[c] : 1 / channels) * (sum / area);
  }
  return mean;
}

/** x' = M·x + shift for each pixel, in 65536ths. */
function mixChannels(bytes: Uint8Array, offset: number, area: number, matrix: readonly number[], shift: number): void {
  const [a, b, c, d, e, f, g, h, k] = matrix.map((value) => Math.round(65536 * value));
  const add = Math.round(65536 * shift) + 32768;
  const [green, blue] = [offset + area, offset + 2 * area];
  for (let i = 0; i < area; i++) {
    const [x, y, z] = [bytes[offset + i], bytes[green + i], bytes[blue + i]];
    bytes[offset + i] = clampByte((a * x + b * y + c * z + add) >> 16);
    bytes[green + i] = clampByte((d * x + e * y + f * z + add) >> 16);
    bytes[blue + i] = clampByte((g * x + h * y + k * z + add) >> 16);
  }
}

const clampByte = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);

/** D' = M·D for the densities of each pixel; both ways are looked up. */
function changeStain(bytes: Uint8Array, offset: number, area: number, matrix: Matrix): void {
  const [a, b, c, d, e, f, g, h, k] = matrix;
  const [green, blue] = [offset + area, offset + 2 * area];
  const most = BYTES.length - 1;
  const byteOf = (density: number): number => BYTES[density < 0 ? 0 : density > most ? most : (density + 0.5) | 0];
  for (let i = 0; i < area; i++) {
    const [x, y, z] = [DENSITIES[bytes[offset + i]], DENSITIES[bytes[green + i]], DENSITIES[bytes[blue + i]]];
    bytes[offset + i] = byteOf(a * x + b * y + c * z);
    bytes[green + i] = byteOf(d * x + e * y + f * z);
    bytes[blue + i] = byteOf(g * x + h * y + k * z);
  }
}
