import { expect, test } from "vitest";
import files from "../../../test/fixtures/weight-names.json" with { type: "json" };
import { conv } from "../../blocks/convolution/conv.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { outputOf, parametersOf, sequential } from "../network.js";
import { ZOO } from "../zoo/index.js";
import { orderModules } from "./module-order.js";
import { assignWeights, networkForWeights, networkOfWeights, torchShapes } from "./state-dict.js";

/** The tensors of a file in its order; all numbers of each are its place in the module's own order. */
const tensorsOf = (lines: readonly string[]): Map<string, Tensor<"float32">> =>
  new Map(
    lines.map((line) => {
      const [name, shape, place] = line.split(" ");
      const sizes = shape.split("×").map(Number);
      return [name, float32(new Float32Array(elementCount(sizes)).fill(Number(place)), sizes)];
    }),
  );

test.each(Object.entries(files))("safetensors' own order of %s says nothing, its names do", (called, lines) => {
  const name = called.split(" ")[1];
  const weights = tensorsOf(lines);
  const network = networkOfWeights(weights, ZOO);
  expect([network.name, outputOf(network).channels]).toEqual([name, 1000]);
  const { parameters } = assignWeights(network, weights);
  const placeOf = (parameter: string): number => parameters.get(parameter)?.data[0] ?? Number.NaN;
  // timm's modules stand in the order of the zoo's layers; of transformers' some do not, see below
  const filters = parametersOf(network).filter(
    ({ name: own }) => own.endsWith("/filters") && !own.includes("downsample"),
  );
  const places = filters.map(({ name: own }) => placeOf(own));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  const file = new Map(lines.map((line) => [line.split(" ")[0], Number(line.split(" ")[2])]));
  if (name === "resnet50") {
    const block = "resnet.encoder.stages.0.layers.0";
    expect(placeOf("layer1.0.downsample.0/filters")).toBe(file.get(`${block}.shortcut.convolution.weight`));
    expect(placeOf("layer1.0.conv3/filters")).toBe(file.get(`${block}.layer.2.convolution.weight`));
    // in the module's own order shortcuts come first
    const inOrder = tensorsOf([...lines].sort((a, b) => Number(a.split(" ")[2]) - Number(b.split(" ")[2])));
    const again = assignWeights(network, inOrder).parameters;
    for (const [parameter, { data }] of parameters) expect(again.get(parameter)?.data[0], parameter).toBe(data[0]);
  }
});

test("names of the network in the order of the alphabet", () => {
  const all = [...torchShapes(ZOO.resnet18(7))].map(([name, shape], i) => `${name} ${shape.join("×")} ${i}`);
  const weights = tensorsOf([...all].sort());
  expect(outputOf(networkOfWeights(weights, ZOO)).channels).toBe(7);
  const found = networkForWeights(weights, ZOO.resnet18);
  expect(outputOf(found).channels).toBe(7);
  const { parameters, notes } = assignWeights(found, weights);
  expect(notes).toEqual([]);
  expect(parameters.get("conv1/filters")?.data[0]).toBe(0);
});

test("an order that no name says is not guessed", () => {
  const image = { channels: 2, height: 3, width: 3 };
  const network = sequential("net", image, [
    conv(1, 2, { name: "first", biases: false }),
    conv(1, 2, { name: "second", biases: false }),
  ]);
  const weights = ["apple", "pear"].map((name): readonly [string, Tensor<"float32">] => [
    `${name}.weight`,
    float32([1, 2, 3, 4], [2, 2, 1, 1]),
  ]);
  expect(() => assignWeights(network, new Map(weights))).toThrow(
    "these do not say whether 'apple' or 'pear' comes first",
  );
});

test.each([
  [
    ["b.10.x", "b.2.x", "b.1.x"],
    ["b.1.x", "b.2.x", "b.10.x"],
  ],
  [
    ["blocks.0.0.bn1", "bn1", "bn2"],
    ["bn1", "blocks.0.0.bn1", "bn2"],
  ],
  [
    ["head.norm", "stages.0.blocks.0.norm", "stem.1"],
    ["stem.1", "stages.0.blocks.0.norm", "head.norm"],
  ],
  [
    ["m.layer.1.conv_3x3.normalization", "m.layer.1.expand_1x1.normalization", "m.conv_stem.conv_3x3.normalization"],
    ["m.conv_stem.conv_3x3.normalization", "m.layer.1.expand_1x1.normalization", "m.layer.1.conv_3x3.normalization"],
  ],
])("%j are ordered", (names, ordered) => {
  expect(orderModules(names, true)).toEqual({ names: ordered });
});

test("what is nearest is said of weights of no network", () => {
  const lines = [...torchShapes(ZOO.mobilenetV2())].map(([name, shape], i) => `${name} ${shape.join("×")} ${i}`);
  const weights = tensorsOf(lines.filter((line) => !line.startsWith("features.18.")));
  weights.set("extra.weight", float32([1, 2], [1, 2]));
  expect(() => networkOfWeights(weights, ZOO)).toThrow(
    "The nearest is mobilenetV2, of which 103 of its 105 layers are there by name and shape: it has no 'features.18.0.weight' of 1280×320×1×1; it has no 'features.18.1.weight' of 1280; no layer takes 'extra'.",
  );
  expect(() => networkOfWeights(new Map([["a.weight", float32([1, 2], [1, 2])]]), ZOO)).toThrow(
    "Expected the tensors of a network of the zoo, got 1 of another ('a.weight' of 1×2 is the first); none has any like them.",
  );
});
