/** Numbers as whole ones of 8 bits: how they are rounded, and what for. */

import { elementCount } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";

/** The least and the largest of some numbers. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The step between neighbouring numbers, and the whole number that stands for 0: x ≈ scale · (q − zero). */
export interface Step {
  readonly scale: number;
  readonly zero: number;
}

/** The smallest step; that of numbers which are all 0 is of no consequence. */
const LEAST_SCALE = 2 ** -126;

/**
 * How the numbers of a range become 0 … 255: q = round(x / scale) + zero, and what is outside becomes the nearest end. The range is widened to
 * hold 0, which becomes a whole number exactly: zeros around an image stay zeros.
 *
 *     scale = (high − low) / 255,   zero = round(−low / scale)
 *
 * @throws RangeError when an end of the range is no number
 * @example
 * stepOf({ low: 0, high: 6 }).zero; // 0
 */
export function stepOf({ low, high }: Range): Step {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) {
    throw new RangeError(`Expected a range of finite numbers, got ${low} … ${high}.`);
  }
  const least = Math.min(0, low);
  const largest = Math.max(0, high);
  // In halves, so that the difference of numbers near the largest of float32 is one, too.
  const span = largest / 255 - least / 255 || 0;
  const scale = Math.fround(span < LEAST_SCALE ? (span === 0 ? 1 : LEAST_SCALE) : span);
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-least / scale))) };
}

/** A number as it comes back from 8 bits. */
export const throughEightBits = (x: number, { scale, zero }: Step): number =>
  scale * (Math.min(255, Math.max(0, roundEven(x / scale) + zero)) - zero);

/** To the nearest whole number; halves to the even one, as ONNX's QuantizeLinear has it. */
export function roundEven(x: number): number {
  const near = Math.round(x);
  return near - x === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

/** Weights as whole numbers −127 … 127, with a step for each channel of the output; what stands for 0 is 0. */
export interface EightBitWeights {
  readonly values: Tensor<"int8">;
  /** a step for each channel */
  readonly scales: Float32Array;
}

/**
 * Weights as whole numbers, with a step for each channel of the output. The largest weight w₁ of a channel becomes at most 127, and so does the sum of the
 * two largest of the same sign, w₁ and w₂:
 *
 *     scale = max(|w₁|, |w₁ + w₂|) / 127
 *
 * Processors without VNNI or a like instruction add two products of 8 bits in 16 bits, which end at 32767: with two weights of up to 127, and inputs of up to 255, the
 * sum would be cut off without a word. Within these bounds it is exact on every processor, in whatever order weights lie.
 *
 * @param weights float32
 * @param axis the axis of the channels of the output
 * @param least a step for each channel that must not be gone below
 * @param alone each product is added by itself, as in a depthwise convolution: then 127 is for the largest weight, whatever the others are
 * @throws RangeError when a weight is no number
 */
export function eightBitWeights(
  weights: Tensor<"float32">,
  axis: number,
  { least, alone = false }: { readonly least?: ArrayLike<number> | undefined; readonly alone?: boolean } = {},
): EightBitWeights {
  const { shape, data } = weights;
  const channels = shape[axis];
  const inner = elementCount(shape.slice(axis + 1));
  const channelOf = (place: number): number => Math.floor(place / inner) % channels;
  // of each channel the two largest and the two smallest weights
  const tops = new Float64Array(channels * 4);
  data.forEach((weight, place) => {
    if (!Number.isFinite(weight)) throw new RangeError(`Expected finite weights, got ${weight}.`);
    const at = channelOf(place) * 4 + (weight > 0 ? 0 : 2);
    const size = Math.abs(weight);
    if (size > tops[at]) {
      tops[at + 1] = tops[at];
      tops[at] = size;
    } else if (size > tops[at + 1]) tops[at + 1] = size;
  });
  const scales = Float32Array.from({ length: channels }, (_, k) => {
    const [first, second, third, fourth] = tops.subarray(k * 4, k * 4 + 4);
    const scale = (alone ? Math.max(first, third) : Math.max(first + second, third + fourth)) / 127;
    return Math.max(scale === 0 ? 1 : scale, LEAST_SCALE, least?.[k] ?? 0);
  });
  const values = Int8Array.from(data, (weight, place) => {
    const whole = roundEven(weight / scales[channelOf(place)]);
    return Math.max(-127, Math.min(127, whole));
  });
  return { values: { type: "int8", shape, data: values }, scales };
}

/** The numbers that whole ones stand for. */
export function dequantized(
  { shape, data }: Tensor<"int8"> | Tensor<"int32">,
  scales: ArrayLike<number>,
  axis: number,
): Tensor<"float32"> {
  const inner = elementCount(shape.slice(axis + 1));
  const channels = shape[axis];
  return {
    type: "float32",
    shape,
    data: Float32Array.from(data, (whole, place) => whole * scales[Math.floor(place / inner) % channels]),
  };
}
