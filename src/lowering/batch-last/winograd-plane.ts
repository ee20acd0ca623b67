/**
 * Winograd's F(m, r) along both axes of the image (winograd.ts has it along one): a tile of m×m′ pixels of the output is Aᵀ[(G·f·G′ᵀ) ⊙ (Bᵀ·x·B′)]A′ with
 * n·n′ products. Each of these is a matrix product for all channels, filters, tiles and images, and all together are one product of stacks of matrices.
 */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import type { Window } from "../../graph/window.js";
import { type Convolutions, type Matrix, multiply, overlapTiles, transformsOf, transpose } from "./winograd.js";

/** The transforms along an axis. */
interface Axis {
  /** pixels of the output in a tile */
  readonly tile: number;
  readonly taps: number;
  readonly products: number;
  /** pixels of padding before and behind the image */
  readonly around: number;
  readonly before: number;
  /** G, n×r, and A, n×m */
  readonly filters: Matrix;
  readonly output: Matrix;
  /** Bᵀ of all tiles of an image of so many pixels, n·tiles × pixels */
  image(size: number): Matrix;
  tiles(positions: number): number;
}

function axisOf({ support, pad }: Window, axis: 0 | 1, tile: number): Axis {
  const [taps, before, around] = [support[axis], pad[2 * axis], pad[2 * axis] + pad[2 * axis + 1]];
  const { filters, output } = transformsOf(tile, taps);
  const tiles = (positions: number): number => Math.ceil(positions / tile);
  const image = (size: number): Matrix => overlapTiles(tile, taps, before, size, tiles(size + around - taps + 1));
  return { tile, taps, products: tile + taps - 1, around, before, filters, output: transpose(output), image, tiles };
}

/** G ⊗ G′, for all products and taps of a tile. */
const kronecker = (a: Matrix, b: Matrix): Matrix =>
  a.flatMap((row) => b.map((other) => row.flatMap((x) => other.map((y) => x * y))));

const reshape = (g: GraphBuilder, value: string, ...shape: readonly number[]): string =>
  g.op("Reshape", [value, g.ints(...shape)]);

const constant = (g: GraphBuilder, m: Matrix): string => g.constant(float32(m.flat(), [m.length, m[0].length]));

/** A stack of matrices, each transposed; the runtime makes that a part of the product. */
const turned = (g: GraphBuilder, stack: string): string => g.op("Transpose", [stack], { perm: [0, 2, 1] });

/** Bᵀ·x·B′ of C×H×W×N: for each product C × tiles·N. */
function transformImage(g: GraphBuilder, [down, across]: readonly [Axis, Axis], x: string): string {
  const [channels, height, width, batch] = g.shape(x);
  const [tall, wide] = [down.image(height), across.image(width)];
  const columns = multiply(g, tall, reshape(g, x, channels, height, width * batch));
  const both = multiply(g, wide, reshape(g, columns, channels * tall.length, width, batch));
  const [rows, run] = [tall.length / down.products, (wide.length / across.products) * batch];
  const apart = reshape(g, both, channels, down.products, rows, across.products, run);
  const stack = g.op("Transpose", [apart], { perm: [1, 3, 0, 2, 4] });
  return reshape(g, stack, down.products * across.products, channels, rows * run);
}

/** The transpose of {@link transformImage}. */
function restoreImage(
  g: GraphBuilder,
  [down, across]: readonly [Axis, Axis],
  stack: string,
  [height, width]: readonly number[],
): string {
  const [, channels, places] = g.shape(stack);
  const [tall, wide] = [down.image(height), across.image(width)];
  const rows = tall.length / down.products;
  const run = places / rows;
  const apart = reshape(g, stack, down.products, across.products, channels, rows, run);
  const both = g.op("Transpose", [apart], { perm: [2, 0, 3, 1, 4] });
  const batch = (run * across.products) / wide.length;
  const columns = multiply(g, transpose(wide), reshape(g, both, channels * tall.length, wide.length, batch));
  const image = multiply(g, transpose(tall), reshape(g, columns, channels, tall.length, width * batch));
  return reshape(g, image, channels, height, width, batch);
}

