/** The composite operators in ONNX's own layout, N×C×H×W: for every shape, and for devices with fast image convolutions. */

import { attributes, intOf, intsOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import type { Node } from "../graph/types.js";
import { groupsOf, type Window, windowAttributes, windowOf } from "../graph/window.js";
import { windowCounts } from "./batch-last/window-counts.js";

/** Rows and columns that no window reaches, because the stride does not divide: the transposed operator must be told. */
function countUnreached(window: Window, image: readonly number[]): number[] {
  return [0, 1].map((axis) => {
    const reach = (window.support[axis] - 1) * window.dilation[axis] + 1;
    return (image[axis] + window.pad[2 * axis] + window.pad[2 * axis + 1] - reach) % window.stride[axis];
  });
}

/** dX: the transposed convolution of dY. */
export function convDataGradient(g: GraphBuilder, node: Node, [dy, filters]: readonly string[]): string {
  const window = windowOf(node, g.shape(filters).slice(2));
  return g.op("ConvTranspose", [dy, filters], {
    ...windowAttributes(window),
    ...attributes({ group: groupsOf(node), output_padding: countUnreached(window, intsOf(node, "image_shape") ?? []) }),
  });
}

/**
 * dF: with images and channels swapped, X is the image and dY the filter of a convolution in which stride and dilation
 * have changed places: dF[k, c, u, v] = Σ_n Σ_ij X[n, c, s·i + d·u, s·j + d·v] · dY[n, k, i, j].
 */
export function convFilterGradient(g: GraphBuilder, node: Node, [x, dy]: readonly string[]): string {
  const window = windowOf(node);
  const groups = groupsOf(node);
  const [batch, channels, height, width] = g.shape(x);
  const [, count, rows, columns] = g.shape(dy);
  const depth = channels / groups;
  // Group by group: C/G images of N channels each, convolved with the K/G filters of N channels of the same group.
  const turned = g.op("Reshape", [
    g.op("Transpose", [g.op("Reshape", [x, g.ints(batch, groups, depth, height, width)])], { perm: [2, 1, 0, 3, 4] }),
    g.ints(depth, groups * batch, height, width),
  ]);
  const kernel = g.op("Transpose", [dy], { perm: [1, 0, 2, 3] });
  const swapped: Window = {
    support: [rows, columns],
    stride: [window.dilation[0], window.dilation[1]],
    pad: window.pad,
    dilation: [window.stride[0], window.stride[1]],
  };
  const full = g.op("Conv", [turned, kernel], { ...windowAttributes(swapped), ...attributes({ group: groups }) });
  const [u, v] = window.support;
  const [, , fullRows, fullColumns] = g.shape(full);
  const exact = fullRows === u && fullColumns === v;
  const cropped = exact ? full : g.op("Slice", [full, g.ints(0, 0), g.ints(u, v), g.ints(2, 3)]);
  return g.op("Reshape", [g.op("Transpose", [cropped], { perm: [1, 0, 2, 3] }), g.ints(count, depth, u, v)]);
}

/**
 * dX = dY at the first largest pixel of each window, column by column. Tap by tap the pixels that equal the window's largest
 * are marked where none was marked before; the marked gradients are put back, and added where windows overlap, by Col2Im.
 */
export function maxPoolGradient(g: GraphBuilder, node: Node, [x, y, dy]: readonly string[]): string {
  const { support, stride, pad, dilation } = windowOf(node);
  const [batch, channels, height, width] = g.shape(x);
  const [, , rows, columns] = g.shape(y);
  const lowest = g.scalar(Number.NEGATIVE_INFINITY);
  const padded = pad.some((p) => p > 0)
    ? g.op("Pad", [x, g.ints(0, 0, pad[0], pad[2], 0, 0, pad[1], pad[3]), lowest])
    : x;
  const [u, v] = support;
  const parts = Array<string>(u * v).fill("");
  let rest = dy;
  for (let j = 0; j < v; j++) {
    for (let i = 0; i < u; i++) {
      const [top, left] = [i * dilation[0], j * dilation[1]];
      const ends = [top + (rows - 1) * stride[0] + 1, left + (columns - 1) * stride[1] + 1];
      const seen = g.op("Slice", [padded, g.ints(top, left), g.ints(...ends), g.ints(2, 3), g.ints(...stride)]);
      const won = g.op("Where", [g.op("Equal", [seen, y]), rest, g.scalar(0)]);
      rest = g.op("Sub", [rest, won]);
      parts[i * v + j] = g.op("Reshape", [won, g.ints(batch, channels, 1, rows * columns)]);
    }
  }
  const all = parts.length === 1 ? parts[0] : g.op("Concat", parts, { axis: 2 });
  return g.op(
    "Col2Im",
    [g.op("Reshape", [all, g.ints(batch, channels * u * v, rows * columns)]), g.ints(height, width), g.ints(u, v)],
    { strides: stride, dilations: dilation, pads: [pad[0], pad[2], pad[1], pad[3]] },
  );
}

/** dX: dY divided by the number of pixels in its window, spread by the transposed convolution with a filter of ones. */
export function averagePoolGradient(g: GraphBuilder, node: Node, [dy]: readonly string[]): string {
  const window = windowOf(node);
  const [height, width] = intsOf(node, "image_shape") ?? [];
  const [batch, channels, rows, columns] = g.shape(dy);
  const [u, v] = window.support;
  const divisors = windowCounts(window, [height, width], [rows, columns], intOf(node, "count_include_pad", 0) === 1);
  const shares = float32(
    divisors.map((count) => 1 / count),
    [1, 1, rows, columns],
  );
  const shared = g.op("Mul", [dy, g.constant(shares)]);
  const single = g.op("Reshape", [shared, g.ints(batch * channels, 1, rows, columns)]);
  const ones = g.constant(float32(Array<number>(u * v).fill(1), [1, 1, u, v]));
  const dx = g.op("ConvTranspose", [single, ones], {
    ...windowAttributes(window),
    ...attributes({ output_padding: countUnreached(window, [height, width]) }),
  });
  return g.op("Reshape", [dx, g.ints(batch, channels, height, width)]);
}
