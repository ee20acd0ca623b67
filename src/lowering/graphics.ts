/**
 * For graphics cards: what ONNX Runtime 1.30 computes wrongly on WebGPU, or hands back to the processor, written in another way
 * of the same meaning. Each was found by comparing with the processor and by profiling; docs/devices.md lists them.
 */

import { attributes, intOf, intsOf, stringOf } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { isStatic } from "../graph/dimension.js";
import { readEinsum } from "../graph/einsum.js";
import { float32 } from "../graph/tensor.js";
import type { Graph, Node } from "../graph/types.js";
import { groupsOf, positions, type Window } from "../graph/window.js";
import { defined } from "../values/defined.js";

import { bitShift, bitwiseOr, bitwiseXor } from "./graphics-bits.js";
import { DEFINITIONS, round } from "./graphics-definitions.js";
import { labelsAsFloats, ofLabels, whereOfLabels } from "./graphics-labels.js";
import { argMax, gatherElements, onlyCast } from "./graphics-places.js";
import { convOfVolumes, convTransposeOfVolumes } from "./graphics-volumes.js";
import type { Rewriting } from "./rewrite-nodes.js";

const REWRITINGS: Readonly<Record<string, Rewriting>> = {
  BitShift: bitShift,
  BitwiseOr: (g, _, inputs) => bitwiseOr(g, inputs),
  BitwiseXor: (g, _, inputs) => bitwiseXor(g, inputs),
  Col2Im: col2Im,
  Conv: conv,
  ConvTranspose: convTranspose,
  Cos: (g, _, [x]) => sine(g, x, 0.5),
  Einsum: einsum,
  Erf: nearZero(0.6, erfNearZero),
  Exp: (g, _, [x]) => (g.type(x).type === "float32" ? powerOfE(g, x) : undefined),
  GatherElements: gatherElements,
  LayerNormalization: layerNormalization,
  LogSoftmax: logSoftmax,
  Or: (g, _, [a, b]) => g.op("Not", [g.op("And", [g.op("Not", [a]), g.op("Not", [b])])]),
  Pow: pow,
  Round: round,
  Sign: sign,
  Sin: (g, _, [x]) => sine(g, x, 0),
  Slice: slice,
  Softplus: softplus,
  Tanh: nearZero(0.7, tanhNearZero),
  Sum: (g, _, inputs) => (inputs.length === 1 ? undefined : inputs.reduce((a, b) => g.op("Add", [a, b]))),
};

/** A graph of ONNX's operators without those that WebGPU would get wrong, or leave to the processor. */
export function forGraphics(graph: Graph): Graph {
  const defined = writtenFor(DEFINITIONS, graph);
  return writtenFor(
    { ...REWRITINGS, ArgMax: argMax(onlyCast(defined)), Where: whereOfLabels(ofLabels(defined)) },
    labelsAsFloats(defined),
  );
}

/** A graph of ONNX's operators, some of which are written in another way. */
export function writtenFor(rewritings: Readonly<Record<string, Rewriting>>, graph: Graph): Graph {
  const g = new GraphBuilder(graph.name);
  const forms = new Map<string, string>();
  const form = (value: string): string => forms.get(value) ?? value;
  const fed = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  for (const { name, type, shape } of fed) g.input(name, type, shape);
  for (const [name, value] of graph.initializers) g.initializer(name, value);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(form);
    const rewriting = Object.hasOwn(rewritings, node.operator) ? rewritings[node.operator] : undefined;
    const applies = rewriting && node.domain === "" && (ANY_SHAPE.has(node.operator) || hasKnownShapes(g, inputs));
    const rewritten = applies ? g.scope(node.name, () => rewriting(g, node, inputs)) : undefined;
    if (rewritten === undefined) g.add({ ...node, inputs });
    else forms.set(node.outputs[0], rewritten);
  }
  for (const { name } of graph.outputs) g.output(name, form(name));
  const result = g.build();
  const outputs = result.outputs.map((output, i) => (output.opaque ? graph.outputs[i] : output));
  return { ...result, inputs: fed, outputs, ...defined({ opsets: graph.opsets }) };
}

/** What works number by number, and asks for no shape. */
const ANY_SHAPE: ReadonlySet<string> = new Set(["Erf", "Tanh"]);

