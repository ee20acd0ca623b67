import { expect, test } from "vitest";
import { sum } from "../blocks/combining/combine.js";
import { conv } from "../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../blocks/loss/class-losses.js";
import { EngineError } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import { float32 } from "../graph/tensor.js";
import type { TrainedModel } from "../network/model/model.js";
import { dag, sequential } from "../network/network.js";
import { PREPROCESSING } from "../values/preprocessing.js";
import { loadClassifier, preparedClassifier } from "./classifier.js";

/** Scores of one grey pixel: (0, v/100, −v/100). */
const model: TrainedModel = {
  network: sequential("one", { channels: 1, height: 1, width: 1 }, [conv([1, 1], 3), softmaxLogLoss()]),
  parameters: new Map([
    ["conv1/filters", float32([0, 0.01, -0.01], [3, 1, 1, 1])],
    ["conv1/biases", float32([0, 0, 0], [3])],
  ]),
  classes: ["background", "light", "dark"],
  normalization: { mean: [128], scale: 1 },
  preprocessing: PREPROCESSING.make({ width: 1, height: 1, channels: 1, fit: "squash", labelOffset: 1 }),
  history: null,
};
const pixel = (value: number) => ({ width: 1, height: 1, data: Uint8Array.of(value, value, value, 255) });
/** the probability of "light" by hand */
const light = (value: number): number => {
  const v = (value - 128) / 100;
  return Math.exp(v) / (1 + Math.exp(v) + Math.exp(-v));
};

test("the likeliest first, numbered from 1 behind the background", async () => {
  const classifier = await loadClassifier(nodeEngine({ threads: 1 }), model);
  const [best, second, last] = await classifier.classify(pixel(228));
  expect([best, second, last].map(({ name, number }) => [name, number])).toEqual([
    ["light", 1],
    ["background", 0],
    ["dark", 2],
  ]);
  expect(best.probability).toBeCloseTo(light(228), 6);
  await classifier.close();
});

test("200 calls at a time, and many pictures in a call, each get their own answer", async () => {
  const classifier = await loadClassifier(nodeEngine({ threads: 1 }), model);
  const values = Array.from({ length: 200 }, (_, i) => i);
  const asked = values.map((value) => classifier.classify(pixel(value)));
  const closing = Promise.all(asked).then(() => classifier.close());
  const expected = values.map((value) => light(value));
  const found = (await Promise.all(asked)).map((guesses) => guesses.find(({ name }) => name === "light"));
  found.forEach((guess, i) => {
    expect(guess?.probability).toBeCloseTo(expected[i], 6);
  });
  await closing;
  await expect(classifier.classify(pixel(1))).rejects.toBeInstanceOf(EngineError);
});

test("calls under way are answered though it is closed", async () => {
  const classifier = await loadClassifier(nodeEngine({ threads: 1 }), model);
  const together = classifier.classify([pixel(0), pixel(255)]);
  const closing = classifier.close();
  await expect(classifier.classify(pixel(1))).rejects.toBeInstanceOf(EngineError);
  const [dark, bright] = await together;
  await closing;
  await classifier.close();
  expect([dark[0].name, bright[0].name]).toEqual(["dark", "light"]);
});

test("scores that are no numbers are an error, and so are scores of several places", async () => {
  const infinite = new Map([...model.parameters, ["conv1/biases", float32([Infinity, -Infinity, 0], [3])]] as const);
  const classifier = await loadClassifier(nodeEngine({ threads: 1 }), { ...model, parameters: infinite });
  await expect(classifier.classify(pixel(1))).rejects.toThrow("'one' gives scores that are no numbers");
  await classifier.close();
  const map = { ...model, network: sequential("map", { channels: 1, height: 2, width: 5 }, [conv([1, 1], 3)]) };
  const { preprocessing: _, ...slides } = map;
  await expect(preparedClassifier(nodeEngine({ threads: 1 }), slides)).rejects.toThrow(
    "'map' gives a map (3×2×5 numbers) for a picture: expected one number for each class.",
  );
});

test("a model that reads more than a picture, or gives a sequence, is refused by what it reads and gives", async () => {
  const engine = nodeEngine({ threads: 1 });
  const image = { channels: 1, height: 1, width: 1 };
  const mixed = dag("two", { image, age: image }, [sum({ inputs: ["image", "age"] }), conv([1, 1], 3)]);
  await expect(preparedClassifier(engine, { ...model, network: mixed })).rejects.toThrow(
    "'two' takes 2 inputs, 'image' (1×1×1), 'age' (1×1×1): expected one, a picture.",
  );
  const line = sequential("line", { channels: 1, height: 1, width: 5 }, [conv([1, 1], 3)]);
  await expect(preparedClassifier(engine, { ...model, network: line })).rejects.toThrow(
    "'line' gives a sequence (3×5 numbers) for a picture",
  );
});

test("of one score both answers are told", async () => {
  const one = new Map([
    ["conv1/filters", float32([0.01], [1, 1, 1, 1])],
    ["conv1/biases", float32([0], [1])],
  ]);
  const network = sequential("yes", { channels: 1, height: 1, width: 1 }, [conv([1, 1], 1)]);
  const preprocessing = PREPROCESSING.make({ width: 1, height: 1, channels: 1, fit: "squash" });
  const yes: TrainedModel = { ...model, network, parameters: one, classes: ["cat"], preprocessing };
  const classifier = await loadClassifier(nodeEngine({ threads: 1 }), yes);
  expect(classifier.classes).toEqual(["not cat", "cat"]);
  const [best, other] = await classifier.classify(pixel(228));
  await classifier.close();
  // 1 / (1 + e^−1)
  expect([best, other]).toMatchObject([
    { name: "cat", number: 2 },
    { name: "not cat", number: 1 },
  ]);
  expect(best.probability).toBeCloseTo(0.731059, 6);
  expect(other.probability).toBeCloseTo(0.268941, 6);
});

test("a model of regression, or without the preparation of its pictures, is refused", async () => {
  const { preprocessing: _, ...bare } = model;
  await expect(loadClassifier(nodeEngine({ threads: 1 }), bare)).rejects.toThrow("does not say how its pictures");
});
