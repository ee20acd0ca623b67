/** What keeps made pictures like pictures: all functions take N×C×H×W, and treat each channel by itself. */

import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";

type Pictures = Tensor<"float32">;

/**
 * Pictures blurred by a Gaussian, exp(−t² / 2σ²); beyond a picture its last pixels go on.
 *
 * @example
 * blurred(float32([0, 4, 0], [1, 1, 1, 3]), 0.5).data; // [0.43, 3.15, 0.43]: 4 · (0.1065, 0.787, 0.1065)
 */
export function blurred(pictures: Pictures, deviation: number): Pictures {
  const reach = Math.ceil(3 * deviation);
  if (reach === 0) return pictures;
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)));
  const sum = weights.reduce((a, b) => a + b);
  const kernel = Float64Array.from(weights, (weight) => weight / sum);
  const [height, width] = pictures.shape.slice(2);
  const across = blurredAlong(pictures.data, kernel, width, 1);
  return float32(blurredAlong(across, kernel, height, width), pictures.shape);
}

/** Blurs along lines of so many numbers, each so far from the last. */
function blurredAlong(data: Float32Array, kernel: Float64Array, length: number, step: number): Float32Array {
  const reach = (kernel.length - 1) / 2;
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const at = Math.floor(i / step) % length;
    let sum = 0;
    if (at >= reach && at + reach < length) {
      for (let k = -reach; k <= reach; k++) sum += kernel[k + reach] * data[i + k * step];
    } else {
      const start = i - at * step;
      for (let k = -reach; k <= reach; k++) {
        sum += kernel[k + reach] * data[start + Math.min(length - 1, Math.max(0, at + k)) * step];
      }
    }
    result[i] = sum;
  }
  return result;
}

/**
 * Pictures moved by whole pixels, down and to the right; what leaves on one side comes in on the other.
 *
 * @example
 * shifted(float32([1, 2, 3], [1, 1, 1, 3]), 0, 1).data; // [3, 1, 2]
 */
export function shifted({ shape, data }: Pictures, down: number, right: number): Pictures {
  const [height, width] = shape.slice(2);
  const [dy, dx] = [((down % height) + height) % height, ((right % width) + width) % width];
  const result = new Float32Array(data.length);
  for (let row = 0; row < data.length / width; row++) {
    const y = row % height;
    const to = (row - y + ((y + dy) % height)) * width;
    const from = row * width;
    result.set(data.subarray(from, from + width - dx), to + dx);
    result.set(data.subarray(from + width - dx, from + width), to);
  }
  return float32(result, shape);
}

/**
 * The total variation of each picture, Σ (x_down − x)² + (x_right − x)² (Mahendran and Vedaldi 2015 with β = 2), and its derivative.
 *
 * @returns the sum of each of the N pictures, and the derivative by each pixel
 * @example
 * const { sums, slopes } = totalVariation(float32([1, 3, 0], [1, 1, 1, 3]));
 * sums[0]; // 2² + 3² = 13
 * slopes.data; // [−4, 10, −6]
 */
export function totalVariation({ shape, data }: Pictures): { readonly sums: Float64Array; readonly slopes: Pictures } {
  const [count, channels, height, width] = shape;
  const sums = new Float64Array(count);
  const slopes = new Float32Array(data.length);
  const add = (picture: number, from: number, to: number): void => {
    const difference = data[to] - data[from];
    sums[picture] += difference ** 2;
    slopes[to] += 2 * difference;
    slopes[from] -= 2 * difference;
  };
  for (let i = 0; i < data.length; i++) {
    const picture = Math.floor(i / (channels * height * width));
    if (i % width < width - 1) add(picture, i, i + 1);
    if (Math.floor(i / width) % height < height - 1) add(picture, i, i + width);
  }
  return { sums, slopes: float32(slopes, shape) };
}
