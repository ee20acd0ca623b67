import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { float32, zeros } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { bytesInMemory, bytesRead, utf8 } from "./bytes.js";
import { asFloat32 } from "./elements.js";
import { formatOf, readForeign } from "./read-foreign.js";
import { readSafetensors, writeSafetensors } from "./safetensors.js";

const bytes = new Uint8Array(
  readFileSync(join(import.meta.dirname, "../../test/fixtures/foreign/tensors.safetensors")),
);

test("reads every type of a file that the safetensors package wrote", async () => {
  const { format, tensors, metadata, notes } = await readForeign(bytes);
  expect(format).toBe("safetensors");
  expect(metadata).toEqual({ format: "pt", name: "Grüße" });
  expect(notes).toEqual(["2 tensors of 8-bit floats were made float32."]);
  const read = (name: string) => tensors?.get(name) ?? zeros("float32", []);
  const numbers = (name: string): (number | bigint)[] => [...read(name).data];
  // Half precision has 11 bits: 0.099975586 is one of its numbers, -6e-8 its smallest, -2⁻²⁴. bfloat16 has 8.
  const half = [0, 1, -2.5, 0.0999755859375, 65504, -(2 ** -24)];
  expect(Array.from(asFloat32(read("f16")).data)).toEqual(half);
  expect(Array.from(asFloat32(read("bf16")).data).slice(0, 5)).toEqual([0, 1, -2.5, 0.10009765625, 65536]);
  expect(read("f32")).toMatchObject({ type: "float32", shape: [2, 3] });
  expect(numbers("f32")).toEqual([0, 1, -2.5, 0.099975586, 65504, -6e-8].map(Math.fround));
  expect(read("f64").type).toBe("float64");
  // The largest and smallest numbers of both 8-bit floats: 448 and 2⁻⁹, 57344 and 2⁻¹⁶.
  expect(numbers("f8e4m3")).toEqual([0, 1, -2.5, 448, 2 ** -9]);
  expect(numbers("f8e5m2")).toEqual([0, 1, -2.5, 57344, 2 ** -16]);
  expect(numbers("i64")).toEqual([2n ** 53n + 1n, -1n]);
  expect(numbers("i32")).toEqual([2 ** 31 - 1, -1]);
  expect(numbers("i16")).toEqual([32767, -1]);
  expect(numbers("i8")).toEqual([127, -1]);
  expect(numbers("u8")).toEqual([255, 1]);
  expect(read("bool")).toMatchObject({ type: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) });
  expect(read("scalar")).toMatchObject({ shape: [], data: Float32Array.of(7) });
  expect(read("empty").shape).toEqual([0, 3]);
});

test("tensors come out as they went in, and a file is read piece by piece", () => {
  const tensors = new Map<string, Tensor>([
    ["b", float32([1, 2, 3], [3])],
    ["a", zeros("int64", [2, 1])],
    ["ä", zeros("uint8", [])],
  ]);
  const written = writeSafetensors(tensors, { format: "pt" });
  const file = bytesRead(written.length, (offset, into) => into.set(written.subarray(offset, offset + into.length)));
  expect(formatOf(file)).toBe("safetensors");
  expect([...readSafetensors(file).tensors]).toEqual([...tensors]);
  expect(() => writeSafetensors(new Map([["__metadata__", zeros("float32", [])]]))).toThrow("cannot be called");
});

/** A file with this header and so many bytes of tensors. */
function fileOf(header: unknown, size: number) {
  const json = utf8(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return bytesInMemory(file);
}

const entry = (start: number, end: number, dtype = "F32") => ({
  dtype,
  shape: [(end - start) / 4],
  data_offsets: [start, end],
});

test.each([
  [
    "gap",
    { a: entry(0, 4), b: entry(8, 12) },
    12,
    "tensor 'b': expected it to begin at byte 4, got 8: it leaves a gap",
  ],
  [
    "overlap",
    { a: entry(0, 8), b: entry(4, 12) },
    12,
    "tensor 'b': expected it to begin at byte 8, got 4: it overlaps",
  ],
  ["cut off", { a: entry(0, 8) }, 4, "expected 8 bytes of tensors, got 4: the file is cut off"],
  ["wrong size", { a: { ...entry(0, 8), shape: [3] } }, 8, "tensor 'a': expected 12 bytes for 3 of F32"],
  ["huge", { a: { ...entry(0, 8), shape: [2 ** 40, 2 ** 40] } }, 8, "tensor 'a': expected"],
  ["unknown type", { a: entry(0, 4, "C64") }, 4, "tensor 'a': expected a dtype of F64, F32"],
  ["negative", { a: { ...entry(0, 4), shape: [-1] } }, 4, "tensor 'a': expected a dtype, a shape and two"],
  ["no object", "[1]", 0, "expected the header to be an object"],
  ["no JSON", "{", 0, "expected the header to be JSON"],
])("refuses a file with a fault: %s", (_, header, size, message) => {
  expect(() => readSafetensors(fileOf(header, size))).toThrow(message);
});

test("what is no model is refused by its first bytes; several files are parts of one model", async () => {
  await expect(readForeign(Uint8Array.of(1, 2, 255))).rejects.toThrow("got 3 bytes that begin with 01 02 ff");
  await expect(readForeign(new Uint8Array())).rejects.toThrow("got nothing");
  const [one, two] = ["a", "b"].map((name) => writeSafetensors(new Map([[name, float32([1])]])));
  const split = new Map([
    ["1.safetensors", one],
    ["2.safetensors", two],
  ]);
  expect([...((await readForeign(split)).tensors?.keys() ?? [])]).toEqual(["a", "b"]);
  await expect(readForeign(split.set("3.safetensors", one))).rejects.toThrow(
    "3.safetensors: tensor 'a': expected it in one file, got it in two",
  );
  const mixed = new Map([
    ["a.safetensors", one],
    ["b.prototxt", utf8('name: "x"')],
  ]);
  await expect(readForeign(mixed)).rejects.toThrow("got several: a.safetensors (safetensors), b.prototxt (caffe)");
});

test.each([
  ["version https://git-lfs.github.com/spec/v1\noid sha256:12", "a pointer of Git LFS"],
  ["<!DOCTYPE html><html>", "a page of the web"],
  ["\x1f\x8b\x08", "a gzip file"],
  ["GGUF\x03", "a model of llama.cpp"],
  ["\x80\x04\x95", "a pickle that torch.save has not written"],
  ["# The net\nnet: 'a.prototxt'\nbase_lr: 0.1", "a text of Caffe's solver"],
  [`${"x".repeat(257)}ustar`, "a tar archive"],
  ['{"model": 1}', "JSON"],
])("what is often taken for a model is called by its name: %j", async (text, message) => {
  await expect(readForeign(Uint8Array.from(text, (c) => c.charCodeAt(0)))).rejects.toThrow(message);
});
