/**
 * Convolution with fewer multiplications: Winograd's F(m, r) along one axis of the image (Lavin and Gray 2016).
 *
 * Along that axis, m pixels of the output (a tile) see n = m + r − 1 pixels of the image through r taps; they are y = Aᵀ[(G·f) ⊙ (Bᵀ·x)] with n
 * products in the place of m·r: 6 in the place of 12 for three taps and tiles of four. What is multiplied here are not numbers but all pixels of a line:
 * each ⊙ is a convolution with filters of one tap along the axis. The gradients are those of this formula: dx = B[(G·f)ᵀ ⊙ (A·dy)] and
 * df = Gᵀ[(A·dy) ⊙ (Bᵀ·x)]. Bᵀ·x and A·dy are needed twice; the runtime computes equal nodes once. With 6 products the results are right to about
 * 2·10⁻⁶ of the largest; those of the definition, to 4·10⁻⁷.
 */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import type { Window } from "../../graph/window.js";
import { type Costs, NATIVE } from "../costs.js";
import * as direct from "./direct-conv.js";

/** A convolution and its gradients, in the layout that the images are in. */
export interface Convolutions<Gradient> {
  conv(g: GraphBuilder, window: Window, inputs: readonly string[], groups: number): string;
  dataGradient(g: GraphBuilder, window: Window, inputs: readonly string[], image: readonly number[]): string;
  filterGradient(g: GraphBuilder, window: Window, inputs: readonly string[]): Gradient;
}

/** Convolutions with filters of one tap along an axis, and the transforms of the filters, which lie as the layout of the images has them. */
export interface Inner<Gradient> extends Convolutions<Gradient> {
  /** G·f for each product */
  split(g: GraphBuilder, filters: string): string[];
  /** the transpose of {@link split}, for so many rows and columns of taps */
  join(g: GraphBuilder, parts: readonly Gradient[], support: readonly number[]): string;
}

/** Along which axis of the image, 0 down and 1 across, and how many pixels of the output are a tile. */
export interface Tiling {
  readonly axis: 0 | 1;
  readonly tile: number;
}

export type Matrix = readonly (readonly number[])[];

/** The places at which polynomials are multiplied; the last is infinity. With small numbers of both signs, least is lost by rounding. */
const POINTS = [0, 1, -1, 2, -2, 1 / 2, -1 / 2];

/** The coefficients of Π (x − p), the constant first. */
function polynomial(roots: readonly number[]): number[] {
  let product = [1];
  for (const root of roots) product = [0, ...product].map((below, i) => below - root * (product[i] ?? 0));
  return product;
}

interface Transforms {
  /** Bᵀ, n×n */
  readonly image: Matrix;
  /** G, n×r */
  readonly filters: Matrix;
  /** Aᵀ, m×n */
  readonly output: Matrix;
}

/** After Toom and Cook: the row of a point p in Bᵀ is Π (x − q) over the other points q, and in G the powers of p over its value at p. */
export function transformsOf(tile: number, taps: number): Transforms {
  const points = POINTS.slice(0, tile + taps - 2);
  const powers = (p: number, count: number): number[] => Array.from({ length: count }, (_, k) => p ** k);
  const others = (p: number): number[] => points.filter((q) => q !== p);
  const last = (count: number): number[] => [...Array<number>(count - 1).fill(0), 1];
  const valueAt = (p: number): number => others(p).reduce((product, q) => product * (p - q), 1);
  return {
    image: [...points.map((p) => [...polynomial(others(p)), 0]), polynomial(points)],
    filters: [...points.map((p) => powers(p, taps).map((power) => power / valueAt(p))), last(taps)],
    output: transpose([...points.map((p) => powers(p, tile)), last(tile)]),
  };
}

export const transpose = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]));

const ROWS_OF_FOUR: Tiling = { axis: 0, tile: 4 };

/** A convolution of a batch of images, by its sizes. */
export interface Sizes {
  readonly channels: number;
  readonly count: number;
  /** of the image, down and across */
  readonly image: readonly [number, number];
  /** of the output */
  readonly positions: readonly [number, number];
  readonly batch: number;
}

/**
 * The cost rule, in multiply-adds of matrix products. Along a tiled axis, n·tiles products take the place of r taps for each position. What that saves must
 * be worth more than the transforms: of the image, by a matrix of n·tiles × its size; of the output, by one of m × n; of the filters, by one of n × r.
 */
