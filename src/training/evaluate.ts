import type { Samples } from "../data/samples.js";
import type { Program, Values } from "../engine/engine.js";
import type { Tensor } from "../graph/types.js";
import type { Sums } from "./events.js";
import type { Statistics } from "./statistics/epoch-statistics.js";
import { addBatch, statisticsOf, sumsAmong, zeroSums } from "./statistics/statistics.js";
import { batches } from "./step/batches.js";
import { batchFeeder } from "./step/feeder.js";

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
 * for await (const { statistics } of evaluate(program, parameters, letters.validation, 100)) console.log(statistics.metrics.top1Error);
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
    const { inputs, seconds } = await feeder.take(batch, 0);
    const running = program.run({ ...parameters, ...inputs });
    if (i + 1 < order.length) feeder.ahead(order[i + 1], 0);
    const outputs = await running;
    const names = Object.keys(outputs).filter((name) => name !== "scores");
    sums = addBatch(sums ?? zeroSums(names), { ...sumsAmong(outputs, names), waited: seconds }, batch, started);
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
