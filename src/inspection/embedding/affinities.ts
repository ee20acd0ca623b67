import type { Neighbours } from "./neighbours.js";

/** A sparse symmetric matrix: of row i, the entries from starts[i] to before starts[i + 1]. */
export interface SparseMatrix {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

/** The perplexity is right to e to the power of that. */
const TOLERANCE = 1e-5;
const MOST_STEPS = 100;

/**
 * How much rows belong together (van der Maaten and Hinton 2008; only near ones, van der Maaten 2014):
 *
 *   p_ij = (p_j|i + p_i|j) / 2N,   p_j|i = exp(−β_i·d_ij²) / Σ_k exp(−β_i·d_ik²)
 *
 * over the neighbours k of i, with the β_i for which the perplexity exp(−Σ_j p_j|i ln p_j|i) is the one that was asked for.
 */
export function affinities({ each, indices, distances }: Neighbours, perplexity: number): SparseMatrix {
  const count = indices.length / each;
  const near = new Float64Array(count * each);
  for (let i = 0; i < count; i++) {
    near.set(withPerplexity(distances.subarray(i * each, (i + 1) * each), perplexity), i * each);
  }
  return symmetric(count, each, indices, near);
}

function withPerplexity(distances: Float32Array, perplexity: number): Float64Array {
  const asked = Math.log(perplexity);
  const squares = Float64Array.from(distances, (d) => d * d - distances[0] * distances[0]);
  const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  const p = new Float64Array(squares.length);
  let [beta, low, high] = [mean > 0 ? 1 / mean : 1, 0, Number.POSITIVE_INFINITY];
  for (let step = 0; step < MOST_STEPS; step++) {
    let [sum, weighted] = [0, 0];
    for (let j = 0; j < p.length; j++) {
      p[j] = Math.exp(-beta * squares[j]);
      sum += p[j];
      weighted += p[j] * squares[j];
    }
    const entropy = Math.log(sum) + (beta * weighted) / sum;
    for (let j = 0; j < p.length; j++) p[j] /= sum;
    if (Math.abs(entropy - asked) < TOLERANCE) break;
    // a larger β takes fewer neighbours
    if (entropy > asked) {
      low = beta;
      beta = high === Number.POSITIVE_INFINITY ? beta * 2 : (beta + high) / 2;
    } else {
      high = beta;
      beta = (beta + low) / 2;
    }
  }
  return p;
}

/** (P + Pᵀ) / 2N, of which each row has so many entries. */
function symmetric(count: number, each: number, indices: Int32Array, near: Float64Array): SparseMatrix {
  const half = 1 / (2 * count);
  const sums = Array.from({ length: count }, () => new Map<number, number>());
  for (let i = 0; i < count; i++) {
    for (let at = i * each; at < (i + 1) * each; at++) {
      const [j, p] = [indices[at], near[at] * half];
      sums[i].set(j, (sums[i].get(j) ?? 0) + p);
      sums[j].set(i, (sums[j].get(i) ?? 0) + p);
    }
  }
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) starts[i + 1] = starts[i] + sums[i].size;
  const columns = new Int32Array(starts[count]);
  const values = new Float64Array(starts[count]);
  for (const [i, row] of sums.entries()) {
    let at = starts[i];
    for (const [j, p] of row) {
      columns[at] = j;
      values[at++] = p;
    }
  }
  return { starts, columns, values };
}
