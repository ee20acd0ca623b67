import type { Tensor } from "../../graph/types.js";
import { whole } from "../../values/kind.js";
import { type Rows, rowsOf } from "./rows.js";

/** The nearest rows of each row, the nearest first; never the row itself. */
export interface Neighbours {
  /** how many of each */
  readonly each: number;
  /** row × neighbour: which rows */
  readonly indices: Int32Array;
  /** row × neighbour: the distance √Σ (a − b)² */
  readonly distances: Float32Array;
}

/**
 * The nearest neighbours of each row by Euclidean distance, exactly: all are compared, but a distance is given up as soon as it is larger than those of the nearest so far.
 * It shows what a network takes for alike, one by one and without a map's distortions. Of rows as near, the one that comes first is nearer.
 *
 * @param rows N×…: all numbers of a row are one point
 * @param each how many neighbours of each row: 1 to N − 1
 * @throws RangeError when a number is not finite, or there are not as many rows
 * @example
 * const rows = float32([0, 1, 3, 7], [4, 1]);
 * neighbours(rows, 1).indices; // [1, 0, 1, 2]
 */
export function neighbours(rows: Tensor<"float32">, each: number): Neighbours {
  const all = rowsOf(rows, 2);
  const found = noNeighbours(all.count, each);
  findNeighbours(all, found, 0, all.count);
  return found;
}

/**
 * How many of the nearest neighbours are of the row's own class, as a share of all: of features, how well they tell classes apart; of a map, how much of that it keeps.
 *
 * @param labels the class of each row
 * @throws RangeError when they are not as many as rows
 * @example
 * const rows = float32([0, 1, 3, 7], [4, 1]);
 * sameClassShare(neighbours(rows, 1), [0, 0, 0, 1]); // 0.75
 */
export function sameClassShare({ each, indices }: Neighbours, labels: ArrayLike<number>): number {
  const count = indices.length / each;
  if (labels.length !== count)
    throw new RangeError(`Expected a label for each of ${count} rows, got ${labels.length}.`);
  let same = 0;
  for (const [at, j] of indices.entries()) if (labels[j] === labels[Math.floor(at / each)]) same++;
  return same / indices.length;
}

/** Room for the neighbours of so many rows. */
export function noNeighbours(count: number, each: number): Neighbours {
  whole(1, count - 1).take(each, { path: "each" });
  return { each, indices: new Int32Array(count * each), distances: new Float32Array(count * each) };
}

/** Writes the neighbours of some of the rows, from `first` to before `end`. */
export function findNeighbours(rows: Rows, { each, indices, distances }: Neighbours, first: number, end: number): void {
  const { data, count, width } = rows;
  const [near, squares] = [new Int32Array(each), new Float64Array(each)];
  const own = new Float64Array(width);
  for (let i = first; i < end; i++) {
    own.set(data.subarray(i * width, (i + 1) * width));
    squares.fill(Number.POSITIVE_INFINITY);
    let limit = Number.POSITIVE_INFINITY;
    for (let j = 0; j < count; j++) {
      if (j === i) continue;
      const square = squareBetween(own, data, j * width, limit);
      if (square >= limit) continue;
      limit = insert(near, squares, j, square);
    }
    sorted(near, squares).forEach((at, k) => {
      indices[i * each + k] = near[at];
      distances[i * each + k] = Math.sqrt(squares[at]);
    });
  }
}

/** Σ (a − b)², or what is larger than the limit already: it is looked after every eight numbers. */
function squareBetween(a: Float64Array, data: Float32Array, from: number, limit: number): number {
  const eights = a.length & ~7;
  let square = 0;
  for (let at = 0; at < eights; at += 8) {
    const b = from + at;
    const [d0, d1, d2, d3] = [
      a[at] - data[b],
      a[at + 1] - data[b + 1],
      a[at + 2] - data[b + 2],
      a[at + 3] - data[b + 3],
    ];
    const [d4, d5] = [a[at + 4] - data[b + 4], a[at + 5] - data[b + 5]];
    const [d6, d7] = [a[at + 6] - data[b + 6], a[at + 7] - data[b + 7]];
    square += d0 * d0 + d1 * d1 + (d2 * d2 + d3 * d3) + (d4 * d4 + d5 * d5 + (d6 * d6 + d7 * d7));
    if (square >= limit) return square;
  }
  for (let at = eights; at < a.length; at++) square += (a[at] - data[from + at]) ** 2;
  return square;
}

/** Puts a row in the place of the farthest, which is the first of a heap. @returns the square of the distance of the farthest */
function insert(near: Int32Array, squares: Float64Array, row: number, square: number): number {
  const size = near.length;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && squares[child + 1] > squares[child]) child++;
    if (squares[child] <= square) break;
    near[at] = near[child];
    squares[at] = squares[child];
    at = child;
  }
  near[at] = row;
  squares[at] = square;
  return squares[0];
}

const sorted = (near: Int32Array, squares: Float64Array): Int32Array =>
  Int32Array.from(near, (_, i) => i).sort((a, b) => squares[a] - squares[b] || near[a] - near[b]);
