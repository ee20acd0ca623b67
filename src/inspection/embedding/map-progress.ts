import type { Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import type { Stop } from "../watch.js";
import { findNeighbours, type noNeighbours } from "./neighbours.js";
import { pca } from "./pca.js";
import { type Rows, rowsOf, turn } from "./rows.js";

/** How far a map is: first the neighbours of each row are found, then the rows find their places. */
export type MapProgress =
  | { readonly part: "neighbours"; readonly done: number; readonly of: number }
  | {
      readonly part: "places";
      /** steps */
      readonly done: number;
      readonly of: number;
      /** row × 2: where each row is now */
      readonly places: Tensor<"float32">;
      /** what is lost, in nats, where the method knows it: the smaller, the better */
      readonly divergence?: number;
    };

/** Rows of more numbers are looked at along so many directions (van der Maaten 2014). */
const DIRECTIONS = 50;
/** What these directions may miss, see {@link pca}: distances hardly change. */
const ABOUT = 1e-3;
/** Rows along the directions in which they differ most, where they have more numbers than {@link DIRECTIONS}. */
export function fewer(rows: Tensor<"float32">): Tensor<"float32"> {
  const { count, width } = rowsOf(rows, 2);
  if (width <= DIRECTIONS || count <= DIRECTIONS) return rows;
  return pca(rows, DIRECTIONS, { tolerance: ABOUT }).places;
}

/** Finds neighbours, some rows at a time. */
export async function* inTurns(
  rows: Rows,
  near: ReturnType<typeof noNeighbours>,
  signal: Stop | undefined,
): AsyncGenerator<MapProgress> {
  const together = Math.max(1, Math.ceil(2e7 / (rows.count * rows.width)));
  for (let first = 0; first < rows.count; first += together) {
    signal?.throwIfAborted();
    const end = Math.min(first + together, rows.count);
    findNeighbours(rows, near, first, end);
    yield { part: "neighbours", done: end, of: rows.count };
    await turn();
  }
}

/** The two principal directions, of a small deviation, with a little chance, so that equal rows come apart. */
export function firstPlaces(rows: Tensor<"float32">, seed: number, deviation: number): Float64Array {
  const { places, variances } = pca(rows, Math.min(2, rows.data.length / rows.shape[0]), { tolerance: ABOUT });
  const [count, wide] = places.shape;
  const random = stream(seed, "first places");
  const scale = variances[0] > 0 ? 1 / Math.sqrt(variances[0]) : 0;
  return Float64Array.from({ length: 2 * count }, (_, at) => {
    const [i, axis] = [at >> 1, at & 1];
    const place = axis < wide ? places.data[i * wide + axis] * scale : 0;
    return deviation * (place + 0.01 * random.normal());
  });
}
