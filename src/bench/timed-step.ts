/** One training step of a network, made ready to be timed. */

import type { Samples } from "../data/samples.js";
import { classTarget } from "../data/target.js";
import { DEVICES } from "../engine/devices.js";
import type { Engine, Values } from "../engine/engine.js";
import { float32, tensor, zeros } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { inputOf, type Network, outputOf } from "../network/network.js";
import { stream } from "../random/stream.js";
import { sgd } from "../training/solver/solver.js";
import { batches } from "../training/step/batches.js";
import { trainingGraph } from "../training/step/graphs.js";
import { initialize } from "../training/step/initialize.js";
import { openStepper } from "../training/step/stepper.js";
import { initialState, next } from "../training/step/update.js";
import type { Normalization } from "../values/normalization.js";

export const BATCH = 100;

/** Runs a step and returns its milliseconds. Parameters are double-buffered, as in training. */
export interface TimedStep {
  (): Promise<number>;
  /** what a step takes: the parameters, what the solver keeps and the batch */
  readonly fed: Values;
  /** what the last step has made: the objective, the next parameters and what the solver keeps */
  made(): Values;
  /** what a step hands over to the device, and what comes back */
  crossing(): readonly Tensor[];
  close(): Promise<void>;
}

/** Makes steps as training does, in the workers of an engine: with batches that are read from samples, of random bytes. */
export async function timedStepper(engine: Engine, network: Network, size = BATCH): Promise<() => Promise<unknown>> {
  const { channels, height, width } = inputOf(network);
  const random = stream(1, "bench");
  const classes = outputOf(network).channels;
  const bytes = Uint8Array.from({ length: size * channels * height * width }, () => random.integer(0, 255));
  const samples: Samples = {
    count: size,
    shape: { channels, height, width },
    target: classTarget(
      Array.from({ length: classes }, (_, i) => `${i}`),
      Array.from({ length: size }, () => random.integer(0, classes - 1)),
    ),
    read: (index, _epoch, into, offset) => {
      const each = bytes.length / size;
      into.set(bytes.subarray(index * each, (index + 1) * each), offset);
    },
  };
  const options = { normalization: normalizationFor(network), batchSize: size, rule: { solver: sgd() } };
  const stepper = await openStepper(engine, network, samples, options, initialize(network, 1));
  const [batch] = batches(size, size, 1, 1, true);
  let step = 0;
  return () => stepper.step(batch, { epoch: 1, batch: 1, step: ++step, learningRate: 0.001 }, batch);
}

/** The lecture's network takes pictures times 256, the others times 1. */
const normalizationFor = (network: Network): Normalization => ({
  mean: Array<number>(inputOf(network).channels).fill(127.5),
  scale: (network.name === "ocr" ? 256 : 1) / 255,
});

/** Loads the training graph on an engine. Images are random bytes. */
export async function timedStep(engine: Engine, network: Network, size = BATCH): Promise<TimedStep> {
  const { channels, height, width } = inputOf(network);
  const random = stream(1, "bench");
  const rule = { solver: sgd() };
  const program = await engine.load(trainingGraph(network, normalizationFor(network), rule, size));
  const images = zeros("uint8", [size, channels, height, width]);
  for (let i = 0; i < images.data.length; i++) images.data[i] = random.integer(0, 255);
  // one for each picture, or for each of its pixels
  const { height: rows, width: columns, channels: classes } = outputOf(network);
  const labels = zeros("int64", rows * columns > 1 ? [size, 1, rows, columns] : [size]);
  for (let i = 0; i < labels.data.length; i++) labels.data[i] = BigInt(random.integer(0, classes - 1));
  const batch = {
    images,
    labels,
    weights: float32(Array<number>(size).fill(1), [size]),
    learningRate: float32([0.001]),
    step: float32([1]),
    // networks with dropout are fed what its masks are made from
    ...(program.inputs.some(({ name }) => name === "randomSeed")
      ? { randomSeed: tensor("int32", [], Int32Array.of(1)) }
      : {}),
  };
  const parameters = initialize(network, 1);
  const begun = [...parameters, ...initialState(network, rule, parameters)];
  const kept = (): Record<string, Tensor> =>
    Object.fromEntries(begun.map(([name, value]) => [name, program.keep(value)]));
  let [current, spare] = [kept(), kept()];
  let made: Values = {};
  const step = async (): Promise<number> => {
    const into = Object.fromEntries(Object.entries(spare).map(([name, value]) => [next(name), value]));
    const started = performance.now();
    made = await program.run({ ...current, ...batch }, into);
    const milliseconds = performance.now() - started;
    [current, spare] = [spare, current];
    return milliseconds;
  };
  const crossing = (): Tensor[] => {
    const all = [...Object.values({ ...current, ...batch }), ...Object.values(made)];
    const stay = new Set(DEVICES[engine.device].keepsTensors ? [current, spare].flatMap(Object.values<Tensor>) : []);
    return all.filter((each) => !stay.has(each));
  };
  const fed = { ...Object.fromEntries(begun), ...batch };
  return Object.assign(step, { fed, made: () => made, crossing, close: () => program.close() });
}
