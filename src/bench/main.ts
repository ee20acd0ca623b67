/**
 * `npm run bench`: what Bell Pepper is measured by. Everything that is compared runs in turn, in one session; quote the ratios.
 *
 *   npm run bench                              all of it
 *   npm run bench -- where networks            some of it
 *   npm run bench -- where resnet20 unet-128   of some networks
 */

import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { loadLetters } from "../data/letters/letters-file.js";
import type { Engine } from "../engine/engine.js";
import { defaultThreads, nodeEngine } from "../engine/node.js";
import { GraphBuilder } from "../graph/builder.js";
import { zeros } from "../graph/tensor.js";
import { LETTERS, LETTERS_RATE } from "../jobs/settings/letters-settings.js";
import { fromOnnx, type TrainedModel } from "../network/model/model.js";
import type { Network } from "../network/network.js";
import { ocr } from "../network/zoo/index.js";
import type { TrainingState } from "../training/events.js";
import { sgd } from "../training/solver/solver.js";
import { measuredIn, type Statistics } from "../training/statistics/epoch-statistics.js";
import { train } from "../training/train.js";
import { measureBrowsers } from "./browsers.js";
import { measureDecoding } from "./decoding.js";
import { compareAll, measureDevices, startAll } from "./devices.js";
import { measureInference } from "./inference.js";
import { type Contender, interleaved, type Measured, median, ratio, repeated, timeText } from "./interleaved.js";
import { measureJitter } from "./jitter.js";
import { NETWORKS } from "./networks.js";
import { findPyTorch, ownSteps, ownTrainingSteps, type PyTorch, pyTorchSteps, tensorFlowStep } from "./peers.js";
import { type Part, profiledStep } from "./profile.js";
import { measureReading } from "./reading.js";
import { timedStep } from "./timed-step.js";
import { measureWaiting } from "./waiting.js";
import { measureWasm } from "./wasm.js";

const print = (text = ""): void => {
  process.stdout.write(`${text}\n`);
};

const ROUNDS = 7;
const STEPS = 10;
const SIZE = 1024;

async function ownStep(threads: number, network: Network = ocr()): Promise<Contender> {
  const step = await timedStep(nodeEngine({ threads }), network);
  return { name: `Bell Pepper, ${threads} thread${threads > 1 ? "s" : ""}`, run: (steps) => repeated(step, steps) };
}

async function matrixProduct(engine: Engine): Promise<Contender> {
  const g = new GraphBuilder("matrix product");
  const sides = ["a", "b"].map((name) => g.input(name, "float32", [SIZE, SIZE]));
  g.output("c", g.op("MatMul", sides));
  const program = await engine.load(g.build());
  const [a, b, c] = [0, 1, 2].map(() => zeros("float32", [SIZE, SIZE]));
  for (let i = 0; i < SIZE * SIZE; i++) a.data[i] = b.data[i] = (i % 97) / 97;
  const once = async (): Promise<number> => {
    const started = performance.now();
    await program.run({ a, b }, { c });
    return performance.now() - started;
  };
  return { name: "matrix product 1024³", run: (steps) => repeated(once, steps) };
}

const line = (measured: Measured): void => print(`  ${measured.name.padEnd(28)} ${timeText(measured)}`);

const NO_PYTORCH =
  "PyTorch 2: skipped, there is no Python with it (pip install torch torchvision timm onnxscript; PYTHON names the one to take)";

/** Where the time of a step goes: of the lecture's network layer by layer, of the others by what is done, beside the machine's matrix product. */
async function where(named: readonly string[]): Promise<void> {
  print("Where a training step's time goes, one thread");
  const engine = nodeEngine({ threads: 1 });
  const product = median(await (await matrixProduct(engine)).run(ROUNDS * STEPS));
  const peak = (2e-6 * SIZE ** 3) / product;
  print(
    `  a matrix product of ${SIZE}³: ${peak.toFixed(0)} GFLOP/s; the operators' times are the profiler's, which adds to each`,
  );
  for (const name of named) {
    const { network, batch } = NETWORKS[name];
    const grouping = name === "ocr" ? "layers" : "purposes";
    const { milliseconds, parts } = await profiledStep(network(), grouping, { threads: 1, steps: 5, batch });
    const sum = (of: (part: Part) => number): number => parts.reduce((total, part) => total + of(part), 0);
    const whole = {
      name: "the whole step",
      milliseconds,
      nodes: sum((part) => part.nodes),
      gigaflop: sum((part) => part.gigaflop),
      gigabytes: sum((part) => part.gigabytes),
    };
    print(
      `\n  ${name}, batch ${batch}${"operators".padStart(60 - name.length - `${batch}`.length)}  useful work            read and written`,
    );
    for (const part of [whole, ...parts.filter((one) => one.milliseconds >= milliseconds / 200)])
      print(`  ${partText(part, milliseconds, peak)}`);
  }
}

