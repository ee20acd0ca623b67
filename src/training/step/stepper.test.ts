import { describe, expect, test } from "vitest";
import { randomBatch, randomParameters } from "../../../test/batches.js";
import { cpu, describeDevices, difference } from "../../../test/devices.js";
import { ranksTogether } from "../../../test/support/ranks.js";
import {
  fixtureNormalization,
  fixtureNumbers,
  fixtureSamples,
  fixtureStart,
  scoreNumbers,
  trainingFixture,
} from "../../../test/support/training-fixture.js";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { dropout } from "../../blocks/dropout/dropout.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import { type Network, sequential } from "../../network/network.js";
import { adam, sgd } from "../solver/solver.js";
import { batches } from "./batches.js";
import { initialize, type Parameters } from "./initialize.js";
import { openStepper, type StepperOptions } from "./stepper.js";
import type { UpdateRule } from "./update.js";

const COUNT = 11;

const network = (): Network =>
  sequential("small", { channels: 2, height: 6, width: 6 }, [
    conv(3, 4, { learningRate: [1, 2] }),
    relu(),
    conv(4, 3),
    softmaxLogLoss(),
  ]);

/** The network of the training fixtures. */
const scored = (): Network =>
  sequential("scored", fixtureSamples.shape, [conv(3, 3, { name: "score" }), softmaxLogLoss()]);

const random = randomBatch(network(), 3, COUNT);
const samples: Samples = {
  count: COUNT,
  shape: { channels: 2, height: 6, width: 6 },
  target: classTarget(["a", "b", "c"], Array.from(random.labels.data, Number)),
  read: (index, _epoch, into, offset) => into.set(random.images.data.subarray(72 * index, 72 * (index + 1)), offset),
};

const options = (more: Partial<StepperOptions>): StepperOptions => ({
  normalization: fixtureNormalization,
  batchSize: 8,
  subBatches: 1,
  seed: 1,
  rule: { solver: sgd() },
  ...more,
});

/** Two epochs of two batches, the second of which has 3 samples and 5 places that are filled up. */
async function fourSteps({ engine }: typeof cpu, more: Partial<StepperOptions>, trained = network()) {
  const parameters: Parameters = new Map(Object.entries(randomParameters(trained)));
  const stepper = await openStepper(engine, trained, samples, options(more), parameters);
  const objectives: number[] = [];
  let step = 0;
  for (const epoch of [1, 2]) {
    for (const [i, batch] of [...batches(COUNT, 8, 1, epoch, true)].entries()) {
      const place = { epoch, batch: i + 1, step: ++step, learningRate: 0.05 };
      objectives.push((await stepper.step(batch, place)).sums.objective);
    }
  }
  const moved = await stepper.copyState();
  await stepper.close();
  return { ...moved, objectives };
}

describeDevices("a batch that is divided", (device) => {
  // 8 in 2 parts of 4; in 3 of 3, the last filled up; in 5 of 2, the last empty: of the 3 samples of the second batch only in the first two.
  test.each([
    [2, { solver: sgd() }],
    [3, { solver: adam(), clip: { norm: 0.5 } }],
    [5, { solver: sgd(), averaging: 0.9 }],
  ] satisfies [number, UpdateRule][])("into %i parts is as good as whole", async (subBatches, rule) => {
    const [whole, divided] = [await fourSteps(device, { rule }), await fourSteps(device, { rule, subBatches })];
    expect(difference(divided.objectives, whole.objectives)).toBeLessThanOrEqual(device.tolerance);
    for (const [name, { data }] of [...whole.parameters, ...whole.state]) {
      const other = divided.parameters.get(name) ?? divided.state.get(name);
      // Adam divides by the root of squares that begin near zero: what is rounded there is magnified.
      expect(difference(other?.data ?? [], data), name).toBeLessThanOrEqual(10 * device.tolerance);
    }
    expect([...divided.state.keys()]).toEqual([...whole.state.keys()]);
  });
});

