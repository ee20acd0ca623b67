/** The training step as a graph, against PyTorch's and against itself, on each device. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Batch, randomBatch, randomParameters } from "../../../test/batches.js";
import { cpu, describeDevices, difference, type Expected, expectClose, runOn } from "../../../test/devices.js";
import { firstSteps, type Step, steps } from "../../../test/steps.js";
import { everythingGraph } from "../../../test/support/everything.js";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { maxPool } from "../../blocks/pooling/pool.js";
import type { Engine, Values } from "../../engine/engine.js";
import { nodeEngine } from "../../engine/node.js";
import { bytesOf, float32 } from "../../graph/tensor.js";
import { type Network, sequential } from "../../network/network.js";
import { ocr } from "../../network/zoo/index.js";
import { sgd } from "../solver/solver.js";
import { evaluationGraph, trainingGraph } from "./graphs.js";

interface Listed extends Expected {
  readonly data: readonly number[];
}

interface StepFixture {
  readonly inputs: Listed;
  readonly labels: Listed;
  readonly parameters: Readonly<Record<string, Listed>>;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly logits: Listed;
  readonly objective: number;
  readonly gradients: Readonly<Record<string, Listed>>;
  readonly steps: readonly { readonly objective: number; readonly parameters: Readonly<Record<string, Listed>> }[];
}

const load = (name: string): string => readFileSync(new URL(`../../../test/fixtures/${name}`, import.meta.url), "utf8");
const fixture: StepFixture = JSON.parse(load("ocr-step.json"));

/**
 * The fixture's network. Its images are no bytes but numbers of 4 decimals: 10⁴·x + 2¹⁵ in two bytes, which a convolution that is
 * not trained puts together.
 */
const tiny = sequential("tiny", { channels: 2, height: 8, width: 8 }, [
  conv(1, 1, { name: "bytes", learningRate: [0, 0] }),
  conv(3, 4, { name: "conv1" }),
  maxPool(2, { stride: 2 }),
  conv(2, 6, { name: "conv2" }),
  relu(),
  conv(2, 3, { name: "conv3" }),
  softmaxLogLoss(),
]);
const UNIT = 1e-4;
const plain = { mean: [0, 0], scale: UNIT };
const bytes = {
  "bytes/filters": float32([256, 1], [1, 2, 1, 1]),
  "bytes/biases": float32([-(2 ** 15) * UNIT], [1]),
};

/** The fixture's images and labels, filled up to a batch with others of weight 0. */
function fixtureBatch(batchSize: number): Batch {
  const batch = randomBatch(tiny, 3, batchSize, fixture.labels.data.length);
  fixture.inputs.data.forEach((x, k) => {
    const whole = Math.round(x / UNIT) + 2 ** 15;
    const [n, pixel] = [Math.floor(k / 64), k % 64];
    batch.images.data[n * 128 + pixel] = whole >> 8;
    batch.images.data[n * 128 + 64 + pixel] = whole & 255;
  });
  batch.labels.data.set(fixture.labels.data.map(BigInt));
  return batch;
}

/** "conv1.weights" is our "conv1/filters". */
const ours = (name: string): string => name.replace(".weights", "/filters").replace(".bias", "/biases");

const parameters = {
  ...bytes,
  ...Object.fromEntries(
    Object.entries(fixture.parameters).map(([name, { data, shape }]) => [ours(name), float32(data, shape)]),
  ),
};

