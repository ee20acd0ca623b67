import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { number, whole } from "../../values/kind.js";
import { defaulted, type OptionsOf, record } from "../../values/record.js";
import type { Stop } from "../watch.js";
import { affinities, type SparseMatrix } from "./affinities.js";
import { fewer, firstPlaces, inTurns, type MapProgress } from "./map-progress.js";
import { noNeighbours } from "./neighbours.js";
import { type QuadTree, quadTree } from "./quad-tree.js";
import { rowsOf, turn } from "./rows.js";

/** The settings of {@link tsne}. */
const SETTINGS = record({
  /** how many neighbours a row has, about: 30, but at most a third of the others */
  perplexity: defaulted(number({ above: 1 }), 30),
  steps: defaulted(whole(1), 1000),
  /** how coarsely far points are taken together: 0 is exact, and slow */
  theta: defaulted(number({ least: 0, most: 0.7 }), 0.5),
  seed: defaulted(whole(), 1),
});

/** The options of {@link tsne}. */
export type TsneOptions = OptionsOf<(typeof SETTINGS)["fields"]> & {
  /** ends it, with the signal's reason: an AbortSignal */
  readonly signal?: Stop | undefined;
};

/** In the first steps, rows that belong together are drawn together so much more strongly. */
const EXAGGERATION = { factor: 12, steps: 250 };
const MOMENTUM = { first: 0.5, later: 0.8 };
/** The deviation of the first places. */
const START = 1e-4;
/** It is told every so many steps. */
const EVERY = 50;
/** So many milliseconds pass at most before others have a turn. */
const TURN = 50;

/**
 * Places rows on a plane so that those that are near each other stay so: t-distributed stochastic neighbour embedding (van der Maaten and Hinton 2008) by Barnes and Hut's
 * approximation (van der Maaten 2014). It makes small, by gradient descent, with {@link affinities} p_ij,
 *
 *   KL = Σ_ij p_ij ln(p_ij / q_ij),   q_ij = w_ij / Σ_kl w_kl,   w_ij = 1 / (1 + ‖y_i − y_j‖²)
 *
 * Groups that it shows are there; how large they are, how far from each other, and which way is up means nothing. The first places are along the two
 * {@link pca principal directions}, momentum, gains and rates are scikit-learn's, the rate N / 48, at least 50 (Belkina et al. 2019).
 *
 * @param rows N×…: all numbers of a row are one point; more than 50 are first looked at along the 50 directions in which rows differ most
 * @returns what it is told while it runs; the last has the places
 * @throws RangeError, TypeError for fewer than 4 rows, numbers that are not finite, and options that cannot be; the signal's reason
 * @example
 * const rows = float32([0, 0, 0, 1, 1, 0, 9, 9, 9, 8, 8, 9], [6, 2]); // two groups of three
 * for await (const stage of tsne(rows, { steps: 300 })) {
 *   if (stage.part === "places") console.log(stage.done, stage.places.shape); // 50 [6, 2], …
 * }
 */
export async function* tsne(rows: Tensor<"float32">, options: TsneOptions = {}): AsyncGenerator<MapProgress> {
  const { signal, ...given } = options;
  const { perplexity, steps, theta, seed } = SETTINGS.make(given);
  const { count } = rowsOf(rows, 4);
  const most = (count - 1) / 3;
  if (given.perplexity !== undefined && perplexity > most) {
    throw new RangeError(
      `A perplexity of ${perplexity} needs more than ${Math.ceil(3 * perplexity)} rows, got ${count}.`,
    );
  }
  const asked = Math.max(1, Math.min(perplexity, most));
  const few = fewer(rows);
  const near = noNeighbours(count, Math.min(count - 1, Math.ceil(3 * asked)));
  yield* inTurns(rowsOf(few, 4), near, signal);
  const course = new Course(affinities(near, asked), firstPlaces(few, seed, START), theta);
  let last = performance.now();
  for (let step = 1; step <= steps; step++) {
    course.step(step <= EXAGGERATION.steps);
    const isTold = step % EVERY === 0 || step === steps;
    if (isTold || performance.now() - last > TURN) {
      await turn();
      last = performance.now();
      signal?.throwIfAborted();
    }
    if (isTold) {
      const places = float32(Float32Array.from(course.places), [count, 2]);
      yield { part: "places", done: step, of: steps, places, divergence: course.divergence() };
    }
  }
}

/** The descent. */
class Course {
  readonly places: Float64Array;
  readonly #near: SparseMatrix;
  readonly #theta: number;
  readonly #rate: number;
  readonly #gradient: Float64Array;
  readonly #moved: Float64Array;
  readonly #gains: Float64Array;
  #tree: QuadTree | undefined;

  constructor(near: SparseMatrix, places: Float64Array, theta: number) {
    this.#near = near;
    this.places = places;
    this.#theta = theta;
    this.#rate = Math.max(50, places.length / 2 / EXAGGERATION.factor / 4);
    this.#gradient = new Float64Array(places.length);
    this.#moved = new Float64Array(places.length);
    this.#gains = new Float64Array(places.length).fill(1);
  }

  step(isFirst: boolean): void {
    const [gradient, moved, gains] = [this.#gradient, this.#moved, this.#gains];
    const momentum = isFirst ? MOMENTUM.first : MOMENTUM.later;
    this.#tree = mapGradient(
      this.#near,
      this.places,
      this.#theta,
      isFirst ? EXAGGERATION.factor : 1,
      gradient,
      this.#tree,
    );
    for (let at = 0; at < gradient.length; at++) {
      gains[at] = moved[at] * gradient[at] < 0 ? gains[at] + 0.2 : Math.max(0.01, gains[at] * 0.8);
      moved[at] = momentum * moved[at] - this.#rate * gains[at] * gradient[at];
      this.places[at] += moved[at];
    }
  }