function partText({ name, milliseconds, nodes, gigaflop, gigabytes }: Part, whole: number, peak: number): string {
  const speed = (1000 * gigaflop) / milliseconds;
  return [
    name.padEnd(44),
    `${milliseconds.toFixed(1).padStart(8)} ms ${((100 * milliseconds) / whole).toFixed(0).padStart(4)} %`,
    `${nodes}`.padStart(6),
    gigaflop > 0
      ? `${speed.toFixed(0).padStart(5)} GFLOP/s ${((100 * speed) / peak).toFixed(0).padStart(4)} %`
      : " ".repeat(20),
    `${gigabytes.toFixed(2).padStart(6)} GB, ${((1000 * gigabytes) / milliseconds).toFixed(0).padStart(3)} GB/s`,
  ].join(" ");
}

/** Each network against PyTorch in both its layouts, of which the faster one counts, with one thread and two. */
async function networks(named: readonly string[]): Promise<void> {
  const torch = await findPyTorch();
  print(
    `Training steps of networks that people use, in processes of their own, in turn; PyTorch ${torch?.version ?? "is not there"}`,
  );
  if (!torch) print(`  ${NO_PYTORCH}`);
  for (const name of named) {
    const { batch } = NETWORKS[name];
    for (const threads of [1, 2].slice(0, availableParallelism())) {
      print(
        `  ${name}, batch ${batch}, ${threads} thread${threads > 1 ? "s" : ""} (load average ${loadavg()[0].toFixed(1)})`,
      );
      await compare(name, threads, torch);
    }
  }
}

async function compare(name: string, threads: number, torch: PyTorch | undefined): Promise<void> {
  const started = await startAll(
    [
      () => ownSteps(name, threads),
      ...(torch ? LAYOUTS.map((layout) => () => pyTorchSteps(torch, name, threads, layout)) : []),
    ],
    print,
  );
  await compareAll(started, print);
}

const LAYOUTS = ["nchw", "channels_last"] as const;

/** Networks in use against PyTorch's own ONNX files of them, in the same runtime. */
async function inference(named: readonly string[]): Promise<void> {
  const torch = await findPyTorch();
  print(
    `Networks in use, in ONNX Runtime, in processes of their own, in turn; PyTorch ${torch?.version ?? "is not there"}`,
  );
  if (!torch) print(`  ${NO_PYTORCH}`);
  for await (const text of measureInference(named, torch)) print(`  ${text}`);
}

/** Each network on each device that there is. */
async function devices(named: readonly string[]): Promise<void> {
  const torch = await findPyTorch();
  print("Training steps of networks that people use, on each device");
  if (!torch) print(`  ${NO_PYTORCH}`);
  await measureDevices(named, torch, print);
}

/** Two threads against one. */
async function threads(): Promise<void> {
  print("Two threads against one, the same step");
  if (availableParallelism() < 2) return print("  skipped: one core");
  const [one, two] = await interleaved([await ownStep(1), await ownStep(2)], ROUNDS, STEPS);
  line(one);
  line(two);
  print(`  two threads are ${ratio(one, two).toFixed(2)} × as fast as one (load average ${loadavg()[0].toFixed(1)})`);
}

/** Workers that divide a batch against threads inside of operators, as training uses them. */
async function workers(named: readonly string[]): Promise<void> {
  print(
    "Training steps in workers, which each compute a share of the batch, and with threads inside of operators, in turn",
  );
  if (availableParallelism() < 2) return print("  skipped: one core");
  for (const name of named.length === Object.keys(NETWORKS).length ? IN_WORKERS : named) {
    print(`  ${name}, batch ${NETWORKS[name].batch} (load average ${loadavg()[0].toFixed(1)})`);
    const ways = [
      [1, 1],
      [2, 1],
      [2, 2],
    ] as const;
    await compareAll(
      await startAll(
        ways.map(
          ([threads, count]) =>
            () =>
              ownTrainingSteps(name, threads, count),
        ),
        print,
      ),
      print,
      false,
    );
  }
}

/** The JavaScript backend of TensorFlow.js: one step takes a minute. */
async function tensorflow(): Promise<void> {
  print("TensorFlow.js, cpu backend, one step of the same network");
  const own = await ownStep(1);
  const before = median(await own.run(STEPS));
  const peer = await tensorFlowStep();
  if (!peer) return print("  skipped: @tensorflow/tfjs is not installed");
  const after = median(await own.run(STEPS));
  print(
    `  TensorFlow.js ${peer.version}: ${peer.milliseconds.toFixed(0)} ms; Bell Pepper before and after: ${before.toFixed(1)}, ${after.toFixed(1)} ms`,
  );
  print(`  ${(peer.milliseconds / ((before + after) / 2)).toFixed(0)} × as fast as TensorFlow.js`);
}

