/** Sharpens a line that is out of focus, or that was enlarged. */

import type { Ink } from "./ink.js";

/** The mean slope at the edges of sharp letters, ink per pixel of a line 32 pixels high; what is below it is sharpened. */
const SHARP = 0.46;
/** How much is sharpened where the slope is half of that. */
const AMOUNT = 3;
/** The deviation of the Gaussian that is taken away, in 32nds of the line's height. */
const DEVIATION = 1.5;

/** A line, and how sharp it was before. */
export interface SharpenedInk {
  readonly ink: Ink;
  /** the mean slope at the edges, in ink per pixel of a line 32 pixels high; about 0.5 for letters that are drawn sharply */
  readonly slope: number;
}

/**
 * Unsharp masking: ink + a·(ink − blurred ink), cut to 0 … 1. How much, a, follows from the slope at the edges: none for letters that are
 * drawn sharply.
 */
export function sharpenInk(line: Ink): SharpenedInk {
  const unit = line.height / 32;
  const slope = edgeSlope(line) * unit;
  const amount = (2 * AMOUNT * Math.max(0, SHARP - slope)) / SHARP;
  if (amount === 0) return { ink: line, slope };
  const blurred = blur(line, DEVIATION * unit);
  const data = line.data.map((ink, i) => Math.min(1, Math.max(0, ink + amount * (ink - blurred[i]))));
  return { ink: { ...line, data }, slope };
}

/** The mean length of the gradient where a pixel is neither ink nor paper; that of sharp letters where there are no such pixels. */
function edgeSlope({ width, height, data }: Ink): number {
  let [count, sum] = [0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      if (data[at] < 0.3 || data[at] > 0.7) continue;
      count++;
      sum += Math.hypot(data[at + 1] - data[at - 1], data[at + width] - data[at - width]) / 2;
    }
  }
  return count === 0 ? SHARP : sum / count;
}

/** Convolution with a Gaussian; beyond the line is paper. */
function blur({ width, height, data }: Ink, deviation: number): Float32Array {
  const reach = Math.ceil(2.5 * deviation);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / deviation) ** 2));
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const along = (source: Float32Array, step: number, place: (at: number) => number, size: number): Float32Array => {
    const result = new Float32Array(source.length);
    for (let at = 0; at < source.length; at++) {
      const here = place(at);
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        if (here + k >= 0 && here + k < size) sum += kernel[k + reach] * source[at + k * step];
      }
      result[at] = sum / total;
    }
    return result;
  };
  const rows = along(data, 1, (at) => at % width, width);
  return along(rows, width, (at) => Math.floor(at / width), height);
}
