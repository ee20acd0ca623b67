/**
 * Batch normalisation and its gradient. autodiff/rules/normalization.ts has the formulas.
 *
 * What is done pixel by pixel is an affine map for each channel. ONNX's BatchNormalization, which normalises with statistics that
 * it is given, does that in one pass over the memory.
 */

import { float, floatOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { isStatic } from "../graph/dimension.js";
import type { Node } from "../graph/types.js";

type Write = (g: GraphBuilder, node: Node, inputs: readonly string[]) => string[];

/** A reduction of the pixels of each channel, to 1×C×1×1. In two steps: that is faster than one long sum, and more exact. */
function reducePerChannel(
  g: GraphBuilder,
  operator: "ReduceMean" | "ReduceSum" | "ReduceSumSquare",
  images: string,
): string {
  const lines = g.op(operator, [images, g.ints(3)]);
  return g.op(operator === "ReduceSumSquare" ? "ReduceSum" : operator, [lines, g.ints(0, 2)]);
}

const asVector = (g: GraphBuilder, value: string): string => g.op("Reshape", [value, g.ints(-1)]);
const asChannels = (g: GraphBuilder, value: string): string => g.op("Reshape", [value, g.ints(1, -1, 1, 1)]);

/**
 * The differences from the mean: so pixels far from zero are as exact as others. Both directions write the same node, which the
 * runtime computes once.
 */
const subtractMean = (g: GraphBuilder, x: string, mean: string): string => g.op("Sub", [x, asChannels(g, mean)]);

/** gain·d/√(variance + epsilon) + bias for differences d from the mean. */
const normalize = (
  g: GraphBuilder,
  around: string,
  [gain, bias, variance]: readonly [string, string, string],
  epsilon: number,
): string =>
  g.op("BatchNormalization", [around, gain, bias, g.op("Sub", [variance, variance]), variance], {
    epsilon: float(epsilon),
  });

/** y, μ and σ. */
export const batchNormalization: Write = (g, node, [x, gain, bias]) => {
  const epsilon = floatOf(node, "epsilon", 0);
  const mean = asVector(g, reducePerChannel(g, "ReduceMean", x));
  const around = subtractMean(g, x, mean);
  const squares = asVector(g, reducePerChannel(g, "ReduceSumSquare", around));
  const variance = g.op("Div", [squares, pixelsPerChannel(g, x, gain)]);
  const y = normalize(g, around, [gain, bias, variance], epsilon);
  return [y, mean, g.op("Sqrt", [g.op("Add", [variance, g.scalar(epsilon)])])];
};

/**
 * dx, dgain and dbias. With s = gain/σ, dx is s·dy plus the normalised x that has −s·dgain/M as its gain and −s·dbias/M as its
 * bias.
 */
export const batchNormalizationGradient: Write = (g, _node, [dy, x, gain, mean, deviation]) => {
  const pixels = pixelsPerChannel(g, x, gain);
  const around = subtractMean(g, x, mean);
  const dbias = asVector(g, reducePerChannel(g, "ReduceSum", dy));
  const dgain = g.op("Div", [asVector(g, reducePerChannel(g, "ReduceSum", g.op("Mul", [dy, around]))), deviation]);
  const factor = g.op("Div", [gain, deviation]);
  const share = g.op("Div", [g.op("Neg", [factor]), pixels]);
  const terms = [g.op("Mul", [share, dgain]), g.op("Mul", [share, dbias])] as const;
  const rest = normalize(g, around, [...terms, g.op("Mul", [deviation, deviation])], 0);
  return [g.op("Add", [g.op("Mul", [dy, asChannels(g, factor)]), rest]), dgain, dbias];
};

/** The same for images in the batch-last layout, C×H×W×N, which are one image of H·W × N. */
export const forBatchLast =
  (write: Write, isImage: (input: number) => boolean): Write =>
  (g, node, inputs) => {
    const images = inputs.filter((_, i) => isImage(i));
    const [channels, height, width, batch] = g.shape(images[0]);
    const joined = g.ints(1, channels, height * width, batch);
    const outputs = write(
      g,
      node,
      inputs.map((input, i) => (isImage(i) ? g.op("Reshape", [input, joined]) : input)),
    );
    return outputs.with(0, g.op("Reshape", [outputs[0], g.ints(channels, height, width, batch)]));
  };

/** How many pixels a channel has, as a number in the graph. */
function pixelsPerChannel(g: GraphBuilder, x: string, gain: string): string {
  const { shape } = g.type(x);
  if (shape && isStatic(shape)) return g.scalar(shape[0] * shape[2] * shape[3]);
  const size = (value: string): string => g.op("Cast", [g.op("Size", [value])], { to: 1 });
  return g.op("Div", [size(x), size(gain)]);
}
