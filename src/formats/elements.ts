/** The elements of tensors as other toolboxes write them. */

import { elementCount, tensor } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";

/** The number whose bits a float of 16 bits, or fewer, has: a sign, `exponentBits` and `fractionBits`. */
export function smallFloat(bits: number, exponentBits: number, fractionBits: number, hasInfinity = true): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = bits & (2 ** fractionBits - 1);
  const sign = (bits >> (exponentBits + fractionBits)) & 1 ? -1 : 1;
  const full = exponent === 2 ** exponentBits - 1;
  if (full && hasInfinity) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (full && fraction === 2 ** fractionBits - 1) return Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction * 2 ** -fractionBits) * 2 ** (exponent - bias);
}

/** A function of few bits, as a table: faster than the formula where a tensor has millions of numbers. */
export function tableOf(bits: number, value: (bits: number) => number): (bits: number) => number {
  const table = Float32Array.from({ length: 2 ** bits }, (_, i) => value(i));
  return (i) => table[i];
}

const fromHalf = (): ((bits: number) => number) => tableOf(16, (bits) => smallFloat(bits, 5, 10));

/**
 * A tensor with its numbers as float32. Half-precision numbers are exact; those of 64 bits, and whole numbers beyond 2²⁴, are rounded.
 * A float32 tensor is given back as it is.
 *
 * @example
 * asFloat32({ type: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) }).data; // [1, -2]
 */
export function asFloat32(value: Tensor): Tensor<"float32"> {
  const { type, shape, data } = value;
  if (type === "float32" && data instanceof Float32Array) return { type, shape, data };
  const numbers = new Float32Array(data.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < numbers.length; i++) numbers[i] = Number(data[i]);
  } else if (type === "bfloat16") {
    const bits = new Uint32Array(numbers.buffer);
    for (let i = 0; i < bits.length; i++) bits[i] = data[i] * 65536;
  } else if (type === "float16") {
    const half = fromHalf();
    for (let i = 0; i < numbers.length; i++) numbers[i] = half(data[i]);
  } else {
    for (let i = 0; i < numbers.length; i++) numbers[i] = data[i];
  }
  return { type: "float32", shape, data: numbers };
}

/** A float32 tensor of numbers that are bytes each, by a table. */
export function tensorOfSmallFloats(shape: readonly number[], bytes: Uint8Array, number: (bits: number) => number) {
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: elementCount(shape) }, (_, i) => number(bytes[i])),
  );
}

/**
 * A tensor with its axes in another order: axis `i` of the result is axis `order[i]` of the tensor.
 *
 * @example
 * transposed(float32([1, 2, 3, 4, 5, 6], [2, 3]), [1, 0]).data; // [1, 4, 2, 5, 3, 6]
 */
export function transposed(value: Tensor<"float32">, order: readonly number[]): Tensor<"float32"> {
  const { shape, data } = value;
  const steps = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  const sizes = order.map((axis) => shape[axis]);
  // Axes of one element change no place.
  const moving = order.filter((axis) => shape[axis] !== 1);
  if (moving.every((axis, i) => i === 0 || axis > moving[i - 1])) return { ...value, shape: sizes };
  const result = data.slice();
  const last = order.length - 1;
  const step = steps[order[last]];
  const place = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to += sizes[last]) {
    for (let i = 0; i < sizes[last]; i++) result[to + i] = data[from + i * step];
    for (let axis = last - 1; axis >= 0; axis--) {
      from += steps[order[axis]];
      place[axis]++;
      if (place[axis] < sizes[axis]) break;
      from -= steps[order[axis]] * sizes[axis];
      place[axis] = 0;
    }
  }
  return { ...value, shape: sizes, data: result };
}
