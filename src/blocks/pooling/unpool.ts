import type { GraphBuilder } from "../../graph/builder.js";
import { isStatic } from "../../graph/dimension.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { type Pair, pair, whole } from "../../values/kind.js";
import { required } from "../../values/record.js";
import { declareBlock, type LayerFrom, type LayerOptions } from "../block.js";

const FIELDS = {
  /** height and width of the windows of the pooling, which is also its stride, in pixels */
  support: required(pair(whole(1))),
};

/** The unpooling block; the formula stands at {@link maxUnpool}. */
export const maxUnpoolBlock = declareBlock("maxUnpool", FIELDS, {
  inputCount: [2, 2],
  outputShape({ support: [h, w] }, input, pooled: ImageShape = input) {
    const fits =
      Math.floor(pooled.height / h) === input.height &&
      Math.floor(pooled.width / w) === input.width &&
      pooled.channels === input.channels;
    if (fits) return pooled;
    throw new ShapeError(
      `windows of ${h}×${w} do not make its first input, ${shapeText(input)}, from its second, ${shapeText(pooled)}`,
    );
  },
  field: ({ support: [h, w] }) => ({
    size: [1, 1],
    stride: [1 / h, 1 / w],
    offset: [(1 - h) / (2 * h), (1 - w) / (2 * w)],
  }),
  build(g, { support }, [x, pooled]) {
    const cut = withoutRest(g, pooled, support);
    const winner = winners(g, cut, support);
    return withRest(g, g.op("Mul", [enlarge(g, x, support), winner]), pooled, cut);
  },
});

/** What puts numbers back where they came from. See {@link maxUnpool}. */
export type MaxUnpool = LayerFrom<typeof maxUnpoolBlock>;

/**
 * Puts each number back where the largest pixel of its window was: with (u, v) the place at which `maxPool(support, { stride: support })` found
 * its number i, j in the second input (of several the first column by column, as there),
 *
 *     y[c, h·i + u, w·j + v] = x[c, i, j]
 *
 * and 0 at all other places (Zeiler and Fergus 2014; PyTorch's `max_unpool2d`, which takes the first of several row by row). y is as large as the second
 * input. Backward: dx[c, i, j] = dy[c, h·i + u, w·j + v]; the second input gets none.
 *
 * @param support height and width of the windows, in pixels
 * @throws RangeError when the support is no whole number of at least 1
 * @example
 * maxUnpool(2, { inputs: ["code", "conv1"] }); // where code is what stands behind a maxPool(2, { stride: 2 }) of conv1
 */
export const maxUnpool = (support: Pair, options: LayerOptions = {}): MaxUnpool =>
  maxUnpoolBlock.make({ ...options, support });

type Size = readonly [number, number];

/** The sizes of the image, where they are known. */
const sizeOf = (g: GraphBuilder, value: string): Size | undefined => {
  const [height, width] = g.type(value).shape?.slice(2) ?? [];
  const size = [height, width];
  return isStatic(size) ? [size[0], size[1]] : undefined;
};

/** The sizes of the image as a value of the graph. */
const sizeIn = (g: GraphBuilder, value: string): string => g.op("Shape", [value], { start: 2, end: 4 });

/** The part of an image that windows cover. */
function withoutRest(g: GraphBuilder, x: string, support: Size): string {
  const size = sizeOf(g, x);
  if (size?.every((length, axis) => length % support[axis] === 0)) return x;
  const ends = size
    ? g.ints(...size.map((length, axis) => length - (length % support[axis])))
    : g.op("Mul", [g.op("Div", [sizeIn(g, x), g.ints(...support)]), g.ints(...support)]);
  return g.op("Slice", [x, g.ints(0, 0), ends, g.ints(2, 3)]);
}

/** The image with zeros at the right and below, so that it is as large as another. */
function withRest(g: GraphBuilder, y: string, like: string, cut: string): string {
  if (like === cut) return y;
  const [size, own] = [sizeOf(g, like), sizeOf(g, cut)];
  const zeros = g.ints(0, 0, 0, 0, 0, 0);
  const missing =
    size && own ? g.ints(size[0] - own[0], size[1] - own[1]) : g.op("Sub", [sizeIn(g, like), sizeIn(g, cut)]);
  return g.op("Pad", [y, g.op("Concat", [zeros, missing], { axis: 0 })]);
}

/** Each pixel as often as a window is large. */
const enlarge = (g: GraphBuilder, x: string, [h, w]: Size): string =>
  g.op("Resize", [x, "", g.constant(float32([1, 1, h, w], [4]))], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });

/** 1 at the largest pixel of each window, of several the first column by column; else 0. Nothing of it has a slope. */
function winners(g: GraphBuilder, x: string, support: Size): string {
  const largest = (value: string): string => {
    const most = g.op("MaxPool", [value], { kernel_shape: [...support], strides: [...support] });
    return g.op("Cast", [g.op("Equal", [value, enlarge(g, most, support)])], { to: 1 });
  };
  const tied = largest(x);
  const [h, w] = support;
  if (h * w === 1) return tied;
  const rank = Array.from({ length: h * w }, (_, k) => h * w - ((k % w) * h + Math.floor(k / w)));
  const size = sizeOf(g, x);
  const times = size
    ? g.ints(1, 1, size[0] / h, size[1] / w)
    : g.op("Concat", [g.ints(1, 1), g.op("Div", [sizeIn(g, x), g.ints(h, w)])], { axis: 0 });
  const ranks = g.op("Tile", [g.constant(float32(rank, [1, 1, h, w])), times]);
  return largest(g.op("Mul", [tied, ranks]));
}
