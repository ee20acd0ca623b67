/** How far values are off. Definitions as in scikit-learn. */

import type { ValueTable } from "../../table/predictions.js";

/** What is known of one value, with y what it is, p what was predicted, and n the number of samples. NaN for an empty table. */
export interface ValueMetrics {
  /** Σ |y − p| / n */
  readonly meanAbsoluteError: number;
  /** √(Σ (y − p)² / n) */
  readonly rootMeanSquareError: number;
  /** the coefficient of determination, 1 − Σ (y − p)² / Σ (y − ȳ)²: 1 at best, 0 for the mean of all; NaN where all y are the same */
  readonly r2: number;
}

/**
 * The metrics of each value.
 *
 * @example
 * const [height] = valueMetrics(valueTable(["height"], Float32Array.of(1, 3), Float32Array.of(1, 2)));
 * height; // {"meanAbsoluteError": 0.5, "rootMeanSquareError": 0.7071067811865476, "r2": 0.5}
 */
export function valueMetrics({ names, values, predicted }: ValueTable): ValueMetrics[] {
  const count = values.length / names.length;
  return names.map((_, k) => {
    const own = Array.from({ length: count }, (__, sample) => sample * names.length + k);
    const sumOf = (term: (i: number) => number): number => own.reduce((sum, i) => sum + term(i), 0);
    const mean = sumOf((i) => values[i]) / count;
    const squares = sumOf((i) => (values[i] - predicted[i]) ** 2);
    const spread = sumOf((i) => (values[i] - mean) ** 2);
    return {
      meanAbsoluteError: sumOf((i) => Math.abs(values[i] - predicted[i])) / count,
      rootMeanSquareError: Math.sqrt(squares / count),
      r2: spread === 0 ? Number.NaN : 1 - squares / spread,
    };
  });
}