/** The whole recipe, without jitter. */
async function recipe(): Promise<void> {
  const count = defaultThreads();
  const { epochs, batchSize, learningRate, solver, seed } = LETTERS.make({
    epochs: 15,
    solver: sgd(),
    learningRate: LETTERS_RATE,
  });
  print(`The lecture's recipe: ${epochs} epochs without jitter, ${count} threads`);
  const { training, validation, mean } = await loadLetters();
  const started = performance.now();
  let state: TrainingState | undefined;
  const settings = { epochs, batchSize, learningRate, solver, seed };
  const normalization = { mean: [mean], scale: 256 / 255 };
  for await (const event of train(nodeEngine({ threads: count }), ocr(), {
    ...settings,
    training,
    validation,
    normalization,
  })) {
    if (event.type !== "epoch" || !event.validation) continue;
    state = event.state;
    const seconds = (performance.now() - started) / 1000;
    if (event.epoch % 5 === 0 || event.epoch === 1) {
      print(
        `  epoch ${String(event.epoch).padStart(2)}: validation ${measuredText(event.validation)}, after ${seconds.toFixed(0)} s`,
      );
    }
  }
  if (!state) return;
  await printErrorRate("trained without jitter", {
    network: ocr(),
    parameters: state.parameters,
    classes: training.target.names,
    normalization,
    history: [],
  });
}

/** The character error rate of the packaged model, which was trained with jitter. */
async function reading(): Promise<void> {
  print("Reading 20 sentences in 10 typefaces that were not trained on, lines 32 pixels high");
  const model = fromOnnx(await readFile(new URL("../../assets/ocr.onnx", import.meta.url)));
  await printErrorRate("trained with jitter (assets/ocr.onnx)", model);
}

async function printErrorRate(what: string, model: TrainedModel): Promise<void> {
  const { characterErrorRate, byTypeface } = await measureReading(model);
  const parts = Object.entries(byTypeface).map(([name, rate]) => `${name} ${(100 * rate).toFixed(1)}`);
  print(`  character error rate, ${what}: ${(100 * characterErrorRate).toFixed(2)} % (${parts.join(", ")})`);
}

/** Jitter against the networks that it feeds. */
async function jitter(): Promise<void> {
  print("Jitter of 32×32 pictures on one thread, batches of 100, beside the steps that take them");
  const { training } = await loadLetters();
  for (const text of await measureJitter(training, defaultThreads())) print(`  ${text}`);
}

/** Networks whose steps are divided among workers, unless networks were asked for. */
const IN_WORKERS = ["ocr", "cifarVgg", "resnet20", "mobilenetV2-96"];

/** What people train in a page, unless networks were asked for. */
const IN_PAGES = ["ocr", "lenet", "cifarVgg", "resnet20"];

/** The step in WebAssembly, in Node and in a browser. */
async function wasm(named: readonly string[]): Promise<void> {
  print("Training steps in WebAssembly; medians");
  const all = named.length === Object.keys(NETWORKS).length;
  for (const name of all ? IN_PAGES : named) await measureWasm(name, (text) => print(`  ${text}`));
}

/** Toolboxes that train in a page. */
async function browser(): Promise<void> {
  print("Training steps of the lecture's network in a page, each toolbox in a tab of one Chromium, in turn");
  await measureBrowsers((text) => print(`  ${text}`));
}

/** Opening photographs, beside sharp alone. */
async function decoding(): Promise<void> {
  print("A folder of 300 JPEGs of 500×375, decoded to 224×224, all cores");
  for (const text of await measureDecoding()) print(`  ${text}`);
}

/** What the recipes of docs/results.md wait for their pictures. */
async function waiting(): Promise<void> {
  const count = defaultThreads();
  print(
    `Waiting for pictures in the recipes of docs/results.md, a few steps of each, ${count} threads (load average ${loadavg()[0].toFixed(1)})`,
  );
  for (const text of await measureWaiting(count)) print(`  ${text}`);
}

/** By name; each is told of which networks. */
const SECTIONS: Readonly<Record<string, (named: readonly string[]) => Promise<void>>> = {
  where,
  networks,
  inference,
  devices,
  threads,
  workers,
  wasm,
  browser,
  jitter,
  decoding,
  waiting,
  recipe,
  reading,
  tensorflow,
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(SECTIONS, name) && !Object.hasOwn(NETWORKS, name));
if (unknown !== undefined) {
  process.stderr.write(
    `There is no section and no network '${unknown}': expected ${[...Object.keys(SECTIONS), ...Object.keys(NETWORKS)].join(", ")}.\n`,
  );
  process.exit(2);
}
/** Those that were asked for, or all. */
const chosen = (all: Readonly<Record<string, unknown>>): string[] => {
  const names = Object.keys(all).filter((name) => asked.includes(name));
  return names.length > 0 ? names : Object.keys(all);
};
print(
  `${cpus()[0].model.trim()}, ${availableParallelism()} threads to use, Node ${process.version}, load average ${loadavg()[0].toFixed(1)}\n`,
);
for (const name of chosen(SECTIONS)) {
  await SECTIONS[name](chosen(NETWORKS));
  print();
}

/** "top-1 error 2.93 %, top-5 error 0.25 %, objective 0.104" */
function measuredText(statistics: Statistics): string {
  const texts = measuredIn(statistics).map(({ title, value }) => `${title} ${(100 * value).toFixed(2)} %`);
  return [...texts, `objective ${statistics.objective.toFixed(3)}`].join(", ");
}
