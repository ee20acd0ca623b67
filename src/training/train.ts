import type { Engine, Program, Values } from "../engine/engine.js";
import { float32, tensor, zeros } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import type { Normalization } from "../network/model.js";
import { lossesOf, type Network } from "../network/network.js";
import { stream } from "../random/stream.js";
import { type Batch, batches } from "./batches.js";
import { allFinite, diagnose } from "./diagnosis.js";
import type { EpochStatistics, Statistics, Sums, TrainingEvent, TrainingState } from "./events.js";
import { batchFeeder } from "./feeder.js";
import { averaged, evaluationGraph, momentumOf, next, RANDOM_SEED, trained, trainingGraph } from "./graphs.js";
import { initialize } from "./initialize.js";
import { lossSum, sumsOf } from "./objective.js";
import { expectSamples, type Samples } from "./samples.js";

/** The options of {@link train}. */
export interface TrainingOptions {
  readonly training: Samples;
  /** measured after each epoch; never trained on */
  readonly validation?: Samples;
  readonly normalization: Normalization;
  /** passes over the training samples */
  readonly epochs: number;
  /** samples in a step; 100 */
  readonly batchSize?: number;
  /** one for all epochs, or one for each, the last of which is held; 0.001 */
  readonly learningRate?: number | readonly number[];
  /** 0.9 */
  readonly momentum?: number;
  /** 0.0005 */
  readonly weightDecay?: number;
  /** decides initialization and order; 1 */
  readonly seed?: number;
  /** where an earlier run stopped */
  readonly resume?: TrainingState;
  /** ends training after the step under way */
  readonly signal?: { readonly aborted: boolean };
}

/** The defaults of {@link TrainingOptions}: those of the lecture. */
export const TRAINING_DEFAULTS = {
  batchSize: 100,
  learningRate: 0.001,
  momentum: 0.9,
  weightDecay: 0.0005,
  seed: 1,
} as const;

/**
 * Trains a network by stochastic gradient descent, as a sequence of events.
 *
 * Each step takes a batch in an order shuffled anew each epoch, and moves all parameters by MatConvNet's rule (see
 * {@link sgdStep}); after each epoch the validation samples are measured. Every random choice follows from the seed, so that a
 * run that goes on from a state equals one that was never interrupted, bit for bit, on the same device with the same threads.
 *
 * @throws RangeError when an option is out of range
 * @throws DivergenceError naming the layer where a number became infinite or NaN; the states of earlier events remain good
 * @example
 * for await (const event of train(nodeEngine(), ocr(), { ...letters, normalization, epochs: 15 })) {
 *   if (event.type === "epoch") console.log(event.epoch, event.validation?.top1Error);
 * }
 */
