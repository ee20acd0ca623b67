/** The rule of Resize. */

import { intsOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { constants, type Rule } from "../rule.js";

/**
 * Each axis is resized by a matrix of its own, y = A·x, so that dx = Aᵀ·dy. The runtime writes the matrix itself: it is what becomes of the
 * identity when that is resized along one axis. So it is the runtime's in all modes, whatever the coordinates are, and constant.
 */
export const resize: Rule = ({ g, node, dy }) => {
  const from = g.shape(node.inputs[0]);
  const to = g.shape(dy);
  return [
    from.reduce((gradient, size, axis) => {
      const scale = scaleOf(g, node, axis);
      if (scale === 1 && !isCropped(node)) return gradient;
      if (repeats(node, scale)) return summed(g, gradient, axis, size, scale);
      const lead = elementCount(from.slice(0, axis));
      const rest = elementCount(to.slice(axis + 1));
      const back = g.ints(...from.slice(0, axis + 1), ...to.slice(axis + 1));
      const transposed = resizedIdentity(g, node, axis);
      if (rest > 1) {
        const columns = g.op("Reshape", [gradient, g.ints(lead, to[axis], rest)]);
        return g.op("Reshape", [g.op("MatMul", [transposed, columns]), back]);
      }
      const rows = g.op("Reshape", [gradient, g.ints(lead, to[axis])]);
      const matrix = g.op("Transpose", [transposed], { perm: [1, 0] });
      return g.op("Reshape", [g.op("MatMul", [rows, matrix]), back]);
    }, dy),
  ];
};

/** Whether only a region of the input is resized, which the second input says; in other modes that does not count. */
const isCropped = (node: Node): boolean =>
  stringOf(node, "coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize";

/** Where an axis of x stands in the lists of regions, scales and sizes; −1 for one that is not resized. */
function placeOf(g: GraphBuilder, node: Node, axis: number): number {
  const rank = g.shape(node.inputs[0]).length;
  const axes = intsOf(node, "axes");
  return axes ? axes.findIndex((other) => (other + rank) % rank === axis) : axis;
}

/** The scale of an axis; one to a size is the ratio. */
function scaleOf(g: GraphBuilder, node: Node, axis: number): number {
  const [x, , scales] = node.inputs;
  const place = placeOf(g, node, axis);
  if (place < 0) return 1;
  return scales ? constants(g, node, 2)[place] : g.shape(node.outputs[0])[axis] / g.shape(x)[axis];
}

/** Whether each element is written as often as the whole number `factor` says, side by side. */
function repeats(node: Node, factor: number): boolean {
  if (stringOf(node, "mode", "nearest") !== "nearest" || !Number.isInteger(factor)) return false;
  const rounding = stringOf(node, "nearest_mode", "round_prefer_floor");
  const coordinates = stringOf(node, "coordinate_transformation_mode", "half_pixel");
  if (coordinates === "asymmetric") return rounding === "floor";
  return ["half_pixel", "pytorch_half_pixel"].includes(coordinates) && rounding.startsWith("round_prefer");
}

function summed(g: GraphBuilder, value: string, axis: number, size: number, factor: number): string {
  const shape = g.shape(value);
  const apart = g.op("Reshape", [value, g.ints(...shape.slice(0, axis), size, factor, ...shape.slice(axis + 1))]);
  return g.op("ReduceSum", [apart, g.ints(axis + 1)], { keepdims: 0 });
}

/**
 * Aᵀ: the columns of the identity as images of one column, resized as the axis is. They become two columns wide, as the runtime copies what keeps
 * its size, whatever the scale is.
 */
function resizedIdentity(g: GraphBuilder, node: Node, axis: number): string {
  const size = g.shape(node.inputs[0])[axis];
  const place = placeOf(g, node, axis);
  const [, , scales] = node.inputs;
  const identity = Float32Array.from({ length: size ** 2 }, (_, k) => (k % (size + 1) === 0 ? 1 : 0));
  const region = (): string => {
    const given = constants(g, node, 1);
    return g.constant(float32([0, 0, given[place], 0, 1, 1, given[place + given.length / 2], 1], [8]));
  };
  const to = scales
    ? [g.constant(float32([1, 1, constants(g, node, 2)[place], 2], [4]))]
    : ["", g.ints(1, size, g.shape(node.outputs[0])[axis], 2)];
  const { axes: _, extrapolation_value: _outside, ...how } = node.attributes;
  const images = g.constant(float32(identity, [1, size, size, 1]));
  const resized = g.op("Resize", [images, isCropped(node) ? region() : "", ...to], how);
  const first = g.op("Slice", [resized, g.ints(0), g.ints(1), g.ints(3)]);
  return g.op("Reshape", [first, g.ints(...g.shape(resized).slice(1, 3))]);
}
