/** TFLite's operators that compute number by number, or along axes. */

import { float } from "../../graph/attributes.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { activations, alongAxis, axisOf, clip, combine, map, reduce } from "../channels-last/operations.js";
import { imageAxis } from "../channels-last/values.js";
import { activated } from "./operation.js";
import type { Rule } from "./windows.js";

const unary =
  (operator: string): Rule =>
  (op) =>
    map(op.graph, operator, op.laid(0));

/** Two values; the options, where there are any, begin with an activation. */
const binary =
  (operator: string, isActivated = false): Rule =>
  (op) => {
    const made = combine(op.graph, operator, [op.laid(0), op.laid(1)]);
    return isActivated ? activated(op, made, 0) : made;
  };

const reduction =
  (operator: Parameters<typeof reduce>[1]): Rule =>
  (op) =>
    reduce(op.graph, operator, op.laid(0), op.integers(1), op.bool(0));

/** β·x, then softmax over the last axis. */
const softmax: Rule = (op) => {
  const beta = op.float(0, 1);
  const { graph } = op;
  const x = op.laid(0);
  const scaled = beta === 1 ? x : map(graph, "Mul", x, [graph.g.scalar(beta)]);
  return alongAxis(graph, "Softmax", scaled, -1);
};

/** x·(bias + α Σ x²)^(−β), the sum over 2·radius + 1 channels. */
const localResponse: Rule = (op) => {
  const size = 2 * op.int32(0) + 1;
  const numbers = { alpha: float(op.float(2) * size), beta: float(op.float(3)), bias: float(op.float(1)) };
  return { image: op.graph.g.op("LRN", [op.graph.image(op.laid(0))], { size, ...numbers }) };
};

const argument =
  (operator: string): Rule =>
  (op) => {
    const { graph } = op;
    const x = op.laid(0);
    const [given = -1] = op.integers(1);
    const axis = axisOf(graph, x, given);
    const rank = graph.rank(x);
    // Without the channels an image's axes are in the plain order.
    const asImage = graph.isImage(x) && axis === rank - 1;
    const inputs = [asImage ? graph.image(x) : graph.plain(x)];
    return { plain: graph.g.op(operator, inputs, { axis: asImage ? imageAxis(axis, rank) : axis, keepdims: 0 }) };
  };

/** Weights of images are constants, so only values are multiplied here. */
const matrixProduct: Rule = (op) => {
  const { graph } = op;
  const factor = (input: number, isTurned: boolean): string => {
    const x = op.laid(input);
    const rank = graph.rank(x);
    if (rank < 2) throw new ModelFormatError("expected matrices");
    const order = Array.from({ length: rank }, (_, i) => i);
    if (!isTurned) return graph.plain(x);
    return graph.g.op("Transpose", [graph.plain(x)], { perm: [...order.slice(0, -2), rank - 1, rank - 2] });
  };
  return { plain: graph.g.op("MatMul", [factor(0, op.bool(0)), factor(1, op.bool(1))]) };
};

/** What is quantised is computed as the numbers that it stands for. */
const same: Rule = (op) => op.laid(0);

const cast: Rule = (op) => {
  if (!["float32", "uint8", "int8", "float16"].includes(op.output().type)) {
    throw new ModelFormatError(`expected floats, got a cast to ${op.output().type}`);
  }
  return op.laid(0);
};

export const computing: Readonly<Record<string, Rule>> = {
  ADD: binary("Add", true),
  SUB: binary("Sub", true),
  MUL: binary("Mul", true),
  DIV: binary("Div", true),
  MAXIMUM: binary("Max"),
  MINIMUM: binary("Min"),
  POW: binary("Pow"),
  ADD_N: (op) => combine(op.graph, "Sum", op.all),
  SQUARED_DIFFERENCE: (op) => {
    const difference = combine(op.graph, "Sub", [op.laid(0), op.laid(1)]);
    return combine(op.graph, "Mul", [difference, difference]);
  },
  SQUARE: (op) => combine(op.graph, "Mul", [op.laid(0), op.laid(0)]),
  RELU: (op) => activations.relu(op.graph, op.laid(0)),
  RELU6: (op) => activations.relu6(op.graph, op.laid(0)),
  RELU_N1_TO_1: (op) => clip(op.graph, op.laid(0), -1, 1),
  RELU_0_TO_1: (op) => clip(op.graph, op.laid(0), 0, 1),
  TANH: (op) => activations.tanh(op.graph, op.laid(0)),
  LOGISTIC: (op) => activations.sigmoid(op.graph, op.laid(0)),
  HARD_SWISH: (op) => activations.hardSwish(op.graph, op.laid(0)),
  GELU: (op) => activations.gelu(op.graph, op.laid(0), op.bool(0)),
  ELU: (op) => activations.elu(op.graph, op.laid(0), 1),
  LEAKY_RELU: (op) => activations.leakyRelu(op.graph, op.laid(0), op.float(0)),
  PRELU: binary("PRelu"),
  EXP: unary("Exp"),
  LOG: unary("Log"),
  SQRT: unary("Sqrt"),
  RSQRT: (op) => map(op.graph, "Reciprocal", map(op.graph, "Sqrt", op.laid(0))),
  ABS: unary("Abs"),
  NEG: unary("Neg"),
  FLOOR: unary("Floor"),
  CEIL: unary("Ceil"),
  ROUND: unary("Round"),
  SIN: unary("Sin"),
  COS: unary("Cos"),
  SIGN: unary("Sign"),
  MEAN: reduction("ReduceMean"),
  SUM: reduction("ReduceSum"),
  REDUCE_MAX: reduction("ReduceMax"),
  REDUCE_MIN: reduction("ReduceMin"),
  REDUCE_PROD: reduction("ReduceProd"),
  SOFTMAX: softmax,
  LOG_SOFTMAX: (op) => alongAxis(op.graph, "LogSoftmax", op.laid(0), -1),
  L2_NORMALIZATION: (op) => activated(op, alongAxis(op.graph, "LpNormalization", op.laid(0), -1, { p: 2 }), 0),
  LOCAL_RESPONSE_NORMALIZATION: localResponse,
  ARG_MAX: argument("ArgMax"),
  ARG_MIN: argument("ArgMin"),
  BATCH_MATMUL: matrixProduct,
  QUANTIZE: same,
  DEQUANTIZE: same,
  CAST: cast,
};
