/**
 * What ONNX Runtime 1.30 computes wrongly on WebGPU, or not at all, written in another way of the same meaning. Each was
 * found by comparing with the processor; the test beside this file tells when a later runtime needs it no more.
 */

import { GraphBuilder } from "../graph/builder.js";
import { isStatic } from "../graph/dimension.js";
import type { Graph, Node } from "../graph/types.js";
import { groupsOf } from "../graph/window.js";

/** Writes a node in another way and returns its output; undefined where it is right as it is. */
type Rewriting = (g: GraphBuilder, node: Node, inputs: readonly string[]) => string | undefined;

const REWRITINGS: Readonly<Record<string, Rewriting>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  Pow: pow,
  Slice: slice,
};

/** A graph of ONNX's operators without those that a graphics card would get wrong. */
export function forGraphics(graph: Graph): Graph {
  const g = new GraphBuilder(graph.name);
  const forms = new Map<string, string>();
  const form = (value: string): string => forms.get(value) ?? value;
  for (const { name, type, shape } of graph.inputs) g.input(name, type, shape);
  for (const [name, value] of graph.initializers) g.initializer(name, value);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(form);
    const rewriting =
      node.domain === "" && Object.hasOwn(REWRITINGS, node.operator) ? REWRITINGS[node.operator] : undefined;
    const rewritten = known(g, inputs) ? g.scope(node.name, () => rewriting?.(g, node, inputs)) : undefined;
    if (rewritten === undefined) g.add({ ...node, inputs });
    else forms.set(node.outputs[0], rewritten);
  }
  for (const { name } of graph.outputs) g.output(name, form(name));
  return g.build();
}

/** Whether every input has a known shape. */
const known = (g: GraphBuilder, inputs: readonly string[]): boolean =>
  inputs.every((input) => {
    const { shape } = input === "" ? { shape: [] } : g.type(input);
    return shape !== undefined && isStatic(shape);
  });

/** How many channels the runtime computes at a time. */
const together = (channels: number): number => (channels % 4 === 0 ? 4 : channels % 2 === 0 ? 2 : 1);

/** Wrong where channels that are computed together are of two groups: one convolution for each group. */
function conv(g: GraphBuilder, node: Node, [x, filters, biases]: readonly string[]): string | undefined {
  const groups = groupsOf(node);
  const [count] = g.shape(filters);
  const own = count / groups;
  if (groups === 1 || own < 4 || own % together(count) === 0) return undefined;
  const split = (value: string, size: number, axis: number): string[] =>
    g.ops("Split", [value, g.ints(...Array<number>(groups).fill(size / groups))], groups, { axis });
  const [images, parts] = [split(x, g.shape(x)[1], 1), split(filters, count, 0)];
  const shifts = biases ? split(biases, count, 0) : undefined;
  const { group: _, ...attributes } = node.attributes;
  const maps = images.map((image, i) => g.op("Conv", [image, parts[i], ...(shifts ? [shifts[i]] : [])], attributes));
  return g.op("Concat", maps, { axis: 1 });
}

/** Wrong where groups of an even number of maps give one channel each: each map on its own, then the sum over the group. */
function convTranspose(g: GraphBuilder, node: Node, [x, filters, biases]: readonly string[]): string | undefined {
  const groups = groupsOf(node);
  const [count, own] = g.shape(filters);
  if (groups === 1 || own > 1 || (count / groups) % 2 === 1) return undefined;
  const apart = g.op("ConvTranspose", [x, filters], { ...node.attributes, group: count });
  const [batch, , height, width] = g.shape(apart);
  const grouped = g.op("Reshape", [apart, g.ints(batch, groups, count / groups, height, width)]);
  const sum = g.op("ReduceSum", [grouped, g.ints(2)], { keepdims: 0 });
  return biases ? g.op("Add", [sum, g.op("Reshape", [biases, g.ints(1, groups, 1, 1)])]) : sum;
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
