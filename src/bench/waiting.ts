/** How much of their time networks wait for their pictures, in the recipes of docs/results.md. */

import { randomBits } from "../data/change/elastic.js";
import { JITTER_PRESETS, type Jitter } from "../data/change/jitter-description.js";
import { jitterPictures } from "../data/change/jitter-pictures.js";
import type { Samples } from "../data/samples.js";
import { type ClassTarget, classesOf, classTarget } from "../data/target.js";
import { nodeEngine } from "../engine/node.js";
import { lettersTask } from "../jobs/letters/letters-task-file.js";
import type { Network } from "../network/network.js";
import { type CompactOptions, compact } from "../network/zoo/index.js";
import { sgd } from "../training/solver/solver.js";
import { train } from "../training/train.js";

/** A recipe's pictures and network. */
interface Recipe {
  readonly name: string;
  readonly network: Network;
  readonly samples: Samples<ClassTarget>;
}

const BATCH = 100;
const STEPS = 12;

/** What takes the time is not what pictures show: random bytes of a recipe's size, changed as there. */
function recipe(
  name: string,
  [channels, side]: readonly [channels: number, side: number],
  classes: number,
  jitter: Jitter,
  options: CompactOptions = {},
): Recipe {
  const shape = { channels, height: side, width: side };
  const size = channels * side * side;
  const bits = randomBits(1);
  const bytes = Uint8Array.from({ length: 64 * size }, bits);
  const count = BATCH * STEPS;
  const labels = Uint16Array.from({ length: count }, (_, i) => i % classes);
  const samples: Samples<ClassTarget> = {
    count,
    shape,
    target: classTarget(
      Array.from({ length: classes }, (_, i) => `${i}`),
      labels,
    ),
    read: (index, _, into, offset) => into.set(bytes.subarray((index % 64) * size, ((index % 64) + 1) * size), offset),
  };
  return { name, network: compact(shape, classes, options), samples: jitterPictures(samples, jitter, 1) };
}

async function recipes(): Promise<Recipe[]> {
  const { light, digits, photograph, tissue } = JITTER_PRESETS;
  const { frame, training } = await lettersTask({});
  const count = BATCH * STEPS;
  const target = classesOf(training, "the bench");
  const labels = Array.from({ length: count }, (_, i) => target.labels[i]);
  const letters: Samples<ClassTarget> = { ...training, count, target: { ...target, labels } };
  return [
    { name: "letters (npm start)", network: frame.network, samples: letters },
    recipe("fashion-mnist", [1, 28], 10, { mirror: "horizontal", translate: 0.07 }, { width: 24 }),
    recipe("fashion-mnist-quick", [1, 28], 10, { mirror: "horizontal" }),
    recipe("mnist", [1, 28], 10, digits),
    recipe("quickdraw", [1, 28], 345, { ...light, mirror: "horizontal" }, { width: 24 }),
    recipe("tuxpaint", [3, 64], 6, { ...photograph, border: "constant" }),
    recipe("prostate", [3, 48], 4, tissue),
    recipe("digits (defaults)", [1, 20], 10, light),
    recipe("icons (defaults)", [1, 24], 10, light),
    recipe("stamps (defaults)", [3, 32], 6, light),
    recipe("textures (defaults)", [3, 24], 8, light),
  ];
}

/** Milliseconds to make a batch, with nothing else to do. */
function makingTime({ samples }: Recipe): number {
  const { channels, height, width } = samples.shape;
  const size = channels * height * width;
  const into = new Uint8Array(BATCH * size);
  const times: number[] = [];
  for (let round = 0; round < STEPS; round++) {
    const started = performance.now();
    for (let i = 0; i < BATCH; i++) samples.read(round * BATCH + i, 1, into, i * size);
    times.push(performance.now() - started);
  }
  return Math.min(...times);
}

/**
 * Trains each recipe for a few steps, and tells the share of the time in which its network waited.
 *
 * @returns a line for each recipe
 */
export async function measureWaiting(threads: number): Promise<string[]> {
  const lines: string[] = [];
  for (const one of await recipes()) {
    const { network, samples: training, name } = one;
    const { channels } = training.shape;
    const normalization = {
      mean: Array<number>(channels).fill(127.5),
      scale: (name.startsWith("letters") ? 256 : 1) / 255,
    };
    const options = { training, normalization, epochs: 2, batchSize: BATCH, solver: sgd(), learningRate: 1e-4 };
    let [waiting, step] = [0, 0];
    for await (const event of train(nodeEngine({ threads }), network, options)) {
      if (event.type !== "epoch") continue;
      waiting = event.train.waiting ?? 0;
      step = (1000 * BATCH) / event.train.imagesPerSecond;
    }
    const making = makingTime(one);
    lines.push(
      `${name.padEnd(20)} waits ${(100 * waiting).toFixed(2).padStart(5)} %; a step takes ${step.toFixed(1)} ms, a batch is made in ${making.toFixed(1)}, ${((100 * making) / step).toFixed(1)} % of that`,
    );
  }
  return lines;
}
