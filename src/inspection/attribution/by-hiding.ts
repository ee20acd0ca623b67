/** Which parts of a picture a score hangs on, by hiding them. No derivative is needed. */

import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import { number, whole } from "../../values/kind.js";
import { partsOf } from "../batches.js";
import { type Aim, valueAimedAt } from "../gradient.js";
import type { Opened } from "../opened.js";
import type { Watch } from "../watch.js";
import type { BaselineOptions } from "./by-gradient.js";
import { baselineOr, enlarge } from "./maps.js";

/** What {@link occlusion} hides. */
export interface OcclusionOptions extends BaselineOptions, Watch {
  /** height and width of what is hidden, in pixels; an eighth of the picture */
  readonly window?: number;
  /** pixels from one place to the next, at most the window, so that all are hidden once; half the window */
  readonly stride?: number;
}

/**
 * Occlusion (Zeiler and Fergus 2014): how much the score falls when a square of the picture is hidden; a pixel has the mean of the squares that cover it. It shows what the score needs, where
 * hiding one part at a time makes a difference: what stands in the picture twice is not missed.
 *
 * @param image 1×C×H×W, from 0 to 255
 * @returns 1×1×H×W
 * @throws RangeError for a window that is no whole number from 1, or larger than the picture, or such a stride that is larger than the window; the signal's reason
 * @example
 * const map = await occlusion(opened, zeros("float32", [1, 1, 32, 32]), 2, { window: 16, stride: 16 });
 * map.shape; // [1, 1, 32, 32]
 */
export async function occlusion(
  opened: Opened,
  image: Tensor<"float32">,
  of: Aim,
  { baseline: given, window, stride, ...watch }: OcclusionOptions = {},
): Promise<Tensor<"float32">> {
  const baseline = baselineOr(given, opened);
  const [, channels, height, width] = single(image);
  const side = window ?? Math.max(1, Math.round(Math.min(height, width) / 8));
  const step = stride ?? Math.max(1, Math.floor(side / 2));
  for (const [name, value, most] of [
    ["window", side, Math.min(height, width)],
    ["stride", step, side],
  ] as const) {
    if (!Number.isInteger(value) || value < 1 || value > most) {
      throw new RangeError(`Expected a ${name} of 1 to ${most} pixels, got ${value}.`);
    }
  }
  const [down, across] = [height, width].map((size) => Math.ceil((size - side) / step) + 1);
  const area = height * width;
  const [whole] = await valueAimedAt(opened, image, of);
  const [sums, times] = [new Float64Array(area), new Float64Array(area)];
  const pixelsAt = (k: number): number[] => {
    const [top, left] = [Math.floor(k / across) * step, (k % across) * step];
    const [bottom, right] = [Math.min(height, top + side), Math.min(width, left + side)];
    return Array.from({ length: (bottom - top) * (right - left) }, (_, i) => {
      const columns = right - left;
      return (top + Math.floor(i / columns)) * width + left + (i % columns);
    });
  };
  const hidden = (k: number): Float32Array => {
    const picture = Float32Array.from(image.data);
    for (const i of pixelsAt(k)) {
      for (let c = 0; c < channels; c++) picture[c * area + i] = baseline[c * area + i];
    }
    return picture;
  };
  await scoresOf(opened, image.shape, of, { count: down * across, picture: hidden }, watch, (k, score) => {
    for (const i of pixelsAt(k)) {
      sums[i] += whole - score;
      times[i]++;
    }
  });
  return float32(
    sums.map((sum, i) => sum / Math.max(1, times[i])),
    [1, 1, height, width],
  );
}

/** How {@link rise} draws masks. */
export interface RiseOptions extends BaselineOptions, Watch {
  /** 1000 */
  readonly masks?: number;
  /** cells of a mask from side to side; 7 */
  readonly cells?: number;
  /** the share of cells that is seen; 0.5 */
  readonly seen?: number;
  readonly seed?: number;
}

