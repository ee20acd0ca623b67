import { describe, expect, test } from "vitest";
import { cpu, expectClose, runOn } from "../../../test/devices.js";
import { leakyRelu, relu, sigmoid, softmax } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { conv } from "../../blocks/convolution/conv.js";
import { convTranspose } from "../../blocks/convolution/conv-transpose.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import type { Layer } from "../../blocks/layer.js";
import { hingeLoss, logisticLoss } from "../../blocks/loss/attribute-losses.js";
import { logLoss, softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { l2Loss } from "../../blocks/loss/value-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import { stream } from "../../random/stream.js";
import { outputOf, parametersOf, sequential } from "../network.js";
import { deployModel } from "./deploy.js";
import { fromOnnx, modelGraph, type TrainedModel, toOnnx } from "./model.js";

const IMAGE = { channels: 4, height: 12, width: 10 };

/** A model whose every parameter is random, as after a training; deviations are positive. */
function modelOf(layers: readonly Layer[]): TrainedModel {
  const network = sequential("net", IMAGE, layers);
  const parameters = parametersOf(network).map(({ name, shape }) => {
    const random = stream(1, name);
    const values = Float32Array.from({ length: elementCount(shape) }, () => 0.5 * random.normal());
    const half = values.length / 2;
    if (name.endsWith("moments")) for (let i = half; i < values.length; i++) values[i] = 0.5 + Math.abs(values[i]);
    return [name, float32(values, shape)] as const;
  });
  return {
    network,
    parameters: new Map(parameters),
    classes: Array.from({ length: outputOf(network).channels }, (_, i) => `class ${i}`),
    normalization: { mean: [100, 110, 120, 130], scale: 1 / 64 },
    history: [{ epoch: 1 }],
  };
}

const typesOf = ({ network }: TrainedModel): string[] => network.layers.map(({ layer }) => layer.type);

/** Expects a deployed model to give what the model gives, also for images of another size and after a file; returns it. */
async function expectSame(model: TrainedModel, sizes = [[12, 10]]): Promise<TrainedModel> {
  const after = fromOnnx(toOnnx(deployModel(model)));
  for (const [height, width] of sizes) {
    const random = stream(2, height, width);
    const pixels = Float32Array.from({ length: 2 * 4 * height * width }, () => random.integer(0, 255));
    const image = float32(pixels, [2, 4, height, width]);
    const expected = await runOn(cpu, modelGraph(model), { image });
    const found = await runOn(cpu, modelGraph(after), { image });
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, { shape, data }] of Object.entries(expected)) {
      expectClose(found[name], { shape, data: Array.from(data, Number) }, 1e-5, name);
    }
  }
  expect({ ...after, network: 0, parameters: 0 }).toEqual({ ...model, network: 0, parameters: 0 });
  return after;
}

test("by hand: f·γ/σ and β + (b − μ)·γ/σ", () => {
  const network = sequential("net", { channels: 1, height: 1, width: 1 }, [conv(1, 2), batchNorm()]);
  const parameters = new Map([
    ["conv1/filters", float32([3, 5], [2, 1, 1, 1])],
    ["conv1/biases", float32([1, 2], [2])],
    ["batchNorm1/gain", float32([6, -1], [2])],
    ["batchNorm1/bias", float32([10, 20], [2])],
    ["batchNorm1/moments", float32([0.5, 4, 2, 0.5], [2, 2])],
  ]);
  const normalization = { mean: [0], scale: 1 };
  const after = deployModel({ network, parameters, classes: ["a", "b"], normalization, history: [] });
  // γ/σ = 3 and −2: 10 + (1 − 0.5)·3, 20 + (2 − 4)·(−2)
  expect([...after.parameters].map(([name, { data }]) => [name, [...data]])).toEqual([
    ["conv1/filters", [9, -10]],
    ["conv1/biases", [11.5, 24]],
  ]);
  expect(typesOf(after)).toEqual(["conv"]);
});

test("a chain: normalisations and dropouts go, and the loss becomes a softmax", async () => {
  const model = modelOf([
    conv(3, 8, { pad: 1, biases: false }),
    batchNorm(),
    relu(),
    dropout(0.2),
    conv(3, 6, { groups: 2, stride: 2 }),
    dropout(),
    batchNorm(),
    batchNorm(),
    leakyRelu(),
    maxPool(2, { stride: 2 }),
    convTranspose([3, 2], 4, { groups: 2, upsample: 2, biases: false }),
    batchNorm(),
    relu(),
    conv([5, 4], 3),
    softmaxLogLoss(),
  ]);
  const after = await expectSame(model, [
    [12, 10],
    [21, 17],
  ]);
  expect(typesOf(after)).toEqual("conv relu conv leakyRelu pool convTranspose relu conv softmax".split(" "));
  expect(after.parameters.size).toBe(8);
});

