import { inferShapes } from "./infer/infer.js";
import { elementCount } from "./tensor.js";
import type { DataType, Graph } from "./types.js";

const BYTES: Readonly<Record<DataType, number>> = {
  ...{ float64: 8, int64: 8, uint64: 8, float32: 4, int32: 4, uint32: 4 },
  ...{ float16: 2, bfloat16: 2, int16: 2, uint16: 2, int8: 1, uint8: 1, bool: 1 },
};

/**
 * The most bytes that values inside a graph take at one time, when its nodes run in their order and a value is gone after the last node that reads it.
 * Inputs, outputs and initializers do not count. Infinite where a size is not known.
 *
 * @example
 * peakBytes(modelGraph(model)) > 0; // true
 */
export function peakBytes(graph: Graph): number {
  const types = inferShapes(graph);
  const bytesOf = (name: string): number => {
    const type = types.get(name);
    const shape = type?.shape ?? ["?"];
    const sizes = shape.filter((size) => typeof size === "number");
    return type && sizes.length === shape.length ? elementCount(sizes) * BYTES[type.type] : Number.POSITIVE_INFINITY;
  };
  const lastRead = new Map<string, number>();
  for (const [i, { inputs }] of graph.nodes.entries()) for (const name of inputs) lastRead.set(name, i);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const living = new Map<string, number>();
  let [now, peak] = [0, 0];
  for (const [i, node] of graph.nodes.entries()) {
    for (const name of node.outputs) {
      if (name === "" || outputs.has(name)) continue;
      living.set(name, bytesOf(name));
      now += bytesOf(name);
    }
    if (now === Number.POSITIVE_INFINITY) return now;
    peak = Math.max(peak, now);
    for (const name of [...node.inputs, ...node.outputs]) {
      if ((lastRead.get(name) ?? i) > i) continue;
      now -= living.get(name) ?? 0;
      living.delete(name);
    }
  }
  return peak;
}