/** Whether every input has a known shape. */
const hasKnownShapes = (g: GraphBuilder, inputs: readonly string[]): boolean =>
  inputs.every((input) => {
    const { shape } = input === "" ? { shape: [] } : g.type(input);
    return shape !== undefined && isStatic(shape);
  });

/**
 * On the processor: a transposed convolution whose filters have a single one, at the place of their tap. It multiplies by one and
 * adds zeros, so the numbers are the same. Where windows lie side by side, each tap only takes its place.
 */
export function col2Im(g: GraphBuilder, node: Node, [x, image, block]: readonly string[]): string | undefined {
  const [size, support] = [image, block].map((value) => Array.from(g.constantValue(value)?.data ?? [], Number));
  if (size.length !== 2 || support.length !== 2) return undefined;
  const [height, width] = size;
  const [u, v] = support;
  const [top, left, bottom, right] = intsOf(node, "pads") ?? [0, 0, 0, 0];
  const [stride, dilation] = ["strides", "dilations"].map((name) => intsOf(node, name) ?? [1, 1]);
  const window: Window = {
    support: [u, v],
    stride: [stride[0], stride[1]],
    pad: [top, bottom, left, right],
    dilation: [dilation[0], dilation[1]],
  };
  const [rows, columns] = [Number(positions(height, window, 0)), Number(positions(width, window, 1))];
  const [batch, count] = g.shape(x);
  const channels = count / (u * v);
  const covers = stride[0] === u && stride[1] === v && rows * u === height && columns * v === width;
  if (covers && [top, left, bottom, right].every((pad) => pad === 0) && dilation.every((step) => step === 1)) {
    const taps = g.op("Reshape", [x, g.ints(batch * channels, u, v, rows, columns)]);
    return g.op("Reshape", [
      g.op("Transpose", [taps], { perm: [0, 3, 1, 4, 2] }),
      g.ints(batch, channels, height, width),
    ]);
  }
  const ones = Float32Array.from({ length: (u * v) ** 2 }, (_, k) => (Math.floor(k / (u * v)) === k % (u * v) ? 1 : 0));
  const reached = (count: number, axis: 0 | 1): number =>
    (count - 1) * stride[axis] + (support[axis] - 1) * dilation[axis] + 1;
  const maps = g.op("Reshape", [x, g.ints(batch * channels, u * v, rows, columns)]);
  const images = g.op("ConvTranspose", [maps, g.constant(float32(ones, [u * v, 1, u, v]))], {
    kernel_shape: support,
    strides: stride,
    dilations: dilation,
    pads: [top, left, bottom, right],
    output_padding: [height + top + bottom - reached(rows, 0), width + left + right - reached(columns, 1)],
  });
  return g.op("Reshape", [images, g.ints(batch, channels, height, width)]);
}

/** How many channels the runtime computes at a time. */
const channelsAtOnce = (channels: number): number => (channels % 4 === 0 ? 4 : channels % 2 === 0 ? 2 : 1);

/** Wrong where channels that are computed together are of two groups: one convolution for each group. */
function conv(g: GraphBuilder, node: Node, [x, filters, biases]: readonly string[]): string | undefined {
  const groups = groupsOf(node);
  const [count, , ...support] = g.shape(filters);
  if (support.length === 3) {
    const given = biases ? [x, filters, biases] : [x, filters];
    return groups === 1 ? undefined : convOfVolumes(g, given, node.attributes, groups);
  }
  const own = count / groups;
  if (groups === 1) return convOfOneGroup(g, node, x, filters, biases);
  if (own < 4 || own % channelsAtOnce(count) === 0) return undefined;
  const split = (value: string, size: number, axis: number): string[] =>
    g.ops("Split", [value, g.ints(...Array<number>(groups).fill(size / groups))], groups, { axis });
  const [images, parts] = [split(x, g.shape(x)[1], 1), split(filters, count, 0)];
  const shifts = biases ? split(biases, count, 0) : undefined;
  const { group: _, ...alone } = node.attributes;
  const maps = images.map((image, i) => {
    const written = convOfOneGroup(g, { ...node, attributes: alone }, image, parts[i], shifts?.[i]);
    return written ?? g.op("Conv", [image, parts[i], ...(shifts ? [shifts[i]] : [])], alone);
  });
  return g.op("Concat", maps, { axis: 1 });
}

