/** Which samples to look at. */

import { predicted } from "../metrics/metrics.js";
import { sampleLosses } from "../metrics/probabilities/scoring-rules.js";
import type { ClassTable } from "./predictions.js";

/**
 * The samples in each cell of the confusion matrix.
 *
 * @returns true class × predicted class: numbers of samples, rising
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1, 1), Float32Array.of(2, 1, 3, 0, 4, 0));
 * cellSamples(table); // [[0], [], [1, 2], []]
 */
export function cellSamples(table: ClassTable): number[][] {
  const { classes, labels } = table;
  const cells = Array.from({ length: classes.length ** 2 }, () => [] as number[]);
  predicted(table).forEach((guess, sample) => {
    cells[labels[sample] * classes.length + guess].push(sample);
  });
  return cells;
}

/** A sample and what it adds to the objective. */
export interface SampleLoss {
  readonly sample: number;
  readonly truth: number;
  readonly predicted: number;
  /** −ln of the probability of its true class, in nats */
  readonly loss: number;
}

/**
 * The samples whose label the network thought least probable, that is of the highest loss; of equal ones the earlier. Wrong labels and
 * spoiled pictures are among the first.
 *
 * @param limit how many at most
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0));
 * highestLosses(table).map(({ sample }) => sample); // [1, 0]
 */
export function highestLosses(table: ClassTable, limit = Number.POSITIVE_INFINITY): SampleLoss[] {
  const guesses = predicted(table);
  const losses = Array.from(sampleLosses(table), (loss, sample) => ({
    sample,
    truth: table.labels[sample],
    predicted: guesses[sample],
    loss,
  }));
  return losses.sort((a, b) => b.loss - a.loss).slice(0, limit);
}
