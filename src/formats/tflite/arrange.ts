/** TFLite's operators that arrange numbers: other sizes, parts, pads, other resolutions. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import {
  axisOf,
  type Cut,
  concatenate,
  pad,
  type Resizing,
  reshape,
  resize,
  slice,
  transpose,
} from "../channels-last/operations.js";
import { BatchMoved, imageAxis, type Laid } from "../channels-last/values.js";
import { activated, type Operation } from "./operation.js";
import type { Rule } from "./windows.js";

/** Ends of slices that reach to the last element, or before the first one. */
const [LAST, FIRST] = [2 ** 31 - 1, -(2 ** 31)];

const reshaping: Rule = (op) => reshape(op.graph, op.laid(0), op.shape());

function padsOf(op: Operation): [number, number][] {
  const numbers = op.integers(1);
  return Array.from({ length: numbers.length / 2 }, (_, axis) => [numbers[2 * axis], numbers[2 * axis + 1]]);
}

/** Pads of one pixel that repeat the edge are a mirror image, too; ONNX has no other mirror image with the edge twice. */
const mirrored: Rule = (op) => {
  const pads = padsOf(op);
  const isReflected = op.int8(0) === 0;
  if (!isReflected && pads.flat().some((side) => side > 1)) {
    throw new ModelFormatError("expected a mirror image without the edge (REFLECT), got one with it (SYMMETRIC)");
  }
  return pad(op.graph, op.laid(0), pads, isReflected ? "reflect" : "edge");
};

const part: Rule = (op) => {
  const [starts, sizes] = [op.integers(1), op.integers(2)];
  const cuts = starts.map((start, axis): Cut => {
    const size = sizes[axis];
    return { axis, start, end: size === -1 ? LAST : start + size, step: 1 };
  });
  return slice(op.graph, op.laid(0), withoutWhole(op, op.laid(0), cuts));
};

/** The cuts that leave something away. */
function withoutWhole(op: Operation, x: Laid, cuts: readonly Cut[]): Cut[] {
  const shape = op.graph.shape(x);
  const { batch } = op.building;
  return cuts.filter(({ axis, start, end, step }) => {
    const size = typeof shape[axis] === "number" ? shape[axis] : axis === 0 ? (batch ?? LAST) : LAST;
    return !(start === 0 && end >= size && step === 1);
  });
}

/** Masks have a bit for each axis: its beginning or end is not cut, or it is taken away. */
const stridedPart: Rule = (op) => {
  const [starts, ends, steps] = [op.integers(1), op.integers(2), op.integers(3)];
  const [from, to, ellipsis, added, removed] = [0, 1, 2, 3, 4].map((field) => op.int32(field));
  if (ellipsis !== 0 || added !== 0) throw new ModelFormatError("expected slices of all axes, got '…' or new axes");
  const has = (mask: number, axis: number): boolean => ((mask >> axis) & 1) === 1;
  const cuts = starts.map((given, axis): Cut => {
    const step = steps[axis];
    const start = has(from, axis) ? (step > 0 ? 0 : LAST) : given;
    if (has(removed, axis)) return { axis, start: given, end: given === -1 ? LAST : given + 1, step: 1 };
    const whole = step > 0 ? LAST : FIRST;
    const end = op.bool(5) ? start + ends[axis] : ends[axis];
    return { axis, start, end: has(to, axis) ? whole : end, step };
  });
  const x = op.laid(0);
  const made = slice(op.graph, x, withoutWhole(op, x, cuts));
  return removed === 0 ? made : reshape(op.graph, made, op.shape());
};

/** Parts of a value along an axis, of given sizes or all alike. */
function parts(op: Operation, x: Laid, given: number, sizes: readonly number[] | undefined): Laid[] {
  const { graph } = op;
  const axis = axisOf(graph, x, given);
  if (axis === 0 && graph.isBatched(x)) throw new BatchMoved("expected an axis within a sample, got the batch's");
  const count = op.node.outputs.length;
  const asImage = graph.isImage(x);
  const own = asImage ? imageAxis(axis, graph.rank(x)) : axis;
  const inputs = [asImage ? graph.image(x) : graph.plain(x), ...(sizes ? [graph.g.ints(...sizes)] : [])];
  const made = graph.g.ops("Split", inputs, count, { axis: own, ...(sizes ? {} : { num_outputs: count }) });
  return made.map((name) => (asImage ? { image: name } : { plain: name }));
}

