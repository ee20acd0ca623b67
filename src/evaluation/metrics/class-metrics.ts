/** What a confusion matrix says of each class, and of all on average. Definitions as in scikit-learn; rows are the truth. */

import { type ConfusionMatrix, precision, recall } from "./metrics.js";

/** A class against the rest. */
export interface ClassMetrics {
  /** samples of the class */
  readonly support: number;
  /** samples that were taken for the class */
  readonly predicted: number;
  /** of the samples taken for the class, the share that belongs to it; NaN when there are none */
  readonly precision: number;
  /** of the samples of the class, the share that was recognised, also called sensitivity; NaN when there are none */
  readonly recall: number;
  /** of the samples of other classes, the share that was not taken for this one; NaN when there are none */
  readonly specificity: number;
  /** 2 · right / (support + predicted), the harmonic mean of precision and recall; NaN when both counts are 0 */
  readonly f1: number;
}

/**
 * Precision, recall, specificity and F1 of each class. What is a share of nothing is NaN, in its own entry only: averages are taken
 * with {@link macroAverage} and {@link weightedAverage}.
 *
 * @example
 * const [benign] = classMetrics({ classes: ["benign", "cancer"], counts: Int32Array.of(9, 1, 2, 8) });
 * benign.specificity; // of 10 cancers 8 were not taken for benign: 0.8
 */
export function classMetrics(matrix: ConfusionMatrix): ClassMetrics[] {
  const { rows, columns, total } = marginals(matrix);
  const size = matrix.classes.length;
  const [precisions, recalls] = [precision(matrix), recall(matrix)];
  return matrix.classes.map((_, k) => {
    const right = matrix.counts[k * size + k];
    return {
      support: rows[k],
      predicted: columns[k],
      precision: precisions[k],
      recall: recalls[k],
      specificity: (total - rows[k] - columns[k] + right) / (total - rows[k]),
      f1: (2 * right) / (rows[k] + columns[k]),
    };
  });
}

/** Precision, recall and F1 over all classes. */
export interface AverageMetrics {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/**
 * The mean over the classes that have samples, each counting the same; one of them that was never predicted counts with precision 0
 * (scikit-learn's `average="macro"` with `zero_division=0` and the present classes as `labels`). NaN for an empty matrix.
 *
 * @example
 * macroAverage({ classes: ["a", "b"], counts: Int32Array.of(5, 0, 5, 0) }); // {"precision": 0.25, "recall": 0.5, "f1": 0.3333333333333333}
 */
export function macroAverage(matrix: ConfusionMatrix): AverageMetrics {
  return average(matrix, () => 1);
}

/**
 * The mean over the classes that have samples, each counting by how many it has; one of them that was never predicted counts with
 * precision 0. The weighted recall is the accuracy. NaN for an empty matrix.
 *
 * @example
 * weightedAverage({ classes: ["a", "b"], counts: Int32Array.of(6, 0, 2, 0) }).precision; // (6 · 6/8 + 2 · 0) / 8: 0.5625
 */
export function weightedAverage(matrix: ConfusionMatrix): AverageMetrics {
  return average(matrix, ({ support }) => support);
}

function average(matrix: ConfusionMatrix, weightOf: (metrics: ClassMetrics) => number): AverageMetrics {
  const present = classMetrics(matrix).filter(({ support }) => support > 0);
  const total = present.reduce((sum, metrics) => sum + weightOf(metrics), 0);
  const of = (value: (metrics: ClassMetrics) => number): number =>
    present.reduce((sum, metrics) => sum + weightOf(metrics) * value(metrics), 0) / total;
  return {
    precision: of((metrics) => (metrics.predicted > 0 ? metrics.precision : 0)),
    recall: of((metrics) => metrics.recall),
    f1: of((metrics) => metrics.f1),
  };
}

/**
 * The mean recall of the classes that have samples: the accuracy if all were equally frequent. NaN for an empty matrix.
 *
 * @example
 * balancedAccuracy({ classes: ["a", "b"], counts: Int32Array.of(90, 10, 5, 5) }); // (0.9 + 0.5) / 2: 0.7
 */
export function balancedAccuracy(matrix: ConfusionMatrix): number {
  return macroAverage(matrix).recall;
}

/** The sums of a matrix: of each row, of each column, and of all. */
export function marginals({ classes, counts }: ConfusionMatrix): {
  readonly rows: number[];
  readonly columns: number[];
  readonly total: number;
} {
  const size = classes.length;
  const rows = Array<number>(size).fill(0);
  const columns = Array<number>(size).fill(0);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const count = counts[row * size + column];
      rows[row] += count;
      columns[column] += count;
    }
  }
  return { rows, columns, total: rows.reduce((sum, count) => sum + count, 0) };
}
