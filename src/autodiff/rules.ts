/** Every operator that can be differentiated, in one place. */

import { COMPOSITE, type Node } from "../graph/types.js";
import type { Rule } from "./rule.js";
import * as activations from "./rules/activations.js";
import * as arrange from "./rules/arrange.js";
import { einsum } from "./rules/einsum.js";
import * as elementwise from "./rules/elementwise.js";
import { dft, stft } from "./rules/fourier.js";
import * as indexing from "./rules/indexing.js";
import * as losses from "./rules/losses.js";
import * as normalization from "./rules/normalization.js";
import { pad } from "./rules/padding.js";
import * as products from "./rules/products.js";
import * as random from "./rules/random.js";
import { recurrent } from "./rules/recurrent.js";
import * as reductions from "./rules/reductions.js";
import { resize } from "./rules/resize.js";
import * as sampling from "./rules/sampling.js";
import * as trigonometry from "./rules/trigonometry.js";
import * as windows from "./rules/windows.js";

/** For an operator whose outputs do not change with its inputs, but in jumps: its derivative is zero. */
export const flat: Rule = ({ node }) => node.inputs.map(() => undefined);

/** The rule of each operator that can be differentiated, by its ONNX name; those of our own, by domain and name. */
export const RULES = {
  Abs: elementwise.abs,
  Acos: trigonometry.acos,
  Acosh: trigonometry.acosh,
  Add: elementwise.add,
  AffineGrid: sampling.affineGrid,
  And: flat,
  ArgMax: flat,
  ArgMin: flat,
  Asin: trigonometry.asin,
  Asinh: trigonometry.asinh,
  Atan: trigonometry.atan,
  Atanh: trigonometry.atanh,
  AveragePool: windows.averagePool,
  BatchNormalization: normalization.givenMoments,
  Bernoulli: flat,
  BitShift: flat,
  BitwiseAnd: flat,
  BitwiseNot: flat,
  BitwiseOr: flat,
  BitwiseXor: flat,
  Cast: elementwise.cast,
  CastLike: elementwise.cast,
  Ceil: flat,
  Celu: activations.celu,
  CenterCropPad: arrange.centerCropPad,
  Clip: elementwise.clip,
  Col2Im: windows.col2Im,
  Compress: indexing.compress,
  Concat: arrange.concat,
  ConstantOfShape: flat,
  Conv: windows.conv,
  ConvInteger: flat,
  ConvTranspose: windows.convTranspose,
  Cos: trigonometry.cos,
  Cosh: trigonometry.cosh,
  CumSum: arrange.cumSum,
  DequantizeLinear: elementwise.dequantize,
  DFT: dft,
  DepthToSpace: arrange.depthToSpace,
  Det: products.determinant,
  Div: elementwise.divide,
  Dropout: random.noDropout,
  DynamicQuantizeLinear: flat,
  Einsum: einsum,
  Elu: activations.elu,
  Equal: flat,
  Erf: elementwise.erf,
  Exp: elementwise.exp,
  Expand: arrange.expand,
  EyeLike: flat,
  Flatten: arrange.reshape,
  Floor: flat,
  GRU: recurrent,
  Gather: indexing.gather,
  GatherElements: indexing.gatherElements,
  GatherND: indexing.gatherND,
  Gelu: activations.gelu,
  Gemm: products.gemm,
  GlobalAveragePool: windows.globalAveragePool,
  GlobalLpPool: windows.globalLpPool,
  GlobalMaxPool: windows.globalMaxPool,
  Greater: flat,
  GreaterOrEqual: flat,
  GridSample: sampling.gridSample,
  GroupNormalization: normalization.groupNormalization,
  HardSigmoid: activations.hardSigmoid,
  HardSwish: activations.hardSwish,
  Hardmax: flat,
  Identity: elementwise.identity,
  InstanceNormalization: normalization.instanceNormalization,
  IsInf: flat,
  IsNaN: flat,
  LRN: normalization.localResponseNormalization,
  LSTM: recurrent,
  LayerNormalization: normalization.layerNormalization,
  LeakyRelu: activations.leakyRelu,
  Less: flat,
  LessOrEqual: flat,
  Log: elementwise.log,
  LogSoftmax: activations.logSoftmax,
  LpNormalization: normalization.lpNormalization,
  LpPool: windows.lpPool,
  MatMul: products.matMul,
  MatMulInteger: flat,
  Max: elementwise.maximum,
  MaxPool: windows.maxPool,
  MaxUnpool: indexing.maxUnpool,
  Mean: elementwise.mean,
  MeanVarianceNormalization: normalization.meanVarianceNormalization,
  Min: elementwise.minimum,
  Mish: activations.mish,
  Mod: elementwise.modulo,
  Mul: elementwise.multiply,
  Multinomial: flat,
  Neg: elementwise.negate,
  NegativeLogLikelihoodLoss: losses.negativeLogLikelihoodLoss,
  NonMaxSuppression: flat,
  NonZero: flat,
  Not: flat,
  OneHot: indexing.oneHot,
  Or: flat,
  PRelu: activations.pRelu,
  Pad: pad,
  Pow: elementwise.power,
  QLinearConv: flat,
  QLinearMatMul: flat,
  QuantizeLinear: flat,
  RNN: recurrent,
  RandomNormalLike: flat,
  RandomUniformLike: flat,
  Reciprocal: elementwise.reciprocal,
  ReduceL1: reductions.reduceL1,
  ReduceL2: reductions.reduceL2,
  ReduceLogSum: reductions.reduceLogSum,
  ReduceLogSumExp: reductions.reduceLogSumExp,
  ReduceMax: reductions.reduceExtreme,
  ReduceMean: reductions.reduceMean,
  ReduceMin: reductions.reduceExtreme,
  ReduceProd: reductions.reduceProd,
  ReduceSum: reductions.reduceSum,
  ReduceSumSquare: reductions.reduceSumSquare,
  Relu: activations.relu,
  Reshape: arrange.reshape,
  Resize: resize,
  ReverseSequence: arrange.reverseSequence,
  Round: flat,
  STFT: stft,
  ScatterElements: indexing.scatterElements,
  ScatterND: indexing.scatterND,
  Selu: activations.selu,
  Shape: flat,
  Shrink: activations.shrink,
  Sigmoid: activations.sigmoid,
  Sign: flat,
  Sin: trigonometry.sin,
  Sinh: trigonometry.sinh,
  Size: flat,
  Slice: arrange.slice,
  Softmax: activations.softmax,
  SoftmaxCrossEntropyLoss: losses.softmaxCrossEntropyLoss,
  Softplus: activations.softplus,
  Softsign: activations.softsign,
  SpaceToDepth: arrange.spaceToDepth,
  Split: arrange.split,
  Sqrt: elementwise.sqrt,
  Squeeze: arrange.reshape,
  Sub: elementwise.subtract,
  Sum: elementwise.sum,
  Tan: trigonometry.tan,
  Tanh: activations.tanh,
  ThresholdedRelu: activations.thresholdedRelu,
  Tile: arrange.tile,
  TopK: indexing.topK,
  Transpose: arrange.transpose,
  Trilu: arrange.trilu,
  Unsqueeze: arrange.reshape,
  Where: elementwise.where,
  Xor: flat,
  [`${COMPOSITE}.BatchNormalization`]: normalization.batchNormalization,
  [`${COMPOSITE}.BatchNormalizationOfParts`]: normalization.batchNormalizationOfParts,
  [`${COMPOSITE}.Dropout`]: random.dropout,
  // numbers that say nothing of the input but its shape; see lowering/random.ts
  [`${COMPOSITE}.Normal`]: flat,
} as const satisfies Readonly<Record<string, Rule>>;

/** An operator that has a rule. */
export type Differentiable = keyof typeof RULES;

/** The name of a node's operator, with its domain where that is not ONNX's. */
export const qualified = ({ domain, operator }: Node): string => (domain === "" ? operator : `${domain}.${operator}`);

/** The rule of a node's operator, or undefined where there is none. */
export function ruleOf(node: Node): Rule | undefined {
  const operator = qualified(node);
  return Object.hasOwn(RULES, operator) ? RULES[operator as Differentiable] : undefined;
}
