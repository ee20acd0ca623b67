/** Probabilities made honest by one number: the scores are divided by a temperature. */

import { expectInRange } from "../../../values/range.js";
import { type ClassTable, classTable } from "../../table/predictions.js";

/** The temperatures that are looked at; beyond, the probabilities are practically those of a vote, or all equal. */
const [LEAST, MOST] = [0.01, 100];
const TOLERANCE = 1e-9;

/**
 * The temperature T at which the scores z / T have the least negative log-likelihood on a table. As a function of β = 1/T this is
 * convex, with the derivative Σ_k p[k] z[k] − z[label], averaged over the samples; its zero is found by Newton's method, kept inside a
 * bracket, to 9 digits. Above 1 the network was too sure, below 1 not sure enough.
 *
 * Fit it on samples that the network was not trained on, and not on those whose probabilities are then judged.
 *
 * From Guo et al., On calibration of modern neural networks, ICML 2017.
 *
 * @returns at least 0.01, which is where the best would be 0 because every label has the highest score; at most 100, where the scores
 * are no better than none
 * @throws RangeError when the table is empty
 * @example
 * // right 3 times of 4, and each time sure of it at odds of 9 to 1; honest are odds of 3 to 1
 * const odds = Math.log(9);
 * const scores = Float32Array.of(odds, 0, odds, 0, odds, 0, odds, 0);
 * const temperature = fitTemperature(classTable(["a", "b"], Int32Array.of(0, 0, 0, 1), scores));
 * temperature.toFixed(6); // equals (Math.log(9) / Math.log(3)).toFixed(6)
 */
export function fitTemperature(table: ClassTable): number {
  if (table.labels.length === 0) throw new RangeError("A temperature cannot be fitted to a table without samples.");
  let [low, high] = [1 / MOST, 1 / LEAST];
  if (likelihoodSlope(table, low).slope >= 0) return MOST;
  if (likelihoodSlope(table, high).slope <= 0) return LEAST;
  let beta = 1;
  for (;;) {
    const { slope, curvature } = likelihoodSlope(table, beta);
    if (slope < 0) low = beta;
    else high = beta;
    const newton = beta - slope / curvature;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - beta) <= TOLERANCE * next) return 1 / next;
    beta = next;
  }
}

/** The first and second derivative of the mean negative log-likelihood of β z: mean and variance of the scores under softmax(β z). */
function likelihoodSlope({ classes, labels, scores }: ClassTable, beta: number): { slope: number; curvature: number } {
  let slope = 0;
  let curvature = 0;
  labels.forEach((label, sample) => {
    const own = scores.subarray(sample * classes.length, (sample + 1) * classes.length);
    const highest = own.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let [total, first, second] = [0, 0, 0];
    for (const score of own) {
      const below = score - highest;
      const weight = Math.exp(beta * below);
      total += weight;
      first += weight * below;
      second += weight * below * below;
    }
    const mean = first / total;
    slope += mean - (own[label] - highest);
    curvature += second / total - mean * mean;
  });
  return { slope: slope / labels.length, curvature: curvature / labels.length };
}

/**
 * The table with its scores divided by a temperature. What is predicted stays the same.
 *
 * @throws RangeError when the temperature is not a positive number, or so small that a score becomes infinite
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0), Float32Array.of(3, 1));
 * withTemperature(table, 2).scores; // [1.5, 0.5]
 */
export function withTemperature(table: ClassTable, temperature: number): ClassTable {
  expectInRange("temperature", temperature, { above: 0 });
  const { classes, labels, scores } = table;
  return classTable(
    classes,
    labels,
    scores.map((score) => score / temperature),
    table,
  );
}
