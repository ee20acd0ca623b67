/** Shapes of what rearranges, cuts, joins and indexes. */

import { intOf, intsOf } from "../attributes.js";
import { floorDivide, formatShape, isStatic, plus, product, times } from "../dimension.js";
import type { Dimension } from "../types.js";
import {
  agreed,
  axisOf,
  broadcast,
  integersOf,
  type Rule,
  type Rules,
  ShapeError,
  same,
  Unknown,
} from "./infer-rule.js";

const reshape: Rule = (c) => {
  const wanted = c.has(1) ? c.sizes(1) : intsOf(c.node, "shape");
  if (!wanted) throw new Unknown();
  const { type, shape: known } = c.type(0);
  // Where nothing is left to the input, its shape need not be known.
  if (!known && wanted.every((d) => typeof d === "string" || d > 0)) return [{ type, shape: wanted }];
  const from = c.shape(0);
  const literal = intOf(c.node, "allowzero", 0) === 1;
  const shape = wanted.map((d, axis): Dimension => {
    if (d !== 0 || literal) return d;
    if (axis >= from.length) throw new ShapeError(`${formatShape(from)} has no axis ${axis} whose size could be kept`);
    return from[axis];
  });
  const free = shape.indexOf(-1);
  if (free >= 0) shape[free] = quotient(from, shape.toSpliced(free, 1));
  else if (isStatic(from) && isStatic(shape) && product(from) !== product(shape)) {
    throw new ShapeError(`${formatShape(from)} cannot be reshaped to ${formatShape(shape)}`);
  }
  return [{ type, shape }];
};

/** The product of some sizes divided by that of others, with equal names cancelled. */
function quotient(above: readonly Dimension[], below: readonly Dimension[]): Dimension {
  const rest = [...above];
  let divisor = 1;
  for (const d of below) {
    const at = typeof d === "string" ? rest.indexOf(d) : -1;
    if (at >= 0) rest.splice(at, 1);
    else if (typeof d === "number") divisor *= d;
    else throw new Unknown();
  }
  if (divisor === 0) throw new Unknown();
  const total = product(rest);
  if (typeof total === "number" && total % divisor !== 0) {
    throw new ShapeError(`${formatShape(above)} cannot be divided into parts of ${divisor}`);
  }
  return floorDivide(total, divisor);
}

const transpose: Rule = (c) => {
  const shape = c.shape(0);
  const permutation = intsOf(c.node, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
  if (permutation.length !== shape.length || new Set(permutation).size !== shape.length) {
    throw new ShapeError(`${permutation} is no order of the axes of ${formatShape(shape)}`);
  }
  return [{ type: c.type(0).type, shape: permutation.map((axis) => shape[axisOf(axis, shape.length)]) }];
};

const concat: Rule = (c) => {
  const shapes = c.node.inputs.map((_, i) => c.shape(i));
  const [first] = shapes;
  const axis = axisOf(intOf(c.node, "axis", 1), first.length);
  const misfit = (): string => `${shapes.map(formatShape).join(" and ")} cannot be joined along axis ${axis}`;
  if (shapes.some((s) => s.length !== first.length)) throw new ShapeError(misfit());
  const shape = first.map((_, i) =>
    i === axis ? plus(...shapes.map((s) => s[i])) : shapes.map((s) => s[i]).reduce((a, b) => agreed(a, b, misfit)),
  );
  return [{ type: c.type(0).type, shape }];
};

/** No index into a tensor is as large; a bound beyond it means "to the end". */
const FAR = 2 ** 31 - 1;

/** How many elements from `start` to before `end` in steps, by ONNX's rules: negative bounds count from the end. */
function sliced(size: Dimension, start: number, end: number, step: number): Dimension {
  if (step === 0) throw new ShapeError("the step of a slice is 0");
  if (typeof size === "string") return slicedFormula(size, start, end, step);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const bound = (index: number, least: number): number =>
    Math.min(Math.max(index < 0 ? index + size : index, least), high);
  return Math.max(0, Math.ceil((bound(end, low) - bound(start, 0)) / step));
}

/** The same for a named size, taken to be larger than the bounds; unknown where it would have to be compared with one. */
function slicedFormula(size: string, start: number, end: number, step: number): Dimension {
  if (step === -1 && (start === -1 || start >= FAR) && end < -FAR) return size;
  if (step < 0 || start >= FAR || end < -FAR || (end >= 0 && end < FAR)) throw new Unknown();
  const first = start < -FAR ? 0 : start < 0 ? plus(size, start) : start;
  const last = end >= FAR ? size : plus(size, end);
  const length = floorDivide(plus(last, times(first, -1), step - 1), step);
  return typeof length === "number" ? Math.max(0, length) : length;
}

const slice: Rule = (c) => {
  const shape = [...c.shape(0)];
  const [starts, ends] = [integersOf(c, 1, "starts"), integersOf(c, 2, "ends")];
  if (!starts || !ends) throw new Unknown();
  const axes = integersOf(c, 3, "axes") ?? starts.map((_, i) => i);
  const steps = c.has(4) ? c.constant(4) : starts.map(() => 1);
  axes.forEach((a, i) => {
    const axis = axisOf(a, shape.length);
    shape[axis] = sliced(shape[axis], starts[i], ends[i], steps[i]);
  });
  return [{ type: c.type(0).type, shape }];
};

const split: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", 0), shape.length);
  const size = shape[axis];
  const sizes = integersOf(c, 1, "split") ?? evenParts(size, c.node.outputs.length);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (typeof size === "number" && total !== size) throw new ShapeError(`parts of ${sizes} are not all of ${size}`);
  return sizes.map((d) => ({ type: c.type(0).type, shape: shape.with(axis, d) }));
};

