/** Convolutions whose filters never change: which are left to the runtime, and that all give what it gives without any lowering. */

import { expect, test } from "vitest";
import { nodeEngine } from "../engine/node.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { stream } from "../random/stream.js";
import { lower } from "./lower.js";

const random = stream(1, "packed");
const numbers = (shape: readonly number[]) =>
  float32(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal() / 4),
    shape,
  );
const FILTERS = [
  [32, 3, 3, 3],
  [24, 32, 1, 1],
  [24, 1, 3, 3],
  [128, 24, 3, 3],
  [128, 128, 3, 3],
  [20, 128, 3, 3],
].map(numbers);

/** Convolutions, each with a rectifier behind it, a pooling after the first and a sum around the fifth; every value is an output. */
function graphOf(batch: number | string): Graph {
  const g = new GraphBuilder("packed");
  let x = g.input("x", "float32", [batch, 3, 20, 20]);
  for (const [i, filters] of FILTERS.entries()) {
    const pads = filters.shape[2] === 3 ? [1, 1, 1, 1] : [0, 0, 0, 0];
    const y = g.op("Conv", [x, g.constant(filters)], { pads, group: i === 2 ? 24 : 1 });
    const shown = g.output(`conv${i}`, i === 4 ? g.op("Add", [x, y]) : y);
    x = g.op("Relu", [shown]);
    if (i === 0) x = g.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  return g.build();
}

test("what is left to the runtime and what is not make the same numbers as ONNX's own operators", async () => {
  const engine = nodeEngine({ threads: 1 });
  const inputs = { x: numbers([17, 3, 20, 20]) };
  const [own, plain] = await Promise.all([graphOf(17), graphOf("N")].map((graph) => engine.load(graph)));
  const [got, expected] = [await own.run(inputs), await plain.run(inputs)];
  for (const [name, { data, shape }] of Object.entries(expected)) {
    expect(got[name].shape, name).toEqual(shape);
    let [size, off] = [0, 0];
    for (let i = 0; i < data.length; i++) {
      size = Math.max(size, Math.abs(Number(data[i])));
      off = Math.max(off, Math.abs(Number(data[i]) - Number(got[name].data[i])));
    }
    expect(off / size, name).toBeLessThan(1e-5);
  }
});

test("filters that never change are left to the runtime but where Winograd's way pays and where channels fill no block", () => {
  const left = (block: number): string[] => {
    const { nodes, initializers } = lower(graphOf(100), "batch-last", block);
    return nodes
      .filter(({ operator, domain, attributes }) => operator === "Conv" && domain === "" && attributes.pads)
      .flatMap(({ inputs }) => initializers.get(inputs[1])?.shape.join("×") ?? []);
  };
  expect(left(16)).toEqual(["32×3×3×3", "24×32×1×1", "24×1×3×3", "128×24×3×3"]);
  expect(left(1)).not.toContain("128×24×3×3");
});
