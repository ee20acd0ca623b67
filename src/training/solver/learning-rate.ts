import type { Engine } from "../../engine/engine.js";
import type { Network } from "../../network/network.js";
import { number, whole } from "../../values/kind.js";
import { defaulted, type OptionsOf, record } from "../../values/record.js";
import { ruleOf, settingsOf, type TrainingOptions } from "../options.js";
import { DivergenceError } from "../statistics/diagnosis.js";
import { batches } from "../step/batches.js";
import { initialize } from "../step/initialize.js";
import { openStepper } from "../step/stepper.js";

/** The rates that a range test tries. */
const RANGE = record(
  {
    /** the first rate; 10⁻⁷ */
    from: defaulted(number({ above: 0 }), 1e-7),
    /** the last rate; 10 */
    to: defaulted(number({ above: 0 }), 10),
    /** steps from the first rate to the last; 100 */
    steps: defaulted(whole(2), 100),
  },
  ({ from, to }, refuse) => {
    if (to <= from) refuse("to", `a number above ${from}`);
  },
);

/** The options of {@link findLearningRate}; those that training has too mean what they mean there. */
export interface RangeTestOptions
  extends Pick<TrainingOptions, "training" | "normalization" | "batchSize" | "solver" | "clip" | "subBatches" | "seed">,
    OptionsOf<typeof RANGE.fields> {}

/** The objective at one learning rate. */
export interface RatePoint {
  readonly rate: number;
  /** the mean objective of the batch before the step with this rate */
  readonly objective: number;
  /** the mean over the batches around it; near the end, of those before it */
  readonly smoothed: number;
}

/** What {@link findLearningRate} has found. */
export interface RangeTest {
  /** in the order of the rates; they end where the mean over the last batches is four times its smallest value, or not finite */
  readonly points: readonly RatePoint[];
  /** the rate at which the smoothed objective falls fastest; undefined where it never falls */
  readonly suggestion: number | undefined;
}

/**
 * The learning-rate range test (Smith, 2017): trains afresh while the rate grows by the same factor from step to step, and looks where the
 * objective falls. A rate that is too low changes nothing, one that is too high makes it rise. The suggestion is the rate of the steepest
 * descent of the smoothed objective over the logarithm of the rate: a good one to train with; the highest one of {@link oneCycle} may be a few times that.
 *
 * @throws RangeError when an option is out of range
 * @throws DivergenceError when the objective is not finite before the first step
 * @example
 * const { training } = letters;
 * const { suggestion, points } = await findLearningRate(nodeEngine(), ocr(), { training, normalization, steps: 20 });
 * console.log(`try ${suggestion?.toPrecision(2)}`, points.length);
 */
export async function findLearningRate(
  engine: Engine,
  network: Network,
  options: RangeTestOptions,
): Promise<RangeTest> {
  const { from: lowest, to: highest, steps: count, ...rest } = options;
  const { from, to, steps } = RANGE.make({ from: lowest, to: highest, steps: count });
  const settings = settingsOf(network, { ...rest, epochs: 1 });
  const { batchSize, subBatches, seed } = settings;
  const { training, normalization } = options;
  const stepper = await openStepper(
    engine,
    network,
    training,
    { normalization, batchSize, subBatches, rule: ruleOf(settings), seed },
    initialize(network, seed),
  );
  const points: Omit<RatePoint, "smoothed">[] = [];
  const means: number[] = [];
  let [sum, weight, best] = [0, 0, Number.POSITIVE_INFINITY];
  try {
    for (const { batch, epoch, number } of endless(training.count, batchSize, seed)) {
      const rate = from * (to / from) ** (points.length / (steps - 1));
      const { sums } = await stepper.step(batch, { epoch, batch: number, step: points.length + 1, learningRate: rate });
      const objective = sums.objective / batch.weights.reduce((a, b) => a + b, 0);
      if (!Number.isFinite(objective)) break;
      sum = MEMORY * sum + objective;
      weight = MEMORY * weight + 1;
      points.push({ rate, objective });
      means.push(sum / weight);
      best = Math.min(best, sum / weight);
      if (sum / weight > EXPLODED * best || points.length === steps) break;
    }
  } finally {
    await stepper.close();
  }
  if (points.length === 0)
    throw new DivergenceError("The objective is infinite or not a number before the first step.");
  const smoothed = points.map((point, i) => ({ ...point, smoothed: means[Math.min(i + LAG, means.length - 1)] }));
  return { points: smoothed, suggestion: steepest(smoothed) };
}

/** What counts of a batch in the mean over the last batches, compared to the batch after it. */
const MEMORY = 0.8;

/** Such a mean is late by so many batches: Σ k·MEMORYᵏ / Σ MEMORYᵏ. */
const LAG = Math.round(MEMORY / (1 - MEMORY));

/** The test ends where that mean is so many times its smallest value. */
const EXPLODED = 4;

/** Batches of one epoch after the other. */
function* endless(count: number, batchSize: number, seed: number) {
  for (let epoch = 1; ; epoch++) {
    let number = 0;
    for (const batch of batches(count, batchSize, seed, epoch, true)) yield { batch, epoch, number: ++number };
  }
}

/** The rate in the middle of the three steps over which the smoothed objective falls most. */
export function steepest(points: readonly RatePoint[]): number | undefined {
  let [fall, found]: [number, number | undefined] = [0, undefined];
  for (let i = 1; i + 1 < points.length; i++) {
    const difference = points[i + 1].smoothed - points[i - 1].smoothed;
    if (difference < fall) [fall, found] = [difference, points[i].rate];
  }
  return found;
}
