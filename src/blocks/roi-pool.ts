import type { GraphBuilder } from "../graph/builder.js";
import { ShapeError } from "../graph/infer.js";
import { codeOf, float32, int64, tensor } from "../graph/tensor.js";
import { type Block, both, expectWhole, type LayerBase, type LayerOptions, type Pair, PIXEL, placed } from "./block.js";
import { written } from "./combine.js";

/** A pooling of regions of interest. See {@link roiPool} for the meaning of each field. */
export interface RoiPool extends LayerBase {
  readonly type: "roiPool";
  readonly method: "max" | "average";
  readonly subdivisions: readonly [number, number];
  readonly transform: readonly [number, number];
}

/** The options of {@link roiPool}; every one has a default. */
export interface RoiPoolOptions extends LayerOptions {
  /** what is made of the pixels of a bin: the largest, or the mean; "max" */
  readonly method?: "max" | "average";
  /** into how many bins a region is divided, vertically and horizontally; 1 */
  readonly subdivisions?: Pair;
  /** what a region's coordinates are multiplied by, vertically and horizontally: 1/16 for features 16 pixels apart; 1 */
  readonly transform?: Pair;
}

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
export function roiPool(options: RoiPoolOptions = {}): RoiPool {
  const layer: RoiPool = {
    type: "roiPool",
    ...placed(options),
    method: options.method ?? "max",
    subdivisions: both(options.subdivisions ?? 1),
    transform: both(options.transform ?? 1),
  };
  expectWhole("subdivisions", layer.subdivisions, 1);
  const bad = layer.transform.find((factor) => !(factor > 0 && Number.isFinite(factor)));
  if (bad !== undefined) throw new RangeError(`Invalid value for transform: expected positive numbers, got ${bad}.`);
  return layer;
}

/** The block that pools regions; the formula stands at {@link roiPool}. */
export const roiPoolBlock: Block<RoiPool> = {
  inputCount: [2, 2],
  outputShape({ subdivisions: [height, width] }, { channels }, regions) {
    const needed = { channels: 5, height: 1, width: 1 };
    if (!regions || written(regions) !== written(needed)) {
      throw new ShapeError(`its regions are ${regions ? written(regions) : "missing"} instead of ${written(needed)}`);
    }
    return { channels, height, width };
  },
  parameters: () => [],
  // A region may lie anywhere.
  window: (_, { height, width }) => ({ ...PIXEL, support: [height, width] }),
  multiplyAdds: () => 0,
  build(g, { method, subdivisions, transform }, [x, regions]) {
    const [image, u0, v0, u1, v1] = g.ops("Split", [regions, g.ints(1, 1, 1, 1, 1)], 5, { axis: 1 });
    const last = g.op("Sub", [number(g, sizeOf(g, x, 0)), g.scalar(1)]);
    const images = g.op("Min", [g.op("Max", [image, g.scalar(0)]), last]);
    const chosen = g.op("Cast", [images], { to: codeOf("int32") });
    const rows = bins(g, v0, v1, subdivisions[0], transform[0], sizeOf(g, x, 2));
    const columns = bins(g, u0, u1, subdivisions[1], transform[1], sizeOf(g, x, 3));
    return (method === "max" ? largest : mean)(g, x, chosen, rows, columns, subdivisions);
  },
  read: (fields) =>
    roiPool({
      ...fields.placed(),
      method: fields.word("method", ["max", "average"]),
      subdivisions: fields.numbers("subdivisions", 2),
      transform: fields.numbers("transform", 2),
    }),
};

/** The size of an axis as an int64 list of one: a constant where it is fixed. */
function sizeOf(g: GraphBuilder, x: string, axis: number): string {
  const size = g.type(x).shape?.[axis];
  return typeof size === "number" ? g.ints(size) : g.op("Shape", [x], { start: axis, end: axis + 1 });
}

/** Whole numbers as floats. */
const number = (g: GraphBuilder, x: string): string => {
  const known = g.constantValue(x);
  return known
    ? g.constant(float32(Array.from(known.data, Number), known.shape))
    : g.op("Cast", [x], { to: codeOf("float32") });
};

