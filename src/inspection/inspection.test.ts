import { afterAll, describe, expect, test } from "vitest";
import { cpu, describeDevices, expectClose } from "../../test/devices.js";
import { conv, globalAveragePool, graphLayer, relu, relu6, softmaxLogLoss, sum } from "../blocks/index.js";
import { float32 } from "../graph/tensor.js";
import { modelGraph, type TrainedModel } from "../network/model/model.js";
import { dag, parametersOf, sequential } from "../network/network.js";
import { stream } from "../random/stream.js";
import { answersTo } from "./answers.js";
import { batchOf } from "./batches.js";
import { gradient } from "./gradient.js";
import { activations, openNetwork, replaced } from "./opened.js";

const image = { channels: 3, height: 8, width: 8 };
const network = dag("small", { image }, [
  conv(3, 6, { name: "conv1", pad: 1 }),
  relu({ name: "relu1" }),
  conv(3, 6, { name: "conv2", pad: 1 }),
  sum({ name: "sum", inputs: ["conv2", "relu1"] }),
  relu6({ name: "relu2" }),
  globalAveragePool({ name: "mean" }),
  conv(1, 4, { name: "classes" }),
  softmaxLogLoss(),
]);
const random = stream(1, "inspection");
const parameters = new Map(
  parametersOf(network).map(({ name, shape }) => {
    const fan = shape.slice(1).reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length: shape[0] * fan }, () => random.normal() * Math.sqrt(2 / fan));
    return [name, float32(data, shape)];
  }),
);
const model: TrainedModel = {
  network,
  parameters,
  classes: ["a", "b", "c", "d"],
  normalization: { mean: [100, 120, 130], scale: 1 / 50 },
  history: null,
};
const pictures = (count: number) =>
  float32(
    Float32Array.from({ length: count * 192 }, () => random.integer(0, 255)),
    [count, 3, 8, 8],
  );

/** The derivative of a function of a picture by some of its pixels, from differences. */
async function differences(
  f: (x: Float32Array) => Promise<number>,
  x: Float32Array,
  at: readonly number[],
  step = 0.5,
) {
  const found: number[] = [];
  for (const i of at) {
    const [above, below] = [Float32Array.from(x), Float32Array.from(x)];
    above[i] += step;
    below[i] -= step;
    found.push(((await f(above)) - (await f(below))) / (2 * step));
  }
  return found;
}

const ramp = (count: number) =>
  float32(
    Float32Array.from({ length: count * 192 }, (_, i) => (i * 37) % 256),
    [count, 3, 8, 8],
  );

