/** Keras's normalisations. */

import { float } from "../../graph/attributes.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import type { Tensor } from "../../graph/types.js";
import { alongAxis, axisOf, combine } from "../channels-last/operations.js";
import type { Laid } from "../channels-last/values.js";
import { asFirst, asLast, type Call, type Rule } from "./call.js";

const vector = (length: number, value: number): Tensor<"float32"> => ({
  type: "float32",
  shape: [length],
  data: new Float32Array(length).fill(value),
});

/** The one axis that is normalised. */
function oneAxis(call: Call, x: Laid): number {
  const [axis, ...others] = call.fields.integers("axis", [-1]);
  if (axis === undefined || others.length > 0) throw call.fields.wrong("axis", "one axis");
  return axisOf(call.graph, x, axis);
}

/** Gains and offsets: those that the layer has. */
function affineOf(call: Call, channels: number): { gamma: Tensor<"float32">; beta: Tensor<"float32">; next: number } {
  let next = 0;
  const take = (field: string, what: string, otherwise: number): Tensor<"float32"> => {
    if (!call.fields.bool(field, true)) return vector(channels, otherwise);
    const weight = call.weight(next++, what, 1);
    if (weight.shape[0] !== channels) {
      throw new ModelFormatError(`expected ${channels} numbers as ${what}, got ${formatShape(weight.shape)}`);
    }
    return weight;
  };
  const gamma = take("scale", "gamma", 1);
  return { gamma, beta: take("center", "beta", 0), next };
}

/** gamma · (x − mean) / √(variance + epsilon) + beta */
const batchNorm: Rule = (call) => {
  const { graph, fields, x } = call;
  const axis = oneAxis(call, x);
  const rank = graph.rank(x);
  const isFirst = axis === 1 && rank > 2;
  if (!isFirst && axis !== rank - 1) throw fields.wrong("axis", "that of the channels");
  const channels = graph.size(x, axis);
  const { gamma, beta, next } = affineOf(call, channels);
  const named = [
    ["gamma", gamma],
    ["beta", beta],
    ["moving_mean", call.weight(next, "moving mean", 1)],
    ["moving_variance", call.weight(next + 1, "moving variance", 1)],
  ] as const;
  call.expectWeights(next + 2);
  const image = isFirst ? asLast(graph, x) : x;
  const inputs = [
    rank === 2 ? graph.plain(image) : graph.image(image),
    ...named.map(([name, value]) => graph.parameter(call.name(name), value)),
  ];
  const made = graph.g.op("BatchNormalization", inputs, { epsilon: float(fields.number("epsilon", 1e-3)) });
  if (rank === 2) return { plain: made };
  return isFirst ? asFirst(graph, { image: made }) : { image: made };
};

/** gamma · (x − mean) / √(variance + epsilon) + beta over the last axis of each place */
const layerNorm: Rule = (call) => {
  const { graph, fields, x } = call;
  if (oneAxis(call, x) !== graph.rank(x) - 1) throw fields.wrong("axis", "the last axis");
  if (fields.bool("rms_scaling", false)) throw fields.wrong("rms_scaling", "false");
  const { gamma, beta, next } = affineOf(call, graph.size(x, -1));
  call.expectWeights(next);
  const parameters = [graph.parameter(call.name("gamma"), gamma), graph.parameter(call.name("beta"), beta)];
  const epsilon = float(fields.number("epsilon", 1e-3));
  return { plain: graph.g.op("LayerNormalization", [graph.plain(x), ...parameters], { axis: -1, epsilon }) };
};

/** Moments of each group of channels of a sample. ONNX's operator of set 20 has a gain for each group, and not for each channel. */
const groupNorm: Rule = (call) => {
  const { graph, fields, x } = call;
  const { g } = graph;
  if (oneAxis(call, x) !== graph.rank(x) - 1 || graph.rank(x) < 3) throw fields.wrong("axis", "the channels of images");
  const channels = graph.size(x, -1);
  const given = fields.number("groups", 32);
  const groups = given === -1 ? channels : given;
  if (!(groups > 0 && channels % groups === 0)) throw fields.wrong("groups", `a divisor of ${channels}`);
  const { gamma, beta, next } = affineOf(call, channels);
  call.expectWeights(next);
  const image = graph.image(x);
  const sizes = graph.shape(x).slice(1, -1);
  const grouped = g.op("Reshape", [image, g.ints(0, groups, -1)]);
  const moments = [g.constant(vector(groups, 1)), g.constant(vector(groups, 0))];
  const normalised = g.op("InstanceNormalization", [grouped, ...moments], {
    epsilon: float(fields.number("epsilon", 1e-3)),
  });
  const isKnown = sizes.every((size) => typeof size === "number");
  const back = isKnown ? g.ints(0, channels, ...sizes.map(Number)) : g.op("Shape", [image]);
  const y: Laid = { image: g.op("Reshape", [normalised, back]) };
  const scaled = combine(graph, "Mul", [y, graph.constant(gamma, call.name("gamma"))]);
  return combine(graph, "Add", [scaled, graph.constant(beta, call.name("beta"))]);
};

/** (x − mean) / max(√variance, 10⁻⁷); the moments stand among the fields, or the weights. */
const normalization: Rule = (call) => {
  const { graph, fields, x } = call;
  if (fields.bool("invert", false)) throw fields.wrong("invert", "false");
  const given = fields.has("mean");
  const read = (field: string, at: number): Float32Array => {
    if (given) return Float32Array.from(fields.numbers(field));
    const { weights } = call.layer;
    if (!weights[at]) throw new ModelFormatError(`expected its ${field} among the file's weights, got nothing`);
    return weights[at].data;
  };
  const mean = read("mean", 0);
  const deviation = read("variance", 1).map((variance) => Math.max(Math.sqrt(variance), 1e-7));
  const [axis = -1, ...others] = fields.has("axis") ? fields.integers("axis") : [];
  const channels = graph.shape(x).at(-1);
  const fits = mean.length === 1 || (axisOf(graph, x, axis) === graph.rank(x) - 1 && mean.length === channels);
  if (others.length > 0 || !fits || mean.length !== deviation.length) {
    throw new ModelFormatError(
      `expected moments of the last axis of ${formatShape(graph.shape(x))}, got ${mean.length}`,
    );
  }
  const constant = (data: Float32Array, name: string): Laid =>
    graph.constant({ type: "float32", shape: data.length === 1 ? [] : [data.length], data }, call.name(name));
  return combine(graph, "Div", [combine(graph, "Sub", [x, constant(mean, "mean")]), constant(deviation, "deviation")]);
};

/** gamma · x, one number for each channel: a layer of ConvNeXt's in keras.applications */
const layerScale: Rule = (call) => {
  call.expectWeights(1);
  return combine(call.graph, "Mul", [call.x, call.graph.constant(call.weight(0, "gamma", 1), call.name("gamma"))]);
};

export const normalizingLayers: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  GroupNormalization: groupNorm,
  Normalization: normalization,
  LayerScale: layerScale,
  UnitNormalization: (call) => alongAxis(call.graph, "LpNormalization", call.x, oneAxis(call, call.x), { p: 2 }),
};
