/** Types and shapes of what computes element by element, reduces, multiplies matrices, or makes tensors from nothing. */

import { intOf, intsOf, stringOf } from "../attributes.js";
import { formatShape } from "../dimension.js";
import { readEinsum } from "../einsum.js";
import { ALONG_AN_AXIS, ELEMENTWISE, type ElementwiseKind, REDUCTIONS } from "../operator-families.js";
import { dataTypeOf, float32, tensor } from "../tensor.js";
import type { DataType, Dimension, Node, Tensor, ValueType } from "../types.js";
import {
  agreed,
  axisOf,
  broadcast,
  type InferenceContext,
  integersOf,
  type Rule,
  type Rules,
  ShapeError,
  same,
  Unknown,
} from "./infer-rule.js";

const broadcastTogether: Rule = (c) => {
  const shapes = c.node.inputs.map((_, i) => c.shape(i));
  return [{ type: c.type(0).type, shape: broadcast(...shapes) }];
};
const comparison: Rule = (c) => [{ type: "bool", shape: broadcast(c.shape(0), c.shape(1)) }];
const question: Rule = (c) => [{ type: "bool", shape: c.type(0).shape }];

const reduce: Rule = (c) => {
  const shape = c.shape(0);
  const axes = integersOf(c, 1, "axes") ?? [];
  const all = axes.length === 0;
  if (all && intOf(c.node, "noop_with_empty_axes", 0)) return [c.type(0)];
  const reduced = new Set(axes.map((a) => axisOf(a, shape.length)));
  const keep = intOf(c.node, "keepdims", 1) === 1;
  const gone = (axis: number): boolean => all || reduced.has(axis);
  const kept = keep ? shape.map((d, axis) => (gone(axis) ? 1 : d)) : shape.filter((_, axis) => !gone(axis));
  return [{ type: c.type(0).type, shape: kept }];
};

const argReduce: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", 0), shape.length);
  const keep = intOf(c.node, "keepdims", 1) === 1;
  return [{ type: "int64", shape: keep ? shape.with(axis, 1) : shape.toSpliced(axis, 1) }];
};

/** As NumPy's matmul: a vector counts as a row on the left and as a column on the right, and its 1 is dropped again. */
export const matMul: Rule = (c) => {
  const [a, b] = [c.shape(0), c.shape(1)];
  const misfit = (): string => `cannot multiply ${formatShape(a)} by ${formatShape(b)}`;
  if (a.length === 0 || b.length === 0) throw new ShapeError(misfit());
  agreed(a[a.length - 1], b[Math.max(0, b.length - 2)], misfit);
  const outer = broadcast(a.slice(0, -2), b.slice(0, -2));
  const [rows, columns] = [a.slice(-2, -1), b.length > 1 ? b.slice(-1) : []];
  return [{ type: c.type(0).type, shape: [...outer, ...rows, ...columns] }];
};

/** Each letter of the equation is a size; one of 1 is broadcast. */
const einsum: Rule = (c) => {
  const shapes = c.node.inputs.map((_, i) => c.shape(i));
  const { operands, result } = readEinsum(
    stringOf(c.node, "equation", ""),
    shapes.map(({ length }) => length),
  );
  const sizes = new Map<string, Dimension>();
  operands.forEach((letters, i) => {
    letters.forEach((letter, axis) => {
      sizes.set(letter, broadcast([sizes.get(letter) ?? 1], [shapes[i][axis]])[0]);
    });
  });
  const shape = result.map((letter) => {
    const size = sizes.get(letter);
    if (size === undefined) throw new ShapeError(`the letter ${letter} of the result is in no operand`);
    return size;
  });
  return [{ type: c.type(0).type, shape }];
};

