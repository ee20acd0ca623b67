import type { Samples } from "../data/samples.js";
import type { Program, Values } from "../engine/engine.js";
import type { Tensor } from "../graph/types.js";
import type { Sums } from "./events.js";
import type { Statistics } from "./statistics/epoch-statistics.js";
import { addBatch, statisticsOf, sumsAmong, zeroSums } from "./statistics/statistics.js";
import { batches } from "./step/batches.js";
import { batchFeeder } from "./step/feeder.js";
import { ALONE, type Ranks } from "./step/ranks.js";

/** What {@link evaluate} tells after each batch. */
export interface EvaluatedBatch {
  readonly batch: number;
  readonly batches: number;
  /** over all batches so far */
  readonly statistics: Statistics;
  /** what they are the means of */
  readonly sums: Sums;
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
 * for await (const { statistics } of evaluate(program, parameters, letters.validation, 100)) console.log(statistics.metrics.top1Error);
 */
export async function* evaluate(
  program: Program,
  parameters: Values,
  samples: Samples,
  batchSize: number,
): AsyncGenerator<EvaluatedBatch> {
  yield* evaluateAmong([{ program, parameters }], samples, batchSize);
}

/** A network in one of an engine's workers. */
export interface Evaluator {
  /** a loaded {@link evaluationGraph} */
  readonly program: Program;
  readonly parameters: Values;
}

/**
 * Measures the same network in several workers side by side: batches go to one after the other, and come in their order, as of {@link evaluate}.
 *
 * @param ranks of the batches, this process measures those that its rank has: each so-many-th
 */
export async function* evaluateAmong(
  workers: readonly Evaluator[],
  samples: Samples,
  batchSize: number,
  { rank, size }: Pick<Ranks, "rank" | "size"> = ALONE,
): AsyncGenerator<EvaluatedBatch> {
  const all = [...batches(samples.count, batchSize, 0, 0, false)];
  const order = [...all.entries()].filter(([i]) => i % size === rank);
  const feeders = workers.map(({ program }) => batchFeeder(program, samples, batchSize));
  const run = async (i: number): Promise<{ readonly outputs: Values; readonly seconds: number }> => {
    const worker = i % workers.length;
    const { program, parameters } = workers[worker];
    const { inputs, seconds } = await feeders[worker].take(order[i][1], 0);
    const running = program.run({ ...parameters, ...inputs });
    const [, following] = order[i + workers.length] ?? [];
    if (following) feeders[worker].ahead(following, 0);
    return { outputs: await running, seconds };
  };
  const begun: ReturnType<typeof run>[] = [];
  const begin = (i: number): void => {
    if (i >= order.length) return;
    begun[i] = run(i);
    // Whoever awaits it is told what went wrong; until then nobody is listening.
    begun[i].catch(() => undefined);
  };
  for (let i = 0; i < workers.length; i++) begin(i);
  let sums: Sums | undefined;
  for (const [i, [place, batch]] of order.entries()) {
    const started = performance.now();
    const { outputs, seconds } = await begun[i];
    const names = Object.keys(outputs).filter((name) => name !== "scores");
    sums = addBatch(sums ?? zeroSums(names), { ...sumsAmong(outputs, names), waited: seconds }, batch, started);
    const real = Math.min(batchSize, samples.count - place * batchSize);
    yield {
      batch: place + 1,
      batches: all.length,
      statistics: statisticsOf(sums),
      sums,
      indices: batch.indices.subarray(0, real),
      scores: outputs.scores,
    };
    begin(i + workers.length);
  }
}
