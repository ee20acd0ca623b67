/**
 * Batch normalisation of a batch that is computed in parts side by side, with the moments of all of them. autodiff/rules/normalization.ts has the formulas.
 *
 * The parts exchange sums twice for each layer, by the operator `SumOfParts`, in float64: Σ x and Σ x² of each channel on the way forward, Σ dy and Σ dy·(x − μ) on the
 * way back. In float64 the variance Σ x²/M − μ² has all digits of float32 for pixels whose mean is up to 10⁴ times their deviation.
 */

import { float, floatOf, intOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { tensor } from "../graph/tensor.js";
import { COMPOSITE, type Graph, type Node } from "../graph/types.js";
import type { Layout } from "./layouts.js";

type Write = (g: GraphBuilder, node: Node, inputs: readonly string[]) => string[];

const FLOAT32 = 1;
const FLOAT64 = 11;

const wide = (g: GraphBuilder, value: string): string => g.op("Cast", [value], { to: FLOAT64 });
const narrow = (g: GraphBuilder, value: string): string => g.op("Cast", [value], { to: FLOAT32 });

/** Whether a node adds up numbers of all parts of a batch. */
export const isSum = ({ domain, operator }: Node): boolean => domain === COMPOSITE && operator === "SumOfParts";

/** Whether a graph adds up numbers of all parts of a batch. */
export const hasSums = ({ nodes }: Graph): boolean => nodes.some(isSum);

/** A number beside vectors. */
export const float64 = (g: GraphBuilder, value: number): string =>
  g.constant(tensor("float64", [1], Float64Array.of(value)));

/** C numbers of each of several kinds, added over all parts of the batch. */
function sumOfParts(g: GraphBuilder, vectors: readonly string[]): string[] {
  const sums = g.op("SumOfParts", [g.op("Concat", vectors, { axis: 0 })], {}, COMPOSITE);
  return g.ops("Split", [sums], vectors.length, { axis: 0, num_outputs: vectors.length });
}

/** The sums of a part, of pixels as they differ from some number of each channel. */
export interface PartSums {
  /** C numbers: any near to the mean */
  readonly rough: string;
  /** C numbers: Σ (x − rough) */
  readonly around: string;
  /** C numbers: Σ (x − rough)² */
  readonly squares: string;
  /** a float64 number: how many pixels of a channel these are */
  readonly pixels: string;
}

/** What the sums of all parts come to: C float32 numbers of each. */
export interface Moments {
  readonly mean: string;
  /** what the mean is off by rounding */
  readonly rest: string;
  readonly variance: string;
  /** √(variance + epsilon) */
  readonly deviation: string;
}

/**
 * The moments of the whole batch. With d = x − r, Σ x = n·r + Σ d and Σ x² = n·r² + 2·r·Σ d + Σ d².
 *
 * @param total how many pixels of a channel the batch has
 */
export function momentsOfParts(
  g: GraphBuilder,
  { rough, around, squares, pixels }: PartSums,
  total: number,
  epsilon: number,
): Moments {
  const [r, d, dd] = [rough, around, squares].map((value) => wide(g, value));
  const level = g.op("Mul", [r, pixels]);
  const own = g.op("Add", [level, d]);
  const ownSquares = g.op("Add", [dd, g.op("Mul", [r, g.op("Add", [own, d])])]);
  const [sum, sumOfSquares] = sumOfParts(g, [own, ownSquares]);
  const share = float64(g, 1 / total);
  const exact = g.op("Mul", [sum, share]);
  const mean = narrow(g, exact);
  const rest = narrow(g, g.op("Sub", [exact, wide(g, mean)]));
  const spread = g.op("Sub", [g.op("Mul", [sumOfSquares, share]), g.op("Mul", [exact, exact])]);
  // Rounding must not make it negative.
  const variance = g.op("Relu", [narrow(g, spread)]);
  return { mean, rest, variance, deviation: g.op("Sqrt", [g.op("Add", [variance, g.scalar(epsilon)])]) };
}

/** dgain and dbias of all parts from each part's own: C numbers each. */
export function gradientsOfParts(g: GraphBuilder, own: readonly string[]): string[] {
  const sums = sumOfParts(
    g,
    own.map((value) => wide(g, value)),
  );
  return sums.map((sum) => narrow(g, sum));
}

/** How images of a layout are reduced and broadcast. */
interface Way {
  /** C numbers of images, by a reduction */
  reduce(operator: string, images: string): string;
  /** C numbers beside images */
  channels(value: string): string;
  /** N numbers beside images */
  pictures(value: string): string;
  /** pixels of a channel in a picture */
  readonly pixels: number;
  readonly batch: number;
  /** gain·(x − mean)/√(variance + epsilon) + bias */
  normalize(x: string, vectors: readonly string[], epsilon: number): string;
}

function wayOf(g: GraphBuilder, x: string, layout: Layout): Way {
  const shape = g.shape(x);
  const isLast = layout === "batch-last";
  const [channels, height, width, batch] = isLast ? shape : [shape[1], shape[2], shape[3], shape[0]];
  const axes = g.ints(...(isLast ? [1, 2, 3] : [0, 2, 3]));
  const beside = isLast ? [-1, 1, 1, 1] : [1, -1, 1, 1];
  const normalize = (images: string, vectors: readonly string[], epsilon: number): string =>
    g.op("BatchNormalization", [images, ...vectors], { epsilon: float(epsilon) });
  return {
    reduce: (operator, images) => g.op(operator, [images, axes], { keepdims: 0 }),
    channels: (value) => g.op("Reshape", [value, g.ints(...beside)]),
    pictures: (value) => g.op("Reshape", [value, g.ints(...(isLast ? [1, 1, 1, -1] : [-1, 1, 1, 1]))]),
    pixels: height * width,
    batch,
    // C×H×W×N is to the runtime one image of C channels
    normalize: isLast
      ? (images, vectors, epsilon) => {
          const joined = g.op("Reshape", [images, g.ints(1, channels, height * width, batch)]);
          return g.op("Reshape", [normalize(joined, vectors, epsilon), g.ints(...shape)]);
        }
      : normalize,
  };
}

/** y, μ, σ and what μ is off. */
export const batchNormalization =
  (layout: Layout): Write =>
  (g, node, [x, gain, bias, present]) => {
    const way = wayOf(g, x, layout);
    const epsilon = floatOf(node, "epsilon", 0);
    const rough = way.reduce("ReduceMean", x);
    const difference = g.op("Sub", [x, way.channels(rough)]);
    const counted = present ? g.op("Mul", [difference, way.pictures(present)]) : difference;
    const sums = {
      rough,
      around: way.reduce("ReduceSum", counted),
      squares: way.reduce("ReduceSumSquare", counted),
      pixels: pixelsOf(g, way, present),
    };
    const { mean, rest, variance, deviation } = momentsOfParts(g, sums, totalOf(node, way.pixels), epsilon);
    const y = way.normalize(g.op("Sub", [x, way.channels(mean)]), [gain, bias, rest, variance], epsilon);
    return [y, mean, deviation, rest];
  };

/** How many pixels of a channel the batch has. */
export const totalOf = (node: Node, pixels: number): number => intOf(node, "pictures", 1) * pixels;

/** How many pixels of a channel a part has, in float64. */
function pixelsOf(g: GraphBuilder, { pixels, batch }: Way, present: string | undefined): string {
  if (!present) return float64(g, pixels * batch);
  return wide(g, g.op("Mul", [g.op("ReduceSum", [present], { keepdims: 1 }), g.scalar(pixels)]));
}

/** dx, and this part's dgain and dbias: dx is as in normalization.ts, with dgain and dbias of all parts. */
export const batchNormalizationGradient =
  (layout: Layout): Write =>
  (g, node, [dy, x, gain, deviation, mean, rest, present]) => {
    const way = wayOf(g, x, layout);
    const around = g.op("Sub", [x, way.channels(mean)]);
    const dbias = way.reduce("ReduceSum", dy);
    const products = way.reduce("ReduceSum", g.op("Mul", [dy, around]));
    const dgain = g.op("Div", [g.op("Sub", [products, g.op("Mul", [rest, dbias])]), deviation]);
    const [wholeGain, wholeBias] = gradientsOfParts(g, [dgain, dbias]);
    const factor = g.op("Div", [gain, deviation]);
    const share = g.op("Mul", [factor, g.scalar(-1 / totalOf(node, way.pixels))]);
    const terms = [wholeGain, wholeBias].map((term) => g.op("Mul", [share, term]));
    const shared = way.normalize(around, [...terms, rest, g.op("Mul", [deviation, deviation])], 0);
    const dx = g.op("Add", [g.op("Mul", [dy, way.channels(factor)]), shared]);
    return [present ? g.op("Mul", [dx, way.pictures(present)]) : dx, dgain, dbias];
  };
