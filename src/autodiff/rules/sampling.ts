/** The rule of sampling an image at computed places. */

import { intOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { codeOf, tensor } from "../../graph/tensor.js";
import { DifferentiationError, type Rule } from "../rule.js";

/** One of the two rows, or columns, between which each of P points lies. All values are N×1×P. */
interface Neighbour {
  /** its number as int32; that of the nearest one where it lies outside the image */
  readonly index: string;
  /** 1 in the image, 0 outside */
  readonly inside: string;
  /** its share in the value: 1 less the distance, 0 outside */
  readonly share: string;
  /** how its share changes with the coordinate: −1 for the lower one, 1 for the higher */
  readonly slope: -1 | 1;
}

/** The two rows, or columns, beside each point. */
function neighbours(g: GraphBuilder, place: string, size: number): readonly Neighbour[] {
  const lower = g.op("Floor", [place]);
  const beyond = g.op("Sub", [place, lower]);
  const sides = [
    { number: lower, nearness: g.op("Sub", [g.scalar(1), beyond]), slope: -1 },
    { number: g.op("Add", [lower, g.scalar(1)]), nearness: beyond, slope: 1 },
  ] as const;
  return sides.map(({ number, nearness, slope }) => {
    const nearest = g.op("Clip", [number, g.scalar(0), g.scalar(size - 1)]);
    const inside = g.op("Cast", [g.op("Equal", [number, nearest])], { to: codeOf("float32") });
    const index = g.op("Cast", [nearest], { to: codeOf("int32") });
    return { index, inside, share: g.op("Mul", [nearness, inside]), slope };
  });
}

/** One of the four pixels around each point. */
interface Pixel {
  readonly row: Neighbour;
  readonly column: Neighbour;
  /** its number in the image, row by row */
  readonly place: string;
}

const int32 = (g: GraphBuilder, shape: readonly number[], numbers: readonly number[]): string =>
  g.constant(tensor("int32", shape, Int32Array.from(numbers)));

/**
 * GridSample, linear between pixels ("bilinear" up to version 19) and with zeros around the image. With the four pixels around each point,
 * their shares r·s in rows and columns, and r′, s′ = −1 for the lower and 1 for the higher neighbour:
 *
 *     dx = Σ r·s·dy at these pixels,   d vertical = (H−1)/2 · Σ r′·s·⟨x, dy⟩,   d horizontal = (W−1)/2 · Σ r·s′·⟨x, dy⟩
 *
 * where ⟨x, dy⟩ is over the channels. (Without align_corners, H/2 and W/2.)
 */
export const gridSample: Rule = ({ g, node, dy, wants }) => {
  const [x, grid] = node.inputs;
  const mode = stringOf(node, "mode", "linear");
  const padding = stringOf(node, "padding_mode", "zeros");
  if ((mode !== "linear" && mode !== "bilinear") || padding !== "zeros" || g.shape(x).length !== 4) {
    throw new DifferentiationError(
      `GridSample '${node.name}': gradients are known for images, mode "linear" and padding_mode "zeros", not for ${g.shape(x).length} axes, "${mode}" and "${padding}".`,
    );
  }
  const [batch, , height, width] = g.shape(x);
  const points = g.shape(dy)[2] * g.shape(dy)[3];
  // With align_corners −1 and 1 are the centres of the first and the last pixel, else their outer edges.
  const aligned = intOf(node, "align_corners", 0) === 1;
  const slopes = [width, height].map((size) => (aligned ? size - 1 : size) / 2);
  const coordinates = g.ops("Split", [g.op("Reshape", [grid, g.ints(batch, points, 2)]), g.ints(1, 1)], 2, { axis: 2 });
  const [across, down] = [width, height].map((size, i) => {
    const list = g.op("Reshape", [coordinates[i], g.ints(batch, 1, points)]);
    const place = g.op("Add", [g.op("Mul", [list, g.scalar(slopes[i])]), g.scalar((size - 1) / 2)]);
    return neighbours(g, place, size);
  });
  const pixels = down.flatMap((row) => {
    const start = g.op("Mul", [row.index, int32(g, [], [width])]);
    return across.map((column) => ({ row, column, place: g.op("Add", [start, column.index]) }));
  });
  return [
    wants(0) ? toImage(g, x, dy, pixels, points) : undefined,
    wants(1) ? toGrid(g, x, dy, pixels, points, slopes) : undefined,
  ];
};

/** dx: dy is added up at the pixels it was made from. */
function toImage(g: GraphBuilder, x: string, dy: string, pixels: readonly Pixel[], points: number): string {
  const [batch, channels, height, width] = g.shape(x);
  const gradient = g.op("Reshape", [dy, g.ints(batch, channels, points)]);
  const parts = pixels.map(({ row, column }) => g.op("Mul", [gradient, g.op("Mul", [row.share, column.share])]));
  const numbers = pixels.map(({ place }) => place);
  const places = g.op("Expand", [g.op("Concat", numbers, { axis: 2 }), g.ints(batch, channels, 4 * points)]);
  const zero = g.op("Expand", [g.scalar(0), g.ints(batch, channels, height * width)]);
  const added = g.op("ScatterElements", [zero, places, g.op("Concat", parts, { axis: 2 })], {
    axis: 2,
    reduction: "add",
  });
  return g.op("Reshape", [added, g.ints(batch, channels, height, width)]);
}

/** The gradient to the grid. The image is read as rows, one for each pixel with all its channels. */
function toGrid(
  g: GraphBuilder,
  x: string,
  dy: string,
  pixels: readonly Pixel[],
  points: number,
  [horizontalSlope, verticalSlope]: readonly number[],
): string {
  const [batch, channels, height, width] = g.shape(x);
  const asRows = (value: string, count: number): string =>
    g.op("Transpose", [g.op("Reshape", [value, g.ints(batch, channels, count)])], { perm: [0, 2, 1] });
  const image = g.op("Reshape", [asRows(x, height * width), g.ints(batch * height * width, channels)]);
  const gradient = asRows(dy, points);
  const starts = Array.from({ length: batch }, (_, n) => n * height * width);
  const first = int32(g, [batch, 1, 1], starts);
  const products = pixels.map(({ row, column, place }) => {
    const numbers = g.op("Reshape", [g.op("Add", [place, first]), g.ints(batch, points)]);
    const read = g.op("Gather", [image, numbers], { axis: 0 });
    const product = g.op("ReduceSum", [g.op("Mul", [read, gradient]), g.ints(2)], { keepdims: 0 });
    const inside = g.op("Mul", [row.inside, column.inside]);
    return g.op("Mul", [g.op("Reshape", [product, g.ints(batch, 1, points)]), inside]);
  });
  const along = (moving: "row" | "column", slope: number): string => {
    const terms = pixels.map((pixel, i) => {
      const term = g.op("Mul", [products[i], pixel[moving === "row" ? "column" : "row"].share]);
      return pixel[moving].slope === 1 ? term : g.op("Neg", [term]);
    });
    return g.op("Mul", [terms.reduce((a, b) => g.op("Add", [a, b])), g.scalar(slope)]);
  };
  const both = g.op("Concat", [along("column", horizontalSlope), along("row", verticalSlope)], { axis: 1 });
  const pairs = g.op("Transpose", [both], { perm: [0, 2, 1] });
  return g.op("Reshape", [pairs, g.ints(batch, g.shape(dy)[2], g.shape(dy)[3], 2)]);
}
