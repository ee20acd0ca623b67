/** Rules of the operators that move, select, repeat or sum elements. */

import { intOf, intsOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { codeOf, elementCount, tensor, zeros } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { DifferentiationError, type Rule, reduceTo } from "../rule.js";

/** The whole numbers in an input that must be a constant. */
function constants(g: GraphBuilder, node: Node, i: number): number[] {
  const value = g.constantValue(node.inputs[i] ?? "");
  if (!value)
    throw new DifferentiationError(`${node.operator} '${node.name}': its gradient needs input ${i} to be a constant.`);
  return Array.from(value.data, Number);
}

/** Any operator that only changes the shape. */
export const reshape: Rule = ({ g, node, dy }) => [g.op("Reshape", [dy, g.ints(...g.shape(node.inputs[0]))])];

export const transpose: Rule = ({ g, node, dy }) => {
  const rank = g.shape(dy).length;
  const permutation = intsOf(node, "perm") ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return [g.op("Transpose", [dy], { perm: inverse })];
};

export const expand: Rule = ({ g, node, dy }) => [reduceTo(g, dy, g.shape(node.inputs[0]))];

/** Each input gets its part of dy. */
export const concat: Rule = ({ g, node, dy, wants }) => {
  const axis = intOf(node, "axis", 0);
  const sizes = node.inputs.map((input) => g.shape(input).at(axis) ?? 1);
  const parts = g.ops("Split", [dy, g.ints(...sizes)], sizes.length, { axis });
  return parts.map((part, i) => (wants(i) ? part : undefined));
};

/** The parts' gradients side by side; zeros for a part that the objective does not depend on. */
export const split: Rule = ({ g, node, gradientOf }) => {
  const parts = node.outputs.map((output, i) => gradientOf(i) ?? g.constant(zeros("float32", g.shape(output))));
  return [g.op("Concat", parts, { axis: intOf(node, "axis", 0) })];
};

/** dy back in its place, zeros where nothing was taken. */
export const slice: Rule = ({ g, node, dy }) => {
  const shape = g.shape(node.inputs[0]);
  const starts = constants(g, node, 1);
  const axes = node.inputs[3] ? constants(g, node, 3) : starts.map((_, i) => i);
  const steps = node.inputs[4] ? constants(g, node, 4) : starts.map(() => 1);
  return [axes.reduce((gradient, axis, i) => unslice(g, gradient, shape, axis, starts[i], steps[i]), dy)];
};

/** The gradient of a slice along one axis: element k of `part` goes to place start + k·step of a row of zeros. */
function unslice(
  g: GraphBuilder,
  part: string,
  full: readonly number[],
  axisOf: number,
  from: number,
  step: number,
): string {
  const axis = axisOf < 0 ? axisOf + full.length : axisOf;
  const size = full[axis];
  const shape = g.shape(part);
  const taken = shape[axis];
  let start = Math.min(Math.max(from < 0 ? from + size : from, 0), step > 0 ? size : size - 1);
  let row = part;
  if (step < 0) {
    row = g.op("Slice", [row, g.ints(-1), g.ints(-size - 1), g.ints(axis), g.ints(-1)]);
    start += step * (taken - 1);
  }
  const stride = Math.abs(step);
  if (stride > 1) {
    const apart = g.op("Unsqueeze", [row, g.ints(axis + 1)]);
    const pads = shape.map(() => 0);
    const spread = g.op("Pad", [apart, g.ints(...pads, 0, ...pads.toSpliced(axis + 1, 0, stride - 1))]);
    const joined = g.op("Reshape", [spread, g.ints(...shape.with(axis, taken * stride))]);
    row = g.op("Slice", [joined, g.ints(0), g.ints((taken - 1) * stride + 1), g.ints(axis)]);
  }
  const before = shape.map((_, a) => (a === axis ? start : 0));
  const after = shape.map((_, a) => (a === axis ? size - start - ((taken - 1) * stride + 1) : 0));
  return g.op("Pad", [row, g.ints(...before, ...after)]);
}

/** What was added around the data is cut off again. Only for padding with a constant. */
export const pad: Rule = ({ g, node, dy }) => {
  const shape = g.shape(node.inputs[0]);
  const pads = constants(g, node, 1);
  const axes = node.inputs[3] ? constants(g, node, 3) : shape.map((_, axis) => axis);
  const mode = node.attributes.mode;
  if (mode?.type === "string" && mode.value !== "constant") {
    throw new DifferentiationError(`Pad '${node.name}': gradients are known for mode "constant", not "${mode.value}".`);
  }
  const starts = axes.map((_, i) => pads[i]);
  const ends = axes.map((axis, i) => pads[i] + shape[axis < 0 ? axis + shape.length : axis]);
  return [g.op("Slice", [dy, g.ints(...starts), g.ints(...ends), g.ints(...axes)])];
};

/** Up to so many rows, adding by a matrix product is faster than one by one. */
const FEW_ROWS = 64;

/**
 * Rows that were taken several times get the sum of their gradients: Σ over the places where a row went. (ScatterND would add them as well,
 * but ONNX Runtime lets several threads add to the same row at once, and loses some.)
 */
export const gather: Rule = ({ g, node, dy }) => {
  const [x, indices] = node.inputs;
  const shape = g.shape(x);
  const axis = (intOf(node, "axis", 0) + shape.length) % shape.length;
  const size = shape[axis];
  const taken = elementCount(g.shape(indices));
  const axes = g.shape(dy).map((_, a) => a);
  const picked = axes.splice(axis, g.shape(indices).length);
  const others = shape.toSpliced(axis, 1);
  const rest = elementCount(others);
  if (size <= FEW_ROWS) {
    const rows = g.op("Reshape", [g.op("Transpose", [dy], { perm: [...picked, ...axes] }), g.ints(taken, rest)]);
    const sums = g.op("MatMul", [wentTo(g, indices, taken, size), rows]);
    const back = shape.map((_, a) => (a === axis ? 0 : a < axis ? a + 1 : a));
    return [g.op("Transpose", [g.op("Reshape", [sums, g.ints(size, ...others)])], { perm: back }), undefined];
  }
  const columns = g.op("Reshape", [g.op("Transpose", [dy], { perm: [...axes, ...picked] }), g.ints(rest, taken)]);
  const places = g.op("Expand", [g.op("Reshape", [indices, g.ints(1, taken)]), g.ints(rest, taken)]);
  const zero = g.op("Expand", [g.scalar(0), g.ints(rest, size)]);
  const sums = g.op("ScatterElements", [zero, places, columns], { axis: 1, reduction: "add" });
  const back = shape.map((_, a) => (a === axis ? others.length : a < axis ? a : a - 1));
  return [g.op("Transpose", [g.op("Reshape", [sums, g.ints(...others, size)])], { perm: back }), undefined];
};

/** Rows × indices: 1 where an index means the row, else 0. Negative indices count from the end. */
function wentTo(g: GraphBuilder, indices: string, taken: number, size: number): string {
  const list = g.op("Reshape", [g.op("Cast", [indices], { to: codeOf("int32") }), g.ints(1, taken)]);
  const numbers = (first: number): string =>
    g.constant(
      tensor(
        "int32",
        [size, 1],
        Int32Array.from({ length: size }, (_, i) => first + i),
      ),
    );
  const went = g.op("Or", [g.op("Equal", [list, numbers(0)]), g.op("Equal", [list, numbers(-size)])]);
  return g.op("Cast", [went], { to: codeOf("float32") });
}

/** The axes that a reduction sums over, 0 … rank − 1. */
function reducedAxes(g: GraphBuilder, node: Node): number[] {
  const rank = g.shape(node.inputs[0]).length;
  const axes = node.inputs[1] ? constants(g, node, 1) : [...(intsOf(node, "axes") ?? [])];
  return axes.length === 0 ? Array.from({ length: rank }, (_, a) => a) : axes.map((a) => (a < 0 ? a + rank : a));
}

/** Gives a reduced value the reduced axes back, with size 1. */
function kept(g: GraphBuilder, node: Node, value: string): string {
  if (intOf(node, "keepdims", 1) === 1) return value;
  const axes = new Set(reducedAxes(g, node));
  return g.op("Reshape", [value, g.ints(...g.shape(node.inputs[0]).map((size, a) => (axes.has(a) ? 1 : size)))]);
}

/** y = Σ x: dx = dy everywhere */
export const reduceSum: Rule = ({ g, node, dy }) => [
  g.op("Expand", [kept(g, node, dy), g.ints(...g.shape(node.inputs[0]))]),
];

/** y = Σ x / n: dx = dy / n everywhere */
export const reduceMean: Rule = ({ g, node, dy }) => {
  const shape = g.shape(node.inputs[0]);
  const count = reducedAxes(g, node).reduce((n, axis) => n * shape[axis], 1);
  return [g.op("Expand", [g.op("Div", [kept(g, node, dy), g.scalar(count)]), g.ints(...shape)])];
};

/** y = max x: dy goes to the elements that are the largest, in equal parts */
export const reduceMax: Rule = ({ g, node, dy }) => {
  const x = node.inputs[0];
  const won = g.op("Cast", [g.op("Equal", [x, kept(g, node, node.outputs[0])])], { to: 1 });
  const winners = g.op("ReduceSum", [won, g.ints(...reducedAxes(g, node))], { keepdims: 1 });
  return [g.op("Mul", [won, g.op("Div", [kept(g, node, dy), winners])])];
};

/** y = Σ x²: dx = 2x·dy */
export const reduceSumSquare: Rule = ({ g, node, dy }) => [
  g.op("Mul", [g.op("Mul", [node.inputs[0], g.scalar(2)]), kept(g, node, dy)]),
];
