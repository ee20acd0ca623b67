/**
 * Convolution with filters three pixels tall, with half of the multiplications: Winograd's F(4, 3) along the columns of the image
 * (Lavin and Gray 2016).
 *
 * Four rows of the output, which see six rows of the image, are y = Aᵀ[(G·f) ⊙ (Bᵀ·x)] with 6 products in the place of 12. What is
 * multiplied here are not numbers but rows: each ⊙ is a convolution with filters one pixel tall. The gradients are those of this
 * formula: dx = B[(G·f)ᵀ ⊙ (A·dy)] and df = Gᵀ[(A·dy) ⊙ (Bᵀ·x)]. Bᵀ·x and A·dy are needed twice; the runtime computes equal
 * nodes once. The results are right to about 2·10⁻⁶ of the largest; those of the definition, to 4·10⁻⁷.
 */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import type { Window } from "../../graph/window.js";
import * as direct from "./direct-conv.js";

/**
 * Convolutions with filters one pixel tall, in the layout that the images are in, and the transforms of the filters, which lie as that layout has them.
 * `BATCH_LAST` has those of the batch-last layout.
 */
export interface Inner<Gradient> {
  conv(g: GraphBuilder, window: Window, inputs: readonly string[], groups: number): string;
  dataGradient(g: GraphBuilder, window: Window, inputs: readonly string[], image: readonly number[]): string;
  filterGradient(g: GraphBuilder, window: Window, inputs: readonly string[]): Gradient;
  /** G·f for each product */
  split(g: GraphBuilder, filters: string): string[];
  /** the transpose of {@link split}, for so many rows and columns of taps */
  join(g: GraphBuilder, parts: readonly Gradient[], support: readonly number[]): string;
}

type Matrix = readonly (readonly number[])[];

const B_TRANSPOSED: Matrix = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
const G: Matrix = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
const A_TRANSPOSED: Matrix = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

const transpose = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]));

/** Products for four rows of the output; rows of the output in a tile. */
const [PRODUCTS, TILE] = [6, 4];

/** Moving a number through a transform costs as much as this many multiply-adds, beside those of the transform. */
const MOVED = 15;

const rowsOf = ({ pad }: Pick<Window, "pad">, height: number): number => height + pad[0] + pad[1] - 2;

const tilesOf = (rows: number): number => Math.ceil(rows / TILE);

/**
 * The cost rule, in multiply-adds. For each of so many pixels of the output, of v columns of taps, C channels and K filters, 3·v·C·K become
 * 6·tiles/rows·v·C·K. That must be worth more than the transforms: of the image, by a matrix of 6·tiles × height; of the output, by one of 4 × 6; of the
 * filters, by one of 6 × 3.
 *
 * @param across pixels in a row of all images of the output together
 */
export function isFaster(
  { support, stride, pad, dilation }: Window,
  groups: number,
  channels: number,
  count: number,
  height: number,
  across: number,
): boolean {
  const rows = rowsOf({ pad }, height);
  if (support[0] !== 3 || stride[0] !== 1 || dilation[0] !== 1 || groups !== 1 || rows <= 0) return false;
  const products = (PRODUCTS * tilesOf(rows)) / rows;
  const pixels = rows * across;
  const saved = (3 - products) * support[1] * channels * count * pixels;
  const image = channels * pixels * (products * height + MOVED);
  const output = count * pixels * (products * TILE + MOVED);
  const filters = channels * count * support[1] * PRODUCTS * (3 + MOVED);
  return saved > image + output + filters;
}

/** The convolution of each product: one pixel tall. */
const flattenWindow = ({ support, stride, pad, dilation }: Window): Window => ({
  support: [1, support[1]],
  stride,
  pad: [0, 0, pad[2], pad[3]],
  dilation,
});

/** Bᵀ for all tiles of an image at once, since they overlap: row s·T + t, for product s of tile t, times the rows of the image. */
function overlapTiles({ pad }: Window, height: number, tiles: number): Matrix {
  return Array.from({ length: PRODUCTS * tiles }, (_, at) =>
    Array.from({ length: height }, (_, row) => {
      const inTile = row + pad[0] - TILE * (at % tiles);
      return B_TRANSPOSED[Math.floor(at / tiles)][inTile] ?? 0;
    }),
  );
}

/** A matrix times the rows of each matrix in a value. */
const multiplyRows = (g: GraphBuilder, m: Matrix, value: string): string =>
  g.op("MatMul", [g.constant(float32(m.flat(), [m.length, m[0].length])), value]);

/** A value cut along an axis, one part for each product. */
const splitProducts = (g: GraphBuilder, value: string, axis: number, size: number): string[] =>
  g.ops("Split", [value, g.ints(...Array<number>(PRODUCTS).fill(size))], PRODUCTS, { axis });

/** Bᵀ·x: for each product C×T×W×N. */
function transformImage(g: GraphBuilder, window: Window, x: string, rows: number): string[] {
  const [channels, height, width, batch] = g.shape(x);
  const tiles = tilesOf(rows);
  const matrix = overlapTiles(window, height, tiles);
  const parts = multiplyRows(g, matrix, g.op("Reshape", [x, g.ints(channels, height, width * batch)]));
  return splitProducts(g, parts, 1, tiles).map((part) =>
    g.op("Reshape", [part, g.ints(channels, tiles, width, batch)]),
  );
}

