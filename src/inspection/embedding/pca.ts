import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type Stream, stream } from "../../random/stream.js";
import { whole } from "../../values/kind.js";
import { type Rows, rowsOf } from "./rows.js";
import { symmetricEigen } from "./symmetric-eigen.js";

/** Rows along the directions in which they differ most. */
export interface PrincipalComponents {
  /** row × direction */
  readonly places: Tensor<"float32">;
  /** direction × number of a row: unit vectors, at right angles to each other */
  readonly directions: Tensor<"float32">;
  readonly mean: Float64Array;
  /** of each direction: Σ place² / (N − 1) */
  readonly variances: Float64Array;
  /** what share of the variance of all numbers it is */
  readonly shares: Float64Array;
}

/** So many vectors more than directions are moved together. */
const MORE = 8;
/** What a direction v may miss of being one, ‖C·v − λ·v‖, as a share of the largest λ. */
const TOLERANCE = 1e-7;

/**
 * Principal component analysis: the directions v_1, v_2, … at right angles in which rows x differ most, and their places along them,
 *
 *   C·v_k = λ_k·v_k,   C = Σ (x − μ)(x − μ)ᵀ / (N − 1),   λ_1 ≥ λ_2 ≥ …,   place_k = v_kᵀ·(x − μ)
 *
 * It shows how rows spread in a plane, and distances in it are never larger than the true ones; what lies apart in other directions only, it shows as one.
 * Of each direction the number that is largest by size is above 0, as in scikit-learn. Found by a block Krylov method (Musco and Musco 2015), so that only products
 * with the rows are needed.
 *
 * @param rows N×…: at least two; all numbers of a row are one point
 * @param dimensions how many directions: at most N, and as many as a row has numbers
 * @throws RangeError when a number is not finite, or there are not as many directions
 * @example
 * const rows = float32([0, 0, 3, 4, 6, 8], [3, 2]); // three points on a line
 * const { places, shares } = pca(rows, 1);
 * places.data; // [-5, 0, 5]
 */
export function pca(
  rows: Tensor<"float32">,
  dimensions: number,
  { tolerance = TOLERANCE }: { readonly tolerance?: number } = {},
): PrincipalComponents {
  const all = rowsOf(rows, 2);
  const { count, width } = all;
  const most = Math.min(count, width);
  whole(1, most).take(dimensions, { path: "dimensions" });
  const { mean, variance } = momentsOf(all);
  const isWide = count < width;
  const covariance = (block: readonly Float64Array[]) =>
    isWide ? onto(all, mean, along(all, mean, block)) : along(all, mean, onto(all, mean, block));
  const { values, vectors } = leading(covariance, most, dimensions, tolerance);
  const directions = isWide ? along(all, mean, vectors).map((v, k) => filled(v, Math.sqrt(values[k]))) : vectors;
  for (const v of directions) if (largest(v) < 0) for (let i = 0; i < width; i++) v[i] = -v[i];
  const places = new Float32Array(count * dimensions);
  for (const [k, own] of onto(all, mean, directions).entries()) {
    for (let i = 0; i < count; i++) places[i * dimensions + k] = own[i];
  }
  const variances = Float64Array.from(values, (value) => Math.max(0, value) / (count - 1));
  return {
    places: float32(places, [count, dimensions]),
    directions: float32(
      directions.flatMap((v) => Array.from(v)),
      [dimensions, width],
    ),
    ...{ mean, variances },
    shares: variances.map((value) => (variance > 0 ? value / variance : 0)),
  };
}

/** A vector over its length, or zeros where it has none: of rows that differ in fewer directions. */
function filled(v: Float64Array, length: number): Float64Array {
  return v.map((value) => (length > 0 ? value / length : 0));
}

function largest(v: Float64Array): number {
  return v.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
}

/** The mean of each number, and the sum of their variances. */
function momentsOf({ data, count, width }: Rows): { mean: Float64Array; variance: number } {
  // from the first row on: of what is the same in all rows, the mean is it, and the variance 0
  const mean = Float64Array.from(data.subarray(0, width));
  for (let i = 1; i < count; i++) {
    for (let j = 0; j < width; j++) mean[j] += (data[i * width + j] - data[j]) / count;
  }
  let variance = 0;
  for (let i = 0; i < count; i++) for (let j = 0; j < width; j++) variance += (data[i * width + j] - mean[j]) ** 2;
  return { mean, variance: variance / (count - 1) };
}

/** X·v, where X has the rows without their mean. */
function onto(rows: Rows, mean: Float64Array, block: readonly Float64Array[]): Float64Array[] {
  const middles = block.map((v) => dot(mean, v));
  const results = block.map(() => new Float64Array(rows.count));
  for (const { first, four } of fours(rows)) {
    for (const [k, v] of block.entries()) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let j = 0; j < v.length; j++) {
        const own = v[j];
        s0 += own * four[4 * j];
        s1 += own * four[4 * j + 1];
        s2 += own * four[4 * j + 2];
        s3 += own * four[4 * j + 3];
      }
      const [result, middle] = [results[k], middles[k]];
      // what is written behind the last row is not kept
      result[first] = s0 - middle;
      result[first + 1] = s1 - middle;
      result[first + 2] = s2 - middle;
      result[first + 3] = s3 - middle;
    }
  }
  return results;
}