/** Equal parts, the last one smaller where they do not come out even. */
function evenParts(size: Dimension, count: number): number[] {
  if (typeof size === "string") throw new Unknown();
  const part = Math.ceil(size / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, size - i * part)));
}

const pad: Rule = (c) => {
  const padded = [...c.shape(0)];
  const pads = integersOf(c, 1, "pads");
  if (!pads) throw new Unknown();
  const axes = c.has(3) ? c.constant(3).map((a) => axisOf(a, padded.length)) : padded.map((_, axis) => axis);
  axes.forEach((axis, i) => {
    padded[axis] = plus(padded[axis], pads[i] + pads[i + axes.length]);
  });
  return [{ type: c.type(0).type, shape: padded }];
};

const gather: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", 0), shape.length);
  return [{ type: c.type(0).type, shape: shape.toSpliced(axis, 1, ...c.shape(1)) }];
};

const gatherND: Rule = (c) => {
  const [shape, indices] = [c.shape(0), c.shape(1)];
  const depth = indices[indices.length - 1];
  if (typeof depth !== "number") throw new Unknown();
  const kept = shape.slice(intOf(c.node, "batch_dims", 0) + depth);
  return [{ type: c.type(0).type, shape: [...indices.slice(0, -1), ...kept] }];
};

const flatten: Rule = (c) => {
  const shape = c.shape(0);
  const at = intOf(c.node, "axis", 1);
  const axis = at === shape.length ? at : axisOf(at, shape.length);
  return [{ type: c.type(0).type, shape: [product(shape.slice(0, axis)), product(shape.slice(axis))] }];
};

const squeeze: Rule = (c) => {
  const shape = c.shape(0);
  const axes = integersOf(c, 1, "axes");
  if (!axes && !isStatic(shape)) throw new Unknown();
  const gone = new Set(
    axes?.map((a) => axisOf(a, shape.length)) ?? shape.flatMap((d, axis) => (d === 1 ? [axis] : [])),
  );
  for (const axis of gone) agreed(shape[axis], 1, () => `axis ${axis} of ${formatShape(shape)} is not of size 1`);
  return [{ type: c.type(0).type, shape: shape.filter((_, axis) => !gone.has(axis)) }];
};

const unsqueeze: Rule = (c) => {
  const shape = [...c.shape(0)];
  const axes = integersOf(c, 1, "axes") ?? [];
  const rank = shape.length + axes.length;
  for (const axis of axes.map((a) => axisOf(a, rank)).sort((a, b) => a - b)) shape.splice(axis, 0, 1);
  return [{ type: c.type(0).type, shape }];
};

const expand: Rule = (c) => [{ type: c.type(0).type, shape: broadcast(c.shape(0), c.sizes(1)) }];

const tile: Rule = (c) => {
  const repeats = c.sizes(1);
  return [{ type: c.type(0).type, shape: c.shape(0).map((d, axis) => times(d, repeats[axis])) }];
};

const oneHot: Rule = (c) => {
  const shape = c.shape(0);
  const axis = axisOf(intOf(c.node, "axis", -1), shape.length + 1);
  return [{ type: c.type(2).type, shape: shape.toSpliced(axis, 0, c.constant(1)[0]) }];
};

/** A part of the shape as a tensor: the axes from `start` to before `end`. */
const shapeOf: Rule = (c) => {
  const rank = c.shape(0).length;
  const length = sliced(rank, intOf(c.node, "start", 0), intOf(c.node, "end", rank), 1);
  return [{ type: "int64", shape: [length] }];
};

const topK: Rule = (c) => {
  const shape = c.shape(0);
  const count = c.has(1) ? c.constant(1)[0] : intOf(c.node, "k", 1);
  const kept = shape.with(axisOf(intOf(c.node, "axis", -1), shape.length), count);
  return [
    { type: c.type(0).type, shape: kept },
    { type: "int64", shape: kept },
  ];
};

/** The given sizes, of all axes or of some. */
const centerCropPad: Rule = (c) => {
  const shape = [...c.shape(0)];
  const axes = intsOf(c.node, "axes") ?? shape.map((_, axis) => axis);
  const sizes = c.sizes(1);
  for (const [i, axis] of axes.entries()) shape[axisOf(axis, shape.length)] = sizes[i];
  return [{ type: c.type(0).type, shape }];
};

/** As many as the condition says, along an axis or of all elements. */
const compress: Rule = (c) => {
  const shape = c.shape(0);
  const count = c.constant(1).filter((kept) => kept !== 0).length;
  if (c.node.attributes.axis === undefined) return [{ type: c.type(0).type, shape: [count] }];
  return [{ type: c.type(0).type, shape: shape.with(axisOf(intOf(c.node, "axis", 0), shape.length), count) }];
};

const indexed: Rule = (c) => [{ type: c.type(0).type, shape: c.shape(1) }];

/** ONNX's operators that move elements without computing with them. */
export const ARRANGE_RULES: Rules = {
  CenterCropPad: centerCropPad, Compress: compress, Concat: concat, Expand: expand, Flatten: flatten, Gather: gather, GatherElements: indexed, GatherND: gatherND,
  OneHot: oneHot, Pad: pad, Reshape: reshape, ReverseSequence: same, Scatter: same, ScatterElements: same,
  ScatterND: same, Shape: shapeOf, Size: () => [{ type: "int64", shape: [] }], Slice: slice, Split: split,
  Squeeze: squeeze, Tile: tile, TopK: topK, Transpose: transpose, Trilu: same, Unsqueeze: unsqueeze,
}; // biome-ignore format: a table
