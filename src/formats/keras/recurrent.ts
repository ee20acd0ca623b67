/** Keras's recurrent layers, by ONNX's operators. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import type { Tensor } from "../../graph/types.js";
import { combine, concatenate } from "../channels-last/operations.js";
import type { Laid } from "../channels-last/values.js";
import { activationName } from "./activations.js";
import type { Call, Rule } from "./call.js";
import { type Fields, isObject } from "./fields.js";

/** ONNX's names of the activations that recurrent operators may have. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  relu: "Relu",
  hard_sigmoid: "HardSigmoid",
  softsign: "Softsign",
  softplus: "Softplus",
};

type Kind = "LSTM" | "GRU" | "SimpleRNN";

/** The order of the gates in ONNX, by their places in Keras: input, forget, cell, output; update, reset, candidate. */
const GATES: Readonly<Record<Kind, readonly number[]>> = { LSTM: [0, 3, 1, 2], GRU: [0, 1, 2], SimpleRNN: [0] };

function activationsOf(fields: Fields, kind: Kind, version: number): Record<string, unknown> & { names: string[] } {
  const name = (field: string, otherwise: string): string => {
    const given = activationName(fields.get(field) ?? otherwise);
    const known = Object.hasOwn(ACTIVATIONS, given) ? ACTIVATIONS[given] : undefined;
    if (!known) throw fields.wrong(field, `one of ${Object.keys(ACTIVATIONS).join(", ")}`);
    return known;
  };
  const [gate, value] = [name("recurrent_activation", "sigmoid"), name("activation", "tanh")];
  if (version >= 3 && [gate, value].includes("HardSigmoid")) throw fields.wrong("recurrent_activation", "sigmoid");
  return { names: { LSTM: [gate, value, value], GRU: [gate, value], SimpleRNN: [value] }[kind] };
}

/** The columns of each gate as rows, gate by gate in ONNX's order: C×G·U as 1×G·U×C. */
function rowsOf(kernel: Tensor<"float32">, kind: Kind, units: number, row: number): Tensor<"float32"> {
  const gates = GATES[kind];
  const inputs = kernel.shape.length === 2 ? kernel.shape[0] : 1;
  const columns = gates.length * units;
  if (kernel.shape.at(-1) !== columns) {
    throw new ModelFormatError(`expected weights of ${columns} columns, got ${formatShape(kernel.shape)}`);
  }
  const data = new Float32Array(columns * inputs);
  gates.forEach((gate, place) => {
    for (let unit = 0; unit < units; unit++) {
      for (let i = 0; i < inputs; i++) {
        data[(place * units + unit) * inputs + i] = kernel.data[(row + i) * columns + gate * units + unit];
      }
    }
  });
  return { type: "float32", shape: [1, columns, inputs], data };
}

/** Biases of the inputs, and behind them those of the state, which only GRUs have. */
function biasesOf(bias: Tensor<"float32">, kind: Kind, units: number): Tensor<"float32"> {
  const size = GATES[kind].length * units;
  const rows = bias.shape.length === 2 ? bias.shape[0] : 1;
  const data = new Float32Array(2 * size);
  for (let row = 0; row < Math.min(2, rows); row++) {
    const own = { ...bias, shape: [1, size], data: bias.data.subarray(row * size, (row + 1) * size) };
    data.set(rowsOf(own, kind, units, 0).data, row * size);
  }
  return { type: "float32", shape: [1, 2 * size], data };
}

interface Direction {
  readonly fields: Fields;
  /** where its weights begin among the layer's */
  readonly from: number;
  readonly backwards: boolean;
  readonly name: string;
}