function costOf(
  { moved, movedFilter, gathered }: Costs,
  { support }: Window,
  { channels, count, image, positions, batch }: Sizes,
  tilings: readonly Tiling[],
): number {
  const [size, out, taps] = [[...image], [...positions], [...support]];
  let cost = 0;
  for (const { axis, tile } of tilings) {
    const [before, products, tiles] = [size[axis], tile + taps[axis] - 1, Math.ceil(out[axis] / tile)];
    const filters = channels * count * taps[1 - axis] * products;
    cost += filters * (taps[axis] + movedFilter);
    [size[axis], out[axis], taps[axis]] = [products * tiles, products * tiles, 1];
    cost += batch * channels * size[0] * size[1] * (before + moved);
    cost += batch * count * out[0] * out[1] * (tile + moved);
  }
  const windows = batch * channels * taps[0] * taps[1] * out[0] * out[1];
  return cost + windows * (count + (taps[0] * taps[1] > 1 ? gathered : 0));
}

const canTile = ({ support, stride, dilation }: Window, axis: 0 | 1): boolean =>
  support[axis] > 1 && stride[axis] === 1 && dilation[axis] === 1;

/** The axes to tile, and the tiles, that make a convolution the fastest; none where it is so as it is. */
export function fastestTilings(costs: Costs, window: Window, groups: number, sizes: Sizes): readonly Tiling[] {
  if (groups !== 1 || sizes.positions.some((size) => size <= 0)) return [];
  const candidates = costs.tiles.flatMap((tilesOf, last) => {
    const axes = ([0, 1] as const).slice(0, last + 1);
    const along = axes.map((axis) =>
      (canTile(window, axis) ? tilesOf(window.support[axis]) : []).map((tile): Tiling => ({ axis, tile })),
    );
    return along.reduce<readonly Tiling[][]>(
      (all, next) => all.flatMap((tilings) => next.map((tiling) => [...tilings, tiling])),
      [[]],
    );
  });
  let [best, least]: [readonly Tiling[], number] = [[], costOf(costs, window, sizes, [])];
  for (const tilings of candidates) {
    const cost = costOf(costs, window, sizes, tilings);
    if (cost < least) [best, least] = [tilings, cost];
  }
  return best;
}

/**
 * Whether tiles of four rows are faster in native code.
 *
 * @param across pixels in a row of all images of the output together
 */
export function isFaster(
  window: Window,
  groups: number,
  channels: number,
  count: number,
  height: number,
  across: number,
): boolean {
  const rows = height + window.pad[0] + window.pad[1] - 2;
  if (window.support[0] !== 3 || !canTile(window, 0) || groups !== 1 || rows <= 0) return false;
  const sizes: Sizes = { channels, count, image: [height, across], positions: [rows, across], batch: 1 };
  return costOf(NATIVE, window, sizes, [ROWS_OF_FOUR]) < costOf(NATIVE, window, sizes, []);
}

/** A matrix times the rows of each matrix in a value. */
export const multiply = (g: GraphBuilder, m: Matrix, value: string): string =>
  g.op("MatMul", [g.constant(float32(m.flat(), [m.length, m[0].length])), value]);

/** G·f for tiles of four rows, of rows of three taps, lines × 3 × run: for each product lines × 1 × run. */
export function transformTaps(g: GraphBuilder, taps: string): string[] {
  const { filters } = transformsOf(ROWS_OF_FOUR.tile, 3);
  return g.ops("Split", [multiply(g, filters, taps), g.ints(...filters.map(() => 1))], filters.length, { axis: 1 });
}

/** The transpose of {@link transformTaps}, of what its products are put together: lines × 6 × run. */
export const restoreTaps = (g: GraphBuilder, products: string): string =>
  multiply(g, transpose(transformsOf(ROWS_OF_FOUR.tile, 3).filters), products);

/** The convolution of each product: one tap along the axis. */
const flattenWindow = ({ support, stride, pad, dilation }: Window, axis: 0 | 1): Window => ({
  support: axis === 0 ? [1, support[1]] : [support[0], 1],
  stride,
  pad: axis === 0 ? [0, 0, pad[2], pad[3]] : [pad[0], pad[1], 0, 0],
  dilation,
});

/** Bᵀ for all tiles of an image at once, since they overlap: row s·T + t, for product s of tile t, times the pixels along the axis, with zeros before them. */
export function overlapTiles(tile: number, taps: number, before: number, size: number, tiles: number): Matrix {
  const { image } = transformsOf(tile, taps);
  return Array.from({ length: image.length * tiles }, (_, at) =>
    Array.from(
      { length: size },
      (_, pixel) => image[Math.floor(at / tiles)][pixel + before - tile * (at % tiles)] ?? 0,
    ),
  );
}

