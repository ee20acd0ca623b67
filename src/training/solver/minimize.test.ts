/** One neuron: logistic regression, whose optimum Newton's method has found (test/fixtures/make-logistic.py). */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  fixtureNormalization,
  fixtureNumbers,
  fixtureSamples,
  fixtureStart,
  scoreNumbers,
  trainingFixture,
} from "../../../test/support/training-fixture.js";
import { conv } from "../../blocks/convolution/conv.js";
import { logisticLoss } from "../../blocks/loss/attribute-losses.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { l2Loss } from "../../blocks/loss/value-losses.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import { type Network, sequential } from "../../network/network.js";
import { minimize } from "./minimize.js";

interface Fixture {
  readonly pixels: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly mean: number;
  readonly scale: number;
  readonly runs: readonly {
    readonly cost: number;
    readonly biasDecay: number;
    readonly filters: readonly number[];
    readonly biases: readonly number[];
    readonly objective: number;
  }[];
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL("../../../test/fixtures/logistic.json", import.meta.url), "utf8"),
);
const shape = { channels: 3, height: 1, width: 1 };
const samples: Samples = {
  count: fixture.labels.length,
  shape,
  target: classTarget(["no", "yes"], fixture.labels),
  read: (index, _, into, offset) => into.set(fixture.pixels[index], offset),
};
const normalization = { mean: [fixture.mean, fixture.mean, fixture.mean], scale: fixture.scale };
const engine = nodeEngine({ threads: 1 });

/** The neuron; it begins at 3·N(0, 1), far from anything. */
const neuron = (biasDecay: number): Network =>
  sequential("neuron", shape, [
    conv(1, 1, { weightDecay: [1, biasDecay], initialization: { type: "gaussian", deviation: 3 } }),
    logisticLoss(),
  ]);

describe.each(fixture.runs)("with C = $cost and the bias decayed by $biasDecay", (run) => {
  test.each([1, 2])("start %i leads to Newton's weights", async (seed) => {
    const options = { samples, normalization, cost: run.cost, seed };
    const { parameters, objective, converged } = await minimize(engine, neuron(run.biasDecay), options);
    expect(converged).toBe(true);
    const found = ["filters", "biases"].flatMap((name) => [...(parameters.get(`conv1/${name}`)?.data ?? [])]);
    [...run.filters, ...run.biases].forEach((w, i) => {
      expect(Math.abs(found[i] - w)).toBeLessThanOrEqual(1e-4);
    });
    expect(Math.abs(objective / run.objective - 1)).toBeLessThanOrEqual(1e-6);
  });
});

test.each(trainingFixture.minima)("three classes, with C = $cost: PyTorch's minimum", async (run) => {
  const layers = [conv(3, 3, { name: "score", weightDecay: run.decays }), softmaxLogLoss()];
  const { parameters, objective, converged } = await minimize(
    engine,
    sequential("scored", fixtureSamples.shape, layers),
    { samples: fixtureSamples, normalization: fixtureNormalization, cost: run.cost, start: fixtureStart },
  );
  expect(converged).toBe(true);
  expect(Math.abs(objective / run.objective - 1)).toBeLessThanOrEqual(1e-6);
  const expected = fixtureNumbers(run.parameters);
  scoreNumbers(parameters).forEach((w, i) => void expect(Math.abs(w - expected[i])).toBeLessThanOrEqual(1e-4));
});

test("batches are only a matter of memory", async () => {
  const options = { samples, normalization };
  const [whole, divided] = [
    await minimize(engine, neuron(0), options),
    await minimize(engine, neuron(0), { ...options, batchSize: 7 }),
  ];
  expect(Math.abs(divided.objective / whole.objective - 1)).toBeLessThanOrEqual(1e-6);
});

test("what is frozen stays where it starts", async () => {
  const network = sequential("half", shape, [conv(1, 1, { learningRate: [1, 0] }), logisticLoss()]);
  const start = new Map([
    ["conv1/filters", float32([0, 0, 0], [1, 3, 1, 1])],
    ["conv1/biases", float32([0.75], [1])],
  ]);
  const { parameters, converged } = await minimize(engine, network, { samples, normalization, start });
  expect(converged).toBe(true);
  expect([...(parameters.get("conv1/biases")?.data ?? [])]).toEqual([0.75]);
  expect(start.get("conv1/filters")?.data).toEqual(new Float32Array(3));
});

test("another loss has its own optimum: least squares", async () => {
  // One weight, no bias: (C·Σ x²  + 1)·w = C·Σ x·t, with the labels 0 and 1 as t.
  const network = sequential("line", shape, [
    conv(1, 1, { biases: false, initialization: { type: "zeros" } }),
    l2Loss(),
  ]);
  const one = {
    ...samples,
    read: (index: number, _: number, into: Uint8Array, offset: number) =>
      into.set([fixture.pixels[index][0], 0, 0], offset),
  };
  const { parameters } = await minimize(engine, network, {
    samples: one,
    normalization: { mean: [100, 0, 0], scale: 1 },
    cost: 0.5,
  });
  const x = fixture.pixels.map(([first]) => first - 100);
  const squares = x.reduce((sum, v) => sum + v * v, 0);
  const products = x.reduce((sum, v, i) => sum + v * fixture.labels[i], 0);
  expect(parameters.get("conv1/filters")?.data[0]).toBeCloseTo((0.5 * products) / (0.5 * squares + 1), 6);
});

test("a cost is a positive number", async () => {
  await expect(minimize(engine, neuron(0), { samples, normalization, cost: 0 })).rejects.toThrow(
    "Invalid value for cost: expected a number above 0, got 0.",
  );
});

test.each([
  [{ batchSize: 0 }, "batchSize: expected a whole number of at least 1, got 0."],
  [{ batchSize: 2.5 }, "batchSize: expected a whole number of at least 1, got 2.5."],
  [{ tolerance: -1 }, "tolerance: expected a number of at least 0, got -1."],
  [{ tolerance: Number.NaN }, "tolerance: expected a number of at least 0, got NaN."],
  [{ maximumSteps: -1 }, "maximumSteps: expected a whole number of at least 0, got -1."],
  [{ memory: 0 }, "memory: expected a whole number of at least 1, got 0."],
  [{ seed: 0.5 }, "seed: expected a whole number of at least 0, got 0.5."],
])("%j is refused", async (options, message) => {
  const searched = minimize(engine, neuron(0), { samples, normalization, ...options });
  await expect(searched).rejects.toThrow(new RangeError(`Invalid value for ${message}`));
});
