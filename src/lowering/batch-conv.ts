/**
 * Convolution and its gradients in the batch layout, C×H×W×N.
 *
 * What limits these is memory, not arithmetic: the matrix φ of all windows is support² times as large as the image. So φ is
 * made and used one output row at a time, while it is still in the processor's cache.
 */

import { intsOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node } from "../graph/types.js";
import { groupsOf, type Window, windowOf } from "../graph/window.js";

/** With more output rows than this, the nodes per row cost more than they save. */
const MOST_ROWS = 64;

/** A matrix of windows below this size stays in the cache as a whole. */
const CACHE_BYTES = 2 * 1024 * 1024;

/** Whether the window is the whole image, so that the layer is fully connected. */
function covers(window: Window, height: number, width: number): boolean {
  return window.support[0] === height && window.support[1] === width && window.pad.every((p) => p === 0);
}

/** A tensor as a matrix of so many rows. */
const matrix = (g: GraphBuilder, x: string, rows: number): string => g.op("Reshape", [x, g.ints(rows, -1)]);

/** Y = X ⋆ F + b. The batch is a third axis of the image, along which the filters have size 1. */
export function conv(g: GraphBuilder, node: Node, [x, filters, biases]: readonly string[]): string {
  const [, height, width, batch] = g.shape(x);
  const [count, , ...support] = g.shape(filters);
  const window = windowOf(node, support);
  if (covers(window, height, width) && groupsOf(node) === 1) {
    const inputs = [matrix(g, filters, count), g.op("Reshape", [x, g.ints(-1, batch)])];
    if (biases) inputs.push(g.op("Reshape", [biases, g.ints(-1, 1)]));
    return g.op("Reshape", [g.op("Gemm", inputs), g.ints(count, 1, 1, batch)]);
  }
  return slid(g, x, filters, biases, window, groupsOf(node));
}

/** A convolution as ONNX has it, of one volume H×W×N with filters of u×v×1. */
function slid(
  g: GraphBuilder,
  x: string,
  filters: string,
  biases: string | undefined,
  { support, stride, pad, dilation }: Window,
  groups: number,
): string {
  const [count, depth] = g.shape(filters);
  const inputs = [
    g.op("Reshape", [x, g.ints(1, ...g.shape(x))]),
    g.op("Reshape", [filters, g.ints(count, depth, ...support, 1)]),
  ];
  if (biases) inputs.push(biases);
  const y = g.op("Conv", inputs, {
    kernel_shape: [...support, 1],
    strides: [...stride, 1],
    pads: [pad[0], pad[2], 0, pad[1], pad[3], 0],
    dilations: [...dilation, 1],
    group: groups,
  });
  return g.op("Squeeze", [y, g.ints(0)]);
}

/** The rule for the gradients: one group, and few enough output rows to write them out one by one. */
export const byRows = (node: Node, rows: number): boolean => rows <= MOST_ROWS && groupsOf(node) === 1;

/** Whether the matrix of all windows, channels·taps × positions·batch, stays in the cache. */
const fits = (channels: number, { support: [u, v] }: Window, columns: number): boolean =>
  4 * channels * u * v * columns <= CACHE_BYTES;

/** The convolution that is the data gradient may cost this many times the multiply-adds: it needs no room for the windows. */
const MOST_EXTRA_WORK = 1.5;

/**
 * dX: the product of the filters with dY gives what every tap returns to the image, and Col2Im adds that up: where the matrix
 * is small at once, else for each output row along the rows of the image, then for all together along its columns. Where the
 * image is hardly larger than dY and the window moves by one, dX is the convolution of dY with the flipped filters, channels and
 * filters exchanged.
 */