const gemm: Rule = (c) => {
  const [a, b] = [c.shape(0), c.shape(1)];
  if (a.length !== 2 || b.length !== 2) {
    throw new ShapeError(`${formatShape(a)} and ${formatShape(b)} are not two matrices`);
  }
  const [rows, inner] = intOf(c.node, "transA", 0) ? [a[1], a[0]] : [a[0], a[1]];
  const [other, columns] = intOf(c.node, "transB", 0) ? [b[1], b[0]] : [b[0], b[1]];
  agreed(inner, other, () => `cannot multiply ${formatShape([rows, inner])} by ${formatShape([other, columns])}`);
  return [{ type: c.type(0).type, shape: [rows, columns] }];
};

const cast: Rule = (c) => {
  const type = dataTypeOf(intOf(c.node, "to", 0));
  if (!type) throw new Unknown();
  return [{ type, shape: c.type(0).shape }];
};

const where: Rule = (c) => [{ type: c.type(1).type, shape: broadcast(c.shape(0), c.shape(1), c.shape(2)) }];

const constant: Rule = (c) => {
  const value = tensorIn(c.node);
  if (!value) throw new Unknown();
  return [{ type: value.type, shape: value.shape }];
};

/** The tensor that a node Constant holds; undefined for strings and sparse ones. */
export function tensorIn({ attributes }: Node): Tensor | undefined {
  const given = attributes.value ?? attributes.value_float ?? attributes.value_floats ?? attributes.value_int;
  const { type, value } = given ?? attributes.value_ints ?? { type: "none" };
  if (type === "tensor") return value;
  if (type === "float") return float32([value]);
  if (type === "floats") return float32(value, [value.length]);
  if (type === "int") return tensor("int64", [], BigInt64Array.of(BigInt(value)));
  return type === "ints" ? tensor("int64", [value.length], BigInt64Array.from(value, BigInt)) : undefined;
}

const constantOfShape: Rule = (c) => {
  const value = c.node.attributes.value;
  return [{ type: value?.type === "tensor" ? value.value.type : "float32", shape: c.sizes(0) }];
};

const dropout: Rule = (c) => [c.type(0), { type: "bool", shape: c.type(0).shape }];

/** The statistics have the type of those that went in; versions before 14 write two more. */
const batchNormalization: Rule = (c) => c.node.outputs.map((_, i) => c.type(i === 0 ? 0 : 4 - (i % 2)));

const layerNormalization: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", -1), shape.length);
  const statistics: ValueType = { type: "float32", shape: shape.map((d, i) => (i < axis ? d : 1)) };
  return [c.type(0), statistics, statistics];
};

const random: Rule = (c) => {
  const type = dataTypeOf(intOf(c.node, "dtype", 1));
  const shape = intsOf(c.node, "shape");
  if (!type || !shape) throw new Unknown();
  return [{ type, shape }];
};

/** A tensor like the first input, unless the node says another type. */
const like: Rule = (c) => {
  const code = intOf(c.node, "dtype", 0);
  const type = code === 0 ? c.type(0).type : dataTypeOf(code);
  if (!type) throw new Unknown();
  return [{ type, shape: c.type(0).shape }];
};

const range: Rule = (c) => {
  const [[start], [limit], [step]] = [c.constant(0), c.constant(1), c.constant(2)];
  return [{ type: c.type(0).type, shape: [Math.max(0, Math.ceil((limit - start) / step))] }];
};

const ELEMENTWISE_RULES: Readonly<Record<ElementwiseKind, Rule>> = {
  map: same,
  broadcast: broadcastTogether,
  comparison,
  question,
  cast,
  choice: where,
};

/** Operators that are not element-wise, but whose output has the type and the shape of their first input all the same. */
const SAME = [
  "CumSum",
  "GroupNormalization",
  "InstanceNormalization",
  "LpNormalization",
  "MeanVarianceNormalization",
  ...ALONG_AN_AXIS,
] as const;

const each = (operators: readonly string[], rule: Rule): Rules =>
  Object.fromEntries(operators.map((operator) => [operator, rule]));

