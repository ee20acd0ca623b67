/** Batch normalisation and its gradient in the blocked layout. normalization.ts has the formulas for the other layouts. */

import { floatOf } from "../../graph/attributes.js";
import { float32 } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { NCHWC } from "../../graph/types.js";
import { float64, gradientsOfParts, momentsOfParts, totalOf } from "../normalization-of-parts.js";
import type { Blocks } from "./blocks.js";

/** So many pixels are added up one after the other, at most: the sums of such bands are added then. */
const LONGEST_SUM = 4096;

/** gain·x + bias for each channel, + sum: a depthwise convolution of 1×1. */
export const affine = (b: Blocks, x: string, gain: string, bias?: string, sum?: string): string =>
  b.each(sum === undefined ? [x] : [x, sum], ([part, added]) => affinePart(b, part, gain, bias, added));

function affinePart(b: Blocks, x: string, gain: string, bias?: string, sum?: string): string {
  const extent = b.extent(x);
  const { channels } = extent;
  const y = b.conv(
    [x, b.reshape(gain, [channels, 1, 1, 1]), ...(bias || sum ? [bias ?? ""] : []), ...(sum ? [sum] : [])],
    { kernel_shape: [1, 1], group: channels },
  );
  return b.declare(y, extent);
}

/** The image in bands of rows, each one of its own to the runtime: bands × channels, their rows, and pixels of a row. */
function bandsOf(b: Blocks, x: string): { readonly parts: number; readonly rows: number; readonly pixels: number } {
  const { batch, height, width } = b.extent(x);
  const lanes = b.lanes(batch);
  let rows = height;
  for (let divisor = 2; rows * width * lanes > LONGEST_SUM && divisor <= height; divisor++) {
    if (height % divisor === 0) rows = height / divisor;
  }
  return { parts: height / rows, rows, pixels: width * lanes };
}

/** Sums over groups of images and bands: C numbers. */
function total(b: Blocks, parts: string, x: string, bands: number): string {
  const { batch, channels } = b.extent(x);
  const split = b.reshape(parts, [batch / b.lanes(batch), channels / b.block, bands, b.block]);
  return b.reshape(b.op("ReduceSum", [split, b.g.ints(0, 2)], { keepdims: 0 }), [channels]);
}

/** The sum of each channel: C numbers. */
export const channelSums = (b: Blocks, x: string): string => b.sum(b.parts(x).map((part) => sumsOf(b, part)));

function sumsOf(b: Blocks, x: string): string {
  const { batch, channels } = b.extent(x);
  const { parts, rows, pixels } = bandsOf(b, x);
  const images = (batch / b.lanes(batch)) * channels * parts;
  const means = b.op("GlobalAveragePool", [b.reshape(x, [1, images, rows, pixels])], {}, NCHWC);
  return b.op("Mul", [total(b, means, x, parts), b.g.scalar(rows * pixels)]);
}

/** The sum of x·y of each channel: a depthwise convolution of x by a filter as large as it, which is y. */
function channelProducts(b: Blocks, x: string, y: string): string {
  const ys = b.parts(y);
  return b.sum(b.parts(x).map((part, i) => productsOf(b, part, ys[i])));
}

function productsOf(b: Blocks, x: string, y: string): string {
  const { batch, channels } = b.extent(x);
  const { parts, rows, pixels } = bandsOf(b, x);
  const images = (batch / b.lanes(batch)) * channels * parts;
  const products = b.conv([b.reshape(x, [1, images, rows, pixels]), b.reshape(y, [images, 1, rows, pixels])], {
    kernel_shape: [rows, pixels],
    group: images,
  });
  return total(b, products, x, parts);
}

const pixelsOf = (b: Blocks, x: string): number => {
  const { batch, height, width } = b.extent(x);
  return batch * height * width;
};

/** x − rough, which is about the mean; and what its mean is then. */
function centre(b: Blocks, x: string): { readonly around: string; readonly rough: string; readonly rest: string } {
  const share = b.g.scalar(1 / pixelsOf(b, x));
  const rough = b.op("Mul", [channelSums(b, x), share]);
  const around = less(b, x, rough);
  return { around, rough, rest: b.op("Mul", [channelSums(b, around), share]) };
}

