import type { Ink } from "./ink.js";

/** Which part of an ink image to take, and at what scale. */
export interface Placement {
  /** target pixels per source pixel */
  readonly scale: number;
  /** where the source's left and top sides come to lie, in target pixels */
  readonly left: number;
  readonly top: number;
}

/**
 * Scales and moves ink; beyond the source there is paper.
 *
 *   target[i, j] = Σ k((i + ½ − top)/scale − y − ½) · k((j + ½ − left)/scale − x − ½) · source[y, x]
 *
 * with Keys' cubic (a = −½) for k, stretched to 1/scale when it shrinks, so that every source pixel counts: area averaging
 * with soft edges; when it grows, a smooth interpolation. Both sum to one.
 */
export function resample(source: Ink, width: number, height: number, { scale, left, top }: Placement): Ink {
  const across = weightsOf(source.width, width, scale, left);
  const down = weightsOf(source.height, height, scale, top);
  // columns first, for the rows that are needed
  const used = down.filter(({ weights }) => weights.length > 0);
  const from = Math.min(...used.map(({ first }) => first), source.height);
  const to = Math.max(...used.map(({ first, weights }) => first + weights.length), from);
  const narrow = new Float32Array((to - from) * width);
  for (let y = from; y < to; y++) {
    for (let j = 0; j < width; j++) {
      const { first, weights } = across[j];
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * source.data[y * source.width + first + k];
      narrow[(y - from) * width + j] = sum;
    }
  }
  const data = new Float32Array(width * height);
  for (let i = 0; i < height; i++) {
    const { first, weights } = down[i];
    for (let k = 0; k < weights.length; k++) {
      const row = (first + k - from) * width;
      for (let j = 0; j < width; j++) data[i * width + j] += weights[k] * narrow[row + j];
    }
  }
  for (let i = 0; i < data.length; i++) data[i] = Math.min(1, Math.max(0, data[i]));
  return { width, height, data };
}

interface Weights {
  /** the first source pixel that counts */
  readonly first: number;
  readonly weights: Float64Array;
}

/** The source pixels that make each target pixel; pixels outside the source are paper and left out. */
function weightsOf(sourceSize: number, targetSize: number, scale: number, start: number): Weights[] {
  const stretch = Math.max(1, 1 / scale);
  return Array.from({ length: targetSize }, (_, i) => {
    const centre = (i + 0.5 - start) / scale - 0.5;
    const low = Math.ceil(centre - 2 * stretch);
    const high = Math.floor(centre + 2 * stretch);
    const all = Array.from({ length: high - low + 1 }, (_, k) => cubic((low + k - centre) / stretch));
    const total = all.reduce((sum, weight) => sum + weight, 0);
    if (high < 0 || low >= sourceSize) return { first: 0, weights: new Float64Array(0) };
    const first = Math.max(low, 0);
    const inside = all.slice(first - low, Math.min(high + 1, sourceSize) - low);
    return { first, weights: Float64Array.from(inside, (weight) => weight / total) };
  });
}

/** Keys (1981), "Cubic convolution interpolation for digital image processing", a = −½. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t >= 2) return 0;
  return t < 1 ? (1.5 * t - 2.5) * t * t + 1 : ((2.5 - 0.5 * t) * t - 4) * t + 2;
}