/** Xᵀ·u */
function along(rows: Rows, mean: Float64Array, block: readonly Float64Array[]): Float64Array[] {
  const results = block.map((u) => {
    const sum = u.reduce((all, own) => all + own, 0);
    return mean.map((value) => -value * sum);
  });
  for (const { first, four } of fours(rows)) {
    for (const [k, u] of block.entries()) {
      const result = results[k];
      const [u0, u1, u2, u3] = [u[first], u[first + 1] ?? 0, u[first + 2] ?? 0, u[first + 3] ?? 0];
      for (let j = 0; j < result.length; j++) {
        result[j] += u0 * four[4 * j] + u1 * four[4 * j + 1] + (u2 * four[4 * j + 2] + u3 * four[4 * j + 3]);
      }
    }
  }
  return results;
}

/** Four rows at a time, number by number, so that a vector is read once for four products; zeros behind the last row. */
function* fours({ data, count, width }: Rows): Generator<{ first: number; four: Float64Array }> {
  const four = new Float64Array(4 * width);
  for (let first = 0; first < count; first += 4) {
    for (let i = 0; i < 4; i++) {
      const from = (first + i) * width;
      for (let j = 0; j < width; j++) four[4 * j + i] = first + i < count ? data[from + j] : 0;
    }
    yield { first, four };
  }
}

/** The largest eigenvalues of a symmetric matrix without negative ones, and their vectors, by products with it. */
function leading(
  times: (block: readonly Float64Array[]) => Float64Array[],
  size: number,
  count: number,
  tolerance: number,
): { values: Float64Array; vectors: Float64Array[] } {
  const random = stream(1, "directions");
  const basis: Float64Array[] = [];
  const images: Float64Array[] = [];
  const matrix: Float64Array[] = [];
  let block = Array.from({ length: Math.min(size, count + MORE) }, () => normals(size, random));
  for (;;) {
    const found = block.filter((v) => addOrthogonal(basis, v));
    // Where all that follows from the vectors is known, others are tried: an eigenvalue may have more vectors than the block.
    const isFresh = found.length === 0;
    for (let i = 0; isFresh && basis.length < size && i < block.length; i++)
      addOrthogonal(basis, normals(size, random));
    const added = basis.slice(images.length);
    images.push(...times(added));
    for (const v of added) matrix.push(Float64Array.from({ length: matrix.length + 1 }, (_, j) => dot(images[j], v)));
    const { values, vectors } = symmetricEigen(
      matrix.map((row) => {
        const whole = new Float64Array(matrix.length);
        whole.set(row);
        return whole;
      }),
    );
    const best = vectors.slice(0, count).map((s) => combined(basis, s));
    const missed = best.map((v, k) => {
      const image = combined(images, vectors[k]);
      add(image, -values[k], v);
      return Math.sqrt(dot(image, image));
    });
    const isDone = !isFresh && best.length === count && missed.every((size) => size <= tolerance * values[0]);
    if (isDone || basis.length >= size) return { values: values.slice(0, count), vectors: best };
    block = added.length > 0 ? images.slice(-added.length).map((image) => image.slice()) : block;
  }
}

/** Makes v a unit vector at right angles to those of the basis and adds it, unless nothing is left of it. */
function addOrthogonal(basis: Float64Array[], v: Float64Array): boolean {
  const before = Math.sqrt(dot(v, v));
  // twice is enough (Giraud et al. 2005)
  for (let pass = 0; pass < 2; pass++) for (const b of basis) add(v, -dot(b, v), b);
  const length = Math.sqrt(dot(v, v));
  if (!(length > 1e-12 * before)) return false;
  for (let i = 0; i < v.length; i++) v[i] /= length;
  basis.push(v);
  return true;
}

const normals = (size: number, random: Stream): Float64Array =>
  Float64Array.from({ length: size }, () => random.normal());

function combined(vectors: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(vectors[0].length);
  for (const [j, v] of vectors.entries()) add(sum, weights[j], v);
  return sum;
}

/** Four sums at a time: one alone would wait for each addition. */
function dot(a: Float64Array, b: Float64Array): number {
  let [s, t, u, v] = [0, 0, 0, 0];
  const most = a.length & ~3;
  for (let i = 0; i < most; i += 4) {
    s += a[i] * b[i];
    t += a[i + 1] * b[i + 1];
    u += a[i + 2] * b[i + 2];
    v += a[i + 3] * b[i + 3];
  }
  for (let i = most; i < a.length; i++) s += a[i] * b[i];
  return s + t + (u + v);
}

/** a += factor · b */
function add(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i] += factor * b[i];
}
