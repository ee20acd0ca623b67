/** Whether a map of evidence is faithful: what the network says when the pixels that it points to are taken away, or are all that is left. */

import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { outputOf } from "../../network/network.js";
import { permutation, stream } from "../../random/stream.js";
import { list, number, whole } from "../../values/kind.js";
import type { BaselineOptions } from "../attribution/by-gradient.js";
import { scoresOf, single } from "../attribution/by-hiding.js";
import { baselineOr, enlarge, perPixel } from "../attribution/maps.js";
import type { Aim } from "../gradient.js";
import type { Opened } from "../opened.js";
import type { Watch } from "../watch.js";
import { imputed } from "./imputation.js";

/** What a network says, by the share of pixels that is taken away or put in. */
export interface RemovalCurve {
  /** from 0 to 1 */
  readonly shares: readonly number[];
  /** what is said at each share */
  readonly values: readonly number[];
  /** the area under the curve over its shares: their mean value */
  readonly area: number;
}

/** How {@link deletion} and {@link insertion} go on. */
export interface RemovalOptions extends BaselineOptions, Watch {
  /** so many times a part of the pixels goes; 20 */
  readonly steps?: number;
  /** of pixels that are alike in the map the order is random; 1 */
  readonly seed?: number;
}

/** A picture, 1×C×H×W from 0 to 255, what the network says of it, and a map of why: 1×C×h×w, larger where more speaks for it. */
export type Doubted = readonly [opened: Opened, image: Tensor<"float32">, of: Aim, map: Tensor<"float32">];

/**
 * Deletion (Petsiuk, Das and Saenko 2018): the pixels go to the baseline, those with the most evidence first. The faster the curve falls, the smaller its area, the better the
 * map has found what the class hangs on. Pictures with holes are unlike any that the network has learned from: see {@link road}.
 *
 * @param of a class: its probability is looked at, where the model has probabilities; or any other aim
 * @returns the curve from the whole picture to the baseline
 * @example
 * const image = float32(Array.from({ length: 1024 }, (_, i) => i % 256), [1, 1, 32, 32]);
 * const { values } = await deletion(opened, image, 2, await saliency(opened, image, 2), { steps: 4 });
 * values.length; // 5
 */
export const deletion = (
  ...[opened, image, of, map, options = {}]: [...Doubted, RemovalOptions?]
): Promise<RemovalCurve> => exchanged([opened, image, of, map], options, true);

/**
 * Insertion (Petsiuk, Das and Saenko 2018): the picture comes in the place of the baseline, the pixels with the most evidence first. The faster the curve rises, the larger its
 * area, the better. Petsiuk's baseline here is a blurred picture; ours is the same as for {@link deletion} unless given.
 *
 * @returns the curve from the baseline to the whole picture
 * @example
 * const image = float32(Array.from({ length: 1024 }, (_, i) => i % 256), [1, 1, 32, 32]);
 * const { shares } = await insertion(opened, image, 2, await saliency(opened, image, 2), { steps: 4 });
 * shares; // [0, 0.25, 0.5, 0.75, 1]
 */
export const insertion = (
  ...[opened, image, of, map, options = {}]: [...Doubted, RemovalOptions?]
): Promise<RemovalCurve> => exchanged([opened, image, of, map], options, false);

async function exchanged(
  [opened, image, of, map]: Doubted,
  { baseline: given, steps = 20, seed = 1, ...watch }: RemovalOptions,
  isDeletion: boolean,
): Promise<RemovalCurve> {
  whole(1).take(steps, { path: "steps" });
  const baseline = baselineOr(given, opened);
  const order = removalOrder(map, image, seed);
  const area = order.length;
  const shares = Array.from({ length: steps + 1 }, (_, k) => k / steps);
  const [from, to] = isDeletion ? [image.data, baseline] : [baseline, image.data];
  const picture = (k: number): Float32Array => {
    const data = Float32Array.from(from);
    for (const pixel of order.subarray(0, Math.round(shares[k] * area))) {
      for (let i = pixel; i < data.length; i += area) data[i] = to[i];
    }
    return data;
  };
  const values: number[] = [];
  const pictures = { count: shares.length, picture };
  await scoresOf(opened, image.shape, saidOf(opened, of), pictures, watch, (k, value) => {
    values[k] = value;
  });
  return { shares, values, area: areaOf(values) };
}

