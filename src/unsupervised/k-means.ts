import { float32 } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { type Rows, rowsOf } from "../inspection/embedding/rows.js";
import { type Stream, stream } from "../random/stream.js";
import { whole } from "../values/kind.js";
import { defaulted, type OptionsOf, record } from "../values/record.js";

/** How clusters are found. */
export const K_MEANS = record({
  /** rounds at most; 100 */
  rounds: defaulted(whole(1), 100),
  /** decides where the centres begin; 1 */
  seed: defaulted(whole(), 1),
});

/** Rows in clusters. */
export interface Clusters {
  /** cluster × number of a row */
  readonly centres: Tensor<"float32">;
  /** the cluster of each row */
  readonly labels: Int32Array;
  /** Σ ‖x − its centre‖² */
  readonly inertia: number;
  /** how many rounds it took; as many as are allowed where it might have gone on */
  readonly rounds: number;
}

/**
 * k-means (Lloyd 1982): each row belongs to the centre that is nearest, each centre moves to the mean of its rows, until none changes. Centres begin at rows drawn with
 * probabilities ∝ their squared distance from those drawn before (k-means++, Arthur and Vassilvitskii 2007), or where they are given. A centre without rows moves to the
 * row that is farthest from its own.
 *
 * @param rows N×…: all numbers of a row are one point
 * @param count how many clusters, at most N; or the centres to begin with
 * @throws RangeError when a number is not finite, or there are more clusters than rows
 * @example
 * const rows = float32([0, 1, 10, 12], [4, 1]);
 * kMeans(rows, float32([0, 10], [2, 1])).centres.data; // [0.5, 11]
 */
export function kMeans(
  rows: Tensor<"float32">,
  count: number | Tensor<"float32">,
  options: OptionsOf<typeof K_MEANS.fields> = {},
): Clusters {
  const { rounds, seed } = K_MEANS.make(options);
  const all = rowsOf(rows, 1);
  const centres = typeof count === "number" ? beginnings(all, count, stream(seed, "k-means")) : given(all, count);
  const labels = new Int32Array(all.count).fill(-1);
  let inertia = 0;
  let round = 0;
  for (let changed = true; changed && round < rounds; round++) {
    const distances = new Float64Array(all.count);
    changed = assign(all, centres, labels, distances);
    inertia = distances.reduce((a, b) => a + b, 0);
    if (changed) move(all, centres, labels, distances);
  }
  const { width } = all;
  return {
    centres: float32(Float32Array.from(centres), [centres.length / width, width]),
    labels,
    inertia,
    rounds: round,
  };
}

/** @throws RangeError unless centres that are given are as long as rows */
function given({ width, count }: Rows, centres: Tensor<"float32">): Float64Array {
  const own = rowsOf(centres, 1);
  if (own.width === width && own.count <= count) return Float64Array.from(own.data);
  throw new RangeError(`Expected at most ${count} centres of ${width} numbers, got ${own.count} of ${own.width}.`);
}

/** k-means++ */
function beginnings({ data, count, width }: Rows, clusters: number, random: Stream): Float64Array {
  whole(1, count).take(clusters, { path: "count" });
  const centres = new Float64Array(clusters * width);
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let at = random.integer(0, count - 1);
  for (let k = 0; k < clusters; k++) {
    for (let d = 0; d < width; d++) centres[k * width + d] = data[at * width + d];
    let total = 0;
    for (let i = 0; i < count; i++) {
      nearest[i] = Math.min(nearest[i], squared(data, i * width, centres, k * width, width));
      total += nearest[i];
    }
    let left = random.uniform() * total;
    at = nearest.findIndex((value) => {
      left -= value;
      return left < 0;
    });
    // Where all rows are centres already, any will do.
    if (at < 0) at = random.integer(0, count - 1);
  }
  return centres;
}

function squared(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, width: number): number {
  let sum = 0;
  for (let d = 0; d < width; d++) sum += (a[i + d] - b[j + d]) ** 2;
  return sum;
}

/** Gives each row its nearest centre. @returns whether one changed */
function assign(
  { data, count, width }: Rows,
  centres: Float64Array,
  labels: Int32Array,
  distances: Float64Array,
): boolean {
  let changed = false;
  for (let i = 0; i < count; i++) {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let k = 0; k * width < centres.length; k++) {
      const distance = squared(data, i * width, centres, k * width, width);
      if (distance < least) [best, least] = [k, distance];
    }
    changed ||= labels[i] !== best;
    labels[i] = best;
    distances[i] = least;
  }
  return changed;
}

/** Moves each centre to the mean of its rows. */
function move({ data, count, width }: Rows, centres: Float64Array, labels: Int32Array, distances: Float64Array): void {
  const counts = new Float64Array(centres.length / width);
  centres.fill(0);
  for (let i = 0; i < count; i++) {
    counts[labels[i]]++;
    for (let d = 0; d < width; d++) centres[labels[i] * width + d] += data[i * width + d];
  }
  for (const [k, own] of counts.entries()) {
    if (own > 0) {
      for (let d = 0; d < width; d++) centres[k * width + d] /= own;
      continue;
    }
    let far = 0;
    for (let i = 1; i < count; i++) if (distances[i] > distances[far]) far = i;
    distances[far] = 0;
    for (let d = 0; d < width; d++) centres[k * width + d] = data[far * width + d];
  }
}
