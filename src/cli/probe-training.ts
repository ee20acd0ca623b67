/** Times training steps with threads inside of operators and in workers, in turn. Run by the doctor in a process of its own. */

import { classTarget } from "../data/target.js";
import { nodeEngine } from "../engine/node.js";
import { inputOf, outputOf } from "../network/network.js";
import { ocr } from "../network/zoo/index.js";
import { sgd } from "../training/solver/solver.js";
import { batches } from "../training/step/batches.js";
import { initialize } from "../training/step/initialize.js";
import { openStepper } from "../training/step/stepper.js";
import { errorText } from "../values/error-text.js";
import type { StepTimes } from "./text/workers.js";

const BATCH = 100;
const STEPS = 9;
/** The first ones get memory, and are not counted. */
const FIRST = 2;

/** Milliseconds of a step of the letters' network on 100 letters: the median of each way. */
async function timesWith(threads: number): Promise<StepTimes> {
  const [together, divided] = [await stepIn(threads, 1), await stepIn(threads, threads)];
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < STEPS; i++) {
    for (const [way, step] of [together, divided].entries()) {
      const started = performance.now();
      await step();
      if (i >= FIRST) times[way].push(performance.now() - started);
    }
  }
  const [inside, workers] = times.map((each) => each.sort((a, b) => a - b)[Math.floor(each.length / 2)]);
  return { threads, inside, workers };
}

/** A step that can be made again and again. */
async function stepIn(threads: number, workers: number): Promise<() => Promise<unknown>> {
  const network = ocr();
  const labels = Array.from({ length: BATCH }, (_, i) => i % outputOf(network).channels);
  const samples = {
    count: BATCH,
    shape: inputOf(network),
    target: classTarget(
      Array.from({ length: outputOf(network).channels }, (_, i) => `${i}`),
      labels,
    ),
    read: (index: number, _epoch: number, into: Uint8Array, offset: number) => {
      for (let i = 0; i < 32 * 32; i++) into[offset + i] = (31 * i + 7 * index * i) % 256;
    },
  };
  const options = { normalization: { mean: [127], scale: 1 }, batchSize: BATCH, rule: { solver: sgd() } };
  const engine = nodeEngine({ threads, workers });
  const stepper = await openStepper(engine, network, samples, options, initialize(network, 1));
  const [batch] = batches(BATCH, BATCH, 1, 1, false);
  let step = 0;
  return () => stepper.step(batch, { epoch: 1, batch: 1, step: ++step, learningRate: 1e-6 }, batch);
}

try {
  process.stdout.write(`${JSON.stringify(await timesWith(Number(process.argv[2])))}\n`);
  process.exit(0);
} catch (error) {
  process.stderr.write(`\n${errorText(error).split("\n")[0]}\n`);
  process.exit(1);
}
