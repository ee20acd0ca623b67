/** Which pixels of a row make which pixel of a shorter or longer row, and with what weights. */

import type { Kernel } from "./kernels.js";

/** For each pixel of the result `count` pixels of the source, one after the other; those beyond what is needed have weight 0. */
export interface Taps {
  readonly count: number;
  readonly indices: Int32Array;
  readonly weights: Float64Array;
}

/** How the taps of a row of `from` pixels are found for a row of `to`. */
export type TapsOf = (from: number, to: number) => Taps;

/** A row's taps from those of each of its pixels, which are lists of an index and a weight. */
function taps(to: number, of: (i: number) => readonly (readonly [index: number, weight: number])[]): Taps {
  const all = Array.from({ length: to }, (_, i) => of(i));
  const count = Math.max(...all.map(({ length }) => length));
  const [indices, weights] = [new Int32Array(to * count), new Float64Array(to * count)];
  for (const [i, own] of all.entries()) {
    for (const [k, [index, weight]] of own.entries()) {
      indices[i * count + k] = index;
      weights[i * count + k] = weight;
    }
  }
  return { count, indices, weights };
}

/** Weights whose sum is 1. */
function normalized(pairs: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const total = pairs.reduce((sum, [, weight]) => sum + weight, 0);
  return pairs.map(([index, weight]) => [index, weight / total]);
}

const range = (first: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - first) }, (_, k) => first + k);

const clamped = (index: number, count: number): number => Math.min(count - 1, Math.max(0, index));

/**
 * Pillow's: the kernel around the pixel's middle, widened where the row becomes shorter; pixels beyond the row are left out, and the others' weights
 * divided by their sum (`precompute_coeffs` of libImaging/Resample.c). TensorFlow's `ScaleAndTranslate` does the same.
 *
 * @param bits how many bits behind the point the weights have; as many as there are unless given
 */
export const widened =
  ({ reach, weight }: Kernel, bits?: number): TapsOf =>
  (from, to) => {
    const scale = from / to;
    const wide = Math.max(1, scale);
    const one = bits === undefined ? undefined : 2 ** bits;
    return taps(to, (i) => {
      const middle = (i + 0.5) * scale;
      const first = Math.max(0, Math.trunc(middle - reach * wide + 0.5));
      const end = Math.min(from, Math.trunc(middle + reach * wide + 0.5));
      const own = normalized(range(first, end).map((k) => [k, weight((k - middle + 0.5) / wide)]));
      return one === undefined ? own : own.map(([k, w]) => [k, awayFromZero(w * one) / one]);
    });
  };

/** The pixel in which the middle of each lies, as TensorFlow finds it. */
export const nearestToMiddle: TapsOf = (from, to) =>
  taps(to, (i) => [[clamped(Math.floor(((i + 0.5) * from) / to), from), 1]]);

/** The same as Pillow finds it: from one to the next, so that rounding errors add up (`ImagingScaleAffine` of libImaging/Geometry.c). */
export const nearestInSteps: TapsOf = (from, to) => {
  let middle = (from / to) * 0.5;
  return taps(to, () => {
    const index = clamped(Math.trunc(middle), from);
    middle += from / to;
    return [[index, 1]];
  });
};

/** The pixel in which the first edge of each lies, as OpenCV finds it. */
export const nearestToEdge: TapsOf = (from, to) => {
  const scale = inverse(to / from);
  return taps(to, (i) => [[clamped(Math.floor(i * scale), from), 1]]);
};

/** OpenCV's factor, which is rounded twice: an edge that lies between two pixels is in the one before where it comes out too small. */
const inverse = (ratio: number): number => 1 / ratio;

/**
 * The kernel around the pixel's middle, as wide as it is however short the row becomes: many pixels then have no weight at all.
 *
 * @param beyond what stands for pixels beyond the row: the last one before them, or nothing, and the others' weights are divided by their sum
 * @param bits how many bits behind the point the weights have; as many as there are unless given
 */
export const plain =
  ({ reach, weight }: Kernel, beyond: "last" | "nothing", bits?: number): TapsOf =>
  (from, to) => {
    const one = bits === undefined ? undefined : 2 ** bits;
    return taps(to, (i) => {
      const middle = ((i + 0.5) * from) / to - 0.5;
      const left = Math.floor(middle) - reach + 1;
      const own = range(left, left + 2 * reach).map((k) => [k, weight(middle - k)] as const);
      if (beyond === "nothing") return normalized(own.filter(([k]) => k >= 0 && k < from));
      return own.map(([k, w]) => [clamped(k, from), one === undefined ? w : toEven(w * one) / one]);
    });
  };

/**
 * MATLAB's `imresize`: the kernel around the pixel's middle, widened where the row becomes shorter, the weights divided by their sum; beyond its ends
 * the row stands mirrored, its last pixel first.
 */
export const mirrored =
  ({ reach, weight }: Kernel): TapsOf =>
  (from, to) => {
    const scale = from / to;
    const wide = Math.max(1, scale);
    return taps(to, (i) => {
      const middle = (i + 0.5) * scale - 0.5;
      const first = Math.floor(middle - reach * wide);
      const own = range(first, first + Math.ceil(2 * reach * wide) + 2).map(
        (k) => [k, weight((middle - k) / wide)] as const,
      );
      return normalized(own.filter(([, w]) => w !== 0)).map(([k, w]) => {
        const place = ((k % (2 * from)) + 2 * from) % (2 * from);
        return [place < from ? place : 2 * from - 1 - place, w];
      });
    });
  };

/** OpenCV's INTER_AREA of a row that becomes shorter: each pixel by how much of it is covered. */
export const covered: TapsOf = (from, to) => {
  const scale = inverse(to / from);
  return taps(to, (i) => {
    const [start, end] = [i * scale, Math.min(from, (i + 1) * scale)];
    const own = range(Math.floor(start), Math.ceil(end)).map(
      (k) => [k, Math.min(k + 1, end) - Math.max(k, start)] as const,
    );
    // what is covered by rounding alone is not
    return normalized(own.filter(([k, w]) => w > 1e-3 && k < from));
  });
};

/** OpenCV's INTER_AREA where a row becomes longer: between the two pixels that a pixel of the result covers. */
export const coveredBetween: TapsOf = (from, to) => {
  const ratio = to / from;
  return taps(to, (i) => {
    const left = Math.floor(i * inverse(ratio));
    const beyond = Math.fround(i + 1 - (left + 1) * ratio);
    const part = beyond <= 0 ? 0 : beyond - Math.floor(beyond);
    return [
      [clamped(left, from), 1 - part],
      [clamped(left + 1, from), part],
    ];
  });
};

const awayFromZero = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);

/** The nearest whole number, of two the even one. */
export function toEven(value: number): number {
  const below = Math.floor(value);
  const beyond = value - below;
  if (beyond !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