/** The transpose of {@link transformImage}. */
function restoreImage(g: GraphBuilder, window: Window, parts: readonly string[], height: number): string {
  const [channels, tiles, width, batch] = g.shape(parts[0]);
  const joined = g.op("Reshape", [g.op("Concat", parts, { axis: 1 }), g.ints(channels, -1, width * batch)]);
  const matrix = transpose(overlapTiles(window, height, tiles));
  return g.op("Reshape", [multiplyRows(g, matrix, joined), g.ints(channels, height, width, batch)]);
}

/** A·dy: for each product K×T×W×N. */
function transformOutput(g: GraphBuilder, dy: string): string[] {
  const [count, rows, columns, batch] = g.shape(dy);
  const tiles = tilesOf(rows);
  const below = tiles * TILE - rows;
  const whole = below === 0 ? dy : g.op("Pad", [dy, g.ints(0, 0, 0, 0, 0, below, 0, 0)]);
  const parts = multiplyRows(
    g,
    transpose(A_TRANSPOSED),
    g.op("Reshape", [whole, g.ints(count * tiles, TILE, columns * batch)]),
  );
  return splitProducts(g, parts, 1, 1).map((part) => g.op("Reshape", [part, g.ints(count, tiles, columns, batch)]));
}

/** The transpose of {@link transformOutput}: so many rows. */
function restoreOutput(g: GraphBuilder, parts: readonly string[], rows: number): string {
  const [count, tiles, columns, batch] = g.shape(parts[0]);
  const apart = parts.map((part) => g.op("Reshape", [part, g.ints(count * tiles, 1, columns * batch)]));
  const y = multiplyRows(g, A_TRANSPOSED, g.op("Concat", apart, { axis: 1 }));
  const whole = g.op("Reshape", [y, g.ints(count, tiles * TILE, columns, batch)]);
  return rows === tiles * TILE ? whole : g.op("Slice", [whole, g.ints(0), g.ints(rows), g.ints(1)]);
}

/** G·f of rows of taps, lines × 3 × run: for each product lines × 1 × run. */
export const transformTaps = (g: GraphBuilder, taps: string): string[] =>
  splitProducts(g, multiplyRows(g, G, taps), 1, 1);

/** The transpose of {@link transformTaps}, of what its products are put together: lines × 6 × run. */
export const restoreTaps = (g: GraphBuilder, products: string): string => multiplyRows(g, transpose(G), products);

/** Filters K×C×u×v, one line in all: for each product K×C×1×v. */
function transformFilters(g: GraphBuilder, filters: string): string[] {
  const [count, channels, u, v] = g.shape(filters);
  const rows = g.op("Transpose", [filters], { perm: [2, 0, 1, 3] });
  const parts = transformTaps(g, g.op("Reshape", [rows, g.ints(1, u, count * channels * v)]));
  return parts.map((part) => g.op("Reshape", [part, g.ints(count, channels, 1, v)]));
}

/** The transpose of {@link transformFilters}. */
function restoreFilters(g: GraphBuilder, parts: readonly string[]): string {
  const [count, channels, , v] = g.shape(parts[0]);
  const rows = parts.map((part) => g.op("Reshape", [part, g.ints(1, 1, count * channels * v)]));
  const f = restoreTaps(g, g.op("Concat", rows, { axis: 1 }));
  return g.op("Transpose", [g.op("Reshape", [f, g.ints(G[0].length, count, channels, v)])], { perm: [1, 2, 0, 3] });
}

/** In the batch-last layout, with filters K×C×u×v. */
const BATCH_LAST: Inner<string> = { ...direct, split: transformFilters, join: restoreFilters };

/** Y = X ⋆ F + b. The second column of Aᵀ is all ones: there the biases come in. */
export function conv(
  g: GraphBuilder,
  window: Window,
  [x, filters, biases]: readonly string[],
  inner: Omit<Inner<unknown>, "join"> = BATCH_LAST,
): string {
  const rows = rowsOf(window, g.shape(x)[1]);
  const images = transformImage(g, window, x, rows);
  const products = inner
    .split(g, filters)
    .map((f, s) => inner.conv(g, flattenWindow(window), [images[s], f, ...(biases && s === 1 ? [biases] : [])], 1));
  return restoreOutput(g, products, rows);
}

/** dX = B[(G·F)ᵀ ⊙ (A·dY)] */
export function dataGradient(
  g: GraphBuilder,
  window: Window,
  [dy, filters]: readonly string[],
  [height, width]: readonly number[],
  inner: Omit<Inner<unknown>, "join"> = BATCH_LAST,
): string {
  const outputs = transformOutput(g, dy);
  const products = inner
    .split(g, filters)
    .map((f, s) => inner.dataGradient(g, flattenWindow(window), [outputs[s], f], [g.shape(outputs[s])[1], width]));
  return restoreImage(g, window, products, height);
}

/** dF = Gᵀ[(A·dY) ⊙ (Bᵀ·X)] */
export function filterGradient(g: GraphBuilder, window: Window, inputs: readonly string[]): string;
export function filterGradient<T>(g: GraphBuilder, window: Window, inputs: readonly string[], inner: Inner<T>): string;
export function filterGradient(
  g: GraphBuilder,
  window: Window,
  [x, dy]: readonly string[],
  inner: Inner<unknown> = BATCH_LAST,
): string {
  const [images, outputs] = [transformImage(g, window, x, g.shape(dy)[1]), transformOutput(g, dy)];
  const products = images.map((image, s) => inner.filterGradient(g, flattenWindow(window), [image, outputs[s]]));
  return inner.join(g, products, window.support);
}
