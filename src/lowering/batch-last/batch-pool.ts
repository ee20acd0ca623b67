/** Pooling and its gradients in the batch-last layout, C×H×W×N. */

import { attributes, intOf, intsOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { type Window, windowOf } from "../../graph/window.js";
import { putBack } from "../put-back.js";
import { windowCounts } from "./window-counts.js";

/** The rule for pooling forward: the usual case, without rounding up or automatic pads. */
export const isPlainPool = (node: Node): boolean =>
  intOf(node, "ceil_mode", 0) === 0 &&
  node.attributes.auto_pad === undefined &&
  (intsOf(node, "dilations") ?? [1]).every((d) => d === 1);

/** Whether the windows lie side by side, so that each pixel has one window at most. */
const lieSideBySide = ({ support, stride, pad, dilation }: Window): boolean =>
  support[0] === stride[0] && support[1] === stride[1] && pad.every((p) => p === 0) && dilation.every((d) => d === 1);

/** Pooling sees C×H×W×N as volumes of H×W×N that it pools in two of three axes. */
export function pool(g: GraphBuilder, node: Node, [x]: readonly string[]): string {
  const { support, stride, pad } = windowOf(node);
  const volume = g.op("Reshape", [x, g.ints(1, ...g.shape(x))]);
  const counted = node.operator === "AveragePool" ? { count_include_pad: intOf(node, "count_include_pad", 0) } : {};
  const y = g.op(node.operator, [volume], {
    ...attributes({
      kernel_shape: [...support, 1],
      strides: [...stride, 1],
      pads: [pad[0], pad[2], 0, pad[1], pad[3], 0],
    }),
    ...attributes(counted),
  });
  return g.op("Squeeze", [y, g.ints(0)]);
}

/** C × H′ × u × W′ × v × N: the pixels of each window in two axes of their own. */
function splitWindows(g: GraphBuilder, x: string, window: Window, out: readonly [number, number]): string {
  const [channels, height, width, batch] = g.shape(x);
  const [u, v] = window.support;
  const exact = out[0] * u === height && out[1] * v === width;
  const cropped = exact ? x : g.op("Slice", [x, g.ints(0, 0), g.ints(out[0] * u, out[1] * v), g.ints(1, 2)]);
  return g.op("Reshape", [cropped, g.ints(channels, out[0], u, out[1], v, batch)]);
}

/** The reverse of {@link splitWindows}; pixels that no window covers are zero. */
function joinWindows(g: GraphBuilder, x: string, height: number, width: number): string {
  const [channels, rows, u, columns, v, batch] = g.shape(x);
  const joined = g.op("Reshape", [x, g.ints(channels, rows * u, columns * v, batch)]);
  const [below, right] = [height - rows * u, width - columns * v];
  return below + right === 0 ? joined : g.op("Pad", [joined, g.ints(0, 0, 0, 0, 0, below, right, 0)]);
}

/** The taps of every window, C × u × H′ × v × W′ × N, back in the images, and added up where windows overlap. */
function overlayTaps(g: GraphBuilder, taps: string, window: Window, height: number, width: number): string {
  const [channels, u, rows, , , batch] = g.shape(taps);
  const lines = putBack(g, window, 1, taps, [channels * u * rows, width, batch]);
  const images = putBack(g, window, 0, lines, [channels, height, width * batch]);
  return g.op("Reshape", [images, g.ints(channels, height, width, batch)]);
}

/** The marks of the pixels that equal the largest of their window, for each tap (row, column): C×1×H′×1×W′×N. */
function markLargest(g: GraphBuilder, window: Window, x: string, y: string): (row: number, column: number) => string {
  const { pad, stride, dilation } = window;
  const [channels, rows, columns, batch] = g.shape(y);
  const lowest = g.scalar(Number.NEGATIVE_INFINITY);
  const around = g.ints(0, pad[0], pad[2], 0, 0, pad[1], pad[3], 0);
  const padded = pad.some((p) => p > 0) ? g.op("Pad", [x, around, lowest]) : x;
  return (i, j) => {
    const [top, left] = [i * dilation[0], j * dilation[1]];
    const ends = [top + (rows - 1) * stride[0] + 1, left + (columns - 1) * stride[1] + 1];
    const seen = g.op("Slice", [padded, g.ints(top, left), g.ints(...ends), g.ints(1, 2), g.ints(...stride)]);
    return g.op("Reshape", [g.op("Equal", [seen, y]), g.ints(channels, 1, rows, 1, columns, batch)]);
  };
}

/**
 * dX = dY at the first largest pixel of each window, column by column, else 0. The pixels equal to the window's largest are
 * marked, all but the first mark are taken away (on bytes, a quarter of the data), and the marks are multiplied by dY.
 */
export function maxPoolGradient(g: GraphBuilder, node: Node, [x, y, dy]: readonly string[]): string {
  const window = windowOf(node);
  const [, height, width] = g.shape(x);
  const [channels, rows, columns, batch] = g.shape(dy);
  const [u, v] = window.support;
  if (!lieSideBySide(window)) {
    const joined = g.op("Cast", [firstMarks(g, [u, v], [1, 3], markLargest(g, window, x, y))], { to: 1 });
    const spread = g.op("Reshape", [dy, g.ints(channels, 1, rows, 1, columns, batch)]);
    return overlayTaps(g, g.op("Mul", [joined, spread]), window, height, width);
  }
  const tiled = (value: string): string => g.op("Reshape", [value, g.ints(channels, rows, 1, columns, 1, batch)]);
  const equal = g.op("Equal", [splitWindows(g, x, window, [rows, columns]), tiled(y)]);
  const joined = firstMarks(g, [u, v], [2, 4], (i, j) =>
    g.op("Slice", [equal, g.ints(i, j), g.ints(i + 1, j + 1), g.ints(2, 4)]),
  );
  return joinWindows(g, g.op("Mul", [g.op("Cast", [joined], { to: 1 }), tiled(dy)]), height, width);
}

/** The first mark of each window, column by column; the taps joined along two axes. Some tap is always marked. */
function firstMarks(
  g: GraphBuilder,
  [u, v]: readonly [number, number],
  axes: readonly [number, number],
  markOf: (row: number, column: number) => string,
): string {
  const taps = Array.from({ length: u }, () => Array<string>(v).fill(""));
  // With t the marks of the taps so far: a tap wins where t turns from false to true.
  let before: string | undefined;
  for (let j = 0; j < v; j++) {
    for (let i = 0; i < u; i++) {
      if (before !== undefined && i === u - 1 && j === v - 1) {
        taps[i][j] = g.op("Not", [before]);
        continue;
      }
      const mark = markOf(i, j);
      const after: string = before === undefined ? mark : g.op("Or", [before, mark]);
      taps[i][j] = before === undefined ? mark : g.op("Xor", [before, after]);
      before = after;
    }
  }
  const joined = (parts: string[], axis: number): string =>
    parts.length === 1 ? parts[0] : g.op("Concat", parts, { axis });
  return joined(
    taps.map((row) => joined(row, axes[1])),
    axes[0],
  );
}

/** dX: dY divided by the number of pixels in its window, at every pixel of the window. */
export function averagePoolGradient(g: GraphBuilder, node: Node, [dy]: readonly string[]): string {
  const window = windowOf(node);
  const [u, v] = window.support;
  const [height, width] = intsOf(node, "image_shape") ?? [];
  const [channels, rows, columns, batch] = g.shape(dy);
  if (lieSideBySide(window)) {
    const share = g.op("Mul", [dy, g.scalar(1 / (u * v))]);
    const tiled = g.op("Reshape", [share, g.ints(channels, rows, 1, columns, 1, batch)]);
    return joinWindows(g, g.op("Expand", [tiled, g.ints(channels, rows, u, columns, v, batch)]), height, width);
  }
  const counts = windowCounts(window, [height, width], [rows, columns], intOf(node, "count_include_pad", 0) === 1);
  const shares = float32(
    counts.map((count) => 1 / count),
    [rows, columns, 1],
  );
  // First every column, then every row of a window gets the same: one after the other there is less to add up.
  const share = g.op("Reshape", [g.op("Mul", [dy, g.constant(shares)]), g.ints(channels * rows, 1, columns * batch)]);
  const taps = g.op("Expand", [share, g.ints(channels * rows, v, columns * batch)]);
  const lines = putBack(g, window, 1, taps, [channels * rows, width, batch]);
  const tall = g.op("Reshape", [lines, g.ints(channels, 1, rows * width * batch)]);
  const all = g.op("Expand", [tall, g.ints(channels, u, rows * width * batch)]);
  const images = putBack(g, window, 0, all, [channels, height, width * batch]);
  return g.op("Reshape", [images, g.ints(channels, height, width, batch)]);
}
