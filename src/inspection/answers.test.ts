import { expect, test } from "vitest";
import { cpu } from "../../test/devices.js";
import {
  concat,
  conv,
  convTranspose,
  globalAveragePool,
  l2Loss,
  logisticLoss,
  maxPool,
  relu,
  sigmoid,
  softmaxLogLoss,
  tanh,
} from "../blocks/index.js";
import type { Layer } from "../blocks/layer.js";
import { float32 } from "../graph/tensor.js";
import type { TrainedModel } from "../network/model/model.js";
import { parametersOf, sequential } from "../network/network.js";
import { answersTo, type ResultKind, resultKind } from "./answers.js";
import { valueAimedAt } from "./gradient.js";
import { madePicture } from "./made-picture.js";
import { openNetwork } from "./opened.js";

const modelOf = (channels: number, layers: readonly Layer[], filter = 0.1): TrainedModel => {
  const network = sequential("one", { channels, height: 8, width: 8 }, layers);
  const parameters = new Map(
    parametersOf(network).map(({ name, shape }) => {
      const count = shape.reduce((product, side) => product * side, 1);
      return [name, float32(new Float32Array(count).fill(filter), shape)];
    }),
  );
  const normalization = { mean: new Array<number>(channels).fill(0), scale: 1 };
  return { network, parameters, classes: ["a", "b", "c"], normalization, history: null };
};

const down = [conv(2, 4, { stride: 2 }), relu()];
const up = (channels: number): Layer => convTranspose(2, channels, { upsample: 2 });
const pooled = (channels: number): Layer[] => [conv(3, channels, { name: "last" }), globalAveragePool()];
const joined = (channels: number): Layer[] => [
  conv(3, 4, { name: "top", pad: 1 }),
  maxPool(2, { stride: 2 }),
  up(4),
  concat("channels", { name: "both", inputs: ["top", "convTranspose1"] }),
  conv(1, channels),
];

test.each<[string, ResultKind, TrainedModel]>([
  ["a classifier", "classes", modelOf(3, [...pooled(3), softmaxLogLoss()])],
  ["attributes", "attributes", modelOf(3, [...pooled(3), logisticLoss()])],
  ["attributes of another toolbox", "attributes", modelOf(3, [...pooled(3), sigmoid()])],
  ["one score", "score", modelOf(3, pooled(1))],
  ["a regression", "values", modelOf(3, [...pooled(1), l2Loss({ target: "values" })])],
  ["a class for each place", "classMap", modelOf(3, [...down, up(3), softmaxLogLoss()])],
  ["a class for each place, of another toolbox", "classMap", modelOf(3, joined(5))],
  ["three classes for each place, which are no picture", "classMap", modelOf(3, joined(3))],
  ["yes or no for each place of a grey picture", "attributeMap", modelOf(1, [...joined(1), sigmoid()])],
  ["yes or no for each place", "attributeMap", modelOf(3, [...down, up(1), sigmoid()])],
  ["numbers for each place", "valueMap", modelOf(3, [...down, up(1), l2Loss({ target: "values" })])],
  ["our autoencoder", "picture", modelOf(3, [...down, up(3), l2Loss({ target: "picture" })])],
  ["another toolbox's autoencoder", "picture", modelOf(3, [...down, up(3), tanh()])],
  [
    "an autoencoder of grey pictures",
    "picture",
    modelOf(1, [conv(4, 2, { stride: 4 }), convTranspose(4, 1, { upsample: 4 }), sigmoid()]),
  ],
  ["a sequence", "numbers", modelOf(3, [conv([8, 1], 5)])],
])("%s gives %s", (_, kind, model) => {
  expect(resultKind(model)).toBe(kind);
});

test("of a class of a map, what is explained is its mean score over the places where it wins", async () => {
  // channel 0 is the pixel, channel 1 is 100 for all: the second wins where the pixel is below
  const model: TrainedModel = {
    ...modelOf(1, [conv(1, 2, { name: "map" }), softmaxLogLoss()]),
    parameters: new Map([
      ["map/filters", float32([1, 0], [2, 1, 1, 1])],
      ["map/biases", float32([0, 100], [2])],
    ]),
  };
  const opened = await openNetwork(cpu.engine, model);
  // 16 pixels of 200 and 48 of 50: 200 on average, and 100
  const image = float32(
    Array.from({ length: 64 }, (_, i) => (i % 4 === 0 ? 200 : 50)),
    [1, 1, 8, 8],
  );
  const answers = await answersTo(opened, image);
  expect(answers.map(({ name }) => name)).toEqual(["b", "a"]);
  const values = await Promise.all(answers.map(({ of }) => valueAimedAt(opened, image, of)));
  expect(values[0][0]).toBeCloseTo(100, 3);
  expect(values[1][0]).toBeCloseTo(200, 3);
  await opened.close();
});

test("attributes are asked about one by one, the surest first, and what is not there by what speaks against it", async () => {
  const model: TrainedModel = {
    ...modelOf(1, [conv(8, 3, { name: "last" }), logisticLoss()]),
    parameters: new Map([
      ["last/filters", float32(new Float32Array(192), [3, 1, 8, 8])],
      ["last/biases", float32([0.5, -3, 2], [3])],
    ]),
  };
  const opened = await openNetwork(cpu.engine, model);
  const image = float32(new Float32Array(64), [1, 1, 8, 8]);
  const answers = await answersTo(opened, image);
  expect(answers.map(({ name }) => name)).toEqual(["not b", "c", "a"]);
  expect(await valueAimedAt(opened, image, answers[0].of)).toEqual([3]);
  // one that is asked about comes first
  expect((await answersTo(opened, image, 0)).map(({ name }) => name)).toEqual(["a", "not b", "c"]);
  await opened.close();
});

test("the numbers of a made picture are taken as what they are nearest to", () => {
  const model = {
    ...modelOf(3, [...down, up(3), sigmoid()]),
    normalization: { mean: [100, 110, 120], scale: [0.01, 0.02, 0.03] },
  };
  const image = float32(
    Array.from({ length: 192 }, (_, i) => (i * 41) % 256),
    [1, 3, 8, 8],
  );
  const made = (of: (byte: number, channel: number) => number) =>
    madePicture(
      model,
      image,
      float32(
        image.data.map((byte, i) => of(byte, Math.floor(i / 64))),
        image.shape,
      ),
    );
  expect(made((byte) => byte / 255)).toMatchObject({ range: "from 0 to 1" });
  expect(made((byte) => byte / 127.5 - 1)).toMatchObject({ range: "from −1 to 1" });
  expect(made((byte, c) => (byte - [100, 110, 120][c]) * [0.01, 0.02, 0.03][c]).range).toBe(
    "normalised as its input is",
  );
  // brighter by a tenth of 255 in the first channel alone, where there is room: a third of it in each place
  const dark = { ...image, data: image.data.map((byte) => Math.min(byte, 200)) };
  const off = madePicture(
    model,
    dark,
    float32(
      dark.data.map((byte, i) => byte / 255 + (i < 64 ? 0.1 : 0)),
      image.shape,
    ),
  );
  expect(off.error).toBeCloseTo(25.5 / 3, 2);
  expect(off.errors.data[5]).toBeCloseTo(25.5 / 3, 2);
});
