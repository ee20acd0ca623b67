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

/** A reduction of the pixels of each channel, to C numbers. */
const perChannel = (g: GraphBuilder, operator: string, images: string): string =>
  g.op(operator, [images, g.ints(0, 2, 3)], { keepdims: 0 });

const asChannels = (g: GraphBuilder, value: string): string => g.op("Reshape", [value, g.ints(1, -1, 1, 1)]);

/** Pixels as they differ from about the mean of their channel. */
interface Centred {
  /** x − rough */
  readonly around: string;
  /** C numbers: the mean, as far as rounding permits */
  readonly rough: string;
  /** C numbers: the mean of what is around it. The mean of x is rough + rest; only the sum of both is as exact as the pixels are. */
  readonly rest: string;
}

/** Both directions write the same nodes, which the runtime computes once. */
function centre(g: GraphBuilder, x: string): Centred {
  const rough = perChannel(g, "ReduceMean", x);
  const around = g.op("Sub", [x, asChannels(g, rough)]);
  return { around, rough, rest: perChannel(g, "ReduceMean", around) };
}

/** gain·(d − mean)/√(variance + epsilon) + bias for differences d. */
const normalize = (
  g: GraphBuilder,
  { around, rest }: Centred,
  [gain, bias, variance]: readonly [string, string, string],
  epsilon: number,
): string => g.op("BatchNormalization", [around, gain, bias, rest, variance], { epsilon: float(epsilon) });

/** y, μ and σ. */
export const batchNormalization: Write = (g, node, [x, gain, bias]) => {
  const epsilon = floatOf(node, "epsilon", 0);
  const centred = centre(g, x);
  const { around, rough, rest } = centred;
  const squares = g.op("Div", [perChannel(g, "ReduceSumSquare", around), pixelsPerChannel(g, x, gain)]);
  // Rounding must not make it negative.
  const variance = g.op("Relu", [g.op("Sub", [squares, g.op("Mul", [rest, rest])])]);
  const y = normalize(g, centred, [gain, bias, variance], epsilon);
  return [y, g.op("Add", [rough, rest]), g.op("Sqrt", [g.op("Add", [variance, g.scalar(epsilon)])])];
};

/**
 * dx, dgain and dbias. With s = gain/σ, dx is s·dy plus the normalised x that has −s·dgain/M as its gain and −s·dbias/M as its
 * bias.
 */
export const batchNormalizationGradient: Write = (g, _node, [dy, x, gain, deviation]) => {
  const pixels = pixelsPerChannel(g, x, gain);
  const centred = centre(g, x);
  const dbias = perChannel(g, "ReduceSum", dy);
  const products = perChannel(g, "ReduceSum", g.op("Mul", [dy, centred.around]));
  const dgain = g.op("Div", [g.op("Sub", [products, g.op("Mul", [centred.rest, dbias])]), deviation]);
  const factor = g.op("Div", [gain, deviation]);
  const share = g.op("Div", [g.op("Neg", [factor]), pixels]);
  const terms = [g.op("Mul", [share, dgain]), g.op("Mul", [share, dbias])] as const;
  const shared = normalize(g, centred, [...terms, g.op("Mul", [deviation, deviation])], 0);
  return [g.op("Add", [g.op("Mul", [dy, asChannels(g, factor)]), shared]), dgain, dbias];
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
