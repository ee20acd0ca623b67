/** How much probability the network gives to what is true: the logarithmic and the quadratic score. */

import type { ClassTable } from "../../table/predictions.js";

/**
 * The loss of each sample: the softmax log-loss −ln p[label] = ln Σ exp(z) − z[label], in nats. It is computed from the scores, so it
 * is finite for every sample, however sure the network was of something else.
 *
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(5, 5, 2000, 0));
 * sampleLosses(table); // equals [Math.log(2), 2000]
 */
export function sampleLosses({ classes, labels, scores }: ClassTable): Float64Array {
  return Float64Array.from(labels, (label, sample) => {
    const own = scores.subarray(sample * classes.length, (sample + 1) * classes.length);
    const highest = maximumOf(own);
    const sum = own.reduce((total, score) => total + Math.exp(score - highest), 0);
    return Math.log(sum) + (highest - own[label]);
  });
}

/**
 * The negative log-likelihood: the mean over the samples of −ln p[label], in nats; 0 at best, ln K for equal probabilities of K
 * classes, NaN for an empty table. scikit-learn calls it `log_loss`.
 *
 * @example
 * negativeLogLikelihood(classTable(["a", "b"], Int32Array.of(0), Float32Array.of(5, 5))); // equals Math.log(2)
 */
export function negativeLogLikelihood(table: ClassTable): number {
  return sampleLosses(table).reduce((sum, loss) => sum + loss, 0) / table.labels.length;
}

/**
 * The Brier score: the mean over the samples of Σ_k (p[k] − y[k])², where y is 1 at the label and 0 elsewhere; 0 at best, 2 at worst,
 * NaN for an empty table. With two classes it is twice the score of the positive class alone, which scikit-learn gives.
 *
 * From Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950).
 *
 * @example
 * brierScore(classTable(["a", "b"], Int32Array.of(0), Float32Array.of(5, 5))); // (1/2)² + (1/2)²: 0.5
 */
export function brierScore({ classes, labels, scores }: ClassTable): number {
  let sum = 0;
  labels.forEach((label, sample) => {
    const own = scores.subarray(sample * classes.length, (sample + 1) * classes.length);
    const highest = maximumOf(own);
    const weights = Float64Array.from(own, (score) => Math.exp(score - highest));
    const total = weights.reduce((a, b) => a + b, 0);
    weights.forEach((weight, k) => {
      sum += (weight / total - (k === label ? 1 : 0)) ** 2;
    });
  });
  return sum / labels.length;
}

const maximumOf = (scores: Float32Array): number => scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
