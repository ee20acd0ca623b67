/** Keras's activations, as layers and as fields of other layers. */

import { float } from "../../graph/attributes.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { activations, alongAxis, clip, combine, map } from "../channels-last/operations.js";
import type { Laid, LaidGraph } from "../channels-last/values.js";
import type { Call, Rule } from "./call.js";
import { isObject, type Json } from "./fields.js";

type Activation = (graph: LaidGraph, x: Laid, version: number) => Laid;

const unary =
  (operator: string): Activation =>
  (graph, x) =>
    map(graph, operator, x);

/** x · σ(x) */
const silu: Activation = (graph, x) => combine(graph, "Mul", [x, activations.sigmoid(graph, x)]);

/** Keras 2: 0.2·x + 0.5 between 0 and 1; Keras 3: x/6 + 0.5 */
const hardSigmoid: Activation = (graph, x, version) =>
  map(graph, "HardSigmoid", x, [], { alpha: float(version < 3 ? 0.2 : 1 / 6), beta: float(0.5) });

const BY_NAME: Readonly<Record<string, Activation>> = {
  linear: (_, x) => x,
  relu: activations.relu,
  relu6: activations.relu6,
  sigmoid: activations.sigmoid,
  tanh: activations.tanh,
  softmax: (graph, x) => alongAxis(graph, "Softmax", x, -1),
  log_softmax: (graph, x) => alongAxis(graph, "LogSoftmax", x, -1),
  elu: (graph, x) => activations.elu(graph, x, 1),
  selu: (graph, x) => map(graph, "Selu", x, [], { alpha: float(1.6732632423543772), gamma: float(1.0507009873554805) }),
  softplus: unary("Softplus"),
  softsign: unary("Softsign"),
  exponential: unary("Exp"),
  mish: unary("Mish"),
  swish: silu,
  silu,
  gelu: (graph, x) => activations.gelu(graph, x, false),
  leaky_relu: (graph, x) => activations.leakyRelu(graph, x, 0.2),
  hard_sigmoid: hardSigmoid,
  hard_silu: (graph, x) => activations.hardSwish(graph, x),
  hard_swish: (graph, x) => activations.hardSwish(graph, x),
};

/** What an activation is called: a text, or an object that has it. */
export function activationName(value: Json | undefined): string {
  if (value === undefined) return "linear";
  if (typeof value === "string") return value;
  const name = isObject(value) ? (typeof value.config === "string" ? value.config : value.class_name) : undefined;
  return typeof name === "string" ? name : JSON.stringify(value);
}

/** A value behind the activation that a field names. */
export function activated(call: Call, x: Laid, field = "activation"): Laid {
  const name = activationName(call.fields.get(field));
  if (!Object.hasOwn(BY_NAME, name)) {
    throw new ModelFormatError(`expected one of the activations ${Object.keys(BY_NAME).join(", ")}, got '${name}'`);
  }
  return BY_NAME[name](call.graph, x, call.layer.version);
}

/** x above the threshold, at most `max_value`; below it slope · (x − threshold) */
const relu: Rule = (call) => {
  const { graph, fields, x } = call;
  const slope = fields.number("negative_slope", 0);
  const threshold = fields.number("threshold", 0);
  const most = fields.has("max_value") ? fields.number("max_value") : undefined;
  if (threshold === 0 && slope === 0) {
    return most === undefined ? activations.relu(graph, x) : clip(graph, x, 0, most);
  }
  const bounded = (value: Laid): Laid =>
    most === undefined ? value : map(graph, "Min", value, [graph.g.scalar(most)]);
  if (threshold === 0) return bounded(activations.leakyRelu(graph, x, slope));
  const below = map(graph, "Mul", map(graph, "Sub", x, [graph.g.scalar(threshold)]), [graph.g.scalar(slope)]);
  const isAbove = map(graph, "Greater", x, [graph.g.scalar(threshold)]);
  return bounded(combine(graph, "Where", [isAbove, x, below]));
};

const prelu: Rule = (call) => {
  const { graph, x } = call;
  const slopes = call.weight(0, "slopes", graph.rank(x) - 1);
  return combine(graph, "PRelu", [x, graph.constant(slopes, call.name("alpha"))]);
};

export const activationLayers: Readonly<Record<string, Rule>> = {
  Activation: (call) => activated(call, call.x),
  ReLU: relu,
  LeakyReLU: (call) =>
    activations.leakyRelu(
      call.graph,
      call.x,
      call.fields.number(call.fields.has("alpha") ? "alpha" : "negative_slope", 0.3),
    ),
  ELU: (call) => activations.elu(call.graph, call.x, call.fields.number("alpha", 1)),
  PReLU: prelu,
  Softmax: (call) => {
    const [axis, ...others] = call.fields.integers("axis", [-1]);
    if (others.length > 0) throw call.fields.wrong("axis", "one axis");
    return alongAxis(call.graph, "Softmax", call.x, axis);
  },
};
