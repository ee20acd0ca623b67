/** ONNX's light models, filled with random numbers: their own weights are all alike, so that a wrong layout would not be seen. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cpu, runOn } from "../../../test/devices.js";
import { GraphBuilder } from "../../graph/builder.js";
import { decodeModel } from "../../graph/codec/codec.js";
import type { Model } from "../../graph/model.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { stream } from "../../random/stream.js";
import { buildNetwork } from "../build-network.js";
import { parametersOf, scoresOf } from "../network.js";
import { importGraph } from "./import-graph.js";

/** Beside the project, where the data of its measurements is. */
const FOLDER = ["../../../..", "../../../../.."]
  .map((up) => join(import.meta.dirname, up, "shared/data/imagenet/onnx-light"))
  .find((folder) => existsSync(folder));

/** The model with random weights in the place of those that its nodes make. */
function refilled(model: Model): Model {
  const { graph } = model;
  const initializers = new Map<string, Tensor>(graph.initializers);
  const random = stream(1, "light");
  const fill = (name: string, shape: readonly number[]): void => {
    const bound = shape.length > 1 ? Math.sqrt(3 / elementCount(shape.slice(1))) : 0;
    const draw = (): number => (bound > 0 ? bound * (2 * random.uniform() - 1) : 0.5 + random.uniform());
    initializers.set(name, float32(Float32Array.from({ length: elementCount(shape) }, draw), shape));
  };
  const nodes = graph.nodes.filter(({ operator, inputs, outputs }) => {
    const shape = operator === "ConstantOfShape" ? graph.initializers.get(inputs[0]) : undefined;
    if (shape) fill(outputs[0], Array.from<number | bigint, number>(shape.data, Number));
    return !shape;
  });
  for (const [name, { type, shape, data }] of graph.initializers)
    if (type === "float32" && data.length > 1) fill(name, shape);
  return { ...model, graph: { ...graph, nodes, initializers } };
}

test.each([
  ["squeezenet", { conv: 26, relu: 26, pool: 3, concat: 8, globalPool: 1, softmax: 1 }],
  ["resnet50", { conv: 54, batchNorm: 53, relu: 49, pool: 2, sum: 16, softmax: 1 }],
])("%s computes what the runtime computes of its file", async (name, layers) => {
  if (!FOLDER) return console.warn("ONNX's light models are not there: nothing was tested.");
  const model = refilled(decodeModel(readFileSync(join(FOLDER, `light_${name}.onnx`))));
  const { network, parameters, notes } = await importGraph(model, cpu.engine);
  expect(notes).toEqual([]);
  const counts: Record<string, number> = {};
  for (const { layer } of network.layers) counts[layer.type] = (counts[layer.type] ?? 0) + 1;
  expect(counts).toEqual(layers);
  const random = stream(2, "image");
  const image = float32(
    Float32Array.from({ length: 3 * 224 * 224 }, () => random.normal()),
    [1, 3, 224, 224],
  );
  const g = new GraphBuilder(name);
  for (const { name: own } of parametersOf(network)) g.initializer(own, parameters.get(own) ?? float32([]));
  const [{ name: input }] = network.inputs;
  g.output(
    "y",
    buildNetwork(g, network, { [input]: g.input("x", "float32", ["N", 3, 224, 224]) }).get(scoresOf(network).name) ??
      "",
  );
  const { y } = await runOn(cpu, g.build(), { x: image });
  const program = await cpu.engine.load(model);
  const expected = (await program.run({ [input]: image }))[model.graph.outputs[0].name];
  await program.close();
  const numbers = Array.from<number | bigint, number>(expected.data, Number);
  // The scores differ from class to class.
  expect(Math.max(...numbers)).toBeGreaterThan(1.5 * Math.min(...numbers));
  // Fifty layers of float32, summed in an order that depends on the processor.
  numbers.forEach((value, i) => {
    expect(Math.abs(Number(y.data[i]) - value), `class ${i}`).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
  });
});
