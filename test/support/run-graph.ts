import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeModel } from "../../src/graph/codec/codec.js";
import { modelOf } from "../../src/graph/model.js";
import type { Graph } from "../../src/graph/types.js";

/** A float32 array with its shape. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Runs an ONNX file on ONNX Runtime, one thread, float32 in and out. */
export async function runFile(
  file: Uint8Array,
  feeds: Readonly<Record<string, Values>>,
): Promise<Record<string, Values>> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const tensors = Object.entries(feeds).map(([name, { shape, data }]) => {
    return [name, new Tensor("float32", Float32Array.from(data), shape)] as const;
  });
  const results = await session.run(Object.fromEntries(tensors));
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => [
      name,
      { shape: [...dims], data: Array.from(data, Number) },
    ]),
  );
}

/** Runs a graph on ONNX Runtime; see {@link runFile}. */
export const runGraph = (graph: Graph, feeds: Readonly<Record<string, Values>>): Promise<Record<string, Values>> =>
  runFile(encodeModel(modelOf(graph)), feeds);