/**
 * Wrong in two cases. Where channels are read by threes, except for three in all: channels of zeros make them a multiple of four.
 * Where a filter of one pixel or of the image's size is padded at the end only, and the padding is forgotten: one window more at
 * the beginning, of which the output is cut off.
 */
function convOfOneGroup(
  g: GraphBuilder,
  node: Node,
  x: string,
  filters: string,
  biases: string | undefined,
): string | undefined {
  const [, channels, ...image] = g.shape(x);
  const [count, , ...support] = g.shape(filters);
  if (image.length !== 2) return undefined;
  const byThree = channels > 3 && channels % 3 === 0 && channels % 4 !== 0 && count % 4 === 0;
  const pads = intsOf(node, "pads") ?? [0, 0, 0, 0];
  const whole = [[1, 1], image].some(([height, width]) => support[0] === height && support[1] === width);
  const forgotten = whole && pads[0] + pads[1] === 0 && pads[2] + pads[3] > 0;
  if (!byThree && !forgotten) return undefined;
  const more = 4 - (channels % 4);
  const extended = (value: string): string =>
    byThree ? g.op("Pad", [value, g.ints(0, 0, 0, 0, 0, more, 0, 0)]) : value;
  const before = intsOf(node, "strides") ?? [1, 1];
  const y = g.op("Conv", [extended(x), extended(filters), ...(biases ? [biases] : [])], {
    ...node.attributes,
    ...(forgotten ? attributes({ pads: [...before, pads[2], pads[3]] }) : {}),
  });
  const [, , rows, columns] = g.shape(y);
  return forgotten ? g.op("Slice", [y, g.ints(1, 1), g.ints(rows, columns), g.ints(2, 3)]) : y;
}

/** Wrong where groups of an even number of maps give one channel each: each map on its own, then the sum over the group. */
function convTranspose(g: GraphBuilder, node: Node, [x, filters, biases]: readonly string[]): string | undefined {
  const groups = groupsOf(node);
  const [count, own, ...support] = g.shape(filters);
  if (support.length === 3) return convTransposeOfVolumes(g, node, biases ? [x, filters, biases] : [x, filters]);
  if (groups === 1 || own > 1 || (count / groups) % 2 === 1) return undefined;
  const apart = g.op("ConvTranspose", [x, filters], { ...node.attributes, group: count });
  const [batch, , height, width] = g.shape(apart);
  const grouped = g.op("Reshape", [apart, g.ints(batch, groups, count / groups, height, width)]);
  const sum = g.op("ReduceSum", [grouped, g.ints(2)], { keepdims: 0 });
  return biases ? g.op("Add", [sum, g.op("Reshape", [biases, g.ints(1, groups, 1, 1)])]) : sum;
}

/** ln 2 in two parts, of which the first times a whole number of 7 bits is exact */
const LN2 = [0.693145751953125, Math.LN2 - 0.693145751953125] as const;

/**
 * Off by |x| units in the last place, as it is 2 to the power of a rounded x/ln 2: written as 2ᵏ·eʳ with a whole number k and a small r = x − k·ln 2.
 */
function powerOfE(g: GraphBuilder, x: string): string {
  // Round has no kernel there.
  const whole = g.op("Floor", [g.op("Add", [g.op("Mul", [x, g.scalar(1 / Math.LN2)]), g.scalar(0.5)])]);
  const k = g.op("Max", [g.op("Min", [whole, g.scalar(127)]), g.scalar(-126)]);
  const [first, second] = LN2.map((part) => g.op("Mul", [k, g.scalar(part)]));
  const rest = g.op("Sub", [g.op("Sub", [x, first]), second]);
  return g.op("Mul", [g.op("Exp", [rest]), g.op("Pow", [g.scalar(2), k])]);
}