/** By the trapezoidal rule, over even steps. */
function areaOf(values: readonly number[]): number {
  const steps = values.length - 1;
  return values.reduce((sum, value, k) => sum + value / (k === 0 || k === steps ? 2 * steps : steps), 0);
}

/** How {@link road} goes on. */
export interface RoadOptions extends Watch {
  /** the shares of pixels that are taken away; 0.1, 0.2, … 0.9 */
  readonly shares?: readonly number[];
  /** deviation of the noise, in bytes; 0.6: the 0.01 of Rong's program, of pictures as networks of ImageNet take them */
  readonly noise?: number;
  readonly seed?: number;
}

/** What {@link road} finds. */
export interface Road {
  /** the pixels with the most evidence are taken away; its area is the mean of its values */
  readonly mostFirst: RemovalCurve;
  /** those with the least evidence are taken away */
  readonly leastFirst: RemovalCurve;
  /** half the difference of the areas, least first less most first: 0 for a map that says nothing, larger is better */
  readonly score: number;
}

/**
 * ROAD, remove and debias (Rong et al. 2022): what is taken away is filled in from what stands around it ({@link imputed}), so that neither holes nor their shape tell anything. It shows
 * whether a map orders the pixels as the network needs them, not whether the network needs the right ones.
 *
 * @param of a class: its probability is looked at, where the model has probabilities; or any other aim
 * @example
 * const image = float32(Array.from({ length: 1024 }, (_, i) => i % 256), [1, 1, 32, 32]);
 * const { mostFirst } = await road(opened, image, 2, await saliency(opened, image, 2), { shares: [0.2, 0.8] });
 * mostFirst.shares; // [0.2, 0.8]
 */
export async function road(...[opened, image, of, map, options = {}]: [...Doubted, RoadOptions?]): Promise<Road> {
  const { shares = Array.from({ length: 9 }, (_, k) => (k + 1) / 10), noise = 0.6, seed = 1, ...watch } = options;
  list(number({ least: 0, most: 1 }), 1).take(shares, { path: "shares" });
  const order = removalOrder(map, image, seed);
  const orders = [order, order.toReversed()];
  const picture = (k: number): Float32Array => {
    const isGone = new Uint8Array(order.length);
    const share = shares[k % shares.length];
    for (const pixel of orders[Math.floor(k / shares.length)].subarray(0, Math.round(share * order.length))) {
      isGone[pixel] = 1;
    }
    return imputed(image, isGone, { noise, random: stream(seed, "road", k) }).data;
  };
  const values: number[] = [];
  const pictures = { count: 2 * shares.length, picture };
  await scoresOf(opened, image.shape, saidOf(opened, of), pictures, watch, (k, value) => {
    values[k] = value;
  });
  const [mostFirst, leastFirst] = [values.slice(0, shares.length), values.slice(shares.length)].map((own) => {
    return { shares, values: own, area: own.reduce((sum, value) => sum + value / own.length, 0) };
  });
  return { mostFirst, leastFirst, score: (leastFirst.area - mostFirst.area) / 2 };
}

/** The pixels of a picture, those with the most evidence first. @throws RangeError for several pictures, or a map with numbers that are none */
function removalOrder(map: Tensor<"float32">, image: Tensor<"float32">, seed: number): Int32Array {
  const [, , height, width] = single(image);
  single(map);
  const { data } = enlarge(perPixel(map, "sum"), { width, height });
  if (!data.every(Number.isFinite)) throw new RangeError("Expected a map of finite numbers.");
  return permutation(data.length, stream(seed, "removal")).sort((a, b) => data[b] - data[a]);
}

/** What is looked at: of a class its probability, where there are some. */
function saidOf({ model, names }: Opened, of: Aim): Aim {
  if (typeof of === "object" && "layer" in of) return of;
  if (!names.includes("probabilities")) return of;
  const { channels } = outputOf(model.network);
  const weights = new Float32Array(channels);
  weights[typeof of === "number" ? of : of[0]] = 1;
  return { layer: "probabilities", weights: float32(weights, [1, channels, 1, 1]) };
}
