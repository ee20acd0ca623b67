/**
 * Convolution and its gradients in the batch-last layout, C×H×W×N, as their definitions say.
 *
 * What limits these is memory, not arithmetic: the matrix φ of all windows is support² times as large as the image. So φ is
 * made and used one output row at a time, while it is still in the processor's cache.
 */

import type { GraphBuilder } from "../../graph/builder.js";
import { int64 } from "../../graph/tensor.js";
import type { Window } from "../../graph/window.js";
import { putBack } from "../put-back.js";

/** A matrix of windows below this size stays in the cache as a whole. */
const CACHE_BYTES = 2 * 1024 * 1024;

/** Whether the window is the whole image, so that the layer is fully connected. */
function coversImage(window: Window, height: number, width: number): boolean {
  return window.support[0] === height && window.support[1] === width && window.pad.every((p) => p === 0);
}

/** A tensor as a matrix of so many rows. */
const asMatrix = (g: GraphBuilder, x: string, rows: number): string => g.op("Reshape", [x, g.ints(rows, -1)]);

/** Y = X ⋆ F + b. */
export function conv(g: GraphBuilder, window: Window, [x, filters, biases]: readonly string[], groups: number): string {
  const [, height, width, batch] = g.shape(x);
  const [count] = g.shape(filters);
  if (!coversImage(window, height, width) || groups > 1) return slideFilters(g, x, filters, biases, window, groups);
  const inputs = [asMatrix(g, filters, count), g.op("Reshape", [x, g.ints(-1, batch)])];
  if (biases) inputs.push(g.op("Reshape", [biases, g.ints(-1, 1)]));
  return g.op("Reshape", [g.op("Gemm", inputs), g.ints(count, 1, 1, batch)]);
}

/**
 * A convolution as ONNX has it. Where the window moves by one, of one image H × W·N in which the neighbour to the right is N pixels
 * away; elsewhere of one volume H×W×N with filters of u×v×1.
 */
function slideFilters(
  g: GraphBuilder,
  x: string,
  filters: string,
  biases: string | undefined,
  { support, stride, pad, dilation }: Window,
  groups: number,
): string {
  const [channels, height, width, batch] = g.shape(x);
  const [count, depth] = g.shape(filters);
  const further = biases ? [biases] : [];
  if (stride[1] === 1) {
    const y = g.op("Conv", [g.op("Reshape", [x, g.ints(1, channels, height, width * batch)]), filters, ...further], {
      kernel_shape: support,
      strides: [stride[0], 1],
      pads: [pad[0], pad[2] * batch, pad[1], pad[3] * batch],
      dilations: [dilation[0], dilation[1] * batch],
      group: groups,
    });
    return g.op("Reshape", [y, g.ints(count, g.shape(y)[2], -1, batch)]);
  }
  const volume = g.op("Reshape", [x, g.ints(1, channels, height, width, batch)]);
  const y = g.op("Conv", [volume, g.op("Reshape", [filters, g.ints(count, depth, ...support, 1)]), ...further], {
    kernel_shape: [...support, 1],
    strides: [...stride, 1],
    pads: [pad[0], pad[2], 0, pad[1], pad[3], 0],
    dilations: [...dilation, 1],
    group: groups,
  });
  return g.op("Squeeze", [y, g.ints(0)]);
}

/** Whether the matrix of all windows, channels·taps × positions·batch, stays in the cache. */
const fitsCache = (channels: number, { support: [u, v] }: Window, columns: number): boolean =>
  4 * channels * u * v * columns <= CACHE_BYTES;

/** The convolution that is the data gradient may cost this many times the multiply-adds: it needs no room for the windows. */
const MOST_EXTRA_WORK = 1.5;

/**
 * dX: the product of the filters with dY gives what every tap returns to the image, and Col2Im adds that up: where the matrix
 * is small at once, else for each output row along the rows of the image, then for all together along its columns. Where the
 * image is hardly larger than dY and the window moves by one, dX is the convolution of dY with the flipped filters, channels and
 * filters exchanged.
 */
export function dataGradient(
  g: GraphBuilder,
  window: Window,
  [dy, filters]: readonly string[],
  [height, width]: readonly number[],
): string {
  const [, rows, columns, batch] = g.shape(dy);
  const [count, depth] = g.shape(filters);
  const image = g.ints(depth, height, width, batch);
  const returned = (part: string): string =>
    g.op("Gemm", [asMatrix(g, filters, count), asMatrix(g, part, count)], { transA: 1 });
  if (coversImage(window, height, width)) return g.op("Reshape", [returned(dy), image]);
  const { support, stride, pad, dilation } = window;
  const [u, v] = support;
  if (stride[1] === 1 && fitsCache(depth, window, rows * columns * batch)) {
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
    return slideFilters(g, dy, flipped, undefined, { ...window, pad: around }, 1);
  }
  // Each row gives (depth·u) × W·N; side by side they are what the rows of a taller window return: depth·u × rows·W·N.
  const alongRows = splitRows(g, dy, Array<number>(rows).fill(1)).map((row) =>
    putBack(g, window, 1, returned(row), [depth * u, width, batch]),
  );
  const beside = alongRows.length === 1 ? alongRows[0] : g.op("Concat", alongRows, { axis: 2 });
  return g.op("Reshape", [putBack(g, window, 0, beside, [depth, height, width * batch]), image]);
}