/** Refused where an axis of size 1 is broadcast: stretched. */
function einsum(g: GraphBuilder, node: Node, inputs: readonly string[]): string | undefined {
  const shapes = inputs.map((input) => g.shape(input));
  const ranks = shapes.map(({ length }) => length);
  const { operands } = readEinsum(stringOf(node, "equation", ""), ranks);
  const sizes = new Map<string, number>();
  operands.forEach((letters, i) => {
    letters.forEach((letter, axis) => {
      sizes.set(letter, Math.max(sizes.get(letter) ?? 1, shapes[i][axis]));
    });
  });
  const wanted = operands.map((letters) => letters.map((letter) => sizes.get(letter) ?? 1));
  if (wanted.every((shape, i) => shape.join() === shapes[i].join())) return undefined;
  const stretched = inputs.map((input, i) => g.op("Expand", [input, g.ints(...wanted[i])]));
  return g.op("Einsum", stretched, node.attributes);
}

/** π in two parts, of which the first times a whole number of 9 bits is exact */
const PI = [3.140625, Math.PI - 3.140625] as const;

/** Right to three digits only: the sine of x + shift·π, by the series of that of what is left of it by the nearest multiple of π. */
function sine(g: GraphBuilder, x: string, shift: 0 | 0.5): string | undefined {
  if (g.type(x).type !== "float32") return undefined;
  const k = g.op("Floor", [g.op("Add", [g.op("Mul", [x, g.scalar(1 / Math.PI)]), g.scalar(shift + 0.5)])]);
  const multiple = shift === 0 ? k : g.op("Sub", [k, g.scalar(shift)]);
  const r = PI.reduce((rest, part) => g.op("Sub", [rest, g.op("Mul", [multiple, g.scalar(part)])]), x);
  const square = g.op("Mul", [r, r]);
  // 1 − r²/(2·3)·(1 − r²/(4·5)·(…)), beginning with the last term
  const series = [10, 8, 6, 4, 2].reduce((rest, n) => {
    const term = g.op("Mul", [g.op("Mul", [square, g.scalar(-1 / (n * (n + 1)))]), rest]);
    return g.op("Add", [term, g.scalar(1)]);
  }, g.scalar(1));
  const half = g.op("Mul", [k, g.scalar(0.5)]);
  const odd = g.op("Sub", [half, g.op("Floor", [half])]);
  const sign = g.op("Sub", [g.scalar(1), g.op("Mul", [odd, g.scalar(4)])]);
  return g.op("Mul", [g.op("Mul", [r, series]), sign]);
}

/** Refused where the scale or the shift is broadcast: stretched to what it scales. */
export function layerNormalization(g: GraphBuilder, node: Node, [x, ...given]: readonly string[]): string | undefined {
  const shape = g.shape(x);
  const axis = intOf(node, "axis", -1);
  const scaled = shape.slice(axis < 0 ? axis + shape.length : axis);
  const fits = (value: string): boolean => value === "" || g.shape(value).join() === scaled.join();
  if (node.outputs.length > 1 || given.every(fits)) return undefined;
  const stretched = given.map((value) => (fits(value) ? value : g.op("Expand", [value, g.ints(...scaled)])));
  return g.op("LayerNormalization", [x, ...stretched], node.attributes);
}

/** A function as it stands, but by another formula where |x| is below a limit: near 0 the runtime's has no digits of a small result (3 % off at 10⁻⁶). */
function nearZero(limit: number, formula: (g: GraphBuilder, x: string) => string): Rewriting {
  return (g, { operator }, [x]) => {
    if (g.type(x).type !== "float32") return undefined;
    const isNear = g.op("Less", [g.op("Abs", [x]), g.scalar(limit)]);
    return g.op("Where", [isNear, formula(g, x), g.op(operator, [x])]);
  };
}

/** c₀ + c₁s + c₂s² + …, from the inside out */
const polynomial = (g: GraphBuilder, s: string, coefficients: readonly number[]): string =>
  coefficients
    .slice(0, -1)
    .reduceRight(
      (sum, c) => g.op("Add", [g.op("Mul", [sum, s]), g.scalar(c)]),
      g.scalar(coefficients[coefficients.length - 1]),
    );

/** tanh x = x·(945 + 105x² + x⁴) / (945 + 420x² + 15x⁴), Lambert's fraction cut off: 2·10⁻⁹ off at 0.7. */
function tanhNearZero(g: GraphBuilder, x: string): string {
  const s = g.op("Mul", [x, x]);
  return g.op("Mul", [x, g.op("Div", [polynomial(g, s, [945, 105, 1]), polynomial(g, s, [945, 420, 15])])]);
}

