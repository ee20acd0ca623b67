/** ONNX's operators by what they do with elements and axes: shape inference and lowering read these tables. */

/**
 * What the output of an element-wise operator is.
 * - "map": of the type and shape of the first input; other inputs are limits or slopes
 * - "broadcast": of the first input's type, and of the shape that all inputs have together
 * - "comparison": truth values, of the shape that both inputs have together
 * - "question": truth values, of the first input's shape
 * - "cast": of the type that the attribute `to` names, and of the first input's shape
 * - "choice": of the second input's type, and of the shape that all three inputs have together
 */
export type ElementwiseKind = "map" | "broadcast" | "comparison" | "question" | "cast" | "choice";

/** The operators that compute each element from those at the same place, so that the order of the axes does not matter. */
export const ELEMENTWISE = {
  Abs: "map",
  Acos: "map",
  Acosh: "map",
  Add: "broadcast",
  And: "comparison",
  Asin: "map",
  Asinh: "map",
  Atan: "map",
  Atanh: "map",
  BitShift: "broadcast",
  BitwiseAnd: "broadcast",
  BitwiseNot: "map",
  BitwiseOr: "broadcast",
  BitwiseXor: "broadcast",
  Cast: "cast",
  Ceil: "map",
  Celu: "map",
  Clip: "map",
  Cos: "map",
  Cosh: "map",
  Div: "broadcast",
  Elu: "map",
  Equal: "comparison",
  Erf: "map",
  Exp: "map",
  Floor: "map",
  Gelu: "map",
  Greater: "comparison",
  GreaterOrEqual: "comparison",
  HardSigmoid: "map",
  HardSwish: "map",
  Identity: "map",
  IsInf: "question",
  IsNaN: "question",
  LeakyRelu: "map",
  Less: "comparison",
  LessOrEqual: "comparison",
  Log: "map",
  Max: "broadcast",
  Mean: "broadcast",
  Min: "broadcast",
  Mish: "map",
  Mod: "broadcast",
  Mul: "broadcast",
  Neg: "map",
  Not: "map",
  Or: "comparison",
  PRelu: "map",
  Pow: "broadcast",
  Reciprocal: "map",
  Relu: "map",
  Round: "map",
  Selu: "map",
  Shrink: "map",
  Sigmoid: "map",
  Sign: "map",
  Sin: "map",
  Sinh: "map",
  Softplus: "map",
  Softsign: "map",
  Sqrt: "map",
  Sub: "broadcast",
  Sum: "broadcast",
  Tan: "map",
  Tanh: "map",
  ThresholdedRelu: "map",
  Where: "choice",
  Xor: "comparison",
} as const satisfies Readonly<Record<string, ElementwiseKind>>;

export type Elementwise = keyof typeof ELEMENTWISE;

/** The operators that make one number of each row of elements along some axes. */
export const REDUCTIONS = [
  "ReduceL1",
  "ReduceL2",
  "ReduceLogSum",
  "ReduceLogSumExp",
  "ReduceMax",
  "ReduceMean",
  "ReduceMin",
  "ReduceProd",
  "ReduceSum",
  "ReduceSumSquare",
] as const;

export type Reduction = (typeof REDUCTIONS)[number];

/** The operators that compute each row of elements along the attribute `axis`; its length stays. */
export const ALONG_AN_AXIS = ["Hardmax", "LogSoftmax", "Softmax"] as const;

export type AlongAnAxis = (typeof ALONG_AN_AXIS)[number];

/** Whether an operator of ONNX is element-wise. */
export const isElementwise = (operator: string): operator is Elementwise => Object.hasOwn(ELEMENTWISE, operator);

/** Whether an operator of ONNX is a reduction. */
export const isReduction = (operator: string): operator is Reduction =>
  REDUCTIONS.some((reduction) => reduction === operator);

/** Whether an operator of ONNX computes along an axis. */
export const isAlongAnAxis = (operator: string): operator is AlongAnAxis =>
  ALONG_AN_AXIS.some((other) => other === operator);