export async function* train(
  engine: Engine,
  network: Network,
  options: TrainingOptions,
): AsyncGenerator<TrainingEvent> {
  const { training, validation, normalization, epochs, resume, signal } = options;
  const { batchSize, learningRate, momentum, weightDecay, seed } = { ...TRAINING_DEFAULTS, ...options };
  expectOptions(options);
  expectSamples(network, training, "training");
  if (validation) expectSamples(network, validation, "validation");
  const specs = trained(network);
  const graph = trainingGraph(network, normalization, { momentum, weightDecay }, batchSize);
  const isRandom = graph.inputs.some(({ name }) => name === RANDOM_SEED);
  // Layers that are random (dropout) get a seed of their own for each step.
  const randomSeed = (epoch: number, batch: number): Values =>
    isRandom
      ? {
          [RANDOM_SEED]: tensor(
            "int32",
            [],
            Int32Array.of(stream(seed, "step", epoch, batch).integer(-(2 ** 31), 2 ** 31 - 1)),
          ),
        }
      : {};
  const step = await engine.load(graph);
  const feeder = batchFeeder(step, training, batchSize);
  const measure = validation ? await engine.load(evaluationGraph(network, normalization, batchSize)) : undefined;

  // Two sets of parameters and momenta: a step reads one and writes the other.
  const parameters = resume?.parameters ?? initialize(network, seed);
  const moving = [...specs, ...averaged(network)];
  const fixed = Object.fromEntries([...parameters].filter(([name]) => !moving.some((spec) => spec.name === name)));
  let current: Floats = Object.fromEntries([
    ...moving.map(({ name, shape }) => [name, copied(parameters.get(name) ?? zeros("float32", shape))] as const),
    ...specs.map(({ name, shape }) => {
      const momentum = momentumOf(name);
      return [momentum, copied(resume?.momenta.get(name) ?? zeros("float32", shape))] as const;
    }),
  ]);
  let spare: Floats = Object.fromEntries(
    Object.entries(current).map(([name, { shape }]) => [name, zeros("float32", shape)]),
  );
  const none = noSums(sumsOf(network));
  const history: EpochStatistics[] = [...(resume?.history ?? [])];
  const state = (epoch: number, batch: number, sums: Sums): TrainingState => ({
    epoch,
    batch,
    sums,
    parameters: new Map([...parameters].map(([name, value]) => [name, copied(current[name] ?? value)])),
    momenta: new Map(specs.map(({ name }) => [name, copied(current[momentumOf(name)])])),
    history: [...history],
  });

  try {
    for (let epoch = (resume?.epoch ?? 0) + 1; epoch <= epochs; epoch++) {
      const rate = rateOf(learningRate, epoch);
      const order = [...batches(training.count, batchSize, seed, epoch, true)];
      const first = epoch === (resume?.epoch ?? 0) + 1 ? (resume?.batch ?? 0) : 0;
      let sums: Sums = first > 0 && resume ? resume.sums : none;
      for (let batch = first; batch < order.length; batch++) {
        const started = performance.now();
        const inputs = {
          ...fixed,
          ...current,
          ...feeder(order[batch], epoch),
          ...randomSeed(epoch, batch),
          learningRate: float32([rate]),
        };
        const into = Object.fromEntries(Object.entries(spare).map(([name, value]) => [next(name), value]));
        const outputs = await step.run(inputs, into);
        sums = added(sums, outputs, order[batch], started);
        if (!Number.isFinite(sums.objective)) {
          throw await diagnose(engine, network, normalization, inputs, { epoch, batch: batch + 1, learningRate: rate });
        }
        [current, spare] = [spare, current];
        const done = { epoch, batch: batch + 1, batches: order.length };
        yield { type: "batch", part: "train", ...done, statistics: statisticsOf(sums) };
        if (signal?.aborted && batch + 1 < order.length) {
          yield { type: "stopped", state: state(epoch - 1, batch + 1, sums) };
          return;
        }
      }
      if (!Object.values(current).every(allFinite)) {
        const inputs = { ...fixed, ...current, ...feeder(order[order.length - 1], epoch), ...randomSeed(epoch, 0) };
        const where = { epoch, batch: order.length, learningRate: rate };
        throw await diagnose(engine, network, normalization, inputs, where);
      }

      let validated: Statistics | undefined;
      if (validation && measure) {
        const all = { ...fixed, ...Object.fromEntries(moving.map(({ name }) => [name, current[name]])) };
        for await (const event of evaluate(measure, all, validation, batchSize)) {
          validated = event.statistics;
          yield { type: "batch", part: "validation", epoch, ...event };
        }
      }
      const statistics = {
        epoch,
        learningRate: rate,
        train: statisticsOf(sums),
        ...(validated ? { validation: validated } : {}),
      };
      history.push(statistics);
      yield { type: "epoch", ...statistics, state: state(epoch, 0, none) };
      const warning = nothingLearned(network, statistics, training.classes.length);
      if (warning) yield { type: "warning", epoch, message: warning };
      if (signal?.aborted) {
        yield { type: "stopped", state: state(epoch, 0, none) };
        return;
      }
    }
  } finally {
    await step.close();
    await measure?.close();
  }
}

/** Sums over no samples. */
const noSums = (names: readonly string[]): Sums =>
  Object.fromEntries([...names, "samples", "seconds"].map((name) => [name, 0]));

/** Parameters and momenta by name. */
type Floats = Readonly<Record<string, Tensor<"float32">>>;

/** The learning rate of an epoch, counted from 1. */
const rateOf = (rates: number | readonly number[], epoch: number): number =>
  typeof rates === "number" ? rates : rates[Math.min(epoch, rates.length) - 1];

const copied = ({ type, shape, data }: Tensor<"float32">): Tensor<"float32"> => tensor(type, shape, data.slice());

/** What {@link evaluate} tells after each batch. */
export interface EvaluatedBatch {
  readonly batch: number;
  readonly batches: number;
  /** over all batches so far */
  readonly statistics: Statistics;
  readonly indices: Int32Array;
  /** N×C, before the softmax */
  readonly scores: Tensor;
}

