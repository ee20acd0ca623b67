/** Rules of sampling an image at computed places, and of the places. */

import { intOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { codeOf, float32, tensor } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { byDefinition, constants, DifferentiationError, type Rule } from "../rule.js";

/** One of the rows, or columns, around each of P points. All values are N×1×P. */
interface Neighbour {
  /** its number as int32; that of the nearest one where it lies outside the image */
  readonly index: string;
  /** 1 in the image, 0 outside */
  readonly inside: string;
  /** its share in the value: for two neighbours 1 less the distance; 0 outside */
  readonly share: string;
  /** how its share changes with the coordinate: −1 for the lower one, 1 for the higher, or a value */
  readonly slope: -1 | 1 | string;
}

/** A point beyond the image moved to its edge, or reflected at it as often as it takes. With zeros around the image it stays. */
function bounded(g: GraphBuilder, place: string, size: number, padding: string, aligned: boolean): string {
  if (padding === "zeros") return place;
  const within = (value: string): string => g.op("Clip", [value, g.scalar(0), g.scalar(size - 1)]);
  if (padding === "border" || (aligned && size === 1)) return within(place);
  const [edge, span] = aligned ? [0, size - 1] : [-0.5, size];
  const distance = g.op("Abs", [g.op("Sub", [place, g.scalar(edge)])]);
  const turns = g.op("Floor", [g.op("Div", [distance, g.scalar(2 * span)])]);
  const rest = g.op("Sub", [distance, g.op("Mul", [turns, g.scalar(2 * span)])]);
  const back = g.op("Sub", [g.scalar(span + edge), g.op("Abs", [g.op("Sub", [rest, g.scalar(span)])])]);
  return within(back);
}

/** Where a share of a point's value comes from: a row or column by its number, which may lie outside the image. */
type Tap = Pick<Neighbour, "slope"> & { readonly number: string; readonly nearness: string };

/** The rows, or columns, beside each point: the nearest one, which takes all, the two around it, or four. */
function tapsOf(g: GraphBuilder, place: string, mode: string): readonly Tap[] {
  if (mode === "nearest") return [{ number: g.op("Round", [place]), nearness: g.scalar(1), slope: 1 }];
  const lower = g.op("Floor", [place]);
  const beyond = g.op("Sub", [place, lower]);
  const next = (count: number): string => g.op("Add", [lower, g.scalar(count)]);
  if (mode === "cubic") {
    return [-1, 0, 1, 2].map((k) => {
      const after = k <= 0;
      const distance = after ? g.op("Sub", [beyond, g.scalar(k)]) : g.op("Sub", [g.scalar(k), beyond]);
      const share = k === 0 || k === 1 ? NEAR : FAR;
      const change = share.slice(0, -1).map((factor, i) => (after ? 1 : -1) * factor * (share.length - 1 - i));
      return { number: next(k), nearness: polynomial(g, distance, share), slope: polynomial(g, distance, change) };
    });
  }
  return [
    { number: lower, nearness: g.op("Sub", [g.scalar(1), beyond]), slope: -1 },
    { number: next(1), nearness: beyond, slope: 1 },
  ];
}

/** The share of a pixel at a distance of up to 1, and of up to 2 (Keys 1981, with a = −¾): factors of the highest power first. */
const NEAR = [1.25, -2.25, 0, 1];
const FAR = [-0.75, 3.75, -6, 3];

const polynomial = (g: GraphBuilder, x: string, [first, ...rest]: readonly number[]): string =>
  rest.reduce((sum, factor) => g.op("Add", [g.op("Mul", [sum, x]), g.scalar(factor)]), g.scalar(first));

/** The taps of each point with the pixels that they read, which `bound` moves into the image. */
function neighbours(
  g: GraphBuilder,
  taps: readonly Tap[],
  size: number,
  bound: (number: string) => string,
): readonly Neighbour[] {
  return taps.map(({ number, nearness, slope }) => {
    const meant = bound(number);
    const closest = g.op("Clip", [meant, g.scalar(0), g.scalar(size - 1)]);
    const inside = g.op("Cast", [g.op("Equal", [meant, closest])], { to: codeOf("float32") });
    const index = g.op("Cast", [closest], { to: codeOf("int32") });
    return { index, inside, share: g.op("Mul", [nearness, inside]), slope };
  });
}

/** One of the pixels around each point. */
interface Pixel {
  readonly row: Neighbour;
  readonly column: Neighbour;
  /** its number in the image, row by row */
  readonly place: string;
}

const int32 = (g: GraphBuilder, shape: readonly number[], numbers: readonly number[]): string =>
  g.constant(tensor("int32", shape, Int32Array.from(numbers)));

/**
 * GridSample at the nearest pixels, linear between pixels ("bilinear" up to version 19) or cubic. With the four pixels around each point,
 * their shares r·s in rows and columns, and r′, s′ = −1 for the lower and 1 for the higher neighbour:
 *
 *     dx = Σ r·s·dy at these pixels,   d vertical = (H−1)/2 · Σ r′·s·⟨x, dy⟩,   d horizontal = (W−1)/2 · Σ r·s′·⟨x, dy⟩
 *
 * where ⟨x, dy⟩ is over the channels. (Without align_corners, H/2 and W/2.) Around the image are zeros, its edge or its reflection; the nearest pixels
 * change in jumps.
 */
export const gridSample: Rule = ({ g, node, dy, wants, pullBack }) => {
  const [x] = node.inputs;
  if (g.shape(x).length !== 4) {
    throw new DifferentiationError(
      `GridSample '${node.name}': gradients are known for images, not for ${g.shape(x).length - 2} axes.`,
    );
  }
  const points = g.shape(dy)[2] * g.shape(dy)[3];
  const { pixels, slopes, places, bound } = pixelsAround(g, node);
  const toCoordinate = (i: 0 | 1, gradient: string): string => {
    const [back = gradient] = pullBack(() => [bound(i)], [gradient], [places[i]]);
    return g.op("Mul", [back, g.scalar(slopes[i])]);
  };
  return [
    wants(0) ? toImage(g, x, dy, pixels, points) : undefined,
    wants(1) && stringOf(node, "mode", "linear") !== "nearest"
      ? toGrid(g, x, dy, pixels, points, toCoordinate)
      : undefined,
  ];
};

/** The pixels that each point of a grid is made of. */
interface Around {
  readonly pixels: readonly Pixel[];
  /** how the place of a point, in columns and in rows, changes with its coordinate */
  readonly slopes: readonly number[];
  /** the places of the points, in columns and in rows, N×1×P */
  readonly places: readonly string[];
  /** writes the places again, moved into the image where points are */
  bound(i: number): string;
}

function pixelsAround(g: GraphBuilder, node: Node): Around {
  const [x, grid] = node.inputs;
  const mode = stringOf(node, "mode", "linear");
  const padding = stringOf(node, "padding_mode", "zeros");
  const [batch, , height, width] = g.shape(x);
  const points = g.shape(grid)[1] * g.shape(grid)[2];
  // With align_corners −1 and 1 are the centres of the first and the last pixel, else their outer edges.
  const aligned = intOf(node, "align_corners", 0) === 1;
  const slopes = [width, height].map((size) => (aligned ? size - 1 : size) / 2);
  const coordinates = g.ops("Split", [g.op("Reshape", [grid, g.ints(batch, points, 2)]), g.ints(1, 1)], 2, { axis: 2 });
  const places = [width, height].map((size, i) => {
    const list = g.op("Reshape", [coordinates[i], g.ints(batch, 1, points)]);
    return g.op("Add", [g.op("Mul", [list, g.scalar(slopes[i])]), g.scalar((size - 1) / 2)]);
  });
  // With cubic weights the pixels are moved into the image, with others the points.
  const cubic = mode === "cubic" || mode === "bicubic";
  const move = (value: string, i: number): string => bounded(g, value, [width, height][i], padding, aligned);
  const bound = (i: number): string => (cubic ? places[i] : move(places[i], i));
  const [across, down] = [width, height].map((size, i) => {
    const taps = tapsOf(g, bound(i), cubic ? "cubic" : mode);
    return neighbours(g, taps, size, (number) => (cubic ? move(number, i) : number));
  });
  const pixels = down.flatMap((row) => {
    const start = g.op("Mul", [row.index, int32(g, [], [width])]);
    return across.map((column) => ({ row, column, place: g.op("Add", [start, column.index]) }));
  });
  return { pixels, slopes, places, bound };
}

/** GridSample of images by other operators: Σ r·s·x over the pixels around each point. */
export function sampledImages(g: GraphBuilder, node: Node): string {
  const [x, grid] = node.inputs;
  const [batch, channels] = g.shape(x);
  const [, height, width] = g.shape(grid);
  const rows = rowsOf(g, x);
  const parts = pixelsAround(g, node).pixels.map(({ row, column, place }) => {
    const share = g.op("Reshape", [g.op("Mul", [row.share, column.share]), g.ints(batch, -1, 1)]);
    return g.op("Mul", [readAt(g, rows, place), share]);
  });
  const sum = parts.reduce((a, b) => g.op("Add", [a, b]));
  return g.op("Reshape", [g.op("Transpose", [sum], { perm: [0, 2, 1] }), g.ints(batch, channels, height, width)]);
}

/** Images as one row for each pixel, with all its channels. */
interface Rows {
  readonly rows: string;
  /** images and pixels of each */
  readonly batch: number;
  readonly pixels: number;
}

function rowsOf(g: GraphBuilder, x: string): Rows {
  const [batch, channels, height, width] = g.shape(x);
  const pixels = height * width;
  const planes = g.op("Reshape", [x, g.ints(batch, channels, pixels)]);
  const rows = g.op("Reshape", [g.op("Transpose", [planes], { perm: [0, 2, 1] }), g.ints(batch * pixels, channels)]);
  return { rows, batch, pixels };
}

/** N×P×C: the rows at the places of each image. */
function readAt(g: GraphBuilder, { rows, batch, pixels }: Rows, place: string): string {
  const starts = Array.from({ length: batch }, (_, n) => n * pixels);
  const numbers = g.op("Add", [place, int32(g, [batch, 1, 1], starts)]);
  return g.op("Gather", [rows, g.op("Reshape", [numbers, g.ints(batch, -1)])], { axis: 0 });
}

/** dx: dy is added up at the pixels it was made from. */
function toImage(g: GraphBuilder, x: string, dy: string, pixels: readonly Pixel[], points: number): string {
  const [batch, channels, height, width] = g.shape(x);
  const gradient = g.op("Reshape", [dy, g.ints(batch, channels, points)]);
  const parts = pixels.map(({ row, column }) => g.op("Mul", [gradient, g.op("Mul", [row.share, column.share])]));
  const numbers = pixels.map(({ place }) => place);
  const count = pixels.length * points;
  const places = g.op("Expand", [g.op("Concat", numbers, { axis: 2 }), g.ints(batch, channels, count)]);
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
  toCoordinate: (i: 0 | 1, gradient: string) => string,
): string {
  const [batch, channels] = g.shape(x);
  const image = rowsOf(g, x);
  const gradient = g.op("Transpose", [g.op("Reshape", [dy, g.ints(batch, channels, points)])], { perm: [0, 2, 1] });
  const products = pixels.map(({ row, column, place }) => {
    const product = g.op("ReduceSum", [g.op("Mul", [readAt(g, image, place), gradient]), g.ints(2)], { keepdims: 0 });
    const inside = g.op("Mul", [row.inside, column.inside]);
    return g.op("Mul", [g.op("Reshape", [product, g.ints(batch, 1, points)]), inside]);
  });
  const along = (moving: "row" | "column"): string => {
    const terms = pixels.map((pixel, i) => {
      const term = g.op("Mul", [products[i], pixel[moving === "row" ? "column" : "row"].share]);
      const { slope } = pixel[moving];
      if (typeof slope === "string") return g.op("Mul", [term, slope]);
      return slope === 1 ? term : g.op("Neg", [term]);
    });
    const sum = terms.reduce((a, b) => g.op("Add", [a, b]));
    return toCoordinate(moving === "column" ? 0 : 1, sum);
  };
  const both = g.op("Concat", [along("column"), along("row")], { axis: 1 });
  const pairs = g.op("Transpose", [both], { perm: [0, 2, 1] });
  return g.op("Reshape", [pairs, g.ints(batch, g.shape(dy)[2], g.shape(dy)[3], 2)]);
}

/** The places of an affine map: the grid of an image that it leaves as it is, in coordinates of −1 to 1, times the matrix of each image. */
export const affineGrid = byDefinition((g, node) => {
  const [, , ...image] = constants(g, node, 1);
  const aligned = intOf(node, "align_corners", 0) === 1;
  const coordinate = (i: number, size: number): number =>
    aligned ? (size === 1 ? 0 : -1 + (2 * i) / (size - 1)) : (2 * i + 1) / size - 1;
  const pixels = image.reduce((a, b) => a * b, 1);
  const rows = Array.from({ length: pixels }, (_, pixel) => {
    const place = image.map((size, axis) => {
      const after = image.slice(axis + 1).reduce((a, b) => a * b, 1);
      return coordinate(Math.floor(pixel / after) % size, size);
    });
    // Columns come before rows, and those before slices.
    return [...place.reverse(), 1];
  });
  const [matrices] = node.inputs;
  const axes = image.length;
  const base = g.constant(float32(rows.flat(), [pixels, axes + 1]));
  const grid = g.op("MatMul", [base, g.op("Transpose", [matrices], { perm: [0, 2, 1] })]);
  return [g.op("Reshape", [grid, g.ints(g.shape(matrices)[0], ...image, axes)])];
});