describeDevices("a network that is opened up", ({ engine, tolerance }) => {
  const opening = openNetwork(engine, model, { together: 2 });
  afterAll(async () => (await opening).close());

  test("has the scores that the model gives, of any number of pictures", async () => {
    const opened = await opening;
    const images = pictures(5);
    const program = await cpu.engine.load(modelGraph(model));
    const expected = await program.run({ image: images });
    const { scores, probabilities, relu1 } = await activations(opened, images, ["scores", "relu1", "probabilities"]);
    expectClose(
      scores,
      { shape: [5, 4, 1, 1], data: Float32Array.from(expected.scores.data, Number) },
      tolerance,
      "scores",
    );
    expectClose(
      probabilities,
      { shape: [5, 4, 1, 1], data: Float32Array.from(expected.probabilities.data, Number) },
      tolerance,
      "",
    );
    expect(relu1.shape).toEqual([5, 6, 8, 8]);
    expect(Math.min(...relu1.data)).toBe(0);
  });

  test("says the same when a layer is given what it makes, and something else when it is silent", async () => {
    const opened = await opening;
    const images = pictures(3);
    const { scores, relu1, conv2 } = await activations(opened, images, ["scores", "relu1", "conv2"]);
    const again = await replaced(opened, { relu1 }, ["scores"]);
    expectClose(again.scores, scores, tolerance, "scores");
    const silent = await replaced(
      opened,
      { conv2: float32(new Float32Array(conv2.data.length), conv2.shape) },
      ["scores", "sum"],
      images,
    );
    expectClose(silent.sum, relu1, tolerance, "the way past");
    expect(silent.scores.data[0]).not.toBeCloseTo(scores.data[0], 3);
  });

  test("derives a score by the picture and by a layer, as differences do", async () => {
    const opened = await opening;
    const images = pictures(3);
    const { value, gradients } = await gradient(opened, images, { of: [1, 2, 3], withRespectTo: ["image", "sum"] });
    const { scores, sum: sums } = await activations(opened, images, ["scores", "sum"]);
    expectClose(value, { shape: [3], data: [1, 2, 3].map((k, n) => scores.data[4 * n + k]) }, tolerance, "the scores");
    const own = await openNetwork(cpu.engine, model);
    const last = images.data.slice(2 * 192);
    const ofClass3 = async (x: Float32Array) =>
      (await activations(own, float32(x, [1, 3, 8, 8]), ["scores"])).scores.data[3];
    const at = [0, 20, 77, 100, 191];
    const expected = await differences(ofClass3, last, at);
    expectClose(
      float32(
        at.map((i) => gradients.image.data[2 * 192 + i]),
        [5],
      ),
      { shape: [5], data: expected },
      2e-2,
      "by the picture",
    );
    const inner = sums.data.slice(2 * 384);
    const fromSum = async (x: Float32Array) =>
      (await replaced(own, { sum: float32(x, [1, 6, 8, 8]) }, ["scores"])).scores.data[3];
    const bySum = await differences(fromSum, inner, at, 0.01);
    expectClose(
      float32(
        at.map((i) => gradients.sum.data[2 * 384 + i]),
        [5],
      ),
      { shape: [5], data: bySum },
      2e-2,
      "by a layer",
    );
    await own.close();
  });

  test("derives a weighted sum of a layer's values", async () => {
    const opened = await opening;
    const images = pictures(2);
    const weights = float32(
      Float32Array.from({ length: 384 }, (_, i) => Math.sin(i)),
      [1, 6, 8, 8],
    );
    const { value, gradients } = await gradient(opened, images, {
      of: { layer: "conv1", weights },
      withRespectTo: ["conv1"],
    });
    expectClose(
      gradients.conv1,
      { shape: [2, 6, 8, 8], data: [...weights.data, ...weights.data] },
      tolerance,
      "the weights",
    );
    const { conv1 } = await activations(opened, images, ["conv1"]);
    const sums = [0, 1].map((n) => weights.data.reduce((sum, w, i) => sum + w * conv1.data[384 * n + i], 0));
    expectClose(value, { shape: [2], data: sums }, 1e-4, "the sum");
  });

  test("derives the squared distance of a layer's values from a target", async () => {
    const opened = await opening;
    const images = float32(
      Float32Array.from({ length: 576 }, (_, i) => (37 * i) % 256),
      [3, 3, 8, 8],
    );
    const target = float32(
      Float32Array.from({ length: 3 * 384 }, (_, i) => Math.cos(i)),
      [3, 6, 8, 8],
    );
    const { value, gradients } = await gradient(opened, images, {
      of: { layer: "relu1", target },
      withRespectTo: ["relu1"],
    });
    const { relu1 } = await activations(opened, images, ["relu1"]);
    const away = Array.from(relu1.data, (v, i) => v - target.data[i]);
    expectClose(gradients.relu1, { shape: [3, 6, 8, 8], data: away.map((d) => 2 * d) }, tolerance, "2 (y − t)");
    const squares = [0, 1, 2].map((n) => away.slice(384 * n, 384 * (n + 1)).reduce((sum, d) => sum + d * d, 0));
    expectClose(value, { shape: [3], data: squares }, 1e-4, "the distance");
  });

  test("lets only what speaks for a class through its rectifiers, where that is asked", async () => {
    const opened = await opening;
    const images = pictures(1);
    const at = ["relu2", "sum", "relu1"];
    const { relu2, sum: before } = await activations(opened, images, ["relu2", "sum"]);
    const plain = await gradient(opened, images, { of: 0, withRespectTo: at });
    const guided = await gradient(opened, images, { of: 0, withRespectTo: at, backward: "guided" });
    const turned = await gradient(opened, images, { of: 0, withRespectTo: at, backward: "deconvolution" });
    const dy = plain.gradients.relu2.data;
    expect(dy.some((v) => v < 0)).toBe(true);
    const open = Array.from(before.data, (v) => v > 0 && v < 6);
    expect(relu2.data.some((v) => v === 6) || relu2.data.some((v) => v === 0)).toBe(true);
    const shape = before.shape;
    expectClose(plain.gradients.sum, { shape, data: Array.from(dy, (v, i) => (open[i] ? v : 0)) }, tolerance, "");
    expectClose(
      guided.gradients.sum,
      { shape, data: Array.from(dy, (v, i) => (open[i] ? Math.max(v, 0) : 0)) },
      tolerance,
      "",
    );
    expectClose(turned.gradients.sum, { shape, data: Array.from(dy, (v) => Math.max(v, 0)) }, tolerance, "");
  });

  test("goes on from given scores, and from a given picture", async () => {
    const opened = await opening;
    const images = ramp(1);
    const { scores } = await activations(opened, images, ["scores"]);
    expectClose((await replaced(opened, { image: images }, ["scores"])).scores, scores, tolerance, "of the picture");
    const given = float32([0, 0, Math.log(2), 0], [1, 4, 1, 1]);
    const found = await replaced(opened, { scores: given }, ["scores", "probabilities"]);
    expectClose(found.scores, given, tolerance, "scores");
    expectClose(found.probabilities, { shape: [1, 4, 1, 1], data: [0.2, 0.2, 0.4, 0.2] }, tolerance, "probabilities");
  });

  test("refuses values that do not fit, and not as many of one as of another", async () => {
    const opened = await opening;
    const images = ramp(2);
    const of = (...shape: number[]) => float32(new Float32Array(shape.reduce((a, b) => a * b)), shape);
    await expect(replaced(opened, { conv2: of(1, 6, 4, 16) }, ["scores"])).rejects.toThrow(
      "Values of 'conv2' are numbers of N×6×8×8, got N×6×4×16.",
    );
    await expect(replaced(opened, { conv2: of(3, 6, 8, 8) }, ["scores"], images)).rejects.toThrow(
      "Expected as many of each, or one for all: got 2 and 3.",
    );
    const three = gradient(opened, images, { of: [0, 1, 2] });
    await expect(three).rejects.toThrow("Expected one aim for all of 2 pictures, or one for each, got 3.");
    const bad = float32(
      images.data.map((value, i) => (i === 5 ? Number.NaN : value)),
      images.shape,
    );
    await expect(activations(opened, bad, ["scores"])).rejects.toThrow("finite numbers, got NaN as number 6.");
    expect(await activations(opened, images, [])).toEqual({});
    await expect(openNetwork(cpu.engine, model, { together: 0 })).rejects.toThrow("for together");
    await expect(answersTo(opened, ramp(1), 4)).rejects.toThrow(
      "for asked: expected a whole number of at least 0 and at most 3, got 4",
    );
  });
});