/** 0, 1, … below a size. */
function places(g: GraphBuilder, size: string): string {
  const known = g.constantValue(size);
  if (known)
    return g.constant(
      float32(
        Array.from({ length: Number(known.data[0]) }, (_, i) => i),
        [Number(known.data[0])],
      ),
    );
  const [zero, one] = [0, 1].map((value) => g.constant(int64([value], [])));
  return g.op("Cast", [g.op("Range", [zero, g.op("Squeeze", [size, g.ints(0)]), one])], { to: codeOf("float32") });
}

/**
 * Which rows or columns lie in which bin: K×S×H, as 0 or 1.
 *
 * @param first the region's first row, K×1×1×1; `last` its last one
 */
function bins(g: GraphBuilder, first: string, last: string, count: number, factor: number, size: string): string {
  const rounded = (coordinate: string): string => {
    const moved = g.op("Mul", [g.op("Reshape", [coordinate, g.ints(-1, 1, 1)]), g.scalar(factor)]);
    return g.op("Floor", [g.op("Add", [moved, g.scalar(0.5)])]);
  };
  const start = rounded(first);
  const reach = g.op("Add", [g.op("Sub", [rounded(last), start]), g.scalar(1)]);
  const length = g.op("Max", [reach, g.scalar(1)]);
  // ⌊(i·length + more)/count⌋ of whole numbers; the ¼ keeps a quotient that is whole from being rounded below itself.
  const edge = (from: number, more: number): string => {
    const numbers = g.constant(
      float32(
        Array.from({ length: count }, (_, i) => i + from),
        [1, count, 1],
      ),
    );
    const total = g.op("Add", [g.op("Mul", [numbers, length]), g.scalar(more + 0.25)]);
    return g.op("Add", [start, g.op("Floor", [g.op("Mul", [total, g.scalar(1 / count)])])]);
  };
  const place = places(g, size);
  const within = g.op("And", [g.op("GreaterOrEqual", [place, edge(0, 0)]), g.op("Less", [place, edge(1, count - 1)])]);
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

/** Below every number. */
const LOWEST = -3.4028234663852886e38;

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
  const parts = (members: string, count: number, axis: number): string[] =>
    g.ops("Split", [g.op("Unsqueeze", [members, g.ints(axis)]), g.ints(...Array<number>(count).fill(1))], count, {
      axis: 1,
    });
  const joined = (values: readonly string[], axis: number): string =>
    values.length === 1 ? values[0] : g.op("Concat", values, { axis });
  const only = (value: string, part: string): string =>
    g.op("Where", [g.op("Greater", [part, g.scalar(0.5)]), value, g.scalar(LOWEST)]);

  const where = (value: string, axis: number): string =>
    g.op("Cast", [g.op("ArgMax", [value], { axis })], { to: codeOf("int32") });

  // K×C×S×W: the largest number of each column in each row of bins, and its row
  const high = parts(rows, down, 3).map((part) => only(selected, part));
  const highest = high.map((value) => g.op("ReduceMax", [value, g.ints(2)], { keepdims: 1 }));
  const best = joined(highest, 2);
  const bestRows = joined(
    high.map((value) => where(value, 2)),
    2,
  );
  // K×C×S×S′: the column of the largest of these, and its row
  const wide = parts(columns, across, 2).map((part) => only(best, part));
  const column = joined(
    wide.map((value) => where(value, 3)),
    3,
  );
  const row = g.op("GatherElements", [bestRows, column], { axis: 3 });

  // ((image · C + channel) · H + row) · W + column
  const size = (axis: number): string => g.op("Cast", [sizeOf(g, x, axis)], { to: codeOf("int32") });
  const numbers = tensor(
    "int32",
    [1, channels, 1, 1],
    Int32Array.from({ length: channels }, (_, c) => c),
  );
  const map = g.op("Add", [g.op("Mul", [images, size(1)]), g.constant(numbers)]);
  const line = g.op("Add", [g.op("Mul", [map, size(2)]), row]);
  const place = g.op("Add", [g.op("Mul", [line, size(3)]), column]);
  const read = g.op("Gather", [g.op("Reshape", [x, g.ints(-1)]), place], { axis: 0 });

  const some = (members: string, axis: number): string =>
    g.op("Unsqueeze", [g.op("ReduceMax", [members, g.ints(2)], { keepdims: 0 }), g.ints(1, axis)]);
  return g.op("Mul", [read, g.op("Mul", [some(rows, 3), some(columns, 2)])]);
}
