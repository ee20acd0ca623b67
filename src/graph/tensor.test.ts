import { describe, expect, test } from "vitest";
import {
  bytesOf,
  codeOf,
  dataTypeOf,
  elementCount,
  expectType,
  float32,
  int64,
  tensor,
  tensorOfBytes,
  zeros,
} from "./tensor.js";
import type { DataType } from "./types.js";

test("the number of elements is the product of the sizes, 1 for a scalar", () => {
  expect(elementCount([])).toBe(1);
  expect(elementCount([2, 3, 4])).toBe(24);
  expect(elementCount([2, 0, 4])).toBe(0);
});

/** ONNX's TensorProto.DataType and the bytes of one element. */
const types: readonly (readonly [DataType, number, number])[] = [
  ["float32", 1, 4], ["uint8", 2, 1], ["int8", 3, 1], ["uint16", 4, 2], ["int16", 5, 2], ["int32", 6, 4], ["int64", 7, 8],
  ["bool", 9, 1], ["float16", 10, 2], ["float64", 11, 8], ["uint32", 12, 4], ["uint64", 13, 8], ["bfloat16", 16, 2],
]; // biome-ignore format: a table

test.each(types)("%s has ONNX's number %i and %i bytes an element", (type, code, size) => {
  expect(codeOf(type)).toBe(code);
  expect(dataTypeOf(code)).toBe(type);
  expect(bytesOf(zeros(type, [2, 3]))).toEqual(new Uint8Array(6 * size));
});

test("strings, complex and small floating numbers are no data type", () => {
  expect([0, 8, 14, 15, 17, 18, 19, 20, 21, 22, 23, -1].map(dataTypeOf)).toEqual(Array(12).fill(undefined));
});

describe("construction", () => {
  test("keeps the elements that it is given", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect(tensor("float32", [2, 3], data).data).toBe(data);
  });
  test("refuses another number of elements than the shape has", () => {
    expect(() => tensor("float32", [2, 3], new Float32Array(5))).toThrow(
      "A tensor of shape 2×3 has 6 elements, got 5.",
    );
    expect(() => float32([1, 2])).toThrow("A tensor of shape scalar has 1 elements, got 2.");
  });
  test("of scalars and lists", () => {
    expect(float32([0.5])).toEqual({ type: "float32", shape: [], data: Float32Array.of(0.5) });
    expect(int64([3, -1])).toEqual({ type: "int64", shape: [2], data: BigInt64Array.of(3n, -1n) });
    expect(int64([7], []).shape).toEqual([]);
  });
});

describe("bytes", () => {
  // 1.0f is 3f800000, −2.0f is c0000000; the least significant byte comes first.
  const bytes = Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0);
  test("are read as little-endian numbers", () => {
    expect(tensorOfBytes("float32", [2], bytes).data).toEqual(Float32Array.of(1, -2));
    expect(bytesOf(float32([1, -2], [2]))).toEqual(bytes);
  });
  test("are shared where they are aligned and copied where they are not", () => {
    const buffer = new ArrayBuffer(20);
    const at = (offset: number) => tensorOfBytes("float32", [2], new Uint8Array(buffer, offset, 8)).data.buffer;
    expect(at(4)).toBe(buffer);
    expect(at(5)).not.toBe(buffer);
  });
  test("of another number are refused", () => {
    expect(() => tensorOfBytes("float64", [2], bytes)).toThrow("A float64 tensor of shape 2 has 16 bytes, got 8.");
  });
});

test("a tensor of another type than expected is named", () => {
  expect(expectType(int64([1]), "int64", "labels").data[0]).toBe(1n);
  expect(() => expectType(float32([1]), "int64", "labels")).toThrow("labels: expected int64 elements, got float32.");
});