/**
 * Measures a network on samples, in their order.
 *
 * @param program a loaded {@link evaluationGraph} of this batch size
 * @param parameters by name; they must be all that the network has
 * @param batchSize how many samples go through the network together
 * @throws EngineError when the runtime fails
 * @example
 * const program = await nodeEngine().load(evaluationGraph(network, normalization, 100));
 * const parameters = Object.fromEntries(initialize(network, 1));
 * for await (const { statistics } of evaluate(program, parameters, letters.validation, 100)) console.log(statistics.top1Error);
 */
export async function* evaluate(
  program: Program,
  parameters: Values,
  samples: Samples,
  batchSize: number,
): AsyncGenerator<EvaluatedBatch> {
  const feeder = batchFeeder(program, samples, batchSize);
  const order = [...batches(samples.count, batchSize, 0, 0, false)];
  let sums: Sums | undefined;
  for (const [i, batch] of order.entries()) {
    const started = performance.now();
    const outputs = await program.run({ ...parameters, ...feeder(batch, 0) });
    sums = added(sums ?? noSums(Object.keys(outputs).filter((name) => name !== "scores")), outputs, batch, started);
    const real = Math.min(batchSize, samples.count - i * batchSize);
    yield {
      batch: i + 1,
      batches: order.length,
      statistics: statisticsOf(sums),
      indices: batch.indices.subarray(0, real),
      scores: outputs.scores,
    };
  }
}

function added(sums: Sums, outputs: Values, batch: Batch, started: number): Sums {
  const share = (name: string): number => {
    if (name === "samples") return batch.weights.reduce((a, b) => a + b, 0);
    return name === "seconds" ? (performance.now() - started) / 1000 : Number(outputs[name].data[0]);
  };
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum + share(name)]));
}

function statisticsOf(sums: Sums): Statistics {
  const mean = (name: string): number => sums[name] / sums.samples;
  const losses = Object.keys(sums).flatMap((name) =>
    name.startsWith(lossSum("")) ? [name.slice(lossSum("").length)] : [],
  );
  return {
    objective: mean("objective"),
    ...("top1Error" in sums ? { top1Error: mean("top1Error"), top5Error: mean("top5Error") } : {}),
    ...(losses.length > 0 ? { losses: Object.fromEntries(losses.map((name) => [name, mean(lossSum(name))])) } : {}),
    imagesPerSecond: sums.samples / sums.seconds,
  };
}

/** The lecture's "nothing happens": after an epoch the network is no better than guessing. */
function nothingLearned(
  network: Network,
  { epoch, learningRate, train }: EpochStatistics,
  classes: number,
): string | undefined {
  const [{ layer }, ...others] = lossesOf(network);
  if (layer.loss !== "softmaxLog" || layer.weight !== 1 || others.some((other) => other.layer.weight > 0))
    return undefined;
  const guessing = Math.log(classes);
  const { objective, top1Error } = train;
  if (top1Error === undefined || classes < 2 || objective < 0.98 * guessing || top1Error < 1 - 2 / classes)
    return undefined;
  return (
    `Nothing is learned: after epoch ${epoch} the objective is ${train.objective.toFixed(3)}, and guessing among ${classes} ` +
    `classes gives ${guessing.toFixed(3)}. Try a learning rate other than ${learningRate}: ten times larger, or, if the ` +
    "objective rose before, ten times smaller."
  );
}

function expectOptions(options: TrainingOptions): void {
  const { batchSize, learningRate, momentum, weightDecay, seed } = { ...TRAINING_DEFAULTS, ...options };
  const expect = (ok: boolean, name: string, expected: string, got: unknown): void => {
    if (!ok) throw new RangeError(`Invalid value for ${name}: expected ${expected}, got ${String(got)}.`);
  };
  const whole = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;
  const rates = typeof learningRate === "number" ? [learningRate] : learningRate;
  expect(whole(options.epochs, 1), "epochs", "a whole number of at least 1", options.epochs);
  expect(whole(batchSize, 1), "batchSize", "a whole number of at least 1", batchSize);
  expect(
    rates.length > 0 && rates.every((r) => r > 0 && r < Number.POSITIVE_INFINITY),
    "learningRate",
    "positive numbers",
    rates.join(", "),
  );
  expect(momentum >= 0 && momentum < 1, "momentum", "a number from 0 to below 1", momentum);
  expect(
    weightDecay >= 0 && weightDecay < Number.POSITIVE_INFINITY,
    "weightDecay",
    "a number of at least 0",
    weightDecay,
  );
  expect(Number.isSafeInteger(seed), "seed", "a whole number", seed);
}
