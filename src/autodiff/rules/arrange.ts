/** Rules of the operators that move, select, repeat or sum elements. */

import { attributes, intOf, intsOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { zeros } from "../../graph/tensor.js";
import { byDefinition, constants, type Rule, reduceTo } from "../rule.js";

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

/** y repeats x along each axis: dx is the sum over the repetitions. */
export const tile: Rule = ({ g, node, dy }) => {
  const shape = g.shape(node.inputs[0]);
  const apart = g.shape(dy).flatMap((size, axis) => [size / shape[axis], shape[axis]]);
  const axes = shape.map((_, axis) => 2 * axis);
  if (axes.length === 0) return [dy];
  return [g.op("ReduceSum", [g.op("Reshape", [dy, g.ints(...apart)]), g.ints(...axes)], { keepdims: 0 })];
};

/** What was set to 0 gets no gradient. */
export const trilu: Rule = ({ g, node, dy }) => [g.op("Trilu", [dy, ...node.inputs.slice(1)], node.attributes)];

/** y[k] = Σ x[j] for j ≤ k (`exclusive`: j < k; `reverse`: j ≥ k): dx is such a sum of dy from the other end. */
export const cumSum: Rule = ({ g, node, dy }) => [
  g.op("CumSum", [dy, node.inputs[1]], {
    ...node.attributes,
    ...attributes({ reverse: 1 - intOf(node, "reverse", 0) }),
  }),
];

/** The same again puts each row back as it was. */
export const reverseSequence: Rule = ({ g, node, dy }) => [
  g.op("ReverseSequence", [dy, node.inputs[1]], node.attributes),
];

/** N×C×H×W as blocks of pixels: each pixel of the small image has the channels of a block of the large one. */
export const depthToSpace = byDefinition((g, node) => {
  const [batch, channels, height, width] = g.shape(node.inputs[0]);
  const block = intOf(node, "blocksize", 1);
  const depth = channels / block ** 2;
  const columnsFirst = stringOf(node, "mode", "DCR") === "CRD";
  const apart = columnsFirst
    ? [batch, depth, block, block, height, width]
    : [batch, block, block, depth, height, width];
  const perm = columnsFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  const moved = g.op("Transpose", [g.op("Reshape", [node.inputs[0], g.ints(...apart)])], { perm });
  return [g.op("Reshape", [moved, g.ints(batch, depth, height * block, width * block)])];
});

export const spaceToDepth = byDefinition((g, node) => {
  const [batch, channels, height, width] = g.shape(node.inputs[0]);
  const block = intOf(node, "blocksize", 1);
  const small = [height / block, width / block];
  const apart = g.ints(batch, channels, small[0], block, small[1], block);
  const moved = g.op("Transpose", [g.op("Reshape", [node.inputs[0], apart])], { perm: [0, 3, 5, 1, 2, 4] });
  return [g.op("Reshape", [moved, g.ints(batch, channels * block ** 2, ...small)])];
});

/** Axes that are too long are cut, and those that are too short get zeros, on both sides alike, and one more at the end. */
export const centerCropPad = byDefinition((g, node) => {
  const [x] = node.inputs;
  const [from, to] = [g.shape(x), g.shape(node.outputs[0])];
  const cut = from.map((size, axis) => Math.max(0, Math.floor((size - to[axis]) / 2)));
  const ends = cut.map((start, axis) => start + Math.min(from[axis], to[axis]));
  const inside = g.op("Slice", [x, g.ints(...cut), g.ints(...ends)]);
  const missing = from.map((size, axis) => Math.max(0, to[axis] - size));
  const before = missing.map((count) => Math.floor(count / 2));
  return [g.op("Pad", [inside, g.ints(...before, ...missing.map((count, axis) => count - before[axis]))])];
});
