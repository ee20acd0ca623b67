/** Which pixels a score hangs on, by its derivative. */

import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import { number, whole } from "../../values/kind.js";
import { joined } from "../batches.js";
import { type Aim, gradient } from "../gradient.js";
import type { Opened } from "../opened.js";
import { baselineOr } from "./maps.js";

/** Pictures, N×C×H×W, from 0 to 255, and what the network says of them that is explained. */
export type Explained = readonly [opened: Opened, images: Tensor<"float32">, of: Aim];

/**
 * Gradient saliency (Simonyan, Vedaldi and Zisserman 2014): |d f / d x|. It shows where a small change of a pixel would change the score the most, and not whether the pixel speaks
 * for the class as it is.
 *
 * @param images N×C×H×W, from 0 to 255
 * @param of what is explained, such as the number of a class
 * @returns N×C×H×W, per byte, not negative
 * @throws RangeError where the score of a picture does not change with any of its pixels
 * @example
 * const maps = await saliency(opened, zeros("float32", [1, 1, 32, 32]), 2);
 * maps.shape; // [1, 1, 32, 32]
 */
export async function saliency(...[opened, images, of]: Explained): Promise<Tensor<"float32">> {
  const { shape, data } = await slopes(opened, images, of);
  return float32(data.map(Math.abs), shape);
}

/**
 * Guided back-propagation (Springenberg et al. 2015): the derivative, of which only what is positive passes rectifiers backwards. It shows sharp edges that excite the network, much the
 * same for every class.
 *
 * @returns N×C×H×W
 * @example
 * (await guidedBackpropagation(opened, zeros("float32", [1, 1, 32, 32]), 2)).shape; // [1, 1, 32, 32]
 */
export const guidedBackpropagation = (...[opened, images, of]: Explained): Promise<Tensor<"float32">> =>
  slopes(opened, images, of, "guided");

/**
 * Deconvolution (Zeiler and Fergus 2014): as {@link guidedBackpropagation}, through rectifiers whether they were open or not.
 *
 * @returns N×C×H×W
 * @example
 * (await deconvolution(opened, zeros("float32", [1, 1, 32, 32]), 2)).shape; // [1, 1, 32, 32]
 */
export const deconvolution = (...[opened, images, of]: Explained): Promise<Tensor<"float32">> =>
  slopes(opened, images, of, "deconvolution");

/** How {@link smoothGrad} draws noise. */
export interface SmoothGradOptions {
  /** noisy pictures for each; 25 */
  readonly samples?: number;
  /** the deviation of the noise, as a share of the picture's range from its darkest to its brightest byte; 0.15 */
  readonly deviation?: number;
  readonly seed?: number;
}

/**
 * SmoothGrad (Smilkov et al. 2017): the mean of the derivatives on pictures with noise. It shows what {@link saliency} shows, with less speckle; much noise makes other pictures of them.
 *
 * @returns N×C×H×W, with its sign
 * @example
 * const images = float32(Array.from({ length: 1024 }, (_, i) => i % 256), [1, 1, 32, 32]);
 * (await smoothGrad(opened, images, 2, { samples: 4 })).shape; // [1, 1, 32, 32]
 */
export async function smoothGrad(
  ...[opened, images, of, { samples = 25, deviation = 0.15, seed = 1 } = {}]: [...Explained, SmoothGradOptions?]
): Promise<Tensor<"float32">> {
  whole(1).take(samples, { path: "samples" });
  number({ least: 0 }).take(deviation, { path: "deviation" });
  const { shape, data } = images;
  const size = data.length / shape[0];
  const sums = new Float32Array(data.length);
  for (let sample = 0; sample < samples; sample++) {
    const noisy = Float32Array.from(data);
    for (let n = 0; n < shape[0]; n++) {
      const { normal } = stream(seed, "smoothGrad", n, sample);
      const own = data.subarray(n * size, (n + 1) * size);
      const range = own.reduce((a, b) => Math.max(a, b)) - own.reduce((a, b) => Math.min(a, b));
      for (let i = 0; i < size; i++) noisy[n * size + i] += deviation * range * normal();
    }
    const { gradients } = await gradient(opened, float32(noisy, shape), { of });
    gradients.image.data.forEach((slope, i) => {
      sums[i] += slope / samples;
    });
  }
  const maps = float32(sums, shape);
  expectSlope(maps, "the picture", opened);
  return maps;
}

/** How a picture is compared with one that shows nothing. */
export interface BaselineOptions {
  /** C×H×W, from 0 to 255; the mean that the normalisation takes away unless given */
  readonly baseline?: ArrayLike<number>;
}

/**
 * Input times gradient: (x − x₀) · d f / d x. It shows what each pixel adds to the score of a network that was linear; ours are so in small steps only.
 *
 * @returns N×C×H×W
 * @example
 * (await inputTimesGradient(opened, zeros("float32", [1, 1, 32, 32]), 2)).shape; // [1, 1, 32, 32]
 */
