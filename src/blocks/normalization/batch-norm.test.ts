import { describe, expect, test } from "vitest";
import { cpu, describeDevices, runOn } from "../../../test/devices.js";
import { GraphBuilder } from "../../graph/builder.js";
import { inferShapes } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import { COMPOSITE, type Graph } from "../../graph/types.js";
import { descriptionOf, networkFrom } from "../../network/description.js";
import { sequential } from "../../network/network.js";
import { initialize } from "../../training/step/initialize.js";
import { type BuildMode, FOR_USE } from "../block.js";
import { conv } from "../convolution/conv.js";
import { batchNorm, batchNormBlock } from "./batch-norm.js";

/** The layer on x of the given shape; in training with what `moments` is told. */
function graphOf(shape: readonly number[], training: boolean, epsilon = 1e-5): Graph {
  const g = new GraphBuilder("batch norm");
  const channels = shape[1];
  const x = g.input("x", "float32", shape);
  const [gain, bias] = ["gain", "bias"].map((name) => g.input(name, "float32", [channels]));
  const moments = g.input("moments", "float32", [2, channels]);
  const average = (_: string, value: string): void => void g.output("batch", value);
  const mode: BuildMode = training ? { ...FOR_USE, training, average } : FOR_USE;
  g.output("y", batchNormBlock.build(g, batchNorm({ epsilon }), [x], { gain, bias, moments }, mode));
  return g.build();
}

describeDevices("batch normalisation by hand", (device) => {
  // Channel 1: 1, 3, 5, 7: mean 4, variance (9 + 1 + 1 + 9)/4 = 5; with ε = 4 the deviation is √9 = 3.
  // Channel 2: 2, 2, 2, 2: mean 2, variance 0, deviation √4 = 2.
  const x = float32([1, 3, 2, 2, 5, 7, 2, 2], [2, 2, 1, 2]);
  const gain = float32([6, 5], [2]);
  const bias = float32([1, -1], [2]);

  test("in training, by the moments of the batch", async () => {
    const moments = float32([0, 0, 1, 1], [2, 2]);
    const { y, batch } = await runOn(device, graphOf([2, 2, 1, 2], true, 4), { x, gain, bias, moments });
    // 6·(x − 4)/3 + 1: −5, −1, 3, 7; 5·0/2 − 1
    [-5, -1, -1, -1, 3, 7, -1, -1].forEach((value, i) => {
      expect(y.data[i]).toBeCloseTo(value, 4);
    });
    expect(batch.shape).toEqual([2, 2]);
    [4, 2, 3, 2].forEach((value, i) => {
      expect(batch.data[i]).toBeCloseTo(value, 5);
    });
  });

  test("in use, by the moments that were learned", async () => {
    // channel 1: 6·(x − 2)/3 + 1; channel 2: 5·(x − 1)/0.5 − 1, whatever ε is
    const moments = float32([2, 1, 3, 0.5], [2, 2]);
    const { y } = await runOn(device, graphOf([2, 2, 1, 2], false, 4), { x, gain, bias, moments });
    [-1, 3, 9, 9, 7, 11, 9, 9].forEach((value, i) => {
      expect(y.data[i]).toBeCloseTo(value, 4);
    });
  });
});

test("it begins as the identity: gain 1, bias 0, moments 0 and 1", async () => {
  const network = sequential("norm", { channels: 3, height: 2, width: 2 }, [batchNorm()]);
  const parameters = initialize(network, 1);
  expect([...parameters].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual([
    ["batchNorm1/gain", [3], [1, 1, 1]],
    ["batchNorm1/bias", [3], [0, 0, 0]],
    ["batchNorm1/moments", [2, 3], [0, 0, 0, 1, 1, 1]],
  ]);
  const x = float32([1, -2, 3.5], [1, 3, 1, 1]);
  const feeds = Object.fromEntries([...parameters].map(([name, value]) => [name.replace("batchNorm1/", ""), value]));
  const { y } = await runOn(cpu, graphOf([1, 3, 1, 1], false), { x, ...feeds });
  expect([...y.data]).toEqual([1, -2, 3.5]);
});

test("its parameters: how they move", () => {
  const layer = batchNorm({ learningRate: [2, 3], weightDecay: [0, 0.5], share: 0.05 });
  const specs = batchNormBlock.parameters(layer, { channels: 4, height: 5, width: 6 });
  expect(specs.map(({ name, update, learningRate, weightDecay }) => [name, update, learningRate, weightDecay])).toEqual(
    [
      ["gain", "gradient", 2, 0],
      ["bias", "gradient", 3, 0.5],
      ["moments", "average", 0.05, 0],
    ],
  );
});

test("where a network is used, no operator of our own and little work: a product and a sum over the pixels", () => {
  const graph = graphOf([2, 2, 1, 2], false);
  const types = inferShapes(graph);
  expect(graph.nodes.some(({ domain }) => domain === COMPOSITE)).toBe(false);
  const large = graph.nodes.filter(({ outputs }) => types.get(outputs[0])?.shape?.join() === "2,2,1,2");
  expect(large.map(({ operator }) => operator)).toEqual(["Mul", "Add"]);
});

test("a network with one survives JSON", () => {
  const network = sequential("norm", { channels: 1, height: 4, width: 4 }, [
    conv(3, 2, { biases: false }),
    batchNorm({ name: "norm", epsilon: 1e-4, share: 0.3, learningRate: [2, 1], weightDecay: [0, 0], frozen: true }),
  ]);
  expect(networkFrom(JSON.parse(JSON.stringify(descriptionOf(network))))).toEqual(network);
});

describe("what does not fit is refused", () => {
  test.each([
    ["epsilon: expected a number above 0, got 0", { epsilon: 0 }],
    ["epsilon: expected a number above 0, got Infinity", { epsilon: Number.POSITIVE_INFINITY }],
    ["share: expected a number of at least 0 and at most 1, got 1.5", { share: 1.5 }],
    ["share: expected a number of at least 0 and at most 1, got NaN", { share: Number.NaN }],
    ["learningRate[0]: expected a number of at least 0, got -1", { learningRate: [-1, 1] as const }],
    ["weightDecay[1]: expected a number of at least 0, got -1", { weightDecay: [1, -1] as const }],
  ])("%s", (message, options) => {
    expect(() => batchNorm(options)).toThrow(new RangeError(`Invalid value for ${message}.`));
  });
});