describe("a batch that is divided among workers", () => {
  // Parts of the batch, of each worker's share of it, and what a worker computes with: the last worker has fewer samples than the others, or none.
  test.each([
    [2, { solver: sgd() }],
    [3, { solver: adam(), clip: { norm: 0.5 } }],
    [5, { solver: sgd(), averaging: 0.9 }],
  ] satisfies [number, UpdateRule][])(
    "%i of them make the steps of as many parts, bit for bit",
    async (workers, rule) => {
      const layers = [conv(3, 4), batchNorm(), relu(), dropout(0.3), conv(4, 3), softmaxLogLoss()];
      const many = sequential("many", samples.shape, layers);
      const one = await fourSteps(cpu, { rule, subBatches: workers }, many);
      const divided = await fourSteps({ ...cpu, engine: nodeEngine({ threads: workers, workers }) }, { rule }, many);
      expect(divided).toEqual(one);
    },
  );

  test("and into parts of each share, to what is rounded", async () => {
    const rule = { solver: sgd() };
    const one = await fourSteps(cpu, { rule, subBatches: 4 });
    const engine = nodeEngine({ threads: 2, workers: 2 });
    const divided = await fourSteps({ ...cpu, engine }, { rule, subBatches: 2 });
    expect(difference(divided.objectives, one.objectives)).toBeLessThanOrEqual(1e-6);
    for (const [name, { data }] of divided.parameters) {
      expect(difference(one.parameters.get(name)?.data ?? [], data), name).toBeLessThanOrEqual(1e-6);
    }
  });

  test("that are more than its samples is refused", async () => {
    const engine = nodeEngine({ threads: 3, workers: 3 });
    const open = openStepper(
      engine,
      network(),
      samples,
      options({ batchSize: 8, subBatches: 3 }),
      initialize(network(), 1),
    );
    await expect(open).rejects.toThrow("A batch of 8 cannot be divided into 9: 3 workers of each, 3 parts of each.");
  });
});

test("ranks that each compute a share come to the parameters of one process", async () => {
  const rule = { solver: adam() };
  const one = await fourSteps(cpu, { rule, subBatches: 4 });
  const each = await Promise.all(
    ranksTogether(2).map((ranks) =>
      fourSteps({ ...cpu, engine: nodeEngine({ threads: 1 }) }, { rule, subBatches: 2, ranks }),
    ),
  );
  expect(each[0]).toEqual(each[1]);
  expect(difference(each[0].objectives, one.objectives)).toBeLessThanOrEqual(1e-6);
  for (const [name, { data }] of one.parameters) {
    expect(difference(each[0].parameters.get(name)?.data ?? [], data), name).toBeLessThanOrEqual(1e-5);
  }
});

test("the moments of a batch normalisation follow the mean of the parts", async () => {
  const network = sequential("normal", samples.shape, [batchNorm({ name: "norm" }), conv(6, 3), softmaxLogLoss()]);
  const parameters = initialize(network, 1);
  const place = { epoch: 1, batch: 1, step: 1, learningRate: 0.1 };
  const moments = async (count: number, parts: number, first: number): Promise<number[]> => {
    const how = options({ batchSize: count, subBatches: parts });
    const stepper = await openStepper(cpu.engine, network, samples, how, parameters);
    const indices = Int32Array.from({ length: count }, (_, i) => first + i);
    await stepper.step({ indices, weights: new Float32Array(count).fill(1) }, place);
    const after = (await stepper.copyState()).parameters.get("norm/moments");
    await stepper.close();
    return Array.from(after?.data ?? []);
  };
  // m ← (1 − a)·m + a·x is linear in x: with the mean of two parts' moments it is the mean of what either part would give.
  const [one, other] = [await moments(4, 1, 0), await moments(4, 1, 4)];
  const mean = one.map((value, i) => (value + other[i]) / 2);
  expect(mean.length).toBeGreaterThan(0);
  expect(one).not.toEqual(other);
  expect(difference(await moments(8, 2, 0), mean)).toBeLessThanOrEqual(1e-6);
});

