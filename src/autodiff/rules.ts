/** Every operator that can be differentiated, in one place. */

import { COMPOSITE, type Node } from "../graph/types.js";
import type { Rule } from "./rule.js";
import * as arrange from "./rules/arrange.js";
import * as elementwise from "./rules/elementwise.js";
import * as normalization from "./rules/normalization.js";
import * as products from "./rules/products.js";
import * as random from "./rules/random.js";
import * as sampling from "./rules/sampling.js";
import * as windows from "./rules/windows.js";

/** For an operator whose outputs do not change with its inputs, but in jumps: its derivative is zero. */
export const flat: Rule = ({ node }) => node.inputs.map(() => undefined);

/** The rule of each operator that can be differentiated, by its ONNX name; those of our own, by domain and name. */
export const RULES = {
  Abs: elementwise.abs,
  Add: elementwise.add,
  And: flat,
  ArgMax: flat,
  ArgMin: flat,
  AveragePool: windows.averagePool,
  Cast: elementwise.cast,
  Ceil: flat,
  Clip: elementwise.clip,
  Concat: arrange.concat,
  Conv: windows.conv,
  ConvTranspose: windows.convTranspose,
  Div: elementwise.divide,
  Elu: elementwise.elu,
  Equal: flat,
  Erf: elementwise.erf,
  Exp: elementwise.exp,
  Expand: arrange.expand,
  Flatten: arrange.reshape,
  Floor: flat,
  Gather: arrange.gather,
  Gemm: products.gemm,
  GlobalAveragePool: windows.globalAveragePool,
  GlobalMaxPool: windows.globalMaxPool,
  Greater: flat,
  GreaterOrEqual: flat,
  GridSample: sampling.gridSample,
  Identity: elementwise.identity,
  LeakyRelu: elementwise.leakyRelu,
  Less: flat,
  LessOrEqual: flat,
  Log: elementwise.log,
  LogSoftmax: elementwise.logSoftmax,
  MatMul: products.matMul,
  Max: elementwise.maximum,
  MaxPool: windows.maxPool,
  Min: elementwise.minimum,
  Mul: elementwise.multiply,
  Neg: elementwise.negate,
  Not: flat,
  Or: flat,
  Pad: arrange.pad,
  Pow: elementwise.power,
  Reciprocal: elementwise.reciprocal,
  ReduceMax: arrange.reduceMax,
  ReduceMean: arrange.reduceMean,
  ReduceSum: arrange.reduceSum,
  ReduceSumSquare: arrange.reduceSumSquare,
  Relu: elementwise.relu,
  Reshape: arrange.reshape,
  Round: flat,
  Shape: flat,
  Sigmoid: elementwise.sigmoid,
  Sign: flat,
  Slice: arrange.slice,
  Softmax: elementwise.softmax,
  Softplus: elementwise.softplus,
  Split: arrange.split,
  Sqrt: elementwise.sqrt,
  Squeeze: arrange.reshape,
  Sub: elementwise.subtract,
  Sum: elementwise.sum,
  Tanh: elementwise.tanh,
  Transpose: arrange.transpose,
  Unsqueeze: arrange.reshape,
  Where: elementwise.where,
  [`${COMPOSITE}.BatchNormalization`]: normalization.batchNormalization,
  [`${COMPOSITE}.Dropout`]: random.dropout,
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
