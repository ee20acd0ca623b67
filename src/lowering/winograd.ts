/**
 * Convolution with filters three pixels tall, with half of the multiplications: Winograd's F(4, 3) along the columns of the image
 * (Lavin and Gray 2016).
 *
 * Four rows of the output, which see six rows of the image, are y = Aᵀ[(G·f) ⊙ (Bᵀ·x)] with 6 products in the place of 12. What is
 * multiplied here are not numbers but rows: each ⊙ is a convolution with filters one pixel tall. The gradients are those of this
 * formula: dx = B[(G·f)ᵀ ⊙ (A·dy)] and df = Gᵀ[(A·dy) ⊙ (Bᵀ·x)]. Bᵀ·x and A·dy are needed twice; the runtime computes equal
 * nodes once. The results are right to about 2·10⁻⁶ of the largest; those of the definition, to 4·10⁻⁷.
 */

import type { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import type { Window } from "../graph/window.js";
import * as direct from "./direct-conv.js";

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

const transposed = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]));

/** Products for four rows of the output; rows of the output in a tile. */
const [PRODUCTS, TILE] = [6, 4];

/** What the transforms cost is as much as this many multiply-adds for each number of the image and of the output. */
const TRANSFORMS = 14;

/**
 * The cost rule: 3·C·K multiply-adds for each pixel and column of taps are halved, which must be worth more than the transforms of C + K
 * numbers. Only where the tiles fit, so that no product is thrown away.
 */
export function applies(
  { support, stride, pad, dilation }: Window,
  groups: number,
  channels: number,
  count: number,
  height: number,
): boolean {
  const rows = height + pad[0] + pad[1] - 2;
  const fits = support[0] === 3 && stride[0] === 1 && dilation[0] === 1 && groups === 1;
  return fits && rows > 0 && rows % TILE === 0 && channels * count >= TRANSFORMS * (channels + count);
}

/** The tiles of a convolution, and the maps from rows to parts of tiles: product s of tile t is row s·T + t. */
interface Tiles {
  /** how many */
  readonly count: number;
  /** Bᵀ, from the rows of the image */
  readonly ofImage: Matrix;
  /** A, from the rows of the output */
  readonly ofOutput: Matrix;
  /** the convolution of each product */
  readonly window: Window;
}

function tilesOf(window: Window, height: number, rows: number): Tiles {
  const count = Math.ceil(rows / TILE);
  const place = (
    size: number,
    coefficient: (product: number, tile: number, row: number) => number | undefined,
  ): Matrix =>
    Array.from({ length: PRODUCTS * count }, (_, at) =>
      Array.from({ length: size }, (_, row) => coefficient(Math.floor(at / count), at % count, row) ?? 0),
    );
  return {
    count,
    ofImage: place(height, (s, t, row) => B_TRANSPOSED[s][row + window.pad[0] - TILE * t]),
    ofOutput: place(rows, (s, t, row) => A_TRANSPOSED[row - TILE * t]?.[s]),
    window: {
      support: [1, window.support[1]],
      stride: window.stride,
      pad: [0, 0, window.pad[2], window.pad[3]],
      dilation: window.dilation,
    },
  };
}

/** A matrix times the second axis but one of a value of four axes … */
const times = (g: GraphBuilder, m: Matrix, value: string): string =>
  g.op("MatMul", [g.constant(float32(m.flat(), [m.length, m[0].length])), value]);

/** The parts of an image's tiles: for each product C×T×W×N. */
function taken(g: GraphBuilder, m: Matrix, image: string): string[] {
  const [channels, height, width, batch] = g.shape(image);
  const tiles = times(g, m, g.op("Reshape", [image, g.ints(channels, height, width * batch)]));
  const sizes = Array<number>(PRODUCTS).fill(m.length / PRODUCTS);
  return g
    .ops("Split", [tiles, g.ints(...sizes)], PRODUCTS, { axis: 1 })
    .map((part) => g.op("Reshape", [part, g.ints(channels, sizes[0], width, batch)]));
}

/** The reverse: an image from the parts of its tiles. */
function joined(g: GraphBuilder, m: Matrix, parts: readonly string[]): string {
  const [channels, , width, batch] = g.shape(parts[0]);
  const tiles = g.op("Reshape", [g.op("Concat", parts, { axis: 1 }), g.ints(channels, m[0].length, width * batch)]);
  return g.op("Reshape", [times(g, m, tiles), g.ints(channels, m.length, width, batch)]);
}

/** G·f for each product: K×C×1×v. */
const filtersOf = (g: GraphBuilder, filters: string): string[] =>
  g.ops("Split", [times(g, G, filters), g.ints(...Array<number>(PRODUCTS).fill(1))], PRODUCTS, { axis: 2 });

/** Y = X ⋆ F + b. The second row of A is all ones: there the biases come in. */
export function conv(g: GraphBuilder, window: Window, [x, filters, biases]: readonly string[]): string {
  const [, height] = g.shape(x);
  const tiles = tilesOf(window, height, height + window.pad[0] + window.pad[1] - 2);
  const images = taken(g, tiles.ofImage, x);
  const products = filtersOf(g, filters).map((f, s) =>
    direct.conv(g, tiles.window, [images[s], f, ...(biases && s === 1 ? [biases] : [])], 1),
  );
  return joined(g, transposed(tiles.ofOutput), products);
}

/** dX = B[(G·F)ᵀ ⊙ (A·dY)] */
export function dataGradient(
  g: GraphBuilder,
  window: Window,
  [dy, filters]: readonly string[],
  [height, width]: readonly number[],
): string {
  const tiles = tilesOf(window, height, g.shape(dy)[1]);
  const outputs = taken(g, tiles.ofOutput, dy);
  const products = filtersOf(g, filters).map((f, s) =>
    direct.dataGradient(g, tiles.window, [outputs[s], f], [tiles.count, width]),
  );
  return joined(g, transposed(tiles.ofImage), products);
}

/** dF = Gᵀ[(A·dY) ⊙ (Bᵀ·X)] */
export function filterGradient(g: GraphBuilder, window: Window, [x, dy]: readonly string[]): string {
  const tiles = tilesOf(window, g.shape(x)[1], g.shape(dy)[1]);
  const [images, outputs] = [taken(g, tiles.ofImage, x), taken(g, tiles.ofOutput, dy)];
  const products = images.map((image, s) => direct.filterGradient(g, tiles.window, [image, outputs[s]]));
  return times(g, transposed(G), g.op("Concat", products, { axis: 2 }));
}
