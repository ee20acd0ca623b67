/** Agreement of the predictions with the truth beyond what chance would give. */

import { marginals } from "./class-metrics.js";
import type { ConfusionMatrix } from "./metrics.js";

/** How much a confusion of class i with class j counts: 1 for any, |i − j|, or (i − j)². */
export type Weighting = "none" | "linear" | "quadratic";

const WEIGHTS: Readonly<Record<Weighting, (distance: number) => number>> = {
  none: (distance) => Math.min(distance, 1),
  linear: (distance) => distance,
  quadratic: (distance) => distance ** 2,
};

/**
 * Cohen's kappa: 1 − Σ w[i,j] n[i,j] / Σ w[i,j] e[i,j], where e[i,j] = row[i] · column[j] / total are the counts expected of
 * predictions that do not depend on the truth. 1 for perfect agreement, 0 for that of chance. With weights, confusions of grades that
 * are far apart count more; the classes must then be in their order, at equal distances. 0 when there is nothing beyond chance to find
 * because all samples are of one class and were taken for it; NaN for an empty matrix.
 *
 * From Cohen, Weighted kappa, Psychological Bulletin 70 (1968).
 *
 * @param weighting "none"
 * @example
 * const matrix = { classes: ["grade 1", "grade 2", "grade 3"], counts: Int32Array.of(2, 0, 0, 0, 2, 0, 0, 0, 2) };
 * cohenKappa(matrix, "quadratic"); // 1
 */
export function cohenKappa(matrix: ConfusionMatrix, weighting: Weighting = "none"): number {
  const { rows, columns, total } = marginals(matrix);
  if (total === 0) return Number.NaN;
  let observed = 0;
  let expected = 0;
  rows.forEach((row, i) => {
    columns.forEach((column, j) => {
      const weight = WEIGHTS[weighting](Math.abs(i - j));
      observed += weight * matrix.counts[i * rows.length + j];
      expected += (weight * row * column) / total;
    });
  });
  return expected === 0 ? 0 : 1 - observed / expected;
}

/**
 * The Matthews correlation coefficient, for any number of classes: the correlation of truth and prediction,
 *
 *     (right · total − Σ row[k] · column[k]) / √((total² − Σ row[k]²) · (total² − Σ column[k]²)).
 *
 * 1 for perfect agreement, 0 for that of chance; also 0 when all samples are of one class, or were taken for one. NaN for an empty matrix.
 *
 * From Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient, Computational Biology and Chemistry 28
 * (2004).
 *
 * @example
 * matthewsCorrelation({ classes: ["a", "b"], counts: Int32Array.of(9, 1, 1, 9) }); // 0.8
 */
export function matthewsCorrelation(matrix: ConfusionMatrix): number {
  const { rows, columns, total } = marginals(matrix);
  if (total === 0) return Number.NaN;
  const product = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, n, k) => sum + n * b[k], 0);
  const right = rows.reduce((sum, _, k) => sum + matrix.counts[k * rows.length + k], 0);
  const spread = (total ** 2 - product(rows, rows)) * (total ** 2 - product(columns, columns));
  return spread === 0 ? 0 : (right * total - product(rows, columns)) / Math.sqrt(spread);
}
