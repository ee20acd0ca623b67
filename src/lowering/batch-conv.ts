/** Convolution and its gradients in the batch layout, C×H×W×N. */

import { attributes, intsOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Attributes, Node } from "../graph/types.js";
import { groupsOf, type Window, windowAttributes, windowOf } from "../graph/window.js";

/** Above this many bytes the matrix of all windows is not built whole; the filter gradient then goes tap by tap. */
const MOST_PATCH_BYTES = 64 * 1024 * 1024;

/**
 * The rule: the window moves by one pixel horizontally. Then C×H×W×N can be seen as one image of H × W·N pixels, in which
 * the neighbour to the right is N pixels away: a convolution of dilation N. For all N images it is one product.
 */
export const slides = (node: Node): boolean => (intsOf(node, "strides")?.[1] ?? 1) === 1;

/** The window as it looks through the image of H × W·N. */
function widened(window: Window, batch: number, groups: number): Attributes {
  const { stride, pad, dilation } = window;
  return {
    ...windowAttributes({
      ...window,
      stride,
      pad: [pad[0], pad[1], pad[2] * batch, pad[3] * batch],
      dilation: [dilation[0], dilation[1] * batch],
    }),
    ...attributes({ group: groups }),
  };
}

/** C×H×W×N as one image of H × W·N pixels. */
function wide(g: GraphBuilder, x: string): string {
  const [channels, height, width, batch] = g.shape(x);
  return g.op("Reshape", [x, g.ints(1, channels, height, width * batch)]);
}

/** One image of H × W·N pixels as C×H×W×N. */
function narrow(g: GraphBuilder, x: string, batch: number): string {
  const [, channels, height, width] = g.shape(x);
  return g.op("Reshape", [x, g.ints(channels, height, width / batch, batch)]);
}

/** Whether the window is the whole image, so that the layer is fully connected. */
function covers(window: Window, height: number, width: number): boolean {
  return window.support[0] === height && window.support[1] === width && window.pad.every((p) => p === 0);
}

/** A tensor as a matrix of so many rows. */
function matrix(g: GraphBuilder, x: string, rows: number): string {
  return g.op("Reshape", [x, g.ints(rows, -1)]);
}

/** Y = X ⋆ F + b */
export function conv(g: GraphBuilder, node: Node, [x, filters, biases]: readonly string[]): string {
  const [, height, width, batch] = g.shape(x);
  const [count, , ...support] = g.shape(filters);
  const window = windowOf(node, support);
  if (covers(window, height, width) && groupsOf(node) === 1) {
    const inputs = [matrix(g, filters, count), g.op("Reshape", [x, g.ints(-1, batch)])];
    if (biases) inputs.push(g.op("Reshape", [biases, g.ints(-1, 1)]));
    return g.op("Reshape", [g.op("Gemm", inputs), g.ints(count, 1, 1, batch)]);
  }
  const inputs = biases ? [wide(g, x), filters, biases] : [wide(g, x), filters];
  return narrow(g, g.op("Conv", inputs, widened(window, batch, groupsOf(node))), batch);
}

/** dX: each pixel of dY, times the filters, put back where its window was. */
export function dataGradient(g: GraphBuilder, node: Node, [dy, filters]: readonly string[]): string {
  const [, , , batch] = g.shape(dy);
  const [count, depth, ...support] = g.shape(filters);
  const [height, width] = intsOf(node, "image_shape") ?? [];
  const window = windowOf(node, support);
  if (covers(window, height, width) && groupsOf(node) === 1) {
    const dx = g.op("Gemm", [matrix(g, filters, count), matrix(g, dy, count)], { transA: 1 });
    return g.op("Reshape", [dx, g.ints(depth, height, width, batch)]);
  }
  const [top, bottom] = window.pad;
  // Rows below the last window have no gradient; ConvTranspose leaves them out unless told.
  const reach = (support[0] - 1) * window.dilation[0] + 1;
  const rest = (height + top + bottom - reach) % window.stride[0];
  const dx = g.op("ConvTranspose", [wide(g, dy), filters], {
    ...widened(window, batch, groupsOf(node)),
    output_padding: [rest, 0],
  });
  return narrow(g, dx, batch);
}

/** dF = dY·φ(X)ᵀ, where row (c, u, v) of φ(X) holds the pixels that tap (u, v) of channel c sees. */
export function filterGradient(g: GraphBuilder, node: Node, [x, dy]: readonly string[]): string {
  const [channels, height, width] = g.shape(x);
  const [count, outHeight, outWidth, batch] = g.shape(dy);
  const window = windowOf(node);
  const taps = window.support[0] * window.support[1];
  const groups = groupsOf(node);
  const depth = channels / groups;
  const shape = [count, depth, ...window.support];
  const columns = outHeight * outWidth * batch;
  if (covers(window, height, width) && groups === 1) {
    const df = g.op("Gemm", [matrix(g, dy, count), g.op("Reshape", [x, g.ints(-1, batch)])], { transB: 1 });
    return g.op("Reshape", [df, g.ints(...shape)]);
  }
  const slices = tapSlices(g, x, window, [outHeight, outWidth]);
  if (groups > 1) {
    // One product per group: stacks of matrices, dY as G × K/G × L and the windows as G × C/G·taps × L.
    const rows = g.op("Reshape", [stacked(g, slices, channels), g.ints(groups, depth * taps, columns)]);
    const turned = g.op("Transpose", [rows], { perm: [0, 2, 1] });
    const df = g.op("MatMul", [g.op("Reshape", [dy, g.ints(groups, count / groups, columns)]), turned]);
    return g.op("Reshape", [df, g.ints(...shape)]);
  }
  if (4 * channels * taps * columns <= MOST_PATCH_BYTES) {
    const rows = g.op("Reshape", [stacked(g, slices, channels), g.ints(channels * taps, columns)]);
    return g.op("Reshape", [g.op("Gemm", [matrix(g, dy, count), rows], { transB: 1 }), g.ints(...shape)]);
  }
  const turned = g.op("Transpose", [matrix(g, dy, count)], { perm: [1, 0] });
  const parts = slices.map((slice) => g.op("Reshape", [g.op("Gemm", [matrix(g, slice, channels), turned]), g.ints(1, channels, count)]));
  const df = g.op("Transpose", [g.op("Concat", parts, { axis: 0 })], { perm: [2, 1, 0] });
  return g.op("Reshape", [df, g.ints(...shape)]);
}

/** For each tap, row by row, the pixels it sees: C×H′×W′×N. */
function tapSlices(g: GraphBuilder, x: string, window: Window, out: readonly [number, number]): string[] {
  const { support, stride, pad, dilation } = window;
  const padded = pad.some((p) => p > 0) ? g.op("Pad", [x, g.ints(0, pad[0], pad[2], 0, 0, pad[1], pad[3], 0)]) : x;
  const slices: string[] = [];
  for (let u = 0; u < support[0]; u++) {
    for (let v = 0; v < support[1]; v++) {
      const [top, left] = [u * dilation[0], v * dilation[1]];
      const bottom = top + (out[0] - 1) * stride[0] + 1;
      slices.push(
        g.op("Slice", [padded, g.ints(top, left), g.ints(bottom, left + out[1]), g.ints(1, 2), g.ints(stride[0], 1)]),
      );
    }
  }
  return slices;
}

/** The slices of all taps, tap by tap within each channel. */
function stacked(g: GraphBuilder, slices: readonly string[], channels: number): string {
  const rows = slices.map((slice) => g.op("Reshape", [slice, g.ints(channels, 1, -1)]));
  return rows.length === 1 ? rows[0] : g.op("Concat", rows, { axis: 1 });
}