test("a batch in parts has the steps of PyTorch's accumulated gradients, weighed and clipped", async () => {
  const { parts, learningRate, momentum, weightDecay, norm, steps } = trainingFixture.divided;
  const { weights } = trainingFixture.samples;
  const how = options({
    batchSize: weights.length,
    subBatches: parts,
    rule: { solver: sgd({ momentum, weightDecay }), clip: { norm } },
  });
  const stepper = await openStepper(cpu.engine, scored(), fixtureSamples, how, fixtureStart);
  const batch = { indices: Int32Array.from(weights.keys()), weights: Float32Array.from(weights) };
  const mass = weights.reduce((sum, weight) => sum + weight);
  for (const [i, { objective, parameters }] of steps.entries()) {
    const { sums } = await stepper.step(batch, { epoch: 1, batch: i + 1, step: i + 1, learningRate });
    expect(sums.objective / mass).toBeCloseTo(objective, 5);
    expect(difference(scoreNumbers((await stepper.copyState()).parameters), fixtureNumbers(parameters))).toBeLessThan(
      2e-6,
    );
  }
  await stepper.close();
});

describe("averaged weights", () => {
  test("are those of PyTorch's AveragedModel, step by step", async () => {
    const { decay, learningRate, momentum, steps } = trainingFixture.averaged;
    const rule = { solver: sgd({ momentum, weightDecay: 0 }), averaging: decay };
    const how = options({ batchSize: fixtureSamples.count, rule });
    const stepper = await openStepper(cpu.engine, scored(), fixtureSamples, how, fixtureStart);
    const [batch] = batches(fixtureSamples.count, fixtureSamples.count, 1, 1, false);
    for (const [i, { parameters, average }] of steps.entries()) {
      await stepper.step(batch, { epoch: 1, batch: i + 1, step: i + 1, learningRate });
      const moved = await stepper.copyState();
      expect(difference(scoreNumbers(moved.parameters), fixtureNumbers(parameters))).toBeLessThan(2e-6);
      expect(difference(scoreNumbers(moved.state, "average/"), fixtureNumbers(average))).toBeLessThan(2e-6);
    }
    await stepper.close();
  });

  // One sample of value 0, so that only the biases b move: p = ½ at first, db = (½, −½) for label 1, and b ← b − 1·db.
  const one: Samples = {
    count: 1,
    shape: { channels: 1, height: 1, width: 1 },
    target: classTarget(["a", "b"], [1]),
    read: (_index, _epoch, into, offset) => into.fill(0, offset, offset + 1),
  };
  const zero = sequential("zero", one.shape, [conv(1, 2, { name: "score" }), softmaxLogLoss()]);
  const start: Parameters = new Map([
    ["score/filters", float32([0, 0], [2, 1, 1, 1])],
    ["score/biases", float32([0, 0], [2])],
  ]);

  test("follow the weights, faster in the beginning, and are what is used", async () => {
    const rule = { solver: sgd({ momentum: 0, weightDecay: 0 }), averaging: 0.25 };
    const how = { normalization: { mean: [0], scale: 1 }, batchSize: 1, subBatches: 1, rule, seed: 1 };
    const stepper = await openStepper(cpu.engine, zero, one, how, start);
    const [batch] = batches(1, 1, 1, 1, false);
    const bias = (parameters: Parameters, name: string): number => parameters.get(name)?.data[0] ?? Number.NaN;
    await stepper.step(batch, { epoch: 1, batch: 1, step: 1, learningRate: 1 });
    // d₁ = min(0.25, 2/11) = 2/11: v = 0 + 9/11·(−0.5) = −0.409091
    expect(bias((await stepper.copyState()).parameters, "score/biases")).toBeCloseTo(-0.5, 6);
    expect(bias((await stepper.copyState()).state, "average/score/biases")).toBeCloseTo(-0.409091, 6);
    await stepper.step(batch, { epoch: 1, batch: 2, step: 2, learningRate: 1 });
    // p₀ = 1/(1 + e) = 0.268941, b = −0.768941; d₂ = min(0.25, 3/12) = 0.25: v = 0.25·(−0.409091) + 0.75·(−0.768941) = −0.678979
    expect(bias((await stepper.copyState()).parameters, "score/biases")).toBeCloseTo(-0.768941, 6);
    expect(bias((await stepper.copyState()).state, "average/score/biases")).toBeCloseTo(-0.678979, 6);
    expect(stepper.forUse()["score/biases"].data[0]).toBeCloseTo(-0.678979, 6);
    await stepper.close();
  });
});
