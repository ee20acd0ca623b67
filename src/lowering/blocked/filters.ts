/**
 * Filters as the runtime's blocked convolutions read them.
 *
 * K×C×u×v is [K/b][C/b][u][v][b of C][b of K]: a tile of b·b numbers for each tap. With fewer than b channels, also one for each channel of the image, it is
 * [K/b][C][u][v][b of K], and a tile has b numbers. Packed filters keep their shape K×C×u×v; only their numbers lie in that order. Tiles are moved in one
 * piece, which takes a third of the time of moving rows of b numbers.
 */

import { NCHWC } from "../../graph/types.js";
import type { Blocks } from "./blocks.js";

/** Which taps of filters: from a first row and column, a stride apart. */
export interface Taps {
  readonly first: readonly [number, number];
  readonly stride: readonly [number, number];
}

const ALL: Taps = { first: [0, 0], stride: [1, 1] };

type Shape = readonly [count: number, channels: number, u: number, v: number];

const shapeOf = (b: Blocks, filters: string): Shape => {
  const [count, channels, u, v] = b.g.shape(filters);
  return [count, channels, u, v];
};

const isThin = (b: Blocks, [, channels]: Shape): boolean => channels < b.block;

/** How many tiles there are across filters and channels, and how many numbers each has. */
const tilesOf = (b: Blocks, shape: Shape): { readonly across: number; readonly down: number; readonly run: number } => {
  const [count, channels] = shape;
  const across = count / b.block;
  return isThin(b, shape)
    ? { across, down: channels, run: b.block }
    : { across, down: channels / b.block, run: b.block ** 2 };
};

const upTo = (size: number): readonly number[] => Array.from({ length: size }, (_, i) => i);

/** The tiles at these places, in this order. */
function arrange(b: Blocks, packed: string, run: number, places: readonly number[], shape: Shape): string {
  const tiles = b.g.shape(packed).reduce((a, d) => a * d, 1) / run;
  if (tiles === places.length && places.every((place, i) => place === i)) return b.reshape(packed, shape);
  return b.reshape(b.op("Gather", [b.reshape(packed, [tiles, run]), b.places(places)], { axis: 0 }), shape);
}

/** The rows and columns that are taken. */
const taken = ({ first, stride }: Taps, support: readonly [number, number]): readonly (readonly number[])[] =>
  ([0, 1] as const).map((axis) =>
    upTo(support[axis]).filter((i) => i >= first[axis] && (i - first[axis]) % stride[axis] === 0),
  );

/** Filters K×C×u×v, or some of their taps, packed. */
export function pack(b: Blocks, filters: string, taps = ALL): string {
  const shape = shapeOf(b, filters);
  const [count, channels, u, v] = shape;
  const area = u * v;
  // [K][C/b][u][v][b of C]
  const rows =
    isThin(b, shape) || area === 1
      ? filters
      : b.op("ReorderInput", [b.reshape(filters, [count, channels, 1, area])], {}, NCHWC);
  const columns = b.reshape(rows, [count / b.block, b.block, 1, channels * area]);
  const packed = b.reshape(b.op("ReorderInput", [columns], {}, NCHWC), shape);
  const [down, across] = taken(taps, [u, v]);
  const { across: blocks, down: depths, run } = tilesOf(b, shape);
  const places = upTo(blocks * depths).flatMap((tile) =>
    down.flatMap((i) => across.map((j) => tile * area + i * v + j)),
  );
  return arrange(b, packed, run, places, [count, channels, down.length, across.length]);
}

/** What {@link pack} makes of filters, put back. */
export function unpack(b: Blocks, packed: string): string {
  const shape = shapeOf(b, packed);
  const [count, channels, u, v] = shape;
  const area = u * v;
  const columns = b.reshape(packed, [count / b.block, b.block, 1, channels * area]);
  const rows = b.op("ReorderOutput", [columns], { channels: b.block }, NCHWC);
  if (isThin(b, shape) || area === 1) return b.reshape(rows, shape);
  const flat = b.reshape(rows, [count, channels, 1, area]);
  return b.reshape(b.op("ReorderOutput", [flat], { channels }, NCHWC), shape);
}

/**
 * Filters as those of the way back, packed: turned round, and C×K×u×v, unless they are one for each channel.
 *
 * @param rows whether the rows are turned round too, and not the columns alone
 */
export function packTurned(b: Blocks, filters: string, groups: number, taps = ALL, rows = true): string {
  const shape = shapeOf(b, filters);
  const [count, channels, u, v] = shape;
  const area = u * v;
  const { across: blocks, down: depths, run } = tilesOf(b, shape);
  if (groups === 1 && area === 1) {
    const turned = b.transpose(filters, [count, channels / b.block, b.block], [1, 0, 2]);
    return b.reshape(turned, [channels, count, 1, 1]);
  }
  const packed = pack(b, filters);
  const [down, across] = taken(taps, [u, v]).map((places, axis) => (axis === 1 || rows ? places.toReversed() : places));
  const ofTile = (tile: number): number[] => down.flatMap((i) => across.map((j) => tile * area + i * v + j));
  const support = [down.length, across.length] as const;
  if (groups > 1) return arrange(b, packed, run, upTo(blocks).flatMap(ofTile), [count, 1, ...support]);
  const tiles = b.reshape(packed, [blocks * depths * area, b.block, 1, b.block]);
  const turned = b.op("ReorderOutput", [tiles], { channels: b.block }, NCHWC);
  const places = upTo(depths).flatMap((depth) => upTo(blocks).flatMap((block) => ofTile(block * depths + depth)));
  return arrange(b, turned, run, places, [channels, count, ...support]);
}

/** Tiles of a gradient in an order of their own. */
export interface Tiles {
  readonly value: string;
  /** the place of a tap of a tile */
  place(block: number, depth: number, i: number, j: number): number;
}

/**
 * Packed filters of tiles.
 *
 * @param source which part holds a tap, and as which tap of its own
 */
export function collect(
  b: Blocks,
  parts: readonly Tiles[],
  shape: Shape,
  source: (i: number, j: number) => readonly [part: number, i: number, j: number] = (i, j) => [0, i, j],
): string {
  const { across, down, run } = tilesOf(b, shape);
  const [, , u, v] = shape;
  const flat = parts.map(({ value }) => b.reshape(value, [b.g.shape(value).reduce((a, d) => a * d, 1) / run, run]));
  const starts = flat.map((_, at) => flat.slice(0, at).reduce((sum, value) => sum + b.g.shape(value)[0], 0));
  const placeOf = (block: number, depth: number, i: number, j: number): number => {
    const [part, row, column] = source(i, j);
    return starts[part] + parts[part].place(block, depth, row, column);
  };
  const places = upTo(across).flatMap((block) =>
    upTo(down).flatMap((depth) => upTo(u).flatMap((i) => upTo(v).map((j) => placeOf(block, depth, i, j)))),
  );
  const joined = flat.length === 1 ? flat[0] : b.op("Concat", flat, { axis: 0 });
  return arrange(b, joined, run, places, shape);
}
