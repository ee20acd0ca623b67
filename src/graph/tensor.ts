import { formatShape } from "./dimension.js";
import { ShapeError } from "./shape-error.js";
import type { DataType, ElementArrays, Tensor } from "./types.js";

interface ArrayConstructor<A> {
  new (length: number): A;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
  readonly BYTES_PER_ELEMENT: number;
}

const ARRAYS: { readonly [T in DataType]: ArrayConstructor<ElementArrays[T]> } = {
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

/** Whether a word names a data type whose elements a typed array can hold. */
export const isDataType = (type: string): type is DataType => Object.hasOwn(ARRAYS, type);

/** ONNX's numbering of element types; the gaps are types that no typed array holds. */
const TYPE_BY_CODE: readonly (DataType | undefined)[] = [
  undefined, "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", undefined, "bool",
  "float16", "float64", "uint32", "uint64", undefined, undefined, "bfloat16",
]; // biome-ignore format: a table

/** The data type of ONNX's number (`TensorProto.DataType`); undefined for one that this toolbox cannot hold. */
export const dataTypeOf = (code: number): DataType | undefined => TYPE_BY_CODE[code];

/** ONNX's number of a data type, as the attribute `to` of Cast wants it. */
export const codeOf = (type: DataType): number => TYPE_BY_CODE.indexOf(type);

/** The bytes of one element of a type. */
export const elementSize = (type: DataType): number => ARRAYS[type].BYTES_PER_ELEMENT;

/** Whether elements of a type are floating-point numbers. */
export const isFloat = (type: DataType): boolean => ["float32", "float64", "float16", "bfloat16"].includes(type);

/** The number of elements of a tensor of this shape: the product of its sizes, 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * A tensor of zeros.
 *
 * @example
 * zeros("float32", [2, 3]).data; // [0, 0, 0, 0, 0, 0]
 */
export function zeros<T extends DataType>(type: T, shape: readonly number[]): Tensor<T> {
  return { type, shape, data: new ARRAYS[type](elementCount(shape)) };
}

/**
 * A tensor around existing elements, which are not copied.
 *
 * @throws RangeError when the number of elements is not the product of the shape
 * @example
 * tensor("uint8", [1, 3], Uint8Array.of(7, 8, 9)).shape; // [1, 3]
 */
export function tensor<T extends DataType>(type: T, shape: readonly number[], data: ElementArrays[T]): Tensor<T> {
  if (data.length !== elementCount(shape)) {
    throw new RangeError(
      `A tensor of shape ${formatShape(shape)} has ${elementCount(shape)} elements, got ${data.length}.`,
    );
  }
  return { type, shape, data };
}

/**
 * Expects the elements of a tensor to be as many as its shape says.
 *
 * @throws ShapeError otherwise; the message names it
 */
export function expectElements(name: string, { shape, data }: Tensor): void {
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0) && data.length === elementCount(shape)) return;
  throw new ShapeError(`The tensor '${name}' is of shape ${formatShape(shape)}, and has ${data.length} elements.`);
}

/**
 * A tensor over little-endian bytes, as files hold them. The memory is shared where the bytes are aligned to the
 * element size, and copied otherwise.
 *
 * @throws RangeError when the number of bytes is not that of the shape's elements
 */
export function tensorOfBytes<T extends DataType>(type: T, shape: readonly number[], bytes: Uint8Array): Tensor<T> {
  const array = ARRAYS[type];
  const count = elementCount(shape);
  if (bytes.byteLength !== count * array.BYTES_PER_ELEMENT) {
    throw new RangeError(
      `A ${type} tensor of shape ${formatShape(shape)} has ${count * array.BYTES_PER_ELEMENT} bytes, got ${bytes.byteLength}.`,
    );
  }
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return { type, shape, data: new array(aligned.buffer, aligned.byteOffset, count) };
}

/** The bytes of a tensor's elements, not copied. */
export const bytesOf = ({ data }: Tensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/**
 * A float32 tensor of the given numbers; a scalar when no shape is given.
 *
 * @throws RangeError when the number of values is not the product of the shape
 * @example
 * float32([1, 2, 3, 4], [2, 2]); // {"type": "float32", "shape": [2, 2], "data": [1, 2, 3, 4]}
 */
export function float32(values: ArrayLike<number>, shape: readonly number[] = []): Tensor<"float32"> {
  return tensor("float32", shape, Float32Array.from(values));
}

/**
 * An int64 tensor of whole numbers, one-dimensional unless a shape is given.
 *
 * @throws RangeError when a value is not whole, or their number is not the product of the shape
 * @example
 * int64([1, -1]).shape; // [2]
 */
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