/** A·dy·A′ᵀ of K×H×W×N: for each product K × tiles·N. */
function transformOutput(g: GraphBuilder, [down, across]: readonly [Axis, Axis], dy: string): string {
  const [count, height, width, batch] = g.shape(dy);
  const [rows, columns] = [down.tiles(height), across.tiles(width)];
  const [below, right] = [rows * down.tile - height, columns * across.tile - width];
  const whole = below + right === 0 ? dy : g.op("Pad", [dy, g.ints(0, 0, 0, 0, 0, below, right, 0)]);
  const tall = multiply(g, down.output, reshape(g, whole, count * rows, down.tile, columns * across.tile * batch));
  const lines = count * rows * down.products * columns;
  const both = multiply(g, across.output, reshape(g, tall, lines, across.tile, batch));
  const apart = reshape(g, both, count, rows, down.products, columns, across.products, batch);
  const stack = g.op("Transpose", [apart], { perm: [2, 4, 0, 1, 3, 5] });
  return reshape(g, stack, down.products * across.products, count, rows * columns * batch);
}

/** The transpose of {@link transformOutput}: so many rows and columns. */
function restoreOutput(
  g: GraphBuilder,
  [down, across]: readonly [Axis, Axis],
  stack: string,
  [height, width]: readonly number[],
): string {
  const [, count, places] = g.shape(stack);
  const [rows, columns] = [down.tiles(height), across.tiles(width)];
  const batch = places / (rows * columns);
  const apart = reshape(g, stack, down.products, across.products, count, rows, columns, batch);
  const both = g.op("Transpose", [apart], { perm: [2, 3, 0, 4, 1, 5] });
  const lines = count * rows * down.products * columns;
  const tall = multiply(g, transpose(across.output), reshape(g, both, lines, across.products, batch));
  const across2 = columns * across.tile;
  const y = multiply(g, transpose(down.output), reshape(g, tall, count * rows, down.products, across2 * batch));
  const whole = reshape(g, y, count, rows * down.tile, across2, batch);
  if (rows * down.tile === height && across2 === width) return whole;
  return g.op("Slice", [whole, g.ints(0, 0), g.ints(height, width), g.ints(1, 2)]);
}

/** G·f·G′ᵀ of filters K×C×u×v: for each product K×C. */
function transformFilters(g: GraphBuilder, [down, across]: readonly [Axis, Axis], filters: string): string {
  const [count, channels, u, v] = g.shape(filters);
  const transform = kronecker(down.filters, across.filters);
  const stack = g.op("Gemm", [constant(g, transform), reshape(g, filters, count * channels, u * v)], { transB: 1 });
  return reshape(g, stack, transform.length, count, channels);
}

/** The transpose of {@link transformFilters}. */
function restoreFilters(g: GraphBuilder, [down, across]: readonly [Axis, Axis], stack: string): string {
  const [products, count, channels] = g.shape(stack);
  const transform = constant(g, kronecker(down.filters, across.filters));
  const f = g.op("Gemm", [reshape(g, stack, products, count * channels), transform], { transA: 1 });
  return reshape(g, f, count, channels, down.taps, across.taps);
}

/** Convolutions in the batch-last layout, in tiles of so many rows and columns of the output. */
export function inPlane(down: number, across: number): Convolutions<string> {
  const axesOf = (window: Window): [Axis, Axis] => [axisOf(window, 0, down), axisOf(window, 1, across)];
  return {
    conv(g, window, [x, filters, biases]) {
      const axes = axesOf(window);
      const [, height, width] = g.shape(x);
      const products = g.op("MatMul", [transformFilters(g, axes, filters), transformImage(g, axes, x)]);
      const positions = [height, width].map((size, axis) => size + axes[axis].around - axes[axis].taps + 1);
      const y = restoreOutput(g, axes, products, positions);
      return biases ? g.op("Add", [y, reshape(g, biases, -1, 1, 1, 1)]) : y;
    },
    dataGradient(g, window, [dy, filters], image) {
      const axes = axesOf(window);
      const products = [turned(g, transformFilters(g, axes, filters)), transformOutput(g, axes, dy)];
      return restoreImage(g, axes, g.op("MatMul", products), image);
    },
    filterGradient(g, window, [x, dy]) {
      const axes = axesOf(window);
      const products = [transformOutput(g, axes, dy), turned(g, transformImage(g, axes, x))];
      return restoreFilters(g, axes, g.op("MatMul", products));
    },
  };
}
