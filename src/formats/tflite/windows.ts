/** TFLite's convolutions, poolings and fully connected layers. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import type { Tensor } from "../../graph/types.js";
import { reshape } from "../channels-last/operations.js";
import type { Laid } from "../channels-last/values.js";
import {
  convolution,
  dense,
  type Parameters,
  pool,
  type SlidingWindow,
  transposedConvolution,
} from "../channels-last/windows.js";
import { transposed } from "../elements.js";
import { activated, type Operation } from "./operation.js";
import { floatsOf, type Quantization } from "./schema.js";

export type Rule = (op: Operation) => Laid | Laid[];

/** Biases of quantised layers are whole numbers in units of the input's scale times the filters'. */
function biasOf(op: Operation, data: number, weights: number, bias: number): Tensor<"float32"> | undefined {
  if (!op.has(bias)) return undefined;
  const tensor = op.tensor(bias);
  const [x, w] = [op.tensor(data).quantization, op.tensor(weights).quantization];
  if (!tensor.bytes || !["int32", "int64"].includes(tensor.type) || !x || !w) return op.constant(bias);
  const scales: Quantization = { scale: w.scale.map((scale) => scale * x.scale[0]), zero: [], axis: 0 };
  if (scales.scale.length !== 1 && scales.scale.length !== tensor.shape[0]) {
    throw new ModelFormatError(`expected ${scales.scale.length} biases, got ${formatShape(tensor.shape)}`);
  }
  return floatsOf(tensor, op.graph.budget, scales);
}

function expectRank(weights: Tensor, rank: number): void {
  if (weights.shape.length !== rank) {
    throw new ModelFormatError(`expected weights of ${rank} axes, got ${formatShape(weights.shape)}`);
  }
}

const nameOf = (op: Operation, input: number): string => (op.has(input) ? op.tensor(input).name : "");

/** Weights with their axes in another order, and the bias. */
function parametersOf(op: Operation, order: readonly number[], bias = 2): Parameters {
  const weights = op.constant(1);
  expectRank(weights, order.length);
  op.graph.budget.take(weights.data.byteLength, nameOf(op, 1));
  return {
    weights: transposed(weights, order),
    bias: biasOf(op, 0, 1, bias),
    names: { weights: nameOf(op, 1), bias: nameOf(op, bias) },
  };
}

/** Weights are K×H×W×C. */
const conv: Rule = (op) => {
  const parameters = parametersOf(op, [0, 3, 1, 2]);
  const [, channels, ...support] = parameters.weights.shape;
  const window: SlidingWindow = {
    support,
    strides: [op.count(2), op.count(1)],
    dilations: [op.count(5, 1), op.count(4, 1)],
    padding: op.padding(0),
  };
  const x = op.laid(0);
  return activated(op, convolution(op.graph, x, parameters, window, op.graph.size(x, -1) / channels), 3);
};

/** Weights are 1×H×W×K, K a multiple of the channels. */
const depthwise: Rule = (op) => {
  const parameters = parametersOf(op, [3, 0, 1, 2]);
  const [, , ...support] = parameters.weights.shape;
  const window: SlidingWindow = {
    support,
    strides: [op.count(2), op.count(1)],
    dilations: [op.count(6, 1), op.count(5, 1)],
    padding: op.padding(0),
  };
  const x = op.laid(0);
  return activated(op, convolution(op.graph, x, parameters, window, op.graph.size(x, -1)), 4);
};

/** Inputs: the sizes of the result, weights K×H×W×C, the image, biases. */
const transposedConv: Rule = (op) => {
  const weights = op.constant(1);
  expectRank(weights, 4);
  op.graph.budget.take(weights.data.byteLength, nameOf(op, 1));
  const parameters: Parameters = {
    weights: transposed(weights, [3, 0, 1, 2]),
    bias: biasOf(op, 2, 1, 3),
    names: { weights: nameOf(op, 1), bias: nameOf(op, 3) },
  };
  const [, , ...support] = parameters.weights.shape;
  const window: SlidingWindow = { support, strides: [op.count(2), op.count(1)], padding: op.padding(0) };
  const { shape } = op.output();
  const made = transposedConvolution(op.graph, op.laid(2), parameters, window, (_, axis) => shape[axis + 1]);
  return activated(op, made, 3);
};

const pooling =
  (operator: "MaxPool" | "AveragePool"): Rule =>
  (op) => {
    const window: SlidingWindow = {
      support: [op.count(4), op.count(3)],
      strides: [op.count(2), op.count(1)],
      padding: op.padding(0),
    };
    return activated(op, pool(op.graph, operator, op.laid(0), window), 5);
  };

/** Weights are K×C; all but the batch is one axis, unless the axes are kept. */
const fullyConnected: Rule = (op) => {
  if (op.int8(1) !== 0) throw new ModelFormatError("expected weights in the usual order, got shuffled ones");
  const parameters = parametersOf(op, [0, 1]);
  const { graph } = op;
  const x = op.laid(0);
  const inputs = parameters.weights.shape[1];
  const isFlat = graph.shape(x).at(-1) === inputs && (graph.rank(x) === 2 || op.bool(2));
  return activated(
    op,
    dense(graph, isFlat ? x : reshape(graph, x, [...op.shape().slice(0, -1), inputs]), parameters),
    0,
  );
};

export const windows: Readonly<Record<string, Rule>> = {
  CONV_2D: conv,
  DEPTHWISE_CONV_2D: depthwise,
  TRANSPOSE_CONV: transposedConv,
  MAX_POOL_2D: pooling("MaxPool"),
  AVERAGE_POOL_2D: pooling("AveragePool"),
  FULLY_CONNECTED: fullyConnected,
};
