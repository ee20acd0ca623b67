/** The rule of padding. */

import { stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { constants, DifferentiationError, type Rule } from "../rule.js";

/** How many elements are added before and behind each axis; where they are fewer than none, the data is cut. */
function padsOf(g: GraphBuilder, node: Node): (readonly [before: number, after: number])[] {
  const shape = g.shape(node.inputs[0]);
  const pads = constants(g, node, 1);
  const axes = node.inputs[3] ? constants(g, node, 3) : shape.map((_, axis) => axis);
  return shape.map((_, axis) => {
    const i = axes.findIndex((other) => (other + shape.length) % shape.length === axis);
    return i < 0 ? [0, 0] : [pads[i], pads[i + axes.length]];
  });
}

/** The part of dy in the data's place; zeros for what was cut off. */
function inPlace(g: GraphBuilder, dy: string, pads: readonly (readonly [number, number])[]): string {
  const shape = g.shape(dy);
  const starts = pads.map(([before]) => Math.max(before, 0));
  const ends = pads.map(([, after], axis) => shape[axis] - Math.max(after, 0));
  const inside = g.op("Slice", [dy, g.ints(...starts), g.ints(...ends)]);
  const lost = [0, 1].flatMap((end) => pads.map((pad) => Math.max(-pad[end], 0)));
  return lost.some((count) => count > 0) ? g.op("Pad", [inside, g.ints(...lost)]) : inside;
}

/** The element of the data that stands at a place before or behind it. */
const SOURCES: Readonly<Record<string, (place: number, size: number) => number>> = {
  edge: (place, size) => Math.min(Math.max(place, 0), size - 1),
  wrap: (place, size) => ((place % size) + size) % size,
  reflect: (place, size) => {
    const period = Math.max(1, 2 * (size - 1));
    const within = ((place % period) + period) % period;
    return Math.min(within, period - within);
  },
};

/**
 * What was added around the data is cut off again. With mode "reflect", "edge" or "wrap" it was made of the data, axis after axis, and is
 * given back to it: by a product with the matrix that has a 1 where an element came from. Of a constant, all of what was added is its gradient.
 */
export const pad: Rule = ({ g, node, dy, wants }) => {
  const shape = g.shape(node.inputs[0]);
  const pads = padsOf(g, node);
  const mode = stringOf(node, "mode", "constant");
  if (mode !== "constant") {
    const source = Object.hasOwn(SOURCES, mode) ? SOURCES[mode] : undefined;
    if (!source) throw new DifferentiationError(`Pad '${node.name}': gradients are not known with mode "${mode}".`);
    return [pads.reduce((value, pair, axis) => givenBack(g, value, axis, pair, shape[axis], source), dy)];
  }
  const value = node.inputs[2];
  if (!value || !wants(2)) return [inPlace(g, dy, pads)];
  const flat = pads.flatMap((_, axis) => pads[axis][0]).concat(pads.map(([, after]) => after));
  const inside = g.op("Expand", [g.scalar(1), g.ints(...shape)]);
  const added = g.op("Sub", [g.scalar(1), g.op("Pad", [inside, g.ints(...flat)])]);
  const total = g.op("ReduceSum", [g.op("Mul", [dy, added])], { keepdims: 0 });
  return [wants(0) ? inPlace(g, dy, pads) : undefined, undefined, g.op("Reshape", [total, g.ints(...g.shape(value))])];
};

/** dy with one axis as it was before, `size` long. */
function givenBack(
  g: GraphBuilder,
  dy: string,
  axis: number,
  [before, after]: readonly [number, number],
  size: number,
  source: (place: number, size: number) => number,
): string {
  const shape = g.shape(dy);
  const own = shape.map((_, a) => (a === axis ? ([before, after] as const) : ([0, 0] as const)));
  if (before === 0 && after === 0) return dy;
  const [lead, rest] = [shape.slice(0, axis), shape.slice(axis + 1)].map((part) => part.reduce((a, b) => a * b, 1));
  const borders = [
    { from: 0, count: Math.max(before, 0) },
    { from: shape[axis] - Math.max(after, 0), count: Math.max(after, 0) },
  ];
  const parts = borders.flatMap(({ from, count }) => {
    if (count === 0) return [];
    const matrix = new Float32Array(size * count);
    for (let k = 0; k < count; k++) matrix[source(from + k - before, size) * count + k] = 1;
    const border = g.op("Slice", [dy, g.ints(from), g.ints(from + count), g.ints(axis)]);
    const columns = g.op("Reshape", [border, g.ints(lead, count, rest)]);
    const sums = g.op("MatMul", [g.constant(float32(matrix, [size, count])), columns]);
    return [g.op("Reshape", [sums, g.ints(...shape.with(axis, size))])];
  });
  return [inPlace(g, dy, own), ...parts].reduce((a, b) => g.op("Add", [a, b]));
}