describe("what a network has not", () => {
  test("is refused by name, with the nearest that it has", async () => {
    const opened = await openNetwork(cpu.engine, model);
    const images = pictures(1);
    await expect(activations(opened, images, ["rellu1"])).rejects.toThrow(
      "'small' has no layer 'rellu1'; did you mean 'relu1'?",
    );
    await expect(gradient(opened, images, { of: 4 })).rejects.toThrow("'small' has 4 scores, from 0; got class 4.");
    const weights = float32([1, 2], [1, 2, 1, 1]);
    await expect(gradient(opened, images, { of: { layer: "conv1", weights } })).rejects.toThrow(
      "Weights of 'conv1' are numbers of N×6×8×8, got N×2×1×1.",
    );
    const small = batchOf([{ channels: 3, width: 2, height: 1, data: new Uint8Array(6) }]);
    await expect(activations(opened, small, ["conv1"])).rejects.toThrow(
      "Expected images of N×3×8×8, at least one, got numbers of 1×3×1×2.",
    );
    await opened.close();
  });

  test("images of several sizes are no batch", () => {
    const of = (width: number) => ({ channels: 1, width, height: 1, data: new Uint8Array(width) }) as const;
    expect(() => batchOf([of(2), of(3)])).toThrow("Expected images of one size, got 1×1×2 and 1×1×3.");
    expect(() => batchOf([])).toThrow("Expected at least one image.");
  });
});

test("a network that is written for one picture at a time is asked about several one by one", async () => {
  const single = sequential("single", image, [
    conv(3, 2, { name: "conv1" }),
    graphLayer({
      reads: [{ value: "x" }],
      nodes: [{ operator: "Reshape", inputs: ["x", "sizes"], outputs: ["y"] }],
      makes: "y",
      constants: [{ value: "sizes", tensor: { type: "int64", shape: [4], data: [1, 72, 1, 1] } }],
    }),
  ]);
  const [{ name, shape }, biases] = parametersOf(single);
  const own = new Map([
    [name, float32(new Float32Array(54).fill(1), shape)],
    [biases.name, float32([1, 2], [2])],
  ]);
  const opened = await openNetwork(cpu.engine, { ...model, network: single, parameters: own });
  expect(opened.together).toBe(1);
  const { scores } = await activations(opened, pictures(3), ["scores"]);
  expect(scores.shape).toEqual([3, 72, 1, 1]);
  await opened.close();
});
