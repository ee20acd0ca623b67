/** Precision against recall, as scikit-learn computes it. */

import type { ClassTable } from "../../table/predictions.js";
import { type Ranking, rankings } from "./ranking.js";

/** Precision and recall at falling thresholds; the first point is that of no sample, with precision 1 and recall 0. */
export interface PrecisionRecallCurve {
  /** of the samples at or above each threshold, the share that is of the class */
  readonly precision: Float64Array;
  /** of the samples of the class, the share at or above each threshold */
  readonly recall: Float64Array;
  /** the least probability that counts as positive at each point; infinity at the first */
  readonly thresholds: Float64Array;
  /** Σ (recall[i] − recall[i − 1]) · precision[i]; without interpolation between the points, which would be too optimistic */
  readonly averagePrecision: number;
}

/**
 * The precision–recall curve of one class against the rest, or with "micro" that of all pairs of a sample and a class together.
 * Samples are ordered by the class's probability; equal ones make one step.
 *
 * @param of the number of a class, or "micro"
 * @returns null where there is no curve, because no sample is of the class
 * @throws RangeError when there is no such class
 * @example
 * // the probability of "b" is 1/2 in all samples but the last
 * const table = classTable(["a", "b"], Int32Array.of(0, 0, 1, 1), Float32Array.of(0, 0, 0, 0, 0, 0, 0, 1));
 * precisionRecallCurve(table, 1)?.precision; // [1, 1, 0.5]
 * precisionRecallCurve(table, 1)?.averagePrecision; // 1/2 · 1 + 1/2 · 1/2: 0.75
 */
export function precisionRecallCurve(table: ClassTable, of: number | "micro"): PrecisionRecallCurve | null {
  return precisionRecallOf(rankings(table)(of));
}

/** The curve of a ranking; null where nothing is what is looked for. */
export function precisionRecallOf({
  thresholds,
  truePositives,
  falsePositives,
  positives,
}: Ranking): PrecisionRecallCurve | null {
  if (positives === 0) return null;
  const precision = Array.from(truePositives, (right, i) => right / (right + falsePositives[i]));
  const recall = Array.from(truePositives, (right) => right / positives);
  return {
    precision: Float64Array.from([1, ...precision]),
    recall: Float64Array.from([0, ...recall]),
    thresholds: Float64Array.from([Number.POSITIVE_INFINITY, ...thresholds]),
    averagePrecision: recall.reduce((sum, r, i) => sum + (r - (recall[i - 1] ?? 0)) * precision[i], 0),
  };
}

/**
 * The mean of the average precisions of the classes that have samples; NaN for an empty table.
 *
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 0, 1));
 * meanAveragePrecision(table); // 1
 */
export function meanAveragePrecision(table: ClassTable): number {
  const rank = rankings(table);
  const curves = table.classes.map((_, k) => precisionRecallOf(rank(k))).filter((curve) => curve !== null);
  return curves.reduce((sum, { averagePrecision }) => sum + averagePrecision, 0) / curves.length;
}
