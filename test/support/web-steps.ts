/** Training steps of networks of the zoo on random pictures, the same in a page and in Node. */

import { classTarget } from "../../src/data/target.js";
import type { Engine } from "../../src/engine/engine.js";
import { ZOO } from "../../src/network/zoo/index.js";
import { stream } from "../../src/random/stream.js";
import { sgd } from "../../src/training/solver/solver.js";
import { batches } from "../../src/training/step/batches.js";
import { initialize } from "../../src/training/step/initialize.js";
import { openStepper } from "../../src/training/step/stepper.js";

/** The networks of 32×32 that are compared. */
export type StepNetwork = "ocr" | "cifarQuick";

const STEPS = 50;
const BATCH = 4;
const SIDE = 32;
const CLASSES = [..."abcdefghij"];

/** The objective of each of 50 steps of 4 pictures of 32×32. */
export async function webSteps(engine: Engine, name: StepNetwork): Promise<readonly number[]> {
  const network = ZOO[name](CLASSES.length);
  const shape = { channels: name === "ocr" ? 1 : 3, height: SIDE, width: SIDE };
  const size = shape.channels * SIDE * SIDE;
  const random = stream(1, "page");
  const bytes = Uint8Array.from({ length: STEPS * BATCH * size }, () => random.integer(0, 255));
  const samples = {
    count: STEPS * BATCH,
    shape,
    target: classTarget(
      CLASSES,
      Array.from({ length: STEPS * BATCH }, (_, i) => i % CLASSES.length),
    ),
    read: (index: number, _epoch: number, into: Uint8Array, offset: number): void =>
      into.set(bytes.subarray(index * size, (index + 1) * size), offset),
  };
  const normalization = { mean: Array(shape.channels).fill(127), scale: 1 / 127 };
  const options = { normalization, batchSize: BATCH, rule: { solver: sgd() } };
  const stepper = await openStepper(engine, network, samples, options, initialize(network, 1));
  const objectives: number[] = [];
  for (const [i, batch] of [...batches(samples.count, BATCH, 1, 1, true)].entries()) {
    const place = { epoch: 1, batch: i + 1, step: i + 1, learningRate: 0.001 };
    objectives.push((await stepper.step(batch, place)).sums.objective / BATCH);
  }
  await stepper.close();
  return objectives;
}
