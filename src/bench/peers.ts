/** The other toolboxes that Bell Pepper is measured against. */

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Device } from "../engine/engine.js";
import type { Checked } from "./device-check.js";
import type { Contender } from "./interleaved.js";

/** What a process said first: the version of the toolbox, and how long it took to be ready and to make the first step; or what it misses. */
interface Ready {
  readonly version: string;
  readonly loaded: number;
  readonly first: number;
  readonly missing?: string;
}

/** A toolbox that makes training steps in a process of its own, so that its memory is its own too. */
export interface Peer extends Contender {
  /** milliseconds until it was ready for the first step */
  readonly loaded: number;
  /** milliseconds of the first step, in which cards compile their programs */
  readonly first: number;
  /** the most memory that it ever had, so far */
  megabytes(): number;
  close(): void;
}

/** Starts a process that makes steps when it is told how many; a sentence where it cannot. */
async function peer(name: string, command: string, args: readonly string[]): Promise<Peer | string> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  const first = await Promise.race([lines.next(), failed(child)]);
  clearTimeout(late);
  if (first === undefined || first.done) return `${name} ${endOf(child)}`;
  const ready: Ready = JSON.parse(first.value);
  if (ready.missing !== undefined) return `${name}: ${ready.missing}`;
  let megabytes = 0;
  return {
    name,
    loaded: ready.loaded,
    first: ready.first,
    megabytes: () => megabytes,
    async run(steps) {
      child.stdin.write(`${steps}\n`);
      const answer = await lines.next();
      if (answer.done) throw new Error(`${name} ended.`);
      if ("missing" in JSON.parse(answer.value)) throw new Error(JSON.parse(answer.value).missing);
      const made: { times: number[]; megabytes: number } = JSON.parse(answer.value);
      ({ megabytes } = made);
      return made.times;
    },
    close: () => child.stdin.end(),
  };
}

// The scripts are not compiled: they lie in the source folder.
const script = (name: string): string => fileURLToPath(new URL(`../../src/bench/${name}`, import.meta.url));
const SCRIPT = script("pytorch-step.py");

/** A Python with PyTorch 2 or later. */
export interface PyTorch {
  readonly python: string;
  readonly version: string;
}

/**
 * Finds a Python that has PyTorch 2 or later: that of the environment variable PYTHON, of a virtual environment that is active or lies in the project's folder
 * `.venv`, or the machine's; the newest of them.
 */
export async function findPyTorch(): Promise<PyTorch | undefined> {
  const { PYTHON, VIRTUAL_ENV } = process.env;
  const places = [
    PYTHON,
    VIRTUAL_ENV && `${VIRTUAL_ENV}/bin/python`,
    ".venv/bin/python",
    "python3",
    "/usr/bin/python3",
  ];
  const found: PyTorch[] = [];
  for (const python of new Set(places.flatMap((place) => (place ? [place] : [])))) {
    const child = spawn(python, [SCRIPT], { stdio: ["ignore", "pipe", "ignore"] });
    const first = await Promise.race([
      createInterface({ input: child.stdout })[Symbol.asyncIterator]().next(),
      failed(child),
    ]);
    if (first === undefined || first.done) continue;
    const { version }: Ready = JSON.parse(first.value);
    if (Number.parseInt(version, 10) >= 2) found.push({ python, version });
  }
  return found.sort((a, b) => b.version.localeCompare(a.version, "en", { numeric: true }))[0];
}

/** PyTorch's steps of a network, in one of its two layouts. */
export const pyTorchSteps = (
  { python, version }: PyTorch,
  network: string,
  threads: number,
  layout: "nchw" | "channels_last",
): Promise<Peer | string> => peer(`PyTorch ${version}, ${layout}`, python, [SCRIPT, network, `${threads}`, layout]);

/** PyTorch's steps of a network on an NVIDIA card, with the products of its matrices rounded to 10 bits (TF32) or not. */
export const pyTorchCardSteps = (
  { python, version }: PyTorch,
  network: string,
  tf32: boolean,
): Promise<Peer | string> =>
  peer(`PyTorch ${version}, cuda${tf32 ? ", TF32" : ""}`, python, [
    SCRIPT,
    network,
    "1",
    "nchw",
    tf32 ? "cuda-tf32" : "cuda",
  ]);

/** Our own steps of a network. */
export const ownSteps = (
  network: string,
  threads: number,
  device: Device = "cpu",
  name = "Bell Pepper",
): Promise<Peer | string> => peer(name, process.execPath, [compiled("own-step.js"), network, `${threads}`, device]);

/** Our own steps as training makes them, with its batches read from samples, in so many workers. */
export const ownTrainingSteps = (network: string, threads: number, workers: number): Promise<Peer | string> =>
  peer(`${threads} thread${threads > 1 ? "s" : ""}, ${workers} worker${workers > 1 ? "s" : ""}`, process.execPath, [
    ...[compiled("own-step.js"), network, `${threads}`, "cpu", `${workers}`],
  ]);

/** What steps on a device make of a network; a sentence where it fails. */
export async function checkSteps(network: string, device: Device): Promise<Checked | string> {
  const child = spawn(process.execPath, [compiled("device-check.js"), network, device], {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: PATIENCE,
    killSignal: "SIGKILL",
  });
  const first = await Promise.race([
    createInterface({ input: child.stdout })[Symbol.asyncIterator]().next(),
    failed(child),
  ]);
  if (first === undefined || first.done) return `it ${endOf(child)}`;
  const checked: Checked | { missing: string } = JSON.parse(first.value);
  return "missing" in checked ? checked.missing : checked;
}

/** So many milliseconds a process has for its first answer. */
const PATIENCE = 180_000;

const endOf = ({ signalCode, exitCode }: ChildProcess): string =>
  signalCode === "SIGKILL"
    ? `takes longer than ${PATIENCE / 1000} s`
    : `ended with ${signalCode ?? exitCode ?? "no word"}`;

/** Writes PyTorch's own ONNX file of a network, for batches of one size; a sentence where it cannot. */
export async function exportedFile(
  { python, version }: PyTorch,
  network: string,
  batch: number,
  file: string,
): Promise<{ readonly multiplyAdds: number } | string> {
  const child = spawn(python, [script("pytorch-export.py"), network, `${batch}`, file], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const first = await Promise.race([
    createInterface({ input: child.stdout })[Symbol.asyncIterator]().next(),
    failed(child),
  ]);
  if (first === undefined || first.done) return `PyTorch ${version} does not write one`;
  const { missing, multiplyAdds }: { missing?: string; multiplyAdds: number } = JSON.parse(first.value);
  return missing ?? { multiplyAdds };
}

/** What ONNX Runtime makes of a file, without Bell Pepper. @param shape of the batch */
export const fileAnswers = (
  name: string,
  file: string,
  threads: number,
  [batch, ...sizes]: readonly number[],
): Promise<Peer | string> =>
  peer(name, process.execPath, [compiled("file-answers.js"), file, `${batch}`, `${threads}`, ...sizes.map(String)]);

/** What our classifier says, from bytes to classes. */
export const classifierAnswers = (file: string, threads: number, batch: number): Promise<Peer | string> =>
  peer("Bell Pepper, from bytes to classes", process.execPath, [
    compiled("own-answers.js"),
    file,
    `${batch}`,
    `${threads}`,
  ]);

const compiled = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const failed = (child: ChildProcess): Promise<undefined> =>
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