const sizesOf = (op: Operation, x: Laid, axis: number): number[] => {
  const sizes = op.integers(1);
  const known = sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  return sizes.map((size) => (size < 0 ? op.graph.size(x, axis) - known : size));
};

/** Values become the places of a new axis. */
const packed: Rule = (op) => {
  const { graph } = op;
  const axis = op.int32(1);
  const place = axis < 0 ? axis + op.output().shape.length : axis;
  const wide = op.shape().map((size, i) => (i === place ? 1 : size));
  return concatenate(
    graph,
    op.all.map((value) => reshape(graph, value, wide)),
    place,
  );
};

const unpacked: Rule = (op) => {
  const x = op.laid(0);
  const made = parts(op, x, op.int32(1), undefined);
  return made.map((value, i) => reshape(op.graph, value, op.shape(i)));
};

const gathered: Rule = (op) => {
  const { graph } = op;
  const x = op.laid(0);
  const axis = axisOf(graph, x, op.int32(0));
  if (op.int32(1) !== 0) throw new ModelFormatError("expected the same places for the whole batch");
  if (axis === 0 && graph.isBatched(x)) throw new BatchMoved("expected an axis within a sample, got the batch's");
  const indices = graph.g.constant({
    type: "int64",
    shape: op.tensor(1).shape,
    data: BigInt64Array.from(op.integers(1), BigInt),
  });
  return { plain: graph.g.op("Gather", [graph.plain(x), indices], { axis }) };
};

/** Pixels of the result, and where they lie in the image: TFLite's two flags. */
const resized =
  (mode: Resizing["mode"], cornersField: number): Rule =>
  (op) => {
    const [corners, half] = [op.bool(cornersField), op.bool(cornersField + 1)];
    const coordinates = half ? "half_pixel" : corners ? "align_corners" : "asymmetric";
    const rounding = half || corners ? "round_prefer_ceil" : "floor";
    const sizes = op.output().shape.slice(1, 3);
    return resize(op.graph, op.laid(0), { sizes }, { mode, coordinates, ...(mode === "nearest" ? { rounding } : {}) });
  };

const blocks =
  (operator: string, more: Readonly<Record<string, string>> = {}): Rule =>
  (op) => ({ image: op.graph.g.op(operator, [op.graph.image(op.laid(0))], { blocksize: op.count(0), ...more }) });

export const arranging: Readonly<Record<string, Rule>> = {
  RESHAPE: reshaping,
  SQUEEZE: reshaping,
  EXPAND_DIMS: reshaping,
  TRANSPOSE: (op) => transpose(op.graph, op.laid(0), op.integers(1)),
  CONCATENATION: (op) => activated(op, concatenate(op.graph, op.all, op.int32(0)), 1),
  PAD: (op) => pad(op.graph, op.laid(0), padsOf(op)),
  PADV2: (op) => pad(op.graph, op.laid(0), padsOf(op), "constant", op.constant(2).data[0]),
  MIRROR_PAD: mirrored,
  SLICE: part,
  STRIDED_SLICE: stridedPart,
  SPLIT: (op) => parts(op, op.laid(1), op.integers(0)[0], undefined),
  SPLIT_V: (op) => {
    const [axis] = op.integers(2);
    return parts(op, op.laid(0), axis, sizesOf(op, op.laid(0), axis));
  },
  PACK: packed,
  UNPACK: unpacked,
  GATHER: gathered,
  RESIZE_BILINEAR: resized("linear", 2),
  RESIZE_NEAREST_NEIGHBOR: resized("nearest", 0),
  DEPTH_TO_SPACE: blocks("DepthToSpace", { mode: "DCR" }),
  SPACE_TO_DEPTH: blocks("SpaceToDepth"),
};
