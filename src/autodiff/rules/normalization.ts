/** Rules of the normalisations. */

import { floatOf, intOf, intsOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { COMPOSITE, type Node } from "../../graph/types.js";
import { byDefinition, DifferentiationError, type Rule } from "../rule.js";

/**
 * Batch normalisation in training is an operator of our own: ONNX's has no gradient there, and no runtime computes it.
 * `BatchNormalization` of x (N×C×H×W), gain and bias (C), channel by channel over the M = N·H·W pixels:
 *
 *     μ = Σ x / M,   σ = √(Σ (x − μ)² / M + epsilon),   y = gain·(x − μ)/σ + bias
 *
 * (Ioffe and Szegedy 2015; epsilon and σ as in MatConvNet). Its outputs are y, μ and σ (C each); the last two are statistics, of
 * which there is no gradient. `BatchNormalizationGradient` of dy, x, gain and σ gives
 *
 *     dbias = Σ dy,   dgain = Σ dy·(x − μ)/σ,   dx = gain/σ · (dy − dbias/M − (x − μ)/σ · dgain/M)
 *
 * @throws DifferentiationError when the objective depends on the statistics
 */
export const batchNormalization: Rule = ({ g, node, dy, gradientOf }) => {
  if (gradientOf(1) !== undefined || gradientOf(2) !== undefined) throw dependsOnStatistics(node);
  const [x, gain] = node.inputs;
  const deviation = node.outputs[2];
  return g.ops("BatchNormalizationGradient", [dy, x, gain, deviation], 3, {}, COMPOSITE);
};

/**
 * The same of a batch that is computed in parts, each with its share of the pictures, side by side: μ and σ are those of the whole batch, of `pictures` pictures. `BatchNormalizationOfParts` of x, gain,
 * bias and, where some places of a part are not in the batch, `present` (N; 1 or 0) gives y, μ and σ, and how far μ is off by rounding, which gradients of pixels far from 0 need.
 * `BatchNormalizationOfPartsGradient` of dy, x, gain, σ, μ, that rest and `present` gives dx, of which all parts know dgain and dbias, and the part's own share of dgain and dbias.
 *
 * The objective is then a sum over the batch, not a mean over the part.
 */
export const batchNormalizationOfParts: Rule = ({ g, node, dy, gradientOf }) => {
  if (node.outputs.some((_, i) => i > 0 && gradientOf(i) !== undefined)) throw dependsOnStatistics(node);
  const [x, gain, , present] = node.inputs;
  const [, mean, deviation, rest] = node.outputs;
  const inputs = [dy, x, gain, deviation, mean, rest, ...(present ? [present] : [])];
  return g.ops("BatchNormalizationOfPartsGradient", inputs, 3, { pictures: intOf(node, "pictures", 1) }, COMPOSITE);
};

const dependsOnStatistics = ({ operator, name }: Node): DifferentiationError =>
  new DifferentiationError(
    `${operator} '${name}': its mean and deviation are statistics that no gradient goes through; the objective must not depend on them.`,
  );

/** (x − μ)/√(σ² + ε) over some axes, with μ and 1/√(σ² + ε) */
function standardized(g: GraphBuilder, x: string, axes: readonly number[], epsilon: number): [string, string, string] {
  const mean = g.op("ReduceMean", [x, g.ints(...axes)], { keepdims: 1 });
  const centred = g.op("Sub", [x, mean]);
  const variance = g.op("ReduceMean", [g.op("Mul", [centred, centred]), g.ints(...axes)], { keepdims: 1 });
  const inverse = g.op("Reciprocal", [g.op("Sqrt", [g.op("Add", [variance, g.scalar(epsilon)])])]);
  return [g.op("Mul", [centred, inverse]), mean, inverse];
}

/** Numbers of the channels, beside images of so many axes. */
const perChannel = (g: GraphBuilder, value: string, rank: number): string =>
  g.op("Reshape", [value, g.ints(-1, ...Array<number>(Math.max(0, rank - 2)).fill(1))]);

/** The axes of the pixels. */
const pixels = (rank: number): number[] => Array.from({ length: rank - 2 }, (_, i) => i + 2);

/**
 * ONNX's BatchNormalization in use, with moments that are given: y = (x − mean)·scale/√(var + ε) + B.
 *
 * @throws DifferentiationError in training, which no runtime computes
 */
export const givenMoments = byDefinition((g, node) => {
  if (intOf(node, "training_mode", 0) === 1) {
    throw new DifferentiationError(`${node.operator} '${node.name}': gradients are known for training_mode 0, not 1.`);
  }
  const [x, ...given] = node.inputs;
  const [scale, shift, mean, variance] = given.map((value) => perChannel(g, value, g.shape(x).length));
  const deviation = g.op("Sqrt", [g.op("Add", [variance, g.scalar(floatOf(node, "epsilon", 1e-5))])]);
  const factor = g.op("Div", [scale, deviation]);
  return [g.op("Add", [g.op("Mul", [g.op("Sub", [x, mean]), factor]), shift])];
});

/** Over the axes from `axis` on: y = (x − μ)/√(σ² + ε)·scale + B; then μ and 1/√(σ² + ε) (Ba et al. 2016) */
export const layerNormalization = byDefinition((g, node) => {
  const [x, scale, shift] = node.inputs;
  const rank = g.shape(x).length;
  const axis = intOf(node, "axis", -1);
  const first = axis < 0 ? axis + rank : axis;
  const axes = Array.from({ length: rank - first }, (_, i) => first + i);
  const [z, mean, inverse] = standardized(g, x, axes, floatOf(node, "epsilon", 1e-5));
  const scaled = g.op("Mul", [z, scale]);
  return [shift ? g.op("Add", [scaled, shift]) : scaled, mean, inverse];
});

/** Each map of each image: y = (x − μ)/√(σ² + ε)·scale + B (Ulyanov et al. 2016) */
export const instanceNormalization = byDefinition((g, node) => {
  const [x, ...given] = node.inputs;
  const rank = g.shape(x).length;
  const [scale, shift] = given.map((value) => perChannel(g, value, rank));
  const [z] = standardized(g, x, pixels(rank), floatOf(node, "epsilon", 1e-5));
  return [g.op("Add", [g.op("Mul", [z, scale]), shift])];
});

/** The same over groups of maps (Wu and He 2018). Up to version 20 scale and B are one number for each group, after it one for each channel. */
export const groupNormalization = byDefinition((g, node) => {
  const [x, ...given] = node.inputs;
  const shape = g.shape(x);
  const groups = intOf(node, "num_groups", 1);
  const own = shape[1] / groups;
  const [z] = standardized(g, g.op("Reshape", [x, g.ints(shape[0], groups, -1)]), [2], floatOf(node, "epsilon", 1e-5));
  const [scale, shift] = given.map((value) => {
    if (g.shape(value)[0] === shape[1]) return perChannel(g, value, shape.length);
    const repeated = g.op("Expand", [g.op("Unsqueeze", [value, g.ints(1)]), g.ints(groups, own)]);
    return perChannel(g, repeated, shape.length);
  });
  return [g.op("Add", [g.op("Mul", [g.op("Reshape", [z, g.ints(...shape)]), scale]), shift])];
});

/** (x − μ)/(σ + 10⁻⁹) over `axes` */
export const meanVarianceNormalization = byDefinition((g, node) => {
  const [x] = node.inputs;
  const axes = g.ints(...(intsOf(node, "axes") ?? [0, 2, 3]));
  const centred = g.op("Sub", [x, g.op("ReduceMean", [x, axes], { keepdims: 1 })]);
  const variance = g.op("ReduceMean", [g.op("Mul", [centred, centred]), axes], { keepdims: 1 });
  return [g.op("Div", [centred, g.op("Add", [g.op("Sqrt", [variance]), g.scalar(1e-9)])])];
});

/** y = x/‖x‖ along an axis, with the norm of p = 1 or 2; rows of zeros stay */
export const lpNormalization = byDefinition((g, node) => {
  const [x] = node.inputs;
  const axis = g.ints(intOf(node, "axis", -1));
  const norm = g.op(intOf(node, "p", 2) === 1 ? "ReduceL1" : "ReduceL2", [x, axis], { keepdims: 1 });
  return [g.op("Div", [x, g.op("Where", [g.op("Equal", [norm, g.scalar(0)]), g.scalar(1), norm])])];
});

/**
 * LRN: y[k] = x[k]·L[k]^−β, L[k] = bias + α/size·Σ x[q]² over the channels q from k − ⌊(size − 1)/2⌋ to k + ⌈(size − 1)/2⌉ (Krizhevsky et
 * al. 2012). The sum is a product with a matrix of ones around the diagonal.
 */
export const localResponseNormalization = byDefinition((g, node) => {
  const [x] = node.inputs;
  const shape = g.shape(x);
  const [, channels] = shape;
  const size = intOf(node, "size", 1);
  const factor = floatOf(node, "alpha", 1e-4) / size;
  const before = Math.floor((size - 1) / 2);
  const near = (k: number, q: number): boolean => q >= k - before && q < k - before + size;
  const band = Float32Array.from({ length: channels ** 2 }, (_, i) =>
    near(Math.floor(i / channels), i % channels) ? factor : 0,
  );
  const rows = g.op("Reshape", [g.op("Mul", [x, x]), g.ints(shape[0], channels, -1)]);
  const sums = g.op("MatMul", [g.constant(float32(band, [channels, channels])), rows]);
  const l = g.op("Add", [g.op("Reshape", [sums, g.ints(...shape)]), g.scalar(floatOf(node, "bias", 1))]);
  const power = g.op("Exp", [g.op("Mul", [g.op("Log", [l]), g.scalar(-floatOf(node, "beta", 0.75))])]);
  return [g.op("Mul", [x, power])];
});
