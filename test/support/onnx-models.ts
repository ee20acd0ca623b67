/** ONNX's own test models, of Debian's package libonnx-testdata, with their inputs and expected outputs. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Values } from "../../src/engine/engine.js";
import { decodeTensor, ModelFormatError } from "../../src/graph/codec/codec.js";
import type { Graph, Tensor } from "../../src/graph/types.js";

const ROOT = "/usr/share/libonnx-testdata/data";

/** The folder of each model; none where the package is not installed. */
export const onnxModels: readonly string[] = existsSync(ROOT)
  ? readdirSync(ROOT, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith("model.onnx"))
      .map((file) => join(ROOT, dirname(file)))
      .sort()
  : [];

/** The bytes of a folder's model. */
export const modelBytes = (folder: string): Uint8Array => readFileSync(join(folder, "model.onnx"));

/** An input ("input_0") or expected output of a model's first data set; undefined where it is a sequence, strings … */
export function example(folder: string, file: string): Tensor | undefined {
  const path = join(folder, "test_data_set_0", `${file}.pb`);
  try {
    return existsSync(path) ? decodeTensor(readFileSync(path)) : undefined;
  } catch (error) {
    if (error instanceof ModelFormatError) return undefined;
    throw error;
  }
}

/** The inputs of a model's first data set by name; undefined where one is no tensor that the toolbox can hold. */
export function exampleInputs(folder: string, graph: Graph): Values | undefined {
  const fed = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const values = fed.flatMap(({ name, opaque }, i) => {
    const value = opaque ? undefined : example(folder, `input_${i}`);
    return value ? [[name, value] as const] : [];
  });
  return values.length === fed.length ? Object.fromEntries(values) : undefined;
}

/** Whether two lists of numbers are the same up to `tolerance`, relative to numbers above 1; NaN is NaN. */
export function sameNumbers(got: ArrayLike<unknown>, expected: ArrayLike<unknown>, tolerance: number): boolean {
  if (got.length !== expected.length) return false;
  return Array.from(expected, Number).every((wanted, i) => {
    const value = Number(got[i]);
    return (
      Object.is(value, wanted) ||
      value === wanted ||
      Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted))
    );
  });
}
