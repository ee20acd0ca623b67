import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import { number, whole } from "../../values/kind.js";
import { defaulted, type OptionsOf, optional, record } from "../../values/record.js";
import type { Stop } from "../watch.js";
import { fewer, firstPlaces, inTurns, type MapProgress } from "./map-progress.js";
import { type Neighbours, noNeighbours } from "./neighbours.js";
import { rowsOf, turn } from "./rows.js";

/** The settings of {@link umap}. */
const SETTINGS = record({
  /** how many neighbours belong to a row, itself among them: 15, but fewer than all */
  neighbours: defaulted(whole(2), 15),
  /** how near rows may come to each other, as a share of the size of a group, about */
  minimumDistance: defaulted(number({ least: 0, most: 1 }), 0.1),
  /** passes over all pairs; 500 of up to 2500 rows, 200 of more than 7500 */
  steps: optional(whole(1)),
  seed: defaulted(whole(), 1),
});

/** The options of {@link umap}. */
export type UmapOptions = OptionsOf<(typeof SETTINGS)["fields"]> & {
  /** ends it, with the signal's reason: an AbortSignal */
  readonly signal?: Stop | undefined;
};

/** The first places reach so far from the middle, as in umap-learn. */
const REACH = 10;
/** It is told every so many steps. */
const EVERY = 20;

/**
 * Places rows on a plane so that those that are near each other stay so: uniform manifold approximation and projection (McInnes, Healy and Melville 2018), by the package
 * umap-js, which is loaded when it is first called. Neighbours are exact and the first places are along the two principal directions, as in {@link tsne}.
 *
 * Groups that it shows are there; how large they are means nothing, and of the distances between them only the largest differences mean something.
 *
 * @param rows N×…: all numbers of a row are one point; more than 50 are first looked at along the 50 directions in which rows differ most
 * @returns what it is told while it runs; the last has the places
 * @throws RangeError, TypeError for fewer than 4 rows, numbers that are not finite, and options that cannot be; the signal's reason
 * @example
 * const rows = float32([0, 0, 0, 1, 1, 0, 9, 9, 9, 8, 8, 9], [6, 2]); // two groups of three
 * for await (const stage of umap(rows, { neighbours: 3, steps: 40 })) {
 *   if (stage.part === "places") console.log(stage.done, stage.places.shape); // 20 [6, 2], 40 [6, 2]
 * }
 */
export async function* umap(rows: Tensor<"float32">, options: UmapOptions = {}): AsyncGenerator<MapProgress> {
  const { signal, ...given } = options;
  const { neighbours: asked, minimumDistance, steps: wanted, seed } = SETTINGS.make(given);
  const { count } = rowsOf(rows, 4);
  if (given.neighbours !== undefined && asked >= count) {
    throw new RangeError(`Expected fewer neighbours than rows, of which there are ${count}, got ${asked}.`);
  }
  const few = fewer(rows);
  const near = noNeighbours(count, Math.min(asked, count - 1) - 1);
  yield* inTurns(rowsOf(few, 4), near, signal);
  const { UMAP } = await import("umap-js");
  const random = stream(seed, "umap");
  const layout = new UMAP({
    ...{ nNeighbors: near.each + 1, minDist: minimumDistance, random: () => random.uniform() },
    ...(wanted === undefined ? {} : { nEpochs: wanted }),
  });
  layout.setPrecomputedKNN(...withThemselves(near));
  // where the neighbours are known, only the number of rows counts
  const steps = layout.initializeFit(Array.from({ length: count }, (_, i) => [i]));
  const places = layout.getEmbedding();
  const first = firstPlaces(few, seed, 1);
  const scale = REACH / first.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
  for (const [i, place] of places.entries()) for (const axis of [0, 1]) place[axis] = scale * first[2 * i + axis];
  for (let step = 1; step <= steps; step++) {
    layout.step();
    await turn();
    signal?.throwIfAborted();
    if (step % EVERY !== 0 && step !== steps) continue;
    yield { part: "places", done: step, of: steps, places: float32(places.flat(), [count, 2]) };
  }
}

/** As umap-js wants them: each row is the first of its own neighbours. */
function withThemselves({ each, indices, distances }: Neighbours): [number[][], number[][]] {
  const rows = Array.from({ length: indices.length / each }, (_, i) => i);
  return [
    rows.map((i) => [i, ...indices.subarray(i * each, (i + 1) * each)]),
    rows.map((i) => [0, ...distances.subarray(i * each, (i + 1) * each)]),
  ];
}