/** A convolution of C×H×W×N along one of its axes, in tiles. */
class Tiled {
  readonly #transforms: Transforms;
  /** pixels of a tile of the output, products for it, and taps */
  readonly #tile: number;
  readonly #products: number;
  readonly #taps: number;

  constructor(
    readonly g: GraphBuilder,
    readonly window: Window,
    readonly axis: 0 | 1,
    tile: number,
  ) {
    this.#tile = tile;
    this.#taps = window.support[axis];
    this.#products = tile + this.#taps - 1;
    this.#transforms = transformsOf(tile, this.#taps);
  }

  /** How many pixels the output has along the axis, of an image of so many. */
  positions(size: number): number {
    const { pad } = this.window;
    return size + pad[2 * this.axis] + pad[2 * this.axis + 1] - this.#taps + 1;
  }

  #tiles(positions: number): number {
    return Math.ceil(positions / this.#tile);
  }

  #overlapTiles(size: number, tiles: number): Matrix {
    return overlapTiles(this.#tile, this.#taps, this.window.pad[2 * this.axis], size, tiles);
  }

  /** A shape C×H×W×N as lines × pixels along the axis × numbers at each. */
  #alongAxis([channels, height, width, batch]: readonly number[]): [number, number, number] {
    return this.axis === 0 ? [channels, height, width * batch] : [channels * height, width, batch];
  }

  /** A shape C×H×W×N with another number of pixels along the axis. */
  #resized([channels, height, width, batch]: readonly number[], size: number): number[] {
    return this.axis === 0 ? [channels, size, width, batch] : [channels, height, size, batch];
  }

  #reshape(value: string, shape: readonly number[]): string {
    return this.g.op("Reshape", [value, this.g.ints(...shape)]);
  }

  /** A value cut along an axis, one part for each product. */
  #split(value: string, axis: number, size: number): string[] {
    const sizes = Array<number>(this.#products).fill(size);
    return this.g.ops("Split", [value, this.g.ints(...sizes)], this.#products, { axis });
  }

  /** Bᵀ·x: for each product an image of a pixel a tile. */
  transformImage(x: string): string[] {
    const shape = this.g.shape(x);
    const [lines, size, run] = this.#alongAxis(shape);
    const tiles = this.#tiles(this.positions(size));
    const parts = multiply(this.g, this.#overlapTiles(size, tiles), this.#reshape(x, [lines, size, run]));
    return this.#split(parts, 1, tiles).map((part) => this.#reshape(part, this.#resized(shape, tiles)));
  }

  /** The transpose of {@link transformImage}. */
  restoreImage(parts: readonly string[], size: number): string {
    const shape = this.g.shape(parts[0]);
    const [lines, tiles, run] = this.#alongAxis(shape);
    const apart = parts.map((part) => this.#reshape(part, [lines, tiles, run]));
    const matrix = transpose(this.#overlapTiles(size, tiles));
    const image = multiply(this.g, matrix, this.g.op("Concat", apart, { axis: 1 }));
    return this.#reshape(image, this.#resized(shape, size));
  }

  /** A·dy: for each product an image of a pixel a tile. */
  transformOutput(dy: string): string[] {
    const shape = this.g.shape(dy);
    const [lines, size, run] = this.#alongAxis(shape);
    const tiles = this.#tiles(size);
    const missing = tiles * this.#tile - size;
    const pads = [0, 0, 0, 0, 0, this.axis === 0 ? missing : 0, this.axis === 1 ? missing : 0, 0];
    const whole = missing === 0 ? dy : this.g.op("Pad", [dy, this.g.ints(...pads)]);
    const matrix = transpose(this.#transforms.output);
    const parts = multiply(this.g, matrix, this.#reshape(whole, [lines * tiles, this.#tile, run]));
    return this.#split(parts, 1, 1).map((part) => this.#reshape(part, this.#resized(shape, tiles)));
  }

  /** The transpose of {@link transformOutput}: so many pixels. */
  restoreOutput(parts: readonly string[], size: number): string {
    const shape = this.g.shape(parts[0]);
    const [lines, tiles, run] = this.#alongAxis(shape);
    const apart = parts.map((part) => this.#reshape(part, [lines * tiles, 1, run]));
    const y = multiply(this.g, this.#transforms.output, this.g.op("Concat", apart, { axis: 1 }));
    const whole = this.#reshape(y, this.#resized(shape, tiles * this.#tile));
    if (size === tiles * this.#tile) return whole;
    return this.g.op("Slice", [whole, this.g.ints(0), this.g.ints(size), this.g.ints(1 + this.axis)]);
  }

  /** G·f for each product: of all filters K×C×u×v as one matrix, whose rows are their taps along the axis. */
  transformFilters(filters: string): string[] {
    const [count, channels, u, v] = this.g.shape(filters);
    const across = (u * v) / this.#taps;
    const rows = this.g.op("Transpose", [filters], { perm: this.axis === 0 ? [2, 0, 1, 3] : [3, 0, 1, 2] });
    const parts = multiply(
      this.g,
      this.#transforms.filters,
      this.#reshape(rows, [this.#taps, count * channels * across]),
    );
    const flat = this.axis === 0 ? [1, v] : [u, 1];
    return this.#split(parts, 0, 1).map((part) => this.#reshape(part, [count, channels, ...flat]));
  }

  /** The transpose of {@link transformFilters}. */
  restoreFilters(parts: readonly string[]): string {
    const [count, channels, u, v] = this.g.shape(parts[0]);
    const rows = parts.map((part) => this.#reshape(part, [1, count * channels * u * v]));
    const f = multiply(this.g, transpose(this.#transforms.filters), this.g.op("Concat", rows, { axis: 0 }));
    const taps = this.#reshape(f, [this.#taps, count, channels, u * v]);
    return this.g.op("Transpose", [taps], { perm: this.axis === 0 ? [1, 2, 0, 3] : [1, 2, 3, 0] });
  }
}

/** Y = X ⋆ F + b. The second column of Aᵀ is all ones: there the biases come in. */
export function conv(
  g: GraphBuilder,
  window: Window,
  [x, filters, biases]: readonly string[],
  inner: Omit<Inner<unknown>, "join">,
  { axis, tile }: Tiling = ROWS_OF_FOUR,
): string {
  const tiled = new Tiled(g, window, axis, tile);
  const images = tiled.transformImage(x);
  const flat = flattenWindow(window, axis);
  const products = inner
    .split(g, filters)
    .map((f, s) => inner.conv(g, flat, [images[s], f, ...(biases && s === 1 ? [biases] : [])], 1));
  return tiled.restoreOutput(products, tiled.positions(g.shape(x)[1 + axis]));
}

/** dX = B[(G·F)ᵀ ⊙ (A·dY)] */
export function dataGradient(
  g: GraphBuilder,
  window: Window,
  [dy, filters]: readonly string[],
  image: readonly number[],
  inner: Omit<Inner<unknown>, "join">,
  { axis, tile }: Tiling = ROWS_OF_FOUR,
): string {
  const tiled = new Tiled(g, window, axis, tile);
  const outputs = tiled.transformOutput(dy);
  const flat = flattenWindow(window, axis);
  const small = image.with(axis, g.shape(outputs[0])[1 + axis]);
  const products = inner.split(g, filters).map((f, s) => inner.dataGradient(g, flat, [outputs[s], f], small));
  return tiled.restoreImage(products, image[axis]);
}

/** dF = Gᵀ[(A·dY) ⊙ (Bᵀ·X)] */
export function filterGradient<Gradient>(
  g: GraphBuilder,
  window: Window,
  [x, dy]: readonly string[],
  inner: Inner<Gradient>,
  { axis, tile }: Tiling = ROWS_OF_FOUR,
): string {
  const tiled = new Tiled(g, window, axis, tile);
  const [images, outputs] = [tiled.transformImage(x), tiled.transformOutput(dy)];
  const flat = flattenWindow(window, axis);
  const products = images.map((image, s) => inner.filterGradient(g, flat, [image, outputs[s]]));
  return inner.join(g, products, window.support);
}

/** Convolutions in the batch-last layout, of images that are tiled along an axis. */
export function alongAxis(tiling: Tiling): Convolutions<string> {
  const within = (window: Window): Inner<string> => ({
    ...direct,
    split: (g, filters) => new Tiled(g, window, tiling.axis, tiling.tile).transformFilters(filters),
    join: (g, parts) => new Tiled(g, window, tiling.axis, tiling.tile).restoreFilters(parts),
  });
  return {
    conv: (g, window, inputs) => conv(g, window, inputs, within(window), tiling),
    dataGradient: (g, window, inputs, image) => dataGradient(g, window, inputs, image, within(window), tiling),
    filterGradient: (g, window, inputs) => filterGradient(g, window, inputs, within(window), tiling),
  };
}