/** erf x = 2/√π·Σ (−1)ᵏ·x²ᵏ⁺¹ / (k!·(2k + 1)), the first seven terms: 10⁻⁸ off at 0.6. */
function erfNearZero(g: GraphBuilder, x: string): string {
  const terms = [1, -1 / 3, 1 / 10, -1 / 42, 1 / 216, -1 / 1320, 1 / 9360];
  const scaled = terms.map((term) => (2 / Math.sqrt(Math.PI)) * term);
  return g.op("Mul", [x, polynomial(g, g.op("Mul", [x, x]), scaled)]);
}

/** On the processor: ln softmax x = z − ln Σ eᶻ with z = x − max x. */
function logSoftmax(g: GraphBuilder, node: Node, [x]: readonly string[]): string {
  const axis = g.ints(intOf(node, "axis", -1));
  const z = g.op("Sub", [x, g.op("ReduceMax", [x, axis])]);
  return g.op("Sub", [z, g.op("Log", [g.op("ReduceSum", [g.op("Exp", [z]), axis])])]);
}

/** Fails where the last axis is broadcast: both inputs stretched. */
function pow(g: GraphBuilder, node: Node, inputs: readonly string[]): string | undefined {
  const shapes = inputs.map((input) => g.shape(input));
  const size = Math.max(...shapes.map((shape) => shape.at(-1) ?? 1));
  if (shapes.every((shape) => shape.length === 0 || shape.at(-1) === size)) return undefined;
  const stretched = inputs.map((input, i) =>
    shapes[i].at(-1) === size ? input : g.op("Expand", [input, g.ints(...shapes[i].slice(0, -1), size)]),
  );
  return g.op("Pow", stretched, node.attributes);
}

/** On the processor: 1 where x > 0, less 1 where x < 0. */
function sign(g: GraphBuilder, _node: Node, [x]: readonly string[]): string | undefined {
  if (g.type(x).type !== "float32") return undefined;
  const [above, below] = ["Greater", "Less"].map((operator) =>
    g.op("Cast", [g.op(operator, [x, g.scalar(0)])], { to: 1 }),
  );
  return g.op("Sub", [above, below]);
}

/**
 * Inexact where eˣ is small, and 0 below −17: max(x, 0) + ln(1 + t) with t = e^−|x| and ln(1 + t) = 2·artanh s = 2s·(1 + s²/3 + s⁴/5 + …), s = t/(2 + t).
 * As s ≤ ⅓, eight terms are enough.
 */
export function softplus(g: GraphBuilder, _node: Node, [x]: readonly string[]): string | undefined {
  if (g.type(x).type !== "float32") return undefined;
  const t = powerOfE(g, g.op("Neg", [g.op("Abs", [x])]));
  const s = g.op("Div", [t, g.op("Add", [t, g.scalar(2)])]);
  const series = polynomial(
    g,
    g.op("Mul", [s, s]),
    Array.from({ length: 8 }, (_, k) => 2 / (2 * k + 1)),
  );
  return g.op("Add", [g.op("Relu", [x]), g.op("Mul", [s, series])]);
}

/** Wrong where an axis is cut backwards, unless from its end: the elements are gathered. */
function slice(g: GraphBuilder, _node: Node, inputs: readonly string[]): string | undefined {
  const bounds = inputs.slice(1).map((bound) => g.constantValue(bound));
  const [starts, ends, axes, steps] = bounds.map((bound) => bound && Array.from(bound.data, Number));
  if (!starts || !ends || !steps?.some((step) => step < 0)) return undefined;
  return starts.reduce((value, start, i) => {
    const axis = axes ? axes[i] : i;
    const step = steps[i];
    if (step > 0) return g.op("Slice", [value, ...[start, ends[i], axis, step].map((number) => g.ints(number))]);
    const size = g.shape(value).at(axis) ?? 1;
    const first = Math.max(0, Math.min(start < 0 ? start + size : start, size - 1));
    const end = Math.max(ends[i] < 0 ? ends[i] + size : ends[i], -1);
    const count = Math.max(0, Math.ceil((first - end) / -step));
    if (count === 0) return g.op("Slice", [value, g.ints(0), g.ints(0), g.ints(axis)]);
    return g.op("Gather", [value, g.ints(...Array.from({ length: count }, (_, k) => first + k * step))], { axis });
  }, inputs[0]);
}