/** The same of a part of a batch, by the moments of all parts: y, μ, σ and what μ is off. */
export function batchNormalizationOfParts(b: Blocks, node: Node, [x, gain, bias]: readonly string[]): string[] {
  const { around, rough } = centre(b, x);
  const pixels = pixelsOf(b, x);
  const sums = {
    rough,
    around: channelSums(b, around),
    squares: channelProducts(b, around, around),
    pixels: float64(b.g, pixels),
  };
  const total = totalOf(node, pixels / batchOf(b, x));
  const { mean, rest, deviation } = momentsOfParts(b.g, sums, total, floatOf(node, "epsilon", 0));
  const factor = b.op("Div", [gain, deviation]);
  const y = affine(b, less(b, x, mean), factor, b.op("Sub", [bias, b.op("Mul", [factor, rest])]));
  return [y, mean, deviation, rest];
}

/** dx, and the part's own dgain and dbias. */
export function batchNormalizationOfPartsGradient(
  b: Blocks,
  node: Node,
  [dy, x, gain, deviation, mean, rest]: readonly string[],
): InputGradients {
  const around = less(b, x, mean);
  const dbias = channelSums(b, dy);
  const products = channelProducts(b, dy, around);
  const dgain = b.op("Div", [b.op("Sub", [products, b.op("Mul", [rest, dbias])]), deviation]);
  const [allGain, allBias] = gradientsOfParts(b.g, [dgain, dbias]);
  const total = totalOf(node, pixelsOf(b, x) / batchOf(b, x));
  const dx = dataGradient(b, { dy, around, gain, deviation, rest }, { dgain: allGain, dbias: allBias }, total);
  return { dx, dgain, dbias };
}

/** x − mean of each channel. */
function less(b: Blocks, x: string, mean: string): string {
  const { channels } = b.extent(x);
  return affine(b, x, onesOf(b, channels), b.op("Neg", [mean]));
}

const onesOf = (b: Blocks, channels: number): string =>
  b.g.constant(float32(Array<number>(channels).fill(1), [channels]));

const batchOf = (b: Blocks, x: string): number => b.extent(x).batch;

/** y, μ and σ. */
export function batchNormalization(b: Blocks, node: Node, [x, gain, bias]: readonly string[]): string[] {
  const { around, rough, rest } = centre(b, x);
  const squares = b.op("Mul", [channelProducts(b, around, around), b.g.scalar(1 / pixelsOf(b, x))]);
  const variance = b.op("Relu", [b.op("Sub", [squares, b.op("Mul", [rest, rest])])]);
  const deviation = b.op("Sqrt", [b.op("Add", [variance, b.g.scalar(floatOf(node, "epsilon", 0))])]);
  const factor = b.op("Div", [gain, deviation]);
  const y = affine(b, around, factor, b.op("Sub", [bias, b.op("Mul", [factor, rest])]));
  return [y, b.op("Add", [rough, rest]), deviation];
}

/**
 * dx, dgain and dbias. All that dx has of each channel is multiplied by gain/σ, which takes a pass over the memory less where what reads it has that as a factor of
 * its filters.
 */
export function batchNormalizationGradient(
  b: Blocks,
  _node: Node,
  [dy, x, gain, deviation]: readonly string[],
): InputGradients {
  const { around, rest } = centre(b, x);
  const dbias = channelSums(b, dy);
  const products = channelProducts(b, dy, around);
  const dgain = b.op("Div", [b.op("Sub", [products, b.op("Mul", [rest, dbias])]), deviation]);
  const dx = dataGradient(b, { dy, around, gain, deviation, rest }, { dgain, dbias }, pixelsOf(b, x));
  return { dx, dgain, dbias };
}

/** What a batch normalisation has gradients to. */
interface InputGradients {
  readonly dx: string;
  readonly dgain: string;
  readonly dbias: string;
}

/** dx from dgain and dbias of all M pixels of a channel. */
function dataGradient(
  b: Blocks,
  { dy, around, gain, deviation, rest }: Readonly<Record<"dy" | "around" | "gain" | "deviation" | "rest", string>>,
  { dgain, dbias }: Omit<InputGradients, "dx">,
  pixels: number,
): string {
  const factor = b.op("Div", [gain, deviation]);
  const share = b.g.scalar(-1 / pixels);
  // −(dgain·(d − rest)/σ + dbias)/M for differences d
  const slope = b.op("Div", [b.op("Mul", [dgain, share]), deviation]);
  const level = b.op("Sub", [b.op("Mul", [dbias, share]), b.op("Mul", [slope, rest])]);
  const [steeper, higher] = [slope, level].map((vector) => b.op("Mul", [vector, factor]));
  const dx = affine(b, dy, factor, undefined, affine(b, around, steeper, higher));
  b.setFactored(dx, { form: affine(b, around, slope, level, dy), factor });
  return dx;
}
