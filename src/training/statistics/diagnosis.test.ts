import { describe, expect, test } from "vitest";
import { relu } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { l2Loss } from "../../blocks/loss/value-losses.js";
import type { Values } from "../../engine/engine.js";
import { nodeEngine } from "../../engine/node.js";
import { float32, int64, tensor } from "../../graph/tensor.js";
import { renameNetwork } from "../../network/edit/rename.js";
import { dag, type Network, sequential } from "../../network/network.js";
import { allFinite, DivergenceError, diagnose, newTroubles, troubles } from "./diagnosis.js";
import type { LayerStatistics } from "./epoch-statistics.js";

const image = { channels: 1, height: 1, width: 1 };
/** A layer of two channels with a rectifier, then two classes. */
const network = sequential("two", image, [
  conv(1, 2, { name: "first" }),
  relu(),
  conv(1, 2, { name: "second" }),
  softmaxLogLoss(),
]);

const parameters = {
  "first/filters": float32([2, -1], [2, 1, 1, 1]),
  "first/biases": float32([0, 0], [2]),
  "second/filters": float32([1, 0, 0, 1], [2, 2, 1, 1]),
  "second/biases": float32([0, 0], [2]),
};
/** Two images of one pixel, 1 and 3. */
const batch = {
  images: tensor("uint8", [2, 1, 1, 1], Uint8Array.of(1, 3)),
  labels: int64([0, 1]),
  weights: float32([1, 1], [2]),
};

describe("a step that went wrong", () => {
  const said = async (of: Network, inputs: Values, learningRate = 0.3): Promise<string> => {
    const where = { epoch: 2, batch: 7, learningRate };
    const error = await diagnose(nodeEngine({ threads: 1 }), of, { mean: [0], scale: 1 }, inputs, where);
    expect(error).toBeInstanceOf(DivergenceError);
    return error.message;
  };
  const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];

  test.each<[string, Values]>([
    ["the filters of layer 1 'first'", { "first/filters": float32([2, nan], [2, 1, 1, 1]) }],
    ["the biases of layer 3 'second'", { "second/biases": float32([infinity, 0], [2]) }],
    // 3 · 2e38 is beyond the largest number of float32, 3.4e38
    ["the output of layer 1 'first'", { "first/filters": float32([2e38, -1], [2, 1, 1, 1]) }],
    // 2e30 · 1e20, of numbers that each are fine
    [
      "the output of layer 3 'second'",
      {
        "first/filters": float32([2e30, -1], [2, 1, 1, 1]),
        "second/filters": float32([1e20, 0, 0, 1], [2, 2, 1, 1]),
      },
    ],
  ])("because of %s", async (what, changed) => {
    expect(await said(network, { ...parameters, ...batch, ...changed })).toBe(
      `Training diverged in epoch 2, batch 7: ${what} became infinite or not a number. The learning rate 0.3 is probably too high: try 0.03.`,
    );
  });

  test("because of a gradient: of several that of the last layer, where it began on its way back", async () => {
    const deep = sequential("deep", image, [
      conv(1, 1, { name: "first", biases: false }),
      conv(1, 1, { name: "second", biases: false }),
      conv(1, 2, { name: "third", biases: false }),
      softmaxLogLoss(),
    ]);
    // An image of 200 with the label 0. Scores of 0 are probabilities of ½: the gradient at the scores is (−½, ½), before the third
    // layer −½·3e38 − ½·3e38 = −3e38, and of the second layer's filter 200·(−3e38), which is beyond 3.4e38.
    const inputs = {
      "first/filters": float32([1], [1, 1, 1, 1]),
      "second/filters": float32([0], [1, 1, 1, 1]),
      "third/filters": float32([3e38, -3e38], [2, 1, 1, 1]),
      images: tensor("uint8", [1, 1, 1, 1], Uint8Array.of(200)),
      labels: int64([0]),
      weights: float32([1], [1]),
    };
    expect(await said(deep, inputs)).toContain("batch 7: the gradient of the filters of layer 2 'second' became");
  });

  test("because of the objective alone", async () => {
    const far = sequential("far", image, [conv(1, 2, { name: "scores", biases: false }), softmaxLogLoss()]);
    // scores of 3e38 and −3e38 are numbers, and their difference, the loss of the label 1, is none
    const inputs = {
      "scores/filters": float32([3e38, -3e38], [2, 1, 1, 1]),
      images: tensor("uint8", [1, 1, 1, 1], Uint8Array.of(1)),
      labels: int64([1]),
      weights: float32([1], [1]),
    };
    expect(await said(far, inputs)).toContain("batch 7: the objective became infinite or not a number.");
  });

  test("names a parameter that has a name of its own", async () => {
    const shared = renameNetwork(network, { parameters: { "second/filters": "shared" } });
    const { "second/filters": _, ...rest } = parameters;
    const inputs = { ...rest, ...batch, shared: float32([1, 0, nan, 1], [2, 2, 1, 1]) };
    expect(await said(shared, inputs)).toContain("the parameter 'shared' of layer 3 'second' became");
  });

  test("proposes a tenth of the rate, in three digits", async () => {
    const inputs = { ...parameters, ...batch, "first/biases": float32([nan, 0], [2]) };
    expect(await said(network, inputs, 0.0123456)).toMatch(/The learning rate 0\.0123 is .*: try 0\.00123\.$/);
  });

  test.each<[string, Values]>([
    ["more", { more: float32([1, nan], [2, 1, 1, 1]) }],
    ["goal", { goal: float32([infinity, 1], [2, 1, 1, 1]) }],
  ])("because of the data: it names '%s' and blames no rate", async (name, changed) => {
    const two = dag("two inputs", { image, more: image }, [
      sum({ inputs: ["image", "more"] }),
      conv(1, 1, { name: "scores" }),
      l2Loss({ target: "goal" }),
    ]);
    const inputs = {
      "scores/filters": float32([1], [1, 1, 1, 1]),
      "scores/biases": float32([0], [1]),
      images: batch.images,
      more: float32([1, 2], [2, 1, 1, 1]),
      goal: float32([0, 1], [2, 1, 1, 1]),
      weights: batch.weights,
      ...changed,
    };
    expect(await said(two, inputs)).toBe(
      `Training cannot go on in epoch 2, batch 7: '${name}' of the samples is infinite or not a number.`,
    );
  });
});