/**
 * RISE (Petsiuk, Das and Saenko 2018): the mean of random masks, each times what the network says of the picture seen through it, divided by the share that is seen. A mask is a coarse grid of
 * cells that are seen or not, brought to the picture's size bilinearly, at a random shift. It shows which parts a score needs together, as through frosted glass.
 *
 * @param image 1×C×H×W, from 0 to 255
 * @returns 1×1×H×W
 * @example
 * const map = await rise(opened, zeros("float32", [1, 1, 32, 32]), 2, { masks: 10 });
 * map.shape; // [1, 1, 32, 32]
 */
export async function rise(
  opened: Opened,
  image: Tensor<"float32">,
  of: Aim,
  { baseline: given, masks = 1000, cells = 7, seen = 0.5, seed = 1, ...watch }: RiseOptions = {},
): Promise<Tensor<"float32">> {
  whole(1).take(masks, { path: "masks" });
  whole(1).take(cells, { path: "cells" });
  number({ above: 0, most: 1 }).take(seen, { path: "seen" });
  const baseline = baselineOr(given, opened);
  const [, channels, height, width] = single(image);
  const area = height * width;
  const sums = new Float64Array(area);
  // what a picture was seen through is needed again when its score is there
  const waiting = new Map<number, Float32Array>();
  const through = (k: number): Float32Array => {
    const mask = riseMask({ height, width, cells, seen }, stream(seed, "rise", k));
    waiting.set(k, mask);
    const picture = new Float32Array(channels * area);
    for (let i = 0; i < picture.length; i++) {
      picture[i] = baseline[i] + (image.data[i] - baseline[i]) * mask[i % area];
    }
    return picture;
  };
  await scoresOf(opened, image.shape, of, { count: masks, picture: through }, watch, (k, score) => {
    const mask = waiting.get(k) ?? [];
    waiting.delete(k);
    for (let i = 0; i < mask.length; i++) sums[i] += (score * mask[i]) / (masks * seen);
  });
  return float32(sums, [1, 1, height, width]);
}

/** A mask from 0 to 1. */
function riseMask(
  { height, width, cells, seen }: { height: number; width: number; cells: number; seen: number },
  { uniform, integer }: ReturnType<typeof stream>,
): Float32Array {
  const [down, across] = [Math.ceil(height / cells), Math.ceil(width / cells)];
  const grid = Array.from({ length: cells * cells }, () => (uniform() < seen ? 1 : 0));
  const all = { height: (cells + 1) * down, width: (cells + 1) * across };
  const large = enlarge(float32(grid, [1, 1, cells, cells]), all).data;
  const [top, left] = [integer(0, down - 1), integer(0, across - 1)];
  const mask = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * all.width + left;
    mask.set(large.subarray(from, from + width), y * width);
  }
  return mask;
}

/** Hands over what the network says of each of many pictures, which are made a few at a time. */
export async function scoresOf(
  opened: Opened,
  shape: readonly number[],
  of: Aim,
  { count, picture }: { readonly count: number; readonly picture: (k: number) => Float32Array },
  { onProgress, signal }: Watch,
  take: (k: number, score: number) => void,
): Promise<void> {
  const size = shape.slice(1).reduce((product, side) => product * side, 1);
  for (const { from, to } of partsOf(count, opened.together)) {
    signal?.throwIfAborted();
    const data = new Float32Array((to - from) * size);
    for (let k = from; k < to; k++) data.set(picture(k), (k - from) * size);
    const scores = await valueAimedAt(opened, float32(data, [to - from, ...shape.slice(1)]), of);
    for (const [i, score] of scores.entries()) take(from + i, score);
    onProgress?.(to, count);
  }
}

/** @throws RangeError unless it is one picture */
export function single({ shape }: Tensor): readonly number[] {
  if (shape[0] !== 1) throw new RangeError(`Expected one picture, 1×C×H×W, got ${shape.join("×")}.`);
  return shape;
}
