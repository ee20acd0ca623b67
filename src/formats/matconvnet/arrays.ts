/** MATLAB's arrays as tensors. They are column-major: an H×W×C×K array lies in memory as K×C×W×H does row by row. */

import { tensor } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type MatFields, type MatNumbers, wrongValue } from "../matlab/values.js";

/** The numbers as float32, without a copy where they are it. */
const floatsOf = ({ data }: MatNumbers): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from(data);

/** All numbers of an array, in the order in which they lie, as a vector. */
export const vectorOf = (numbers: MatNumbers): Tensor<"float32"> => {
  const data = floatsOf(numbers);
  return tensor("float32", [data.length], data);
};

/** Arrays that were rearranged in their place: layers may share one. */
const rearranged = new WeakMap<MatNumbers, Tensor<"float32">>();

/**
 * Filters, H×W×C×K, as K×C×H×W: in memory only the two sides of each small filter change places, so that this takes no second array.
 *
 * @param where what they are, for messages
 */
export function filtersOf(numbers: MatNumbers, where: string): Tensor<"float32"> {
  const before = rearranged.get(numbers);
  if (before) return before;
  if (numbers.dims.length > 4) throw wrongValue(where, "filters of at most four sizes", numbers);
  const [height = 1, width = 1, channels = 1, filters = 1] = numbers.dims;
  const shape = [filters, channels, height, width];
  const isConverted = !(numbers.data instanceof Float32Array);
  const data = floatsOf(numbers);
  if (height === 1 || width === 1) return tensor("float32", shape, data);
  const own = numbers.isOwn || isConverted ? data : data.slice();
  swapSides(own, height, width);
  const made = tensor("float32", shape, own);
  rearranged.set(numbers, made);
  return made;
}

/** Makes H×W matrices that lie column by column lie row by row, in their place. */
export function swapSides(data: Float32Array | Float64Array, height: number, width: number): void {
  const size = height * width;
  if (height === width) {
    for (let start = 0; start + size <= data.length; start += size) swapSquare(data, start, width);
    return;
  }
  const columns = data.slice(0, size);
  for (let start = 0; start + size <= data.length; start += size) {
    for (let i = 0; i < size; i++) columns[i] = data[start + i];
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) data[start + i * width + j] = columns[j * height + i];
    }
  }
}

function swapSquare(data: Float32Array | Float64Array, start: number, size: number): void {
  for (let i = 1; i < size; i++) {
    const row = start + i * size;
    for (let a = row, b = start + i; a < row + i; a++, b += size) {
      const value = data[a];
      data[a] = data[b];
      data[b] = value;
    }
  }
}

/** An H×W×C picture as C×H×W numbers. */
export function pictureOf(numbers: MatNumbers): number[] {
  const [height = 1, width = 1] = numbers.dims;
  const data = Float64Array.from(numbers.data);
  if (height > 1 && width > 1) swapSides(data, height, width);
  return Array.from(data);
}

/** One number or several as two: vertical, horizontal. */
export const pairOf = (fields: MatFields, name: string, missing: number): [number, number] => {
  const list = fields.list(name) ?? [missing];
  if (list.length !== 1 && list.length !== 2) throw wrongValue(fields.at(name), "one or two numbers", fields.get(name));
  return [list[0], list.at(-1) ?? list[0]];
};

/** One number or several as four: top, bottom, left, right. */
export const sidesOf = (fields: MatFields, name: string, missing = 0): [number, number, number, number] => {
  const list = fields.list(name) ?? [missing];
  if (list.length === 1) return [list[0], list[0], list[0], list[0]];
  if (list.length !== 4) throw wrongValue(fields.at(name), "one or four numbers", fields.get(name));
  return [list[0], list[1], list[2], list[3]];
};