export async function inputTimesGradient(
  ...[opened, images, of, options = {}]: [...Explained, BaselineOptions?]
): Promise<Tensor<"float32">> {
  const baseline = baselineOr(options.baseline, opened);
  const { shape, data } = await slopes(opened, images, of);
  return float32(
    data.map((slope, i) => slope * (images.data[i] - baseline[i % baseline.length])),
    shape,
  );
}

/** What {@link integratedGradients} finds. */
export interface IntegratedGradients {
  /** N×C×H×W: what each pixel has added to the score, from the baseline to the picture */
  readonly maps: Tensor<"float32">;
  /** for each picture: the sum of its map, and the change of the score that it should be; the closer, the better the steps suffice */
  readonly completeness: readonly { readonly sum: number; readonly change: number }[];
}

/**
 * Integrated gradients (Sundararajan, Taly and Yan 2017):
 *
 *   (x − x₀) · ∫₀¹ ∂f(x₀ + t (x − x₀)) / ∂x dt
 *
 * by Gauss and Legendre's rule. It shows how the change of the score from a picture that shows nothing is shared out among the pixels; it hangs on what that picture is.
 *
 * @param options the picture x₀, and how many steps the integral is made of (50)
 * @example
 * const { completeness } = await integratedGradients(opened, zeros("float32", [1, 1, 32, 32]), 2);
 * completeness.length; // 1
 */
export async function integratedGradients(
  ...[opened, images, of, { baseline, steps = 50 } = {}]: [
    ...Explained,
    (BaselineOptions & { readonly steps?: number })?,
  ]
): Promise<IntegratedGradients> {
  whole(1).take(steps, { path: "steps" });
  const { shape, data } = images;
  const [count] = shape;
  const size = data.length / count;
  const nothing = baselineOr(baseline, opened);
  const start = Float32Array.from({ length: data.length }, (_, i) => nothing[i % size]);
  const sums = new Float64Array(data.length);
  for (const { at, weight } of gaussLegendre(steps)) {
    const between = data.map((x, i) => start[i] + at * (x - start[i]));
    const { gradients } = await gradient(opened, float32(between, shape), { of });
    gradients.image.data.forEach((slope, i) => {
      sums[i] += weight * slope;
    });
  }
  expectSlope(float32(sums, shape), "the pictures between", opened);
  const maps = Float32Array.from(sums, (sum, i) => sum * (data[i] - start[i]));
  const both = joined([images, float32(start, shape)]);
  const { value } = await gradient(opened, both, { of: twice(of, count), withRespectTo: [] });
  const completeness = Array.from({ length: count }, (_, n) => ({
    sum: maps.subarray(n * size, (n + 1) * size).reduce((a, b) => a + b, 0),
    change: value.data[n] - value.data[count + n],
  }));
  return { maps: float32(maps, shape), completeness };
}

/** The same aim for the pictures once more. */
function twice(of: Aim, count: number): Aim {
  if (typeof of === "number") return of;
  if (!("layer" in of)) return of.length === count ? [...of, ...of] : of;
  return of.weights.shape[0] === 1 ? of : { ...of, weights: joined([of.weights, of.weights]) };
}

/** The derivative by the pictures. @throws RangeError where that of a picture is zero everywhere */
async function slopes(
  ...[opened, images, of, backward]: [...Explained, ("guided" | "deconvolution")?]
): Promise<Tensor<"float32">> {
  const { gradients } = await gradient(opened, images, { of, ...(backward ? { backward } : {}) });
  expectSlope(gradients.image, "the picture", opened);
  return gradients.image;
}

/** @throws RangeError where the derivative of a picture's score is zero everywhere: a map would be grey, and say nothing */
export function expectSlope({ shape, data }: Tensor<"float32">, by: string, { model }: Opened): void {
  const size = data.length / shape[0];
  for (let n = 0; n < shape[0]; n++) {
    if (data.subarray(n * size, (n + 1) * size).some((slope) => slope !== 0)) continue;
    const which = shape[0] === 1 ? "" : ` of picture ${n + 1} of ${shape[0]}`;
    throw new RangeError(
      `'${model.network.name}': what is explained${which} does not change with ${by}: every derivative is zero, as where a rectifier before it is closed everywhere, or a score is saturated.`,
    );
  }
}

/** Places between 0 and 1 and their weights, exact for polynomials up to degree 2n − 1. */
export function gaussLegendre(count: number): { readonly at: number; readonly weight: number }[] {
  return Array.from({ length: count }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      let [before, value] = [1, x];
      for (let k = 2; k <= count; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
      slope = (count * (x * value - before)) / (x * x - 1);
      const move = value / slope;
      x -= move;
      if (Math.abs(move) < 1e-15) break;
    }
    return { at: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}
