/** Batches that are computed in parts side by side, and normalised by the moments of the whole. batch-norm-steps.test.ts compares them with PyTorch. */

import { describe, expect, test } from "vitest";
import { randomBatch, randomParameters } from "../../../test/batches.js";
import { cpu, describeDevices, difference } from "../../../test/devices.js";
import { ranksTogether } from "../../../test/support/ranks.js";
import { relu } from "../../blocks/activation/activation.js";
import { sum } from "../../blocks/combining/combine.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import type { Engine } from "../../engine/engine.js";
import { nodeEngine } from "../../engine/node.js";
import { type Network, sequential } from "../../network/network.js";
import { sgd } from "../solver/solver.js";
import { batches } from "./batches.js";
import { openStepper, type StepperOptions } from "./stepper.js";

const COUNT = 83;
const SHAPE = { channels: 2, height: 6, width: 6 };

/** With a skip, so that stages hand on more than the next one reads. */
const network = sequential("normal", SHAPE, [
  conv(3, 16, { name: "first", biases: false, pad: 1 }),
  batchNorm({ epsilon: 1e-3 }),
  relu({ name: "wide" }),
  conv(3, 16, { biases: false, pad: 1 }),
  batchNorm({ name: "norm", share: 0.3 }),
  sum({ inputs: ["norm", "wide"] }),
  maxPool(2, { stride: 2 }),
  conv(3, 3),
  softmaxLogLoss(),
]);

const random = randomBatch(network, 3, COUNT);
const samples: Samples = {
  count: COUNT,
  shape: SHAPE,
  target: classTarget(["a", "b", "c"], Array.from(random.labels.data, Number)),
  read: (index, _epoch, into, offset) => into.set(random.images.data.subarray(72 * index, 72 * (index + 1)), offset),
};

interface Steps {
  readonly objectives: readonly number[];
  /** parameters and what the solver keeps */
  readonly values: ReadonlyMap<string, ArrayLike<number>>;
}

/** The first step and the last one of an epoch, whose batch is filled up. */
async function twoSteps(
  engine: Engine,
  batchSize: number,
  more: Partial<StepperOptions> = {},
  trained: Network = network,
): Promise<Steps> {
  const normalization = { mean: [100, 140], scale: 1 / 64 };
  const options = { normalization, batchSize, rule: { solver: sgd() }, ...more };
  const stepper = await openStepper(
    engine,
    trained,
    samples,
    options,
    new Map(Object.entries(randomParameters(trained))),
  );
  const all = [...batches(COUNT, batchSize, 1, 1, true)];
  const objectives: number[] = [];
  for (const [i, batch] of [all[0], all[all.length - 1]].entries()) {
    const place = { epoch: 1, batch: i + 1, step: i + 1, learningRate: 0.1 };
    objectives.push((await stepper.step(batch, place, all[all.length - 1])).sums.objective);
  }
  const { parameters, state } = await stepper.copyState();
  await stepper.close();
  return { objectives, values: new Map([...parameters, ...state].map(([name, { data }]) => [name, data])) };
}

function expectNear(steps: Steps, expected: Steps, tolerance = 2e-5): void {
  expect(difference(steps.objectives, expected.objectives)).toBeLessThan(tolerance);
  expect(steps.values.size).toBe(expected.values.size);
  for (const [name, data] of expected.values) {
    expect(difference(steps.values.get(name) ?? [], data), name).toBeLessThan(tolerance);
  }
}

const SYNCED = { syncBatchNorm: true };

describe("parts that are normalised by the moments of the whole batch", () => {
  // of 16 in the blocked layout where there is one, else in the batch-last layout
  test("make its steps, whoever computes them", async () => {
    const whole = await twoSteps(cpu.engine, 32);
    const parts = await twoSteps(cpu.engine, 32, { ...SYNCED, subBatches: 2 });
    expectNear(parts, whole);
    expect(await twoSteps(nodeEngine({ threads: 2, workers: 2 }), 32, SYNCED)).toEqual(parts);
    const each = await Promise.all(ranksTogether(2).map((ranks) => twoSteps(cpu.engine, 32, { ...SYNCED, ranks })));
    expect(each[0]).toEqual(each[1]);
    expectNear(each[0], parts);
    const apart = await twoSteps(cpu.engine, 32, { subBatches: 2 });
    expect(difference(apart.objectives, whole.objectives)).toBeGreaterThan(1e-3);
  });
});

const small = sequential("small", SHAPE, [batchNorm(), conv(6, 3), softmaxLogLoss()]);

describeDevices("uneven parts that are normalised together", ({ engine, tolerance }) => {
  test("make the steps of the whole", async () => {
    const whole = await twoSteps(engine, 3, {}, small);
    expectNear(await twoSteps(engine, 3, { ...SYNCED, subBatches: 2 }, small), whole, 5 * tolerance);
  });
});

test("a network without batch normalisation is divided as ever", async () => {
  const plain = sequential("plain", SHAPE, [conv(6, 3), softmaxLogLoss()]);
  const synced = await twoSteps(cpu.engine, 8, { ...SYNCED, subBatches: 2 }, plain);
  expect(synced).toEqual(await twoSteps(cpu.engine, 8, { subBatches: 2 }, plain));
});

test("where a part fails, no other waits for it", async () => {
  let read = 0;
  const failing: Samples = {
    ...samples,
    read: () => {
      if (++read > 4) throw new RangeError("no such picture");
    },
  };
  const options = { normalization: { mean: [0, 0], scale: 1 }, batchSize: 8, rule: { solver: sgd() } };
  const start = new Map(Object.entries(randomParameters(network)));
  const stepper = await openStepper(cpu.engine, network, failing, { ...options, ...SYNCED, subBatches: 2 }, start);
  const [batch] = batches(COUNT, 8, 1, 1, true);
  const step = stepper.step(batch, { epoch: 1, batch: 1, step: 1, learningRate: 0.1 });
  await expect(step).rejects.toThrow("no such picture");
  await stepper.close();
});
