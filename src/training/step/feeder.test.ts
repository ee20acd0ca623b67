import { expect, test } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { sequential } from "../../network/network.js";
import { train } from "../train.js";

const shape = { channels: 1, height: 1, width: 1 };

/** Six pixels that must be prepared before they are read; says in which order that happens. */
function slowSamples(log: string[], milliseconds: number): Samples {
  const ready = new Set<number>();
  return {
    count: 6,
    shape,
    target: classTarget(["dark", "light"], [0, 1, 0, 1, 0, 1]),
    async prepare(indices) {
      log.push("fetch");
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      for (const index of Array.from(indices)) ready.add(index);
    },
    read(index, _, into, offset) {
      if (!ready.has(index)) throw new Error(`Sample ${index} was read before it was there.`);
      into[offset] = index % 2 === 0 ? 0 : 255;
    },
  };
}

const network = sequential("pixel", shape, [conv(1, 2), softmaxLogLoss()]);
const options = { normalization: { mean: [127.5], scale: 1 / 255 }, epochs: 2, batchSize: 2 };

test("a batch is fetched while the one before is computed, also the first one of the next epoch", async () => {
  const log: string[] = [];
  for await (const event of train(nodeEngine({ threads: 1 }), network, { ...options, training: slowSamples(log, 0) })) {
    if (event.type === "batch") log.push(`step ${event.batch}`);
  }
  const epoch = ["fetch", "step 1", "fetch", "step 2"];
  expect(log).toEqual(["fetch", ...epoch, "fetch", "step 3", ...epoch, "step 3"]);
});

test("the time in which the network waits for its images is counted", async () => {
  const training = slowSamples([], 50);
  const waiting: number[] = [];
  for await (const event of train(nodeEngine({ threads: 1 }), network, { ...options, training })) {
    if (event.type === "epoch") waiting.push(event.train.waiting ?? 0);
  }
  // a step of one pixel takes less than the tenth of what its images do
  for (const share of waiting) expect(share).toBeGreaterThan(0.5);
});

test("what goes wrong when images are fetched ends training, in the step that needs them", async () => {
  let calls = 0;
  const training: Samples = {
    ...slowSamples([], 0),
    prepare: async () => {
      if (++calls === 3) throw new Error("The disk is gone.");
    },
    read: (_, __, into, offset) => void into.fill(0, offset, offset + 1),
  };
  const steps: number[] = [];
  const run = async (): Promise<void> => {
    for await (const event of train(nodeEngine({ threads: 1 }), network, { ...options, training })) {
      if (event.type === "batch") steps.push(event.batch);
    }
  };
  await expect(run()).rejects.toThrow("The disk is gone.");
  expect(steps).toEqual([1, 2]);
});
