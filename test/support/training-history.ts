import type { EpochStatistics, Statistics } from "../../src/training/statistics/epoch-statistics.js";

/**
 * A training as it often goes, from formulas: the objective falls from about 3 to 0.1; on validation it is lowest after two thirds of the
 * epochs and then rises; the rate falls tenfold after half of them.
 */
export function history(epochs: number): EpochStatistics[] {
  return Array.from({ length: epochs }, (_, i): EpochStatistics => {
    const time = (i + 1) / epochs;
    const train = 0.1 + 3 * Math.exp(-4 * time);
    const validation = 0.35 + 2.6 * Math.exp(-5 * time) + 0.9 * Math.max(0, time - 0.66);
    return {
      epoch: i + 1,
      learningRate: i < epochs / 2 ? 0.1 : 0.01,
      train: statistics(train, 0.125),
      validation: statistics(validation, 0),
    };
  });
}

/** Four digits, so that nothing depends on the last one of an exponential. */
const shortened = (value: number): number => Number(value.toFixed(4));

const statistics = (objective: number, waiting: number): Statistics => ({
  objective: shortened(objective),
  metrics: {
    top1Error: shortened(Math.min(0.96, objective / 4)),
    top5Error: shortened(Math.min(0.8, objective / 20)),
  },
  imagesPerSecond: 2000,
  waiting,
});