/** One direction over the places of a sequence N×T×C. */
function run(call: Call, x: Laid, kind: Kind, { fields, from, backwards, name }: Direction): Laid {
  const { graph } = call;
  const { g } = graph;
  for (const field of ["stateful", "return_state", "unroll_"]) {
    if (fields.bool(field, false)) throw fields.wrong(field, "false");
  }
  const units = fields.count("units");
  const hasBias = fields.bool("use_bias", true);
  const { names } = activationsOf(fields, kind, call.layer.version);
  const own = (index: number, what: string, rank: number): Tensor<"float32"> => call.weight(from + index, what, rank);
  const resets = kind === "GRU" && fields.bool("reset_after", true);
  const [kernel, state] = [own(0, "kernel", 2), own(1, "recurrent kernel", 2)];
  if (state.shape[0] !== units || kernel.shape[0] !== graph.size(x, -1)) {
    throw new ModelFormatError(
      `expected kernels of ${graph.size(x, -1)} and ${units} rows, got ${formatShape(kernel.shape)} and ${formatShape(state.shape)}`,
    );
  }
  const parameters = [
    graph.parameter(call.name(`${name}kernel`), rowsOf(kernel, kind, units, 0)),
    graph.parameter(call.name(`${name}recurrent_kernel`), rowsOf(state, kind, units, 0)),
  ];
  if (hasBias) {
    const bias = own(2, "bias", resets ? 2 : 1);
    parameters.push(graph.parameter(call.name(`${name}bias`), biasesOf(bias, kind, units)));
  }
  const steps = g.op("Transpose", [graph.plain(x)], { perm: [1, 0, 2] });
  const operator = kind === "SimpleRNN" ? "RNN" : kind;
  const [all, last] = g.ops(operator, [steps, ...parameters], kind === "LSTM" ? 3 : 2, {
    hidden_size: units,
    direction: backwards ? "reverse" : "forward",
    activations: { type: "strings", value: names },
    ...(names.includes("HardSigmoid") ? { activation_alpha: { type: "floats", value: [0.2] } } : {}),
    ...(resets ? { linear_before_reset: 1 } : {}),
  });
  if (!fields.bool("return_sequences", false)) return { plain: g.op("Squeeze", [last, g.ints(0)]) };
  return { plain: g.op("Transpose", [g.op("Squeeze", [all, g.ints(1)])], { perm: [1, 0, 2] }) };
}

function expectSequence(call: Call): Laid {
  const { graph, x } = call;
  if (graph.rank(x) !== 3) throw new ModelFormatError(`expected a sequence, got ${formatShape(graph.shape(x))}`);
  return x;
}

const recurrent =
  (kind: Kind): Rule =>
  (call) => {
    const { fields } = call;
    if (fields.bool("go_backwards", false) && fields.bool("return_sequences", false)) {
      throw fields.wrong("go_backwards", "false where all places are given");
    }
    const backwards = fields.bool("go_backwards", false);
    return run(call, expectSequence(call), kind, { fields, from: 0, backwards, name: "" });
  };

const KINDS: readonly Kind[] = ["LSTM", "GRU", "SimpleRNN"];

/** A layer forwards, and one backwards. */
const bidirectional: Rule = (call) => {
  const { fields, layer, graph } = call;
  const inner = fields.fields("layer");
  const kind = inner.choice("class_name", KINDS);
  const backward = isObject(fields.get("backward_layer"))
    ? fields.fields("backward_layer").fields("config")
    : inner.fields("config");
  const x = expectSequence(call);
  const half = layer.weights.length / 2;
  const forwards = run(call, x, kind, { fields: inner.fields("config"), from: 0, backwards: false, name: "forward_" });
  const back = run(call, x, kind, { fields: backward, from: half, backwards: true, name: "backward_" });
  const mode = fields.choice("merge_mode", ["concat", "sum", "mul", "ave"] as const, "concat");
  if (mode === "concat") return concatenate(graph, [forwards, back], -1);
  return combine(graph, { sum: "Add", mul: "Mul", ave: "Mean" }[mode], [forwards, back]);
};

export const recurrentLayers: Readonly<Record<string, Rule>> = {
  LSTM: recurrent("LSTM"),
  GRU: recurrent("GRU"),
  SimpleRNN: recurrent("SimpleRNN"),
  Bidirectional: bidirectional,
};
