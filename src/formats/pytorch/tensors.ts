/** Tensors out of what a pickle describes: views of storages become arrays, row by row. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import { elementCount, elementSize, tensorOfBytes } from "../../graph/tensor.js";
import type { DataType, Tensor } from "../../graph/types.js";
import type { Budget } from "../budget.js";
import { smallFloat, tableOf, tensorOfSmallFloats } from "../elements.js";
import type { ElementType, StoredTensor } from "./names.js";

/** The bytes of storages by their keys. */
export type Storages = ReadonlyMap<string, Uint8Array>;

const SMALL: Partial<Readonly<Record<ElementType, readonly [number, number, boolean]>>> = {
  float8_e4m3fn: [4, 3, false],
  float8_e5m2: [5, 2, true],
};

const storedAs = (type: ElementType): DataType => (type in SMALL ? "uint8" : (type as DataType));

/** The bytes of one element. */
export const sizeOfElement = (type: ElementType): number => elementSize(storedAs(type));

/**
 * The array that a stored tensor is; it shares the storage's memory where its elements lie there in order.
 *
 * @throws ModelFormatError when it reaches beyond its storage
 */
export function takeTensor(name: string, stored: StoredTensor, storages: Storages, budget: Budget): Tensor {
  const { storage, shape, stride, type } = stored;
  const bytes = storages.get(storage.key);
  if (!bytes) throw new ModelFormatError(`Tensor '${name}': expected its storage '${storage.key}' in the file.`);
  const size = sizeOfElement(type);
  const offset = storage.start + stored.offset;
  const count = elementCount(shape);
  const end = count === 0 ? offset : offset + shape.reduce((sum, length, axis) => sum + (length - 1) * stride[axis], 1);
  if (!(end * size <= bytes.length)) {
    throw new ModelFormatError(
      `Tensor '${name}', ${formatShape(shape)} of ${type}: expected ${end} elements in its storage, got ${Math.floor(bytes.length / size)}.`,
    );
  }
  const inOrder = isContiguous(shape, stride);
  // A storage may be looked at by any number of tensors; those that share its memory take none.
  const isShared = inOrder && !(type in SMALL) && (bytes.byteOffset + offset * size) % size === 0;
  if (!isShared) budget.take(count * Math.max(size, 4), `Tensor '${name}'`);
  const elements = inOrder
    ? bytes.subarray(offset * size, (offset + count) * size)
    : gathered(bytes.subarray(offset * size), shape, stride, size);
  const small = SMALL[type];
  if (!small) return tensorOfBytes(storedAs(type), shape, elements);
  const [exponent, fraction, hasInfinity] = small;
  return tensorOfSmallFloats(
    shape,
    elements,
    tableOf(8, (bits) => smallFloat(bits, exponent, fraction, hasInfinity)),
  );
}

function isContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  if (elementCount(shape) === 0) return true;
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== step) return false;
    step *= shape[axis];
  }
  return true;
}

/** Elements that lie apart, row by row. */
function gathered(bytes: Uint8Array, shape: readonly number[], stride: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(elementCount(shape) * size);
  const place = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to += size) {
    for (let i = 0; i < size; i++) out[to + i] = bytes[from * size + i];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis];
      place[axis]++;
      if (place[axis] < shape[axis]) break;
      from -= stride[axis] * shape[axis];
      place[axis] = 0;
    }
  }
  return out;
}