/** The matrix of all windows is made as a whole where it is less than this many times as tall as dY, row by row elsewhere. */
const MOST_WINDOWS = 1.5;

/** dF = dY·φ(X)ᵀ, where row (c, i, j) of φ(X) holds the pixels that the tap sees. */
export function filterGradient(g: GraphBuilder, window: Window, [x, dy]: readonly string[]): string {
  const [channels, height, width, batch] = g.shape(x);
  const [count] = g.shape(dy);
  const [u, v] = window.support;
  if (coversImage(window, height, width)) {
    const df = g.op("Gemm", [asMatrix(g, dy, count), g.op("Reshape", [x, g.ints(-1, batch)])], { transB: 1 });
    return g.op("Reshape", [df, g.ints(count, channels, u, v)]);
  }
  const whole = channels * u * v < MOST_WINDOWS * count;
  return whole ? filterGradientAtOnce(g, window, x, dy) : filterGradientByRows(g, window, x, dy);
}

/** φ(X) gathered as a whole, N images at a time. */
function filterGradientAtOnce(g: GraphBuilder, window: Window, x: string, dy: string): string {
  const [channels] = g.shape(x);
  const [count, rows, columns] = g.shape(dy);
  const { support, stride, pad, dilation } = window;
  const [u, v] = support;
  const { pixels, across } = padImage(g, x, pad);
  const seen = placesOfGrid(u, v, rows, columns).map(
    ([i, j, row, column]) => (row * stride[0] + i * dilation[0]) * across + column * stride[1] + j * dilation[1],
  );
  const windows = asMatrix(g, gatherPixels(g, pixels, seen), channels * u * v);
  const sum = g.op("Gemm", [windows, asMatrix(g, dy, count)], { transB: 1 });
  return g.op("Reshape", [g.op("Transpose", [sum], { perm: [1, 0] }), g.ints(count, channels, u, v)]);
}

/**
 * Row by row: the taps of one row of the filters see the same row of the image, shifted. So each row of the image is gathered v
 * times, not u·v times; its products with the rows of dY are added up for each row of taps.
 */
function filterGradientByRows(g: GraphBuilder, window: Window, x: string, dy: string): string {
  const [channels, height] = g.shape(x);
  const [count, rows, columns] = g.shape(dy);
  const { support, stride, pad, dilation } = window;
  const [u, v] = support;
  const { pixels, across } = padImage(g, x, [0, 0, pad[2], pad[3]]);
  const shifted = new Map<number, string>();
  const shiftedRow = (line: number): string => {
    const known = shifted.get(line);
    if (known !== undefined) return known;
    const seen = placesOfGrid(v, columns).map(([j, column]) => line * across + column * stride[1] + j * dilation[1]);
    const row = asMatrix(g, gatherPixels(g, pixels, seen), channels * v);
    shifted.set(line, row);
    return row;
  };
  const sums = Array<string | undefined>(u).fill(undefined);
  for (const [row, part] of splitRows(g, dy, Array<number>(rows).fill(1)).entries()) {
    for (let i = 0; i < u; i++) {
      const line = row * stride[0] + i * dilation[0] - pad[0];
      if (line < 0 || line >= height) continue;
      const sum = sums[i];
      const product = [shiftedRow(line), asMatrix(g, part, count)];
      sums[i] = g.op("Gemm", sum === undefined ? product : [...product, sum], { transB: 1 });
    }
  }
  const taps = sums.map((sum) =>
    sum === undefined
      ? g.op("Expand", [g.scalar(0), g.ints(1, channels, v, count)])
      : g.op("Reshape", [sum, g.ints(1, channels, v, count)]),
  );
  const joined = u === 1 ? taps[0] : g.op("Concat", taps, { axis: 0 });
  return g.op("Transpose", [joined], { perm: [3, 1, 0, 2] });
}

/** The image with zeros around it as channels × pixels × batch, and how many pixels a row then has. */
function padImage(g: GraphBuilder, x: string, pad: Window["pad"]): { pixels: string; across: number } {
  const [channels, , , batch] = g.shape(x);
  const image = pad.some((p) => p > 0) ? g.op("Pad", [x, g.ints(0, pad[0], pad[2], 0, 0, pad[1], pad[3], 0)]) : x;
  return { pixels: g.op("Reshape", [image, g.ints(channels, -1, batch)]), across: g.shape(image)[2] };
}

/** The pixels at these places, N images at a time. */
const gatherPixels = (g: GraphBuilder, pixels: string, places: readonly number[]): string =>
  g.op("Gather", [pixels, g.constant(int64(places))], { axis: 1 });

/** All places of a grid, the last axis first. */
const placesOfGrid = (...sizes: readonly number[]): readonly (readonly number[])[] =>
  sizes.reduce<number[][]>(
    (places, size) => places.flatMap((place) => Array.from({ length: size }, (_, k) => [...place, k])),
    [[]],
  );

/** C×H×W×N cut along H into parts of these sizes. */
const splitRows = (g: GraphBuilder, x: string, sizes: readonly number[]): string[] =>
  sizes.length === 1 ? [x] : g.ops("Split", [x, g.ints(...sizes)], sizes.length, { axis: 1 });
