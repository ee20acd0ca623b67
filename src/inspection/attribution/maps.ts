/** Maps of evidence: how much each pixel, or each place of a layer, speaks for what a network says. */

import type { Size } from "../../data/pictures/picture-size.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { inputOf } from "../../network/network.js";
import type { Opened } from "../opened.js";

/** How several numbers of a pixel, one for each channel, become one. */
export const REDUCTIONS = {
  /** their sum: what speaks for and against cancels out */
  sum: (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0),
  /** the largest absolute value (Simonyan, Vedaldi and Zisserman 2014) */
  largest: (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
  /** the sum of the absolute values */
  absolute: (numbers: readonly number[]): number => numbers.reduce((a, b) => a + Math.abs(b), 0),
} as const;

/**
 * One number for each pixel.
 *
 * @param maps N×C×H×W
 * @returns N×1×H×W
 * @example
 * perPixel(float32([1, -3, 2, 5], [1, 2, 1, 2]), "largest").data; // [2, 5]
 */
export function perPixel({ shape, data }: Tensor<"float32">, reduction: keyof typeof REDUCTIONS): Tensor<"float32"> {
  const [count, channels, height, width] = shape;
  const area = height * width;
  const reduce = REDUCTIONS[reduction];
  const result = new Float32Array(count * area);
  for (let n = 0; n < count; n++) {
    const numbers = new Array<number>(channels);
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < channels; c++) numbers[c] = data[(n * channels + c) * area + i];
      result[n * area + i] = reduce(numbers);
    }
  }
  return float32(result, [count, 1, height, width]);
}

/** How places lie in another size: "middles" of the outer pixels alike, or the outer "corners" on each other. */
export type Alignment = "middles" | "corners";

/**
 * Maps in another size, bilinearly between places; what is beyond the outer ones is like them.
 *
 * @param maps N×C×h×w
 * @example
 * enlarge(float32([0, 1], [1, 1, 1, 2]), { width: 4, height: 1 }).data; // [0, 0.25, 0.75, 1]
 */
export function enlarge(
  { shape, data }: Tensor<"float32">,
  to: Size,
  alignment: Alignment = "middles",
): Tensor<"float32"> {
  const [count, channels, height, width] = shape;
  const [down, across] = [placesIn(height, to.height, alignment), placesIn(width, to.width, alignment)];
  const result = new Float32Array(count * channels * to.height * to.width);
  let at = 0;
  for (let start = 0; start < data.length; start += height * width) {
    for (const [top, low, v] of down) {
      const [above, below] = [start + top * width, start + low * width];
      for (const [left, right, u] of across) {
        const upper = data[above + left] * (1 - u) + data[above + right] * u;
        result[at++] = upper * (1 - v) + (data[below + left] * (1 - u) + data[below + right] * u) * v;
      }
    }
  }
  return float32(result, [count, channels, to.height, to.width]);
}

/** For each pixel of a row the two places beside it, and the share of the second. */
function placesIn(from: number, to: number, alignment: Alignment): (readonly [number, number, number])[] {
  return Array.from({ length: to }, (_, i) => {
    const at = alignment === "corners" ? (to === 1 ? 0 : (i * (from - 1)) / (to - 1)) : ((i + 0.5) * from) / to - 0.5;
    const inside = Math.min(from - 1, Math.max(0, at));
    const first = Math.floor(inside);
    return [first, Math.min(from - 1, first + 1), inside - first] as const;
  });
}

/**
 * A picture to compare with, C×H×W: the one that is given, or the {@link meanPicture}.
 *
 * @throws RangeError for one of another size, or with what is no number
 */
export function baselineOr(given: ArrayLike<number> | undefined, opened: Opened): ArrayLike<number> {
  const mean = meanPicture(opened);
  if (given === undefined) return mean;
  if (given.length !== mean.length) {
    throw new RangeError(`Expected a baseline of ${mean.length} numbers, C×H×W, got ${given.length}.`);
  }
  if (!Array.from(given).every(Number.isFinite)) throw new RangeError("Expected a baseline of finite numbers.");
  return given;
}

/** The picture that the normalisation makes zero: C×H×W, from 0 to 255. */
export function meanPicture({ model }: Opened): Float32Array {
  const { channels, height, width } = inputOf(model.network);
  const { mean } = model.normalization;
  const area = height * width;
  const perPlace = mean.length === channels * area;
  return Float32Array.from({ length: channels * area }, (_, i) =>
    perPlace ? mean[i] : mean[mean.length === 1 ? 0 : Math.floor(i / area)],
  );
}
