/** The zoo against torchvision, timm and efficientnet-lite-pytorch: names, shapes, figures, and what they compute. */

import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { cpu, runOn } from "../../../test/devices.js";
import facts from "../../../test/fixtures/zoo.json" with { type: "json" };
import { filledModel } from "../../../test/support/filled-model.js";
import { hashed } from "../../../test/support/hashed.js";
import { GraphBuilder } from "../../graph/builder.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { buildNetwork } from "../build-network.js";
import { networkTable } from "../display/table.js";
import { assignWeights, networkOfWeights, torchShapes } from "../import/state-dict.js";
import { torchTensors } from "../import/torch-tensors.js";
import { type Network, outputOf, parametersOf } from "../network.js";
import { ZOO } from "./index.js";

interface Facts {
  readonly source: string;
  /** torchvision's published figures */
  readonly parameters?: number;
  readonly gigaMultiplyAdds?: number;
  readonly tensors: number;
  /** CRC-32 of the sorted lines "name shape", and of the sorted shapes */
  readonly names: number;
  readonly shapes: number;
  /** every 125th score of a picture of that size, with weights by {@link weightsOf}, and the deviation of all scores */
  readonly size?: number;
  readonly scores?: readonly number[];
  readonly deviation?: number;
  /** timm's names and shapes for the same network, in its order */
  readonly timm?: readonly string[];
}

const FACTS: readonly (readonly [string, Facts])[] = Object.entries(facts);

/** VGG's layers have MatConvNet's names. */
const hasOtherNames = (name: string): boolean => /^vgg\d/.test(name);

/** "conv1.weight 64×147": the first axis, and how many numbers stand behind it. */
const linesOf = (network: Network): string[] =>
  [...torchShapes(network)].map(([name, shape]) => `${name} ${shape[0]}×${elementCount(shape.slice(1))}`);

const sum = (lines: readonly string[]): number => crc32([...lines].sort().join("\n"));

function weightsOf(network: Network): Map<string, Tensor<"float32">> {
  return new Map(
    [...torchShapes(network)].map(([name, shape]) => {
      const u = hashed(crc32(name) & 0xffff, elementCount(shape));
      const scale = Math.sqrt(24 / elementCount(shape.slice(1)));
      const isGain = name.endsWith("layer_scale") || (shape.length <= 1 && name.endsWith("weight"));
      const number = name.endsWith("running_var")
        ? (v: number) => 1 + v
        : isGain
          ? (v: number) => 1 + v * 0.5
          : shape.length <= 1
            ? (v: number) => 0.2 * v
            : (v: number) => v * scale;
      return [name, float32(u.map(number), shape)];
    }),
  );
}

test.each(FACTS)("%s has the names and shapes of the other toolbox", (name, { tensors, names, shapes }) => {
  const lines = linesOf(ZOO[name]());
  expect(lines.length).toBe(tensors);
  if (hasOtherNames(name)) expect(sum(lines.map((line) => line.split(" ")[1]))).toBe(shapes);
  else expect(sum(lines)).toBe(names);
});

const published = FACTS.filter(([, { parameters }]) => parameters !== undefined);
test.each(published)("%s has the published parameters and multiply-adds", (name, facts) => {
  const { parameters = 0, gigaMultiplyAdds = 0 } = facts;
  const { totals } = networkTable(ZOO[name]());
  expect(totals.parameters).toBe(parameters);
  const total = totals.multiplyAdds;
  // torchvision counts to three decimals, and the few products of squeezes and means beside those of the filters
  expect(Math.abs(total / 1e9 - gigaMultiplyAdds)).toBeLessThan(6e-4 + 2e-3 * gigaMultiplyAdds);
});

test.each([
  // Howard et al. 2017, table 4: 569 million
  ["mobilenetV1", 0.569],
  // Sandler et al. 2018, table 4: 300 million; Howard et al. 2019, table 3: 219 and 56; Tan and Le 2019, table 2: 0.39 billion
  ["mobilenetV2", 0.3],
  ["mobilenetV3Large", 0.219],
  ["mobilenetV3Small", 0.056],
  ["efficientnetB0", 0.39],
])("%s has its authors' multiply-adds", (name, giga) => {
  expect(Math.abs(networkTable(ZOO[name]()).totals.multiplyAdds / 1e9 / giga - 1)).toBeLessThan(0.015);
});

const computed = FACTS.filter(([, { size }]) => size !== undefined);
test.each(computed)("%s computes the same", async (name, { size = 0, scores = [], deviation = 0 }) => {
  const network = ZOO[name](1000, size);
  const { parameters } = assignWeights(network, weightsOf(network));
  const g = new GraphBuilder(name);
  for (const [parameter, value] of parameters) g.initializer(parameter, value);
  const image = g.input("image", "float32", [1, 3, size, size]);
  const last = network.layers.at(-1)?.inputs[0].name ?? "";
  g.output("scores", buildNetwork(g, network, { image }).get(last) ?? "");
  const picture = hashed(9999, 3 * size * size).map((v) => v * 4);
  const { scores: found } = await runOn(cpu, g.build(), { image: float32(picture, [1, 3, size, size]) });
  expect(scores.length).toBe(8);
  for (const [i, score] of scores.entries()) {
    expect(Math.abs(Number(found.data[125 * i]) - score)).toBeLessThan(2e-4 * deviation);
  }
});

