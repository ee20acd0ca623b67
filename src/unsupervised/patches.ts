/** Small parts of pictures, and what filters they give without labels: principal components, and k-means after whitening. */

import type { Samples } from "../data/samples.js";
import { float32 } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { rowsOf } from "../inspection/embedding/rows.js";
import { symmetricEigen } from "../inspection/embedding/symmetric-eigen.js";
import { stream } from "../random/stream.js";
import { type Normalization, scaleOf } from "../values/normalization.js";
import { expectWhole } from "../values/range.js";

/** What patches are drawn. */
export interface PatchOptions {
  /** height and width of a patch, in pixels */
  readonly support: readonly [number, number];
  /** how many are drawn */
  readonly count: number;
  /** decides which */
  readonly seed: number;
}

/** Pictures that are read at a time. */
const AT_ONCE = 256;

/**
 * Patches of pictures at random places, normalised as the pictures are.
 *
 * @returns patch × (C·h·w), channels first and row by row
 * @throws RangeError when a patch does not fit the pictures, or there is none
 * @example
 * const patches = await drawPatches(letters.training, normalization, { support: [5, 5], count: 100, seed: 1 });
 * patches.shape; // [100, 25]
 */
export async function drawPatches(
  samples: Samples,
  normalization: Normalization,
  { support: [h, w], count, seed }: PatchOptions,
): Promise<Tensor<"float32">> {
  const { channels, height, width } = samples.shape;
  expectWhole("count", [count], 1);
  if (samples.count < 1 || h > height || w > width) {
    throw new RangeError(
      `Patches of ${h}×${w} need pictures of at least that size; there are ${samples.count} of ${height}×${width}.`,
    );
  }
  const random = stream(seed, "patches");
  const places = Array.from({ length: count }, (_, i) => ({
    picture: random.integer(0, samples.count - 1),
    top: random.integer(0, height - h),
    left: random.integer(0, width - w),
    i,
  })).sort((a, b) => a.picture - b.picture || a.i - b.i);
  const size = channels * height * width;
  const [picture, patches] = [new Uint8Array(size), new Float32Array(count * channels * h * w)];
  const { mean } = normalization;
  const meanOf = (at: number): number => (mean.length === size ? mean[at] : mean[Math.floor(at / (height * width))]);
  for (let first = 0; first < count; first += AT_ONCE) {
    const part = places.slice(first, first + AT_ONCE);
    await samples.prepare?.([...new Set(part.map((place) => place.picture))], 0);
    let read = -1;
    for (const place of part) {
      if (place.picture !== read) samples.read(place.picture, 0, picture, 0);
      read = place.picture;
      let into = place.i * channels * h * w;
      for (let c = 0; c < channels; c++) {
        const scale = scaleOf(normalization, c);
        for (let y = 0; y < h; y++) {
          for (let x = 0; x < w; x++) {
            const at = (c * height + place.top + y) * width + place.left + x;
            patches[into++] = (picture[at] - meanOf(at)) * scale;
          }
        }
      }
    }
  }
  return float32(patches, [count, channels * h * w]);
}

/** A linear map that makes rows uncorrelated and of deviation 1, as near to what they were as can be. */
export interface Whitening {
  readonly mean: Float64Array;
  /** its rows; symmetric */
  readonly matrix: readonly Float64Array[];
}

/**
 * Whitening by zero-phase components (Bell and Sejnowski 1997): with C = V·diag(λ)·Vᵀ the covariance of rows x about their mean μ,
 *
 *     W = V·diag(1/√(λ + ε))·Vᵀ,   whitened: W·(x − μ)
 *
 * @param epsilon keeps directions small in which there is next to nothing; 0.01 of the mean variance unless given
 * @throws RangeError when there are fewer than two rows, or a number is not finite
 * @example
 * const { matrix } = whitening(float32([1, 0, -1, 0, 0, 1, 0, -1], [4, 2]), 0);
 * matrix[0][0] ** 2; // 2, for a variance of 1/2
 */
export function whitening(rows: Tensor<"float32">, epsilon?: number): Whitening {
  const { data, count, width } = rowsOf(rows, 2);
  const mean = new Float64Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width] += data[i] / count;
  const covariance = Array.from({ length: width }, () => new Float64Array(width));
  const centred = new Float64Array(width);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < width; k++) centred[k] = data[i * width + k] - mean[k];
    for (let a = 0; a < width; a++) {
      const row = covariance[a];
      for (let b = 0; b <= a; b++) row[b] += (centred[a] * centred[b]) / count;
    }
  }
  const { values, vectors } = symmetricEigen(covariance);
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const most = epsilon ?? (0.01 * total) / width;
  const matrix = Array.from({ length: width }, () => new Float64Array(width));
  for (const [k, vector] of vectors.entries()) {
    const size = Math.max(0, values[k]) + most;
    const factor = size > 0 ? 1 / Math.sqrt(size) : 0;
    for (let a = 0; a < width; a++) for (let b = 0; b < width; b++) matrix[a][b] += factor * vector[a] * vector[b];
  }
  return { mean, matrix };
}

/**
 * The rows whitened: W·(x − μ).
 *
 * @throws RangeError when a number is not finite
 * @example
 * const rows = float32([1, 0, -1, 0, 0, 1, 0, -1], [4, 2]);
 * whiten(rows, { mean: new Float64Array(2), matrix: [Float64Array.of(2, 0), Float64Array.of(0, 3)] }).data; // [2, 0, -2, 0, 0, 3, 0, -3]
 */
export function whiten(rows: Tensor<"float32">, { mean, matrix }: Whitening): Tensor<"float32"> {
  const { data, count, width } = rowsOf(rows, 1);
  const made = new Float32Array(data.length);
  const centred = new Float64Array(width);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < width; k++) centred[k] = data[i * width + k] - mean[k];
    for (let a = 0; a < width; a++) {
      let sum = 0;
      for (let b = 0; b < width; b++) sum += matrix[a][b] * centred[b];
      made[i * width + a] = sum;
    }
  }
  return float32(made, [count, width]);
}
