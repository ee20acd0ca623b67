/** Our own steps in a page. */

import { classTarget } from "../data/target.js";
import { webEngine } from "../engine/web.js";
import { ocr } from "../network/zoo/ocr.js";
import { stream } from "../random/stream.js";
import { trainInWorker } from "../training/web/train-in-worker.js";
import { timedStep } from "./timed-step.js";

/** What a page measures. */
interface Task {
  readonly threads: number;
  readonly batch: number;
}

async function startContender({ threads, batch }: Task) {
  const engine = await webEngine({ threads });
  if (engine.threads !== threads) throw new Error("the page has no threads");
  return { version: "", step: await timedStep(engine, ocr(), batch) };
}

/**
 * Trains in a worker for some steps.
 *
 * @returns milliseconds until the first step was told, and how long the page could do nothing else, at most
 */
async function trainAside({ threads, batch }: Task, steps: number): Promise<{ first: number; blocked: number }> {
  const random = stream(1, "bench");
  const size = 1024;
  const training = {
    shape: { channels: 1, height: 32, width: 32 },
    pixels: Uint8Array.from({ length: steps * batch * size }, () => random.integer(0, 255)),
    target: classTarget(
      [..."abcdefghijklmnopqrstuvwxyz"],
      Array.from({ length: steps * batch }, (_, i) => i % 26),
    ),
  };
  const normalization = { mean: [127.5], scale: 256 / 255 };
  let blocked = 0;
  let last = performance.now();
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    const now = performance.now();
    blocked = Math.max(blocked, now - last);
    last = now;
    port2.postMessage(undefined);
  };
  const started = performance.now();
  last = started;
  port2.postMessage(undefined);
  let first = 0;
  const options = { training, normalization, epochs: 1, batchSize: batch, learningRate: 0.001, engine: { threads } };
  for await (const { type } of trainInWorker(ocr(), options)) {
    if (type === "batch" && first === 0) first = performance.now() - started;
  }
  port1.close();
  return { first, blocked };
}

Object.assign(globalThis, { startContender, trainAside });