export function dataGradient(g: GraphBuilder, node: Node, [dy, filters]: readonly string[]): string {
  const [, rows, columns, batch] = g.shape(dy);
  const [count, depth, ...support] = g.shape(filters);
  const [height, width] = intsOf(node, "image_shape") ?? [];
  const window = windowOf(node, support);
  const image = g.ints(depth, height, width, batch);
  const returned = (part: string): string =>
    g.op("Gemm", [matrix(g, filters, count), matrix(g, part, count)], { transA: 1 });
  if (covers(window, height, width)) return g.op("Reshape", [returned(dy), image]);
  const { stride, pad, dilation } = window;
  const [u, v] = support;
  if (stride[1] === 1 && fits(depth, window, rows * columns * batch)) {
    // H × W·N as one image, in which the neighbour to the right is N pixels away.
    const taps = g.op("Reshape", [returned(dy), g.ints(1, depth * u * v, -1)]);
    const dx = g.op("Col2Im", [taps, g.ints(height, width * batch), g.ints(u, v)], {
      strides: [stride[0], 1],
      dilations: [dilation[0], dilation[1] * batch],
      pads: [pad[0], pad[2] * batch, pad[1], pad[3] * batch],
    });
    return g.op("Reshape", [dx, image]);
  }
  const reach = [(u - 1) * dilation[0], (v - 1) * dilation[1]];
  const around = [reach[0] - pad[0], reach[0] - pad[1], reach[1] - pad[2], reach[1] - pad[3]] as const;
  const unit = stride[0] === 1 && stride[1] === 1 && around.every((p) => p >= 0);
  if (unit && height * width <= MOST_EXTRA_WORK * rows * columns) {
    const exchanged = g.op("Transpose", [filters], { perm: [1, 0, 2, 3] });
    const flipped = g.op("Slice", [exchanged, g.ints(-1, -1), g.ints(-u - 1, -v - 1), g.ints(2, 3), g.ints(-1, -1)]);
    return slid(g, dy, flipped, undefined, { ...window, pad: around }, 1);
  }
  /** Along one axis: `lines` images of `size` × `run` numbers, into which windows of one column are put back. */
  const putBack = (axis: 0 | 1, taps: string, lines: number, size: number, run: number): string =>
    g.op(
      "Col2Im",
      [g.op("Reshape", [taps, g.ints(1, lines * support[axis], -1)]), g.ints(size, run), g.ints(support[axis], 1)],
      {
        strides: [stride[axis], 1],
        dilations: [dilation[axis], 1],
        pads: [pad[2 * axis], 0, pad[2 * axis + 1], 0],
      },
    );
  // Each row gives (depth·u) × W·N; side by side they are what the rows of a taller window return: depth·u × rows·W·N.
  const alongRows = parts(g, dy, Array<number>(rows).fill(1)).map((row) =>
    putBack(1, returned(row), depth * u, width, batch),
  );
  const beside = alongRows.length === 1 ? alongRows[0] : g.op("Concat", alongRows, { axis: 2 });
  return g.op("Reshape", [putBack(0, beside, depth, height, width * batch), image]);
}

/**
 * dF = dY·φ(X)ᵀ, where row (c, i, j) of φ(X) holds the pixels that the tap sees: gathered, N images at a time, for as many output
 * rows as stay in the cache, and the products of the parts added up.
 */
export function filterGradient(g: GraphBuilder, node: Node, [x, dy]: readonly string[]): string {
  const [channels, height, width, batch] = g.shape(x);
  const [count, rows, columns] = g.shape(dy);
  const window = windowOf(node);
  const { support, stride, pad, dilation } = window;
  const [u, v] = support;
  const shape = g.ints(count, channels, u, v);
  if (covers(window, height, width)) {
    const df = g.op("Gemm", [matrix(g, dy, count), g.op("Reshape", [x, g.ints(-1, batch)])], { transB: 1 });
    return g.op("Reshape", [df, shape]);
  }
  const padded = pad.some((p) => p > 0) ? g.op("Pad", [x, g.ints(0, pad[0], pad[2], 0, 0, pad[1], pad[3], 0)]) : x;
  const [, , across] = g.shape(padded);
  const pixels = g.op("Reshape", [padded, g.ints(channels, -1, batch)]);
  // Cutting dY up is a copy of it: not worth it where the windows are hardly larger.
  const whole = channels * u * v < 4 * count;
  const most = whole ? rows : Math.max(1, Math.floor(CACHE_BYTES / (4 * channels * u * v * columns * batch)));
  const sizes = evenly(rows, Math.min(most, rows));
  let top = 0;
  const sum = parts(g, dy, sizes).reduce((total, part, k) => {
    const seen: number[] = [];
    for (let i = 0; i < u; i++) {
      for (let j = 0; j < v; j++) {
        for (let row = top; row < top + sizes[k]; row++) {
          const line = (row * stride[0] + i * dilation[0]) * across;
          for (let column = 0; column < columns; column++) seen.push(line + column * stride[1] + j * dilation[1]);
        }
      }
    }
    top += sizes[k];
    const windows = g.op("Gather", [pixels, g.ints(...seen)], { axis: 1 });
    const product = [matrix(g, windows, channels * u * v), matrix(g, part, count)];
    return g.op("Gemm", total === "" ? product : [...product, total], { transB: 1 });
  }, "");
  return g.op("Reshape", [g.op("Transpose", [sum], { perm: [1, 0] }), shape]);
}

/** C×H×W×N cut along H into parts of these sizes. */
const parts = (g: GraphBuilder, x: string, sizes: readonly number[]): string[] =>
  sizes.length === 1 ? [x] : g.ops("Split", [x, g.ints(...sizes)], sizes.length, { axis: 1 });

/** A number of rows as parts of at most so many, as equal as can be. */
function evenly(rows: number, most: number): number[] {
  const count = Math.ceil(rows / most);
  return Array.from({ length: count }, (_, k) => Math.floor(((k + 1) * rows) / count) - Math.floor((k * rows) / count));
}