/** ONNX's operators that compute elements, or make them. */
export const COMPUTE_RULES: Rules = {
  ...Object.fromEntries(Object.entries(ELEMENTWISE).map(([operator, kind]) => [operator, ELEMENTWISE_RULES[kind]])),
  ...each(SAME, same),
  ...each(REDUCTIONS, reduce),
  ArgMax: argReduce,
  ArgMin: argReduce,
  BatchNormalization: batchNormalization,
  Bernoulli: like,
  CastLike: (c) => [{ type: c.type(1).type, shape: c.type(0).shape }],
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Det: (c) => [{ type: c.type(0).type, shape: c.shape(0).slice(0, -2) }],
  Dropout: dropout,
  Einsum: einsum,
  EyeLike: like,
  Gemm: gemm,
  LayerNormalization: layerNormalization,
  MatMul: matMul,
  RandomNormal: random,
  RandomNormalLike: like,
  RandomUniform: random,
  RandomUniformLike: like,
  Range: range,
};

/** The operators that make truth values. */
const TRUTH_VALUES = Object.entries(ELEMENTWISE).flatMap(([operator, kind]) =>
  kind === "comparison" || kind === "question" ? operator : [],
);

type Types = (c: InferenceContext) => readonly DataType[];

/** The type that an attribute names by its code. */
const named =
  (attribute: string, otherwise: number): Types =>
  ({ node }) => [dataTypeOf(intOf(node, attribute, otherwise)) ?? "float32"];

/** The type of a zero point, or that of quantised elements where there is none. */
const quantized =
  (zeroPoint: number): Types =>
  (c) => [c.has(zeroPoint) ? c.type(zeroPoint).type : "uint8"];

/** All outputs have the elements of the first input. */
const ofFirst: Types = (c) => c.node.outputs.map(() => c.type(0).type);

/** Operators without a rule for their shapes, whose outputs have the elements of their first input. */
const OF_FIRST = [
  "BitwiseNot", "CenterCropPad", "Compress", "DFT", "DeformConv", "Det", "Einsum", "GRU", "LSTM", "MaxRoiPool", "MaxUnpool",
  "NegativeLogLikelihoodLoss", "RNN", "RoiAlign", "STFT", "SoftmaxCrossEntropyLoss",
]; // biome-ignore format: a table

/** The element types of outputs whose shape stays unknown, where they are not that of the first input, or there is no rule for the shape. */
export const TYPES: Readonly<Record<string, Types>> = {
  ...Object.fromEntries(OF_FIRST.map((operator) => [operator, ofFirst])),
  ...Object.fromEntries(TRUTH_VALUES.map((operator) => [operator, () => ["bool"]])),
  ArgMax: () => ["int64"],
  ArgMin: () => ["int64"],
  Cast: (c) => [dataTypeOf(intOf(c.node, "to", 0)) ?? "float32"],
  CastLike: (c) => [c.type(1).type],
  ConstantOfShape: ({ node: { attributes } }) => [
    attributes.value?.type === "tensor" ? attributes.value.value.type : "float32",
  ],
  BlackmanWindow: named("output_datatype", 1),
  ConvInteger: () => ["int32"],
  DequantizeLinear: (c) => [c.type(1).type],
  DynamicQuantizeLinear: () => ["uint8", "float32", "uint8"],
  HammingWindow: named("output_datatype", 1),
  HannWindow: named("output_datatype", 1),
  ImageDecoder: () => ["uint8"],
  MatMulInteger: () => ["int32"],
  MaxPool: (c) => [c.type(0).type, "int64"],
  MelWeightMatrix: named("output_datatype", 1),
  Multinomial: named("dtype", 6),
  NonMaxSuppression: () => ["int64"],
  NonZero: () => ["int64"],
  OneHot: (c) => [c.type(2).type],
  OptionalHasElement: () => ["bool"],
  QLinearConv: quantized(7),
  QLinearMatMul: quantized(7),
  QuantizeLinear: quantized(2),
  RegexFullMatch: () => ["bool"],
  SequenceLength: () => ["int64"],
  Shape: () => ["int64"],
  TfIdfVectorizer: () => ["float32"],
  TopK: (c) => [c.type(0).type, "int64"],
  Unique: (c) => [c.type(0).type, "int64", "int64", "int64"],
  Where: (c) => [c.type(1).type],
};
