import { describe, expect, test } from "vitest";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { classTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { float32, int64, tensor } from "../../graph/tensor.js";
import { sequential } from "../../network/network.js";
import { train } from "../train.js";
import type { LayerStatistics } from "./epoch-statistics.js";
import { layerStatisticsGraph, layerStatisticsOf } from "./layer-statistics.js";

const image = { channels: 1, height: 1, width: 1 };
/** Two images of one pixel, 1 and 3; a layer of two channels, the second of which a ReLU cuts off; two classes. */
const network = sequential("two", image, [
  conv(1, 2, { name: "first" }),
  relu(),
  conv(1, 2, { name: "second" }),
  softmaxLogLoss(),
]);
const parameters = {
  "first/filters": float32([2, -1], [2, 1, 1, 1]),
  "first/biases": float32([0, 0], [2]),
  "second/filters": float32([0, 0, 0, 0], [2, 2, 1, 1]),
  "second/biases": float32([0, 0], [2]),
};
const batch = {
  images: tensor("uint8", [2, 1, 1, 1], Uint8Array.of(1, 3)),
  labels: int64([0, 1]),
  weights: float32([1, 1], [2]),
};

describe("a look inside", () => {
  test("gives means, deviations, zeros, dead channels and gradients", async () => {
    const program = await nodeEngine({ threads: 1 }).load(layerStatisticsGraph(network, { mean: [0], scale: 1 }, 2));
    const outputs = await program.run({ ...parameters, ...batch });
    await program.close();
    const after = { ...parameters, "first/filters": float32([2.3, -1.4], [2, 1, 1, 1]) };
    const { layers, parameters: moved } = layerStatisticsOf(network, outputs, parameters, after);
    // first gives (2, −1) and (6, −3): mean 1, mean square 12.5, deviation √11.5
    expect(layers[0]).toMatchObject({ layer: "first", mean: 1, largest: 6, zeros: 0, dead: 0 });
    expect(layers[0].deviation).toBeCloseTo(Math.sqrt(11.5), 5);
    // ReLU gives (2, 0) and (6, 0): its second channel is dead
    expect(layers[1]).toMatchObject({ layer: "relu1", mean: 2, largest: 6, zeros: 0.5, dead: 0.5 });
    // scores are all 0: probabilities ½, gradients of the mean loss ±½/2 each
    expect(layers[2].gradient).toBeCloseTo(0.25, 6);
    // filters of zeros let no gradient through
    expect(layers[1].gradient).toBe(0);
    const [filters] = moved;
    expect(filters).toMatchObject({ parameter: "first/filters", gradient: 0 });
    expect(filters.weight).toBeCloseTo(Math.sqrt(2.5), 5);
    expect(filters.update).toBeCloseTo(Math.sqrt((0.09 + 0.16) / 2), 5);
  });
});

test("training looks inside at the end of each epoch, and warns", async () => {
  const pixels = [0, 255, 10, 240];
  const samples = {
    count: 4,
    shape: image,
    target: classTarget(["dark", "light"], [0, 1, 0, 1]),
    read: (index: number, _: number, into: Uint8Array, offset: number) => {
      into[offset] = pixels[index];
    },
  };
  const options = {
    training: samples,
    normalization: { mean: [127.5], scale: 1 / 255 },
    batchSize: 2,
    epochs: 2,
    learningRate: 1e-12,
    layerStatistics: true,
  };
  const inspections: (LayerStatistics | undefined)[] = [];
  const warnings: string[] = [];
  for await (const event of train(nodeEngine({ threads: 1 }), network, options)) {
    if (event.type === "epoch") inspections.push(event.layerStatistics);
    if (event.type === "warning") warnings.push(event.message);
  }
  expect(inspections.map((layerStatistics) => layerStatistics?.layers.map(({ layer }) => layer))).toEqual([
    ["first", "relu1", "second"],
    ["first", "relu1", "second"],
  ]);
  expect(inspections[1]?.parameters[0].update).toBeLessThan(1e-9);
  expect(warnings.filter((message) => message.startsWith("Nothing happens"))).toHaveLength(1);
});