test("in a graph: only where the normalisation alone reads what the convolution makes", async () => {
  const model = modelOf([
    batchNorm({ name: "ofImage" }),
    conv(3, 4, { name: "stem", pad: 1 }),
    batchNorm({ name: "ofStem" }),
    relu({ name: "stemRelu" }),
    conv(3, 4, { name: "first", pad: 1, biases: false }),
    batchNorm({ name: "ofFirst" }),
    sum({ name: "sum1", inputs: ["ofFirst", "ofStem"] }),
    conv(3, 4, { name: "second", pad: 1 }),
    batchNorm({ name: "ofSecond" }),
    sum({ name: "sum2", inputs: ["ofSecond", "second"] }),
    relu({ name: "sumRelu" }),
    batchNorm({ name: "ofRelu" }),
    globalAveragePool(),
    conv(1, 3, { name: "last" }),
    softmaxLogLoss(),
  ]);
  const after = await expectSame(model);
  const norms = after.network.layers.filter(({ layer }) => layer.type === "batchNorm").map(({ name }) => name);
  expect(norms).toEqual(["ofImage", "ofSecond", "ofRelu"]);
  expect(after.network.layers.find(({ name }) => name === "sum1")?.inputs.map(({ name }) => name)).toEqual([
    "first",
    "stem",
  ]);
});

test("layers that share filters keep their normalisations, and one that is shared is merged into each", async () => {
  const filters = { filters: "shared" };
  const norm = { gain: "g", bias: "b", moments: "m" };
  const model = modelOf([
    conv(3, 4, { pad: 1, biases: false, parameters: filters }),
    batchNorm(),
    relu(),
    conv(3, 4, { pad: 1, biases: false, parameters: filters }),
    batchNorm(),
    conv(3, 4, { parameters: { filters: "own", biases: "ownBiases" } }),
    batchNorm({ parameters: norm }),
    conv(1, 4),
    batchNorm({ parameters: norm }),
    conv(1, 3),
    softmaxLogLoss(),
  ]);
  const after = await expectSame(model);
  expect(typesOf(after)).toEqual("conv batchNorm relu conv batchNorm conv conv conv softmax".split(" "));
  expect([...after.parameters.keys()].filter((name) => !name.includes("/"))).toEqual(["shared", "own", "ownBiases"]);
});

describe("losses", () => {
  test.each<[string, readonly Layer[], readonly string[]]>([
    ["none", [conv(1, 3)], ["conv"]],
    ["of probabilities", [conv(1, 3), softmax(), logLoss()], ["conv", "softmax"]],
    ["of attributes", [conv(1, 3), logisticLoss({ target: "attributes" })], ["conv", "sigmoid"]],
    ["of one attribute", [conv(1, 1), hingeLoss()], ["conv", "sigmoid"]],
    ["after a sigmoid", [conv(1, 2), sigmoid(), l2Loss({ target: "shares" })], ["conv", "sigmoid"]],
    ["of values: it stays", [conv(1, 3), l2Loss({ target: "values" })], ["conv", "loss"]],
    [
      "two",
      [
        conv(1, 3),
        softmaxLogLoss(),
        conv(1, 2, { inputs: ["image"] }),
        dropout(),
        logisticLoss({ target: "others", weight: 0.5 }),
      ],
      ["conv", "conv", "softmax"],
    ],
  ])("%s", async (_, layers, types) => {
    const model = modelOf(layers);
    const image = float32(new Float32Array(480).fill(77), [1, 4, 12, 10]);
    const [before, after] = [await runOn(cpu, modelGraph(model), { image }), deployModel(model)];
    expect(typesOf(after)).toEqual(types);
    const found = await runOn(cpu, modelGraph(after), { image });
    expect(found.scores).toEqual(before.scores);
    expect(found.probabilities).toEqual(before.probabilities);
  });
});

test("a model whose parameters do not fit is refused", () => {
  const model = modelOf([conv(1, 3), batchNorm()]);
  const parameters = new Map([...model.parameters].filter(([name]) => name !== "batchNorm1/moments"));
  expect(() => deployModel({ ...model, parameters })).toThrow(
    new RangeError("parameter 'batchNorm1/moments' of network 'net': expected 2×3, got nothing."),
  );
});
