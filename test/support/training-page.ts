/** Trainings in a worker, told to the page's server. The same module is the worker. */

import { conv } from "../../src/blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../src/blocks/loss/class-losses.js";
import type { PlainSamples } from "../../src/data/plain-samples.js";
import { sequential } from "../../src/network/network.js";
import { serveTraining } from "../../src/training/web/serve-training.js";
import { trainInWorker } from "../../src/training/web/train-in-worker.js";
import { errorText } from "../../src/values/error-text.js";

const shape = { channels: 1, height: 6, width: 6 };

/** 120 pictures that are brighter on the left or on the right. */
export const sides: PlainSamples = {
  shape,
  pixels: Uint8Array.from({ length: 120 * 36 }, (_, i) => {
    const isLeft = i % 6 < 3;
    return 40 + ((i * 31) % 57) + ((Math.floor(i / 36) % 2 === 0) === isLeft ? 120 : 0);
  }),
  target: { kind: "classes", names: ["left", "right"], labels: Array.from({ length: 120 }, (_, i) => i % 2) },
};

export const sidesNetwork = () => sequential("sides", shape, [conv(3, 4), conv(4, 2), softmaxLogLoss()]);

/** What both sides train with. */
export const SIDES = { normalization: { mean: [100], scale: 1 / 64 }, epochs: 3, batchSize: 20, learningRate: 0.01 };

/** A worker of this module; import maps do not reach into workers. */
async function workers(): Promise<() => Worker> {
  const code = await (await fetch(import.meta.url)).text();
  const mapped = code.replaceAll('"onnxruntime-web/wasm"', `"${location.origin}/runtime/ort.wasm.min.mjs"`);
  const address = URL.createObjectURL(new Blob([mapped], { type: "text/javascript" }));
  return () => new Worker(address, { type: "module" });
}

async function told() {
  const start = await workers();
  const jitter = { translate: 1 };
  const options = { ...SIDES, training: sides, validation: sides, jitter, worker: start };
  const objectives: number[] = [];
  let whole: number[] = [];
  let turns = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  for await (const event of trainInWorker(sidesNetwork(), options)) {
    timer ??= setInterval(() => turns++);
    if (event.type === "batch") objectives.push(event.statistics.objective);
    if (event.type === "epoch") whole = [...event.state.parameters.values()].flatMap(({ data }) => [...data]);
  }
  clearInterval(timer);

  // the worker dies in the second epoch, as with a closed tab
  let killed: Worker | undefined;
  const kept = { ...options, checkpoints: { name: "sides", everySeconds: 0 } };
  const dying = trainInWorker(sidesNetwork(), { ...kept, worker: () => (killed = start()) });
  for (let event = await dying.next(); !event.done; event = await dying.next()) {
    if (event.value.type === "batch" && event.value.part === "train" && event.value.step === 9) break;
  }
  killed?.terminate();
  const steps: number[] = [];
  let resumed: number[] = [];
  for await (const event of trainInWorker(sidesNetwork(), kept)) {
    if (event.type === "batch" && event.part === "train") steps.push(event.step);
    if (event.type === "epoch") resumed = [...event.state.parameters.values()].flatMap(({ data }) => [...data]);
  }
  const other = trainInWorker(sidesNetwork(), { ...kept, batchSize: 30 });
  const refused = await other.next().then(() => "", errorText);

  // paused, then with another rate, then stopped
  const steered = trainInWorker(sidesNetwork(), { ...options, epochs: 1000 });
  const rates: number[] = [];
  let end = "";
  for await (const event of steered) {
    if (event.type === "stopped") end = `${event.type} after ${event.state.step > 3}`;
    if (event.type !== "batch" || event.part !== "train") continue;
    rates.push(event.learningRate);
    if (event.step === 3) {
      steered.pause();
      steered.changeLearningRate(0.001);
      setTimeout(() => steered.resume(), 100);
    }
    if (event.step === 20) steered.stop();
  }
  return { objectives, whole, turns, resumed, firstStep: steps[0], refused, rates: [rates[0], rates.at(-1)], end };
}

/** What a page tells. */
export type TrainingPage = Awaited<ReturnType<typeof told>> | { readonly error: string };

if ("WorkerGlobalScope" in globalThis) serveTraining();
else if ("document" in globalThis) {
  const answer = await told().catch((error) => ({ error: errorText(error) }));
  await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
}