test.each<[boolean, number[]]>([
  [true, [0, -3.4e38, 1e-45]],
  [true, []],
  [false, [1, Number.NaN]],
  [false, [Number.NEGATIVE_INFINITY, 1]],
])("all numbers are finite: %s of %j", (finite, values) => {
  expect(allFinite(float32(values, [values.length]))).toBe(finite);
});

describe("what is wrong inside", () => {
  const healthy: LayerStatistics = {
    layers: [{ layer: "relu1", mean: 0, deviation: 1, largest: 3, zeros: 0.5, dead: 0, gradient: 0.1 }],
    parameters: [{ parameter: "first/filters", weight: 1, gradient: 0.1, update: 0.001 }],
  };
  const moving = (update: number): LayerStatistics => ({
    ...healthy,
    parameters: [{ parameter: "first/filters", weight: 1, gradient: 0.1, update }],
  });
  const dead: LayerStatistics = { ...healthy, layers: [{ ...healthy.layers[0], dead: 1 }] };

  test.each([
    [healthy, undefined],
    [
      moving(0.25),
      "Parameters may explode: a step moves the filters of layer 1 'first' by 0.25 of their size; 0.001 is usual. Try a lower learning rate.",
    ],
    [
      moving(1e-8),
      "Nothing happens: a step moves no filters by more than 1.0e-8 of their size; 0.001 is usual. Try a higher learning rate.",
    ],
    [
      dead,
      "Dead units: 2 of 2 channels of layer 2 'relu1' are 0 for every image of a batch. Try a lower learning rate, another initialisation, or leakyRelu.",
    ],
  ])("%#", (layerStatistics, message) => {
    expect(troubles(network, layerStatistics).map((trouble) => trouble.message)).toEqual(message ? [message] : []);
  });

  test("is told once, until it has gone and comes back", () => {
    const statistics = { objective: 1, metrics: {}, imagesPerSecond: 1 };
    const told = [healthy, dead, dead, healthy, dead].map((_, i, all) =>
      newTroubles(
        network,
        all
          .slice(0, i + 1)
          .map((layerStatistics, k) => ({ epoch: k + 1, learningRate: 1, train: statistics, layerStatistics })),
        1,
      ),
    );
    expect(told.map(({ length }) => length)).toEqual([0, 1, 0, 0, 1]);
  });

  test("is said of filters alone: a bias of zero moves by more than its size", () => {
    const biases = { parameter: "first/biases", weight: 0.01, gradient: 1, update: 0.1 };
    const zero = { parameter: "second/filters", weight: 0, gradient: 1, update: 0.1 };
    const { layers, parameters: filters } = healthy;
    expect(troubles(network, { layers, parameters: [...filters, biases, zero] })).toEqual([]);
    expect(troubles(network, { layers, parameters: [biases, zero] })).toEqual([]);
  });

  test("is each layer's: nothing happens only where all filters stand still; a convolution may have zeros", () => {
    const still = { parameter: "first/filters", weight: 2, gradient: 0, update: 1e-6 };
    const moves = { parameter: "second/filters", weight: 2, gradient: 1, update: 3e-6 };
    const keys = (layerStatistics: LayerStatistics): string[] =>
      troubles(network, layerStatistics).map(({ key }) => key);
    // half a millionth and one and a half millionths of their size
    expect(keys({ layers: [], parameters: [still, moves] })).toEqual([]);
    expect(keys({ layers: [], parameters: [still, { ...moves, update: 1.9e-6 }] })).toEqual(["nothing happens"]);
    expect(
      keys({
        layers: [],
        parameters: [
          { ...still, update: 0.3 },
          { ...moves, update: 0.5 },
        ],
      }),
    ).toEqual(["explodes first/filters", "explodes second/filters"]);
    const [layer] = healthy.layers;
    expect(keys({ layers: [{ ...layer, layer: "first", dead: 1 }], parameters: [] })).toEqual([]);
    expect(keys({ layers: [{ ...layer, dead: 0.89 }], parameters: [] })).toEqual([]);
    expect(keys({ layers: [{ ...layer, dead: 0.9 }], parameters: [] })).toEqual(["dead relu1"]);
  });

  test("small steps are meant where the rate was lowered to less than a tenth; large ones never are", () => {
    const at = (learningRate: number, layerStatistics: LayerStatistics): string[] => {
      const train = { objective: 1, metrics: {}, imagesPerSecond: 1 };
      return newTroubles(network, [{ epoch: 1, learningRate, train, layerStatistics }], 1);
    };
    expect(at(0.1, moving(1e-8))).toEqual([expect.stringMatching(/^Nothing happens/)]);
    expect(at(0.09, moving(1e-8))).toEqual([]);
    expect(at(0.09, moving(0.25))).toEqual([expect.stringMatching(/^Parameters may explode/)]);
  });

  test("is not known of epochs that were not looked into, nor before the first", () => {
    const train = { objective: 1, metrics: {}, imagesPerSecond: 1 };
    expect(newTroubles(network, [], 1)).toEqual([]);
    expect(newTroubles(network, [{ epoch: 1, learningRate: 1, train }], 1)).toEqual([]);
  });
});