const elsewhere = FACTS.filter(([, { timm }]) => timm !== undefined);
test.each(elsewhere)("%s takes timm's weights by their shapes and order", (name, { timm = [] }) => {
  const weights = new Map(
    timm.map((line) => {
      const [own, shape] = line.split(" ");
      const sizes = shape.split("×").map(Number);
      return [own, float32(new Float32Array(elementCount(sizes)).fill(1), sizes)];
    }),
  );
  const { parameters, notes } = assignWeights(ZOO[name](), weights);
  expect(parameters.size).toBe(parametersOf(ZOO[name]()).length);
  expect(notes[0]).toMatch(/^The file has other names than the network/);
});

test("the network of a file of weights is told by its tensors", () => {
  const weights = weightsOf(ZOO.resnet18(7));
  const found = networkOfWeights(weights, ZOO);
  expect(found.name).toBe("resnet18");
  expect(outputOf(found).channels).toBe(7);
});

test("weights of another network are refused by all tensors that do not fit", () => {
  expect(() => assignWeights(ZOO.resnet18(), weightsOf(ZOO.squeezenet11()))).toThrow(
    "The weights are not those of 'resnet18': it has no 'conv1.weight' of 64×3×7×7, nor any other of its layers. The file has 26 modules, the network 41 layers with parameters.",
  );
  const weights = weightsOf(ZOO.resnet18());
  for (const suffix of ["weight", "bias"]) {
    weights.set(`head.${suffix}`, weights.get(`fc.${suffix}`) ?? float32([]));
    weights.delete(`fc.${suffix}`);
  }
  weights.set("conv1.weight", float32(new Float32Array(64 * 9), [64, 1, 3, 3]));
  weights.delete("bn1.bias");
  expect(() => assignWeights(ZOO.resnet18(), weights)).toThrow(
    "The weights are not those of 'resnet18': expected 'conv1.weight' of 64×3×7×7, got 64×1×3×3; it has no 'bn1.bias' of 64; it has no 'fc.weight' of 1000×512×1×1 (the nearest is 'head.weight'); no layer takes 'head'. The file has 41 modules, the network 41 layers with parameters.",
  );
});

/** "conv1.weight 64×3×7×7" */
const exactLines = (tensors: Iterable<readonly [string, readonly number[]]>): string[] =>
  [...tensors].map(([name, shape]) => `${name} ${shape.join("×")}`);

/** Some tensors of torchvision 0.29 for 5 classes. */
const EXACT: Readonly<Record<string, string[]>> = {
  resnet18: ["conv1.weight 64×3×7×7", "bn1.running_var 64", "fc.weight 5×512", "fc.bias 5"],
  mobilenetV3Small: [
    "features.0.0.weight 16×3×3×3",
    "features.1.block.1.fc1.weight 8×16×1×1",
    "classifier.0.weight 1024×576",
    "classifier.3.weight 5×1024",
  ],
  vgg11Norm: [
    "features.0.weight 64×3×3×3",
    "features.1.running_mean 64",
    "features.4.weight 128×64×3×3",
    "features.25.weight 512×512×3×3",
    "classifier.0.weight 4096×25088",
    "classifier.3.weight 4096×4096",
    "classifier.6.weight 5×4096",
  ],
  squeezenet11: ["features.0.weight 64×3×3×3", "classifier.1.weight 5×512×1×1"],
  convnextTiny: [
    "features.0.0.weight 96×3×4×4",
    "features.1.0.layer_scale 96×1×1",
    "features.1.0.block.3.weight 384×96",
    "features.2.1.weight 192×96×2×2",
    "classifier.2.weight 5×768",
  ],
};

test.each(["resnet18", "mobilenetV3Small", "vgg11Norm", "squeezenet11", "convnextTiny"])(
  "%s goes to PyTorch's tensors and back",
  (name) => {
    const network = ZOO[name](5);
    const { parameters } = filledModel(network);
    const tensors = torchTensors(network, parameters) ?? new Map();
    const back = assignWeights(network, tensors).parameters;
    for (const { name: own, shape } of parametersOf(network)) {
      const [found, expected] = [back, parameters].map((values) => values.get(own));
      expect(found?.shape).toEqual(shape);
      const wrong = expected?.data.findIndex(
        (value, i) => Math.abs(value - (found?.data[i] ?? 0)) > 1e-6 * Math.abs(value),
      );
      expect(wrong, own).toBe(-1);
    }
    // what torchvision's state_dict() has there
    expect(exactLines([...tensors].map(([tensor, { shape }]) => [tensor, shape]))).toEqual(
      expect.arrayContaining(EXACT[name]),
    );
  },
);