  divergence(): number {
    return mapDivergence(this.#near, this.places, this.#theta);
  }
}

/**
 * Writes the derivative of the divergence by each place, with p_ij multiplied by a factor:
 *
 *   ∂KL/∂y_i = 4 Σ_j (factor·p_ij − q_ij)·w_ij·(y_i − y_j)
 *
 * Points of a square of side s whose middle is farther than s / theta count as one there.
 *
 * @param into place × coordinate
 * @returns the tree of the places, to be used again
 */
export function mapGradient(
  near: SparseMatrix,
  places: Float64Array,
  theta: number,
  factor: number,
  into: Float64Array,
  before?: QuadTree,
): QuadTree {
  const tree = quadTree(places, before);
  const sum = repulsion(tree, places, theta, into);
  const { starts, columns, values } = near;
  const count = places.length / 2;
  const share = 1 / sum;
  for (let i = 0; i < count; i++) {
    const [x, y] = [places[2 * i], places[2 * i + 1]];
    let [pullX, pullY] = [0, 0];
    for (let at = starts[i]; at < starts[i + 1]; at++) {
      const j = 2 * columns[at];
      const [dx, dy] = [x - places[j], y - places[j + 1]];
      const pull = values[at] / (1 + dx * dx + dy * dy);
      pullX += pull * dx;
      pullY += pull * dy;
    }
    into[2 * i] = 4 * (factor * pullX - share * into[2 * i]);
    into[2 * i + 1] = 4 * (factor * pullY - share * into[2 * i + 1]);
  }
  return tree;
}

/** So many points, at most, look at the same squares. */
const TOGETHER = 24;

/** Writes Σ_j w_ij²·(y_i − y_j) for each i. @returns Σ_ij w_ij over i ≠ j */
function repulsion(tree: QuadTree, places: Float64Array, theta: number, into: Float64Array): number {
  const { size, squares, after, order } = tree;
  const seen = new Float64Array(3 * size);
  let [all, from] = [0, 0];
  for (let cell = 0; cell < size; ) {
    const weight = squares[4 * cell + 2];
    if (weight > TOGETHER && squares[4 * cell + 3] > 0) {
      cell++;
      continue;
    }
    const points = order.subarray(from, from + weight);
    const count = look(tree, boxOf(places, points), theta * theta, seen);
    for (const i of points) all += push(seen, count, places, i, into);
    from += points.length;
    cell = after[cell];
  }
  return all;
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

function boxOf(places: Float64Array, points: Int32Array): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const i of points) {
    left = Math.min(left, places[2 * i]);
    right = Math.max(right, places[2 * i]);
    top = Math.min(top, places[2 * i + 1]);
    bottom = Math.max(bottom, places[2 * i + 1]);
  }
  return [left, top, right, bottom];
}

/** Writes x, y and the weight of the largest squares that are far enough from all of a box, and of the points of the others. @returns how many they are */
function look(tree: QuadTree, [left, top, right, bottom]: Box, limit: number, seen: Float64Array): number {
  const { size, squares, after } = tree;
  let count = 0;
  for (let cell = 0; cell < size; ) {
    const [x, y] = [squares[4 * cell], squares[4 * cell + 1]];
    const dx = x < left ? left - x : x > right ? x - right : 0;
    const dy = y < top ? top - y : y > bottom ? y - bottom : 0;
    if (squares[4 * cell + 3] > limit * (dx * dx + dy * dy)) {
      cell++;
      continue;
    }
    seen[3 * count] = x;
    seen[3 * count + 1] = y;
    seen[3 * count + 2] = squares[4 * cell + 2];
    count++;
    cell = after[cell];
  }
  return count;
}

/** Writes how a point is pushed by what it looks at. @returns Σ_j w_ij without its own: at no distance from itself, that is 1 */
function push(seen: Float64Array, count: number, places: Float64Array, i: number, into: Float64Array): number {
  const [ownX, ownY] = [places[2 * i], places[2 * i + 1]];
  let [sum, pushX, pushY] = [-1, 0, 0];
  for (let at = 0; at < 3 * count; at += 3) {
    const [dx, dy] = [ownX - seen[at], ownY - seen[at + 1]];
    const w = 1 / (1 + dx * dx + dy * dy);
    const own = seen[at + 2] * w;
    sum += own;
    pushX += own * w * dx;
    pushY += own * w * dy;
  }
  into[2 * i] = pushX;
  into[2 * i + 1] = pushY;
  return sum;
}

/** KL = Σ_ij p_ij ln(p_ij / q_ij) */
export function mapDivergence({ starts, columns, values }: SparseMatrix, places: Float64Array, theta: number): number {
  const sum = repulsion(quadTree(places), places, theta, new Float64Array(places.length));
  let divergence = 0;
  for (let i = 0; i < places.length / 2; i++) {
    for (let at = starts[i]; at < starts[i + 1]; at++) {
      const j = 2 * columns[at];
      const square = (places[2 * i] - places[j]) ** 2 + (places[2 * i + 1] - places[j + 1]) ** 2;
      divergence += values[at] > 0 ? values[at] * Math.log(values[at] * sum * (1 + square)) : 0;
    }
  }
  return divergence;
}