describeDevices("a training step", (device) => {
  // 5 images are computed in the batch-first layout; filled up to 20, in the batch-last layout where the device has one.
  describe.each([5, 20])("of 5 images in a batch of %i", (batchSize) => {
    const batch = fixtureBatch(batchSize);
    const count = fixture.labels.data.length;

    test("has PyTorch's scores and objective", async () => {
      const results = await runOn(device, evaluationGraph(tiny, plain, batchSize), { ...parameters, ...batch });
      const scores = Array.from(results.scores.data, Number).slice(0, count * 3);
      expect(difference(scores, fixture.logits.data)).toBeLessThanOrEqual(device.tolerance);
      expect(Number(results.objective.data[0]) / count).toBeCloseTo(
        fixture.objective,
        device.name === "webgpu" ? 4 : 5,
      );
      // The rank of a label is the number of larger scores: at 1 or more a top-1 error; with three classes, all are in the top 3.
      const wrong = Array.from({ length: count }, (_, n) => {
        const row = fixture.logits.data.slice(3 * n, 3 * n + 3);
        return row.some((score) => score > row[fixture.labels.data[n]]) ? 1 : 0;
      });
      expect(results.top1Error.data[0]).toBe(wrong.filter((one) => one === 1).length);
      expect(results.top5Error.data[0]).toBe(0);
    });

    test("has PyTorch's gradients", async () => {
      const results = await runOn(device, everythingGraph(tiny, plain, batchSize), { ...parameters, ...batch });
      for (const [name, gradient] of Object.entries(fixture.gradients)) {
        expectClose(results[`gradient/${ours(name)}`], gradient, device.tolerance, name);
      }
    });

    test("makes PyTorch's three steps", async () => {
      const { momentum, weightDecay, learningRate } = fixture;
      const graph = trainingGraph(tiny, plain, { solver: sgd({ momentum, weightDecay }) }, batchSize);
      const made = await firstSteps(fixture.steps.length, device.engine, graph, parameters, batch, learningRate);
      for (const [i, expected] of fixture.steps.entries()) {
        expect(Math.abs(made[i].sums.objective / count - expected.objective)).toBeLessThanOrEqual(device.tolerance);
        for (const [name, value] of Object.entries(expected.parameters)) {
          expectClose(made[i].state[ours(name)], value, device.tolerance, `${name} after step ${i + 1}`);
        }
      }
      expect(Object.keys(made[0].state)).not.toContain("bytes/filters");
    });
  });

  test("does not see padding: 60 samples in a batch of 100", async () => {
    const network = small();
    const inputs = (batchSize: number): Values => ({
      ...randomParameters(network),
      ...randomBatch(network, 4, batchSize, 60),
    });
    const [exact, padded] = [
      await runOn(device, everythingGraph(network, centred, 60), inputs(60)),
      await runOn(device, everythingGraph(network, centred, 100), inputs(100)),
    ];
    for (const name of Object.keys(exact).filter((name) => name.startsWith("gradient/"))) {
      expectClose(padded[name], exact[name] as Expected, device.tolerance, name);
    }
    const [sums, paddedSums] = [
      await runOn(device, evaluationGraph(network, centred, 60), inputs(60)),
      await runOn(device, evaluationGraph(network, centred, 100), inputs(100)),
    ];
    expect(difference(paddedSums.objective.data, sums.objective.data)).toBeLessThanOrEqual(device.tolerance);
    expect(paddedSums.top1Error.data).toEqual(sums.top1Error.data);
    expect(Number(sums.top1Error.data[0])).toBeGreaterThan(0);
  });

  test("of the letters' network goes as on the processor, five times", async () => {
    // A graphics card in software takes its time; the processor is compared with two of its threads.
    const batchSize = device.name === "webgpu" ? 4 : 20;
    const made = await ocrSteps(device.engine, batchSize);
    const expected = await ocrSteps(nodeEngine({ threads: device.name === "cpu" ? 2 : 1 }), batchSize);
    const objectives = expected.map(({ sums }) => sums.objective / batchSize);
    expect(objectives[4]).toBeLessThan(objectives[0] / 2);
    expect(
      difference(
        made.map(({ sums }) => sums.objective / batchSize),
        objectives,
      ),
    ).toBeLessThanOrEqual(device.tolerance);
    for (const [name, { data }] of Object.entries(expected[4].state)) {
      expect(difference(made[4].state[name].data, data), name).toBeLessThanOrEqual(10 * device.tolerance);
    }
  });
});

const centred = { mean: [128], scale: 1 / 64 };
const rule = { solver: sgd() };

const small = (): Network =>
  sequential("small", { channels: 1, height: 10, width: 10 }, [
    conv(3, 6),
    maxPool(2, { stride: 2 }),
    relu(),
    conv(4, 4),
    softmaxLogLoss(),
  ]);

/** Five steps of the letters' network. */
const ocrSteps = (engine: Engine, batchSize: number): Promise<Step[]> =>
  firstSteps(
    5,
    engine,
    trainingGraph(ocr(), centred, rule, batchSize),
    randomParameters(ocr()),
    randomBatch(ocr(), 26, batchSize),
    0.0005,
  );

describe("steps", () => {
  test.each([1, 2])("repeat bit by bit with %i thread(s)", async (threads) => {
    const engine = nodeEngine({ threads });
    const [first, second] = [await ocrSteps(engine, 20), await ocrSteps(engine, 20)];
    for (const [i, { sums, state }] of first.entries()) {
      expect(second[i].sums).toEqual(sums);
      for (const [name, value] of Object.entries(state)) {
        expect(Buffer.compare(bytesOf(second[i].state[name]), bytesOf(value)), name).toBe(0);
      }
    }
  });

  test("a thousand of them hold no more memory than the first two hundred", async () => {
    // Parameters and momenta are 1 MB each: a step that kept one of them would hold a gigabyte in the end.
    const network = sequential("wide", { channels: 1, height: 32, width: 32 }, [
      conv(32, 256),
      relu(),
      conv(1, 4),
      softmaxLogLoss(),
    ]);
    const graph = trainingGraph(network, centred, rule, 16);
    let done = 0;
    let before = 0;
    for await (const { sums } of steps(
      cpu.engine,
      graph,
      randomParameters(network),
      randomBatch(network, 4, 16),
      1e-4,
    )) {
      done++;
      if (done === 200) before = process.memoryUsage.rss();
      if (done < 1200) continue;
      expect(sums.objective).toBeLessThan(1);
      break;
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(50e6);
  });
});
