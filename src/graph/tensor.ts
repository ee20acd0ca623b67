import type { DataType, ElementArrays, Tensor } from "./types.js";

const ARRAYS: { readonly [T in DataType]: { new (length: number): ElementArrays[T] } } = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** The number of elements of a tensor of this shape: the product of its sizes, 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A tensor of zeros. */
export function zeros<T extends DataType>(type: T, shape: readonly number[]): Tensor<T> {
  return { type, shape, data: new ARRAYS[type](elementCount(shape)) };
}

/**
 * A tensor around existing elements, which are not copied.
 *
 * @throws RangeError when the number of elements is not the product of the shape
 */
export function tensor<T extends DataType>(type: T, shape: readonly number[], data: ElementArrays[T]): Tensor<T> {
  if (data.length !== elementCount(shape)) {
    throw new RangeError(
      `A tensor of shape ${shape.join("×")} has ${elementCount(shape)} elements, got ${data.length}.`,
    );
  }
  return { type, shape, data };
}

/** A float32 tensor of the given numbers; a scalar when no shape is given. */
export function float32(values: ArrayLike<number>, shape: readonly number[] = []): Tensor<"float32"> {
  return tensor("float32", shape, Float32Array.from(values));
}

/** An int64 tensor of whole numbers, one-dimensional unless a shape is given. */
export function int64(values: readonly number[], shape: readonly number[] = [values.length]): Tensor<"int64"> {
  return tensor("int64", shape, BigInt64Array.from(values, BigInt));
}

/** Narrows a tensor to one data type. @throws TypeError when it holds another */
export function expectType<T extends DataType>(value: Tensor, type: T, what: string): Tensor<T> {
  if (!isType(value, type)) throw new TypeError(`${what}: expected ${type} elements, got ${value.type}.`);
  return value;
}

function isType<T extends DataType>(value: Tensor, type: T): value is Tensor<T> {
  return value.type === type;
}
