import type { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { codeOf, float32, int64, tensor } from "../../graph/tensor.js";
import { shapeText } from "../../values/image-shape.js";
import { number, pair, whole, word } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import { declareBlock, type LayerFrom, type OptionsFrom, PIXEL, wholeField } from "../block.js";

const FIELDS = {
  /** what is made of the pixels of a bin: the largest, or the mean; "max" */
  method: defaulted(word(["max", "average"]), "max"),
  /** into how many bins a region is divided, vertically and horizontally; 1 */
  subdivisions: defaulted(pair(whole(1)), 1),
  /** what a region's coordinates are multiplied by, vertically and horizontally: 1/16 for features 16 pixels apart; 1 */
  transform: defaulted(pair(number({ above: 0 })), 1),
};

/** The block that pools regions; the formula stands at {@link roiPool}. */
export const roiPoolBlock = declareBlock("roiPool", FIELDS, {
  inputCount: [2, 2],
  outputShape({ subdivisions: [height, width] }, { channels }, regions) {
    const needed = { channels: 5, height: 1, width: 1 };
    if (!regions || shapeText(regions) !== shapeText(needed)) {
      throw new ShapeError(
        `its regions are ${regions ? shapeText(regions) : "missing"} instead of ${shapeText(needed)}`,
      );
    }
    return { channels, height, width };
  },
  // A region may lie anywhere.
  window: (_, { height, width }) => ({ ...PIXEL, support: [height, width] }),
  field: (_, input) => wholeField(input),
  build(g, { method, subdivisions, transform }, [x, regions]) {
    const [image, u0, v0, u1, v1] = g.ops("Split", [regions, g.ints(1, 1, 1, 1, 1)], 5, { axis: 1 });
    const last = g.op("Sub", [g.op("Cast", [sizeOf(g, x, 0)], { to: codeOf("float32") }), g.scalar(1)]);
    const existing = g.op("Min", [g.op("Max", [image, g.scalar(0)]), last]);
    const images = g.op("Cast", [existing], { to: codeOf("int32") });
    const rows = bins(g, places(g, x, 2), v0, v1, subdivisions[0], transform[0]);
    const columns = bins(g, places(g, x, 3), u0, u1, subdivisions[1], transform[1]);
    return (method === "max" ? largest : mean)(g, x, images, rows, columns, subdivisions);
  },
});

/** A pooling of regions of interest. See {@link roiPool} for the meaning of each field. */
export type RoiPool = LayerFrom<typeof roiPoolBlock>;

/** The options of {@link roiPool}; every one has a default. */
export type RoiPoolOptions = OptionsFrom<typeof roiPoolBlock>;

/**
 * Pools regions of an image to one size, whatever their own (Girshick 2015, "Fast R-CNN"; MatConvNet's `vl_nnroipool`). The inputs are x, a
 * batch of N images C×H×W, and K regions 5×1×1: [image, u₀, v₀, u₁, v₁], the number of the image in the batch and the first and the last pixel,
 * horizontally (u) and vertically (v). All are counted from 0, in MatConvNet from 1. The output are K maps C×S×S′.
 *
 * With v₀ and v₁ multiplied by the transform and rounded, a region is h = max(v₁ − v₀ + 1, 1) rows high, and its bin i holds the rows
 * from v₀ + ⌊i·h/S⌋ to before v₀ + ⌈(i+1)·h/S⌉ that lie in the image; the same for columns. y is the largest number in a bin, or the
 * mean, and 0 where a bin is empty. Backward: dy goes to the largest pixel, of several to the first, column by column, or is shared evenly; the
 * regions get no gradient.
 *
 * @throws RangeError when a number of subdivisions is not a whole number of at least 1, or the transform not positive
 * @example
 * roiPool({ subdivisions: 7, transform: 1 / 16, inputs: ["features", "regions"] });
 */
export const roiPool = (options: RoiPoolOptions = {}): RoiPool => roiPoolBlock.make(options);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The size of an axis as an int64 list of one: a constant where it is fixed. */
function sizeOf(g: GraphBuilder, x: string, axis: number): string {
  const size = g.type(x).shape?.[axis];
  return typeof size === "number" ? g.ints(size) : g.op("Shape", [x], { start: axis, end: axis + 1 });
}

/** 0, 1, … below the size of an axis. */
function places(g: GraphBuilder, x: string, axis: number): string {
  const size = g.type(x).shape?.[axis];
  if (typeof size === "number") return g.constant(float32(upTo(size), [size]));
  const [zero, one] = [0, 1].map((value) => g.constant(int64([value], [])));
  const limit = g.op("Squeeze", [sizeOf(g, x, axis), g.ints(0)]);
  return g.op("Cast", [g.op("Range", [zero, limit, one])], { to: codeOf("float32") });
}

/**
 * Which rows or columns lie in which bin: K×S×H, as 0 or 1.
 *
 * @param place the numbers of the rows
 * @param first the region's first row, K×1×1×1; `last` its last one
 */
function bins(g: GraphBuilder, place: string, first: string, last: string, count: number, factor: number): string {
  const rounded = (coordinate: string): string => {
    const moved = g.op("Mul", [g.op("Reshape", [coordinate, g.ints(-1, 1, 1)]), g.scalar(factor)]);
    return g.op("Floor", [g.op("Add", [moved, g.scalar(0.5)])]);
  };
  const start = rounded(first);
  const reach = g.op("Add", [g.op("Sub", [rounded(last), start]), g.scalar(1)]);
  const length = g.op("Max", [reach, g.scalar(1)]);
  const bin = g.constant(float32(upTo(count), [1, count, 1]));
  // ⌊n/count⌋ of whole numbers n; the ¼ keeps a quotient that is whole from being rounded below itself.
  const quotient = (n: string): string =>
    g.op("Floor", [g.op("Mul", [g.op("Add", [n, g.scalar(0.25)]), g.scalar(1 / count)])]);
  const lower = g.op("Mul", [bin, length]);
  const low = g.op("Add", [start, quotient(lower)]);
  const high = g.op("Add", [start, quotient(g.op("Add", [g.op("Add", [lower, length]), g.scalar(count - 1)]))]);
  const within = g.op("And", [g.op("GreaterOrEqual", [place, low]), g.op("Less", [place, high])]);
  return g.op("Cast", [within], { to: codeOf("float32") });
}

/** The means of the bins: rows · image · columns, as matrices. */
function mean(g: GraphBuilder, x: string, images: string, rows: string, columns: string): string {
  const averaging = (members: string): string => {
    const counts = g.op("ReduceSum", [members, g.ints(2)], { keepdims: 1 });
    return g.op("Unsqueeze", [g.op("Div", [members, g.op("Max", [counts, g.scalar(1)])]), g.ints(1)]);
  };
  const selected = g.op("Gather", [x, g.op("Reshape", [images, g.ints(-1)])], { axis: 0 });
  const down = g.op("MatMul", [averaging(rows), selected]);
  return g.op("MatMul", [down, g.op("Transpose", [averaging(columns)], { perm: [0, 1, 3, 2] })]);
}

/** What takes a number out of every comparison when it is subtracted: nearly the largest float. */
const FAR = 3e38;

/**
 * The largest numbers of the bins. Their places are looked for first, in each column the first row and then the first column; the
 * gradient only goes through reading what is there.
 */
function largest(
  g: GraphBuilder,
  x: string,
  images: string,
  rows: string,
  columns: string,
  [down, across]: readonly [number, number],
): string {
  const channels = g.type(x).shape?.[1];
  if (typeof channels !== "number") throw new Error("An image's number of channels is fixed.");
  const selected = g.op("Gather", [x, g.op("Reshape", [images, g.ints(-1)])], { axis: 0 });
  const ones = (count: number): string => g.ints(...upTo(count).map(() => 1));
  const parts = (members: string, count: number, axis: number): string[] =>
    g.ops("Split", [g.op("Unsqueeze", [members, g.ints(axis)]), ones(count)], count, { axis: 1 });
  const joined = (values: readonly string[], axis: number): string =>
    values.length === 1 ? values[0] : g.op("Concat", values, { axis });
  // Added, as ONNX Runtime's Where takes twice as long.
  const only = (value: string, part: string): string =>
    g.op("Add", [value, g.op("Mul", [g.op("Sub", [part, g.scalar(1)]), g.scalar(FAR)])]);
  const placeIn = (value: string, axis: number): string =>
    g.op("Cast", [g.op("ArgMax", [value], { axis })], { to: codeOf("int32") });

  // K×C×S×W: the largest number of each column in each row of bins, and its row
  const high = parts(rows, down, 3).map((part) => only(selected, part));
  const highest = high.map((value) => g.op("ReduceMax", [value, g.ints(2)], { keepdims: 1 }));
  const best = joined(highest, 2);
  const highestRows = high.map((value) => placeIn(value, 2));
  // K×C×S×S′: the column of the largest of these, and its row
  const widest = parts(columns, across, 2).map((part) => placeIn(only(best, part), 3));
  const column = joined(widest, 3);
  const row = g.op("GatherElements", [joined(highestRows, 2), column], { axis: 3 });

  // ((image · C + channel) · H + row) · W + column
  const size = (axis: number): string => g.op("Cast", [sizeOf(g, x, axis)], { to: codeOf("int32") });
  const numbers = tensor("int32", [1, channels, 1, 1], Int32Array.from(upTo(channels)));
  const map = g.op("Add", [g.op("Mul", [images, size(1)]), g.constant(numbers)]);
  const line = g.op("Add", [g.op("Mul", [map, size(2)]), row]);
  const place = g.op("Add", [g.op("Mul", [line, size(3)]), column]);
  const read = g.op("Gather", [g.op("Reshape", [x, g.ints(-1)]), place], { axis: 0 });

  const some = (members: string, axis: number): string =>
    g.op("Unsqueeze", [g.op("ReduceMax", [members, g.ints(2)], { keepdims: 0 }), g.ints(1, axis)]);
  return g.op("Mul", [read, g.op("Mul", [some(rows, 3), some(columns, 2)])]);
}
