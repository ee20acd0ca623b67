/** A few training steps of a small network on random pictures, the same in a page and in Node. */

import { relu } from "../../src/blocks/activation/activation.js";
import { conv } from "../../src/blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../src/blocks/loss/class-losses.js";
import { maxPool } from "../../src/blocks/pooling/pool.js";
import { classTarget } from "../../src/data/target.js";
import type { Engine } from "../../src/engine/engine.js";
import { sequential } from "../../src/network/network.js";
import { stream } from "../../src/random/stream.js";
import { sgd } from "../../src/training/solver/solver.js";
import { batches } from "../../src/training/step/batches.js";
import { initialize } from "../../src/training/step/initialize.js";
import { openStepper } from "../../src/training/step/stepper.js";

/** The pictures of a step. */
export const BATCH = 4;
/** The pixels of a picture. */
export const PIXELS = 16 * 16;
const STEPS = 3;
const CLASSES = ["a", "b", "c"];
/** 58 000 parameters, which with their momenta are 460 kB */
const network = sequential("small", { channels: 1, height: 16, width: 16 }, [
  conv(5, 8),
  relu(),
  maxPool(2, { stride: 2 }),
  conv(6, 200),
  relu(),
  conv(1, CLASSES.length),
  softmaxLogLoss(),
]);

/** What steps have made. */
export interface CardSteps {
  /** the objective of each step */
  readonly objectives: readonly number[];
  /** the filters of the first layer afterwards */
  readonly filters: readonly number[];
}

/**
 * @param beforeLast called before the last step
 * @param afterLast called after it
 */
export async function cardSteps(
  engine: Engine,
  beforeLast: () => void = () => undefined,
  afterLast: () => void = () => undefined,
): Promise<CardSteps> {
  const random = stream(1, "card");
  const bytes = Uint8Array.from({ length: STEPS * BATCH * PIXELS }, () => random.integer(0, 255));
  const labels = Array.from({ length: STEPS * BATCH }, () => random.integer(0, CLASSES.length - 1));
  const samples = {
    count: STEPS * BATCH,
    shape: { channels: 1, height: 16, width: 16 },
    target: classTarget(CLASSES, labels),
    read: (index: number, _epoch: number, into: Uint8Array, offset: number): void =>
      into.set(bytes.subarray(index * PIXELS, (index + 1) * PIXELS), offset),
  };
  const options = { normalization: { mean: [127], scale: 1 / 127 }, batchSize: BATCH, rule: { solver: sgd() } };
  const stepper = await openStepper(engine, network, samples, options, initialize(network, 1));
  const objectives: number[] = [];
  for (const [i, batch] of [...batches(samples.count, BATCH, 1, 1, true)].entries()) {
    if (i === STEPS - 1) beforeLast();
    const place = { epoch: 1, batch: i + 1, step: i + 1, learningRate: 0.01 };
    objectives.push((await stepper.step(batch, place)).sums.objective);
  }
  afterLast();
  const { parameters } = await stepper.copyState();
  await stepper.close();
  return { objectives, filters: Array.from(parameters.get("conv1/filters")?.data ?? []) };
}
