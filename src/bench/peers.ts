/** The other toolboxes that Bell Pepper is measured against. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Contender } from "./interleaved.js";

/** PyTorch in a process of its own. */
export interface PyTorch {
  readonly version: string;
  contender(network: string, threads: number): Contender;
  close(): void;
}

/** Starts PyTorch; undefined where the machine has none. */
export async function pyTorch(): Promise<PyTorch | undefined> {
  // The script is not compiled: it lies in the source folder.
  const script = fileURLToPath(new URL("../../src/bench/pytorch-step.py", import.meta.url));
  for (const python of ["/usr/bin/python3", "python3"]) {
    const child = spawn(python, [script], { stdio: ["pipe", "pipe", "pipe"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed(child)]);
    if (first === undefined || first.done) continue;
    const { version } = JSON.parse(first.value);
    return {
      version,
      contender: (network, threads) => ({
        name: `PyTorch ${version}`,
        async run(steps) {
          child.stdin.write(`${network} ${threads} ${steps}\n`);
          const answer = await lines.next();
          if (answer.done) throw new Error("PyTorch ended.");
          return JSON.parse(answer.value);
        },
      }),
      close: () => child.stdin.end(),
    };
  }
  return undefined;
}

const failed = (child: ChildProcessWithoutNullStreams): Promise<undefined> =>
  new Promise((resolve) => {
    child.once("error", () => resolve(undefined));
    child.once("exit", () => resolve(undefined));
  });

/** The milliseconds of one step of TensorFlow.js on its JavaScript backend, batch 100; undefined where it is not installed. */
export async function tensorFlowStep(): Promise<{ version: string; milliseconds: number } | undefined> {
  try {
    const tf = await import("@tensorflow/tfjs");
    await tf.setBackend("cpu");
    type Image = import("@tensorflow/tfjs").Tensor4D;
    const filter = (shape: Image["shape"]) =>
      tf.variable<import("@tensorflow/tfjs").Rank.R4>(tf.randomNormal(shape, 0, 0.01));
    const filters = [filter([5, 5, 1, 20]), filter([5, 5, 20, 50]), filter([4, 4, 50, 500]), filter([2, 2, 500, 26])];
    const biases = [20, 50, 500, 26].map((count) => tf.variable(tf.zeros([count])));
    const images = tf.randomNormal<import("@tensorflow/tfjs").Rank.R4>([100, 32, 32, 1], 0, 64);
    const labels = tf.oneHot(tf.mod(tf.range(0, 100, 1, "int32"), tf.scalar(26, "int32")), 26);
    const solver = tf.train.momentum(0.001, 0.9);
    const conv = (x: Image, layer: number): Image => tf.add(tf.conv2d(x, filters[layer], 1, "valid"), biases[layer]);
    const loss = (): import("@tensorflow/tfjs").Scalar => {
      const first = tf.maxPool(conv(images, 0), 2, 2, "valid");
      const second = tf.maxPool(conv(first, 1), 2, 2, "valid");
      const scores = tf.reshape(conv(tf.relu(conv(second, 2)), 3), [100, 26]);
      return tf.reshape(tf.losses.softmaxCrossEntropy(labels, scores), []);
    };
    const started = performance.now();
    solver.minimize(loss, true)?.dataSync();
    return { version: tf.version.tfjs, milliseconds: performance.now() - started };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}
