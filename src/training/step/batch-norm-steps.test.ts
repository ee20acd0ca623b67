/** Training and use of a network with batch normalisation, against PyTorch. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cpu, describeDevices, type Expected, expectClose, runOn } from "../../../test/devices.js";
import { firstSteps } from "../../../test/steps.js";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { float32, int64, tensor } from "../../graph/tensor.js";
import { sequential } from "../../network/network.js";
import { sgd } from "../solver/solver.js";
import { batches } from "./batches.js";
import { evaluationGraph, trainingGraph } from "./graphs.js";
import { initialize } from "./initialize.js";
import { openStepper } from "./stepper.js";

interface Fixture {
  readonly images: Expected & { readonly data: readonly number[] };
  readonly labels: readonly number[];
  readonly parameters: Readonly<Record<string, Expected>>;
  readonly steps: readonly { readonly objective: number; readonly parameters: Readonly<Record<string, Expected>> }[];
  readonly scores: Expected & { readonly data: readonly number[] };
}

const url = new URL("../../../test/fixtures/batch-norm-steps.json", import.meta.url);
const fixture: Fixture = JSON.parse(readFileSync(url, "utf8"));

const network = sequential("normalised", { channels: 2, height: 6, width: 5 }, [
  conv(3, 3, { biases: false }),
  batchNorm({ name: "norm", epsilon: 1e-3, share: 0.2, learningRate: [2, 1], weightDecay: [0, 0.5] }),
  relu(),
  conv([4, 3], 3),
  softmaxLogLoss(),
]);
const normalization = { mean: [128, 128], scale: 1 / 64 };
const start = {
  ...Object.fromEntries(initialize(network, 1)),
  ...Object.fromEntries(
    Object.entries(fixture.parameters).map(([name, { data, shape }]) => [name, float32(data, shape)]),
  ),
};

/** The fixture's images so many times over: their moments and their mean objective are the same. */
function batchOf(copies: number) {
  const over = <V>(values: readonly V[]): V[] => Array.from({ length: copies }, () => values).flat();
  const [images, ...size] = fixture.images.shape;
  return {
    images: tensor("uint8", [images * copies, ...size], Uint8Array.from(over(fixture.images.data))),
    weights: float32(new Float32Array(images * copies).fill(1), [images * copies]),
    labels: int64(over(fixture.labels)),
  };
}

/** The batch in parts, which are normalised by its moments: PyTorch's SyncBatchNorm is its BatchNorm of the whole batch. */
async function expectStepsInParts(batchSize: number, subBatches: number) {
  const { images, labels } = batchOf(batchSize / 4);
  const size = 2 * 6 * 5;
  const samples: Samples = {
    count: batchSize,
    shape: { channels: 2, height: 6, width: 5 },
    target: classTarget(["a", "b", "c"], Array.from(labels.data, Number)),
    read: (i, _epoch, into, offset) => into.set(images.data.subarray(i * size, (i + 1) * size), offset),
  };
  const rule = { solver: sgd({ weightDecay: 0.01 }) };
  const options = { normalization, batchSize, subBatches, syncBatchNorm: true, rule };
  const stepper = await openStepper(cpu.engine, network, samples, options, new Map(Object.entries(start)));
  const [batch] = batches(batchSize, batchSize, 1, 1, false);
  for (const [i, { objective, parameters }] of fixture.steps.entries()) {
    const { sums } = await stepper.step(batch, { epoch: 1, batch: 1, step: i + 1, learningRate: 0.1 });
    expect(sums.objective / batchSize).toBeCloseTo(objective, 3);
    const state = (await stepper.copyState()).parameters;
    for (const [name, value] of Object.entries(parameters)) {
      expectClose(state.get(name) ?? float32([], [0]), value, 10 * cpu.tolerance, `${name} after step ${i + 1}`);
    }
  }
  await stepper.close();
}

test.each([
  // 2, 2 and none, in ONNX's own layout; 20 and 20 in the batch-last layout
  [4, 3],
  [40, 2],
])("%i pictures in %i parts that see the whole batch make PyTorch's steps", (batchSize, parts) =>
  expectStepsInParts(batchSize, parts),
);

describeDevices("with batch normalisation", (device) => {
  // 4 images are computed in the batch-first layout; 20 in the batch-last layout where the device has one.
  describe.each([4, 20])("in a batch of %i", (batchSize) => {
    const batch = batchOf(batchSize / 4);

    test("four steps are PyTorch's", async () => {
      const graph = trainingGraph(network, normalization, { solver: sgd({ weightDecay: 0.01 }) }, batchSize);
      const made = await firstSteps(4, device.engine, graph, start, batch, 0.1);
      for (const [i, { objective, parameters }] of fixture.steps.entries()) {
        expect(made[i].sums.objective / batchSize).toBeCloseTo(objective, device.name === "webgpu" ? 3 : 4);
        for (const [name, value] of Object.entries(parameters)) {
          // Each step multiplies what the one before it is off.
          expectClose(made[i].state[name], value, 10 * device.tolerance, `${name} after step ${i + 1}`);
        }
      }
    });

    test("the scores are those of the moments that were learned", async () => {
      const last = Object.entries(fixture.steps[3].parameters).map(
        ([name, { data, shape }]) => [name, float32(data, shape)] as const,
      );
      const graph = evaluationGraph(network, normalization, batchSize);
      const { scores } = await runOn(device, graph, { ...Object.fromEntries(last), ...batch });
      const { shape, data } = fixture.scores;
      const repeated = Array.from({ length: batchSize / 4 }, () => data).flat();
      expectClose(scores, { shape: [batchSize, shape[1], 1, 1], data: repeated }, device.tolerance, "scores");
    });
  });
});
