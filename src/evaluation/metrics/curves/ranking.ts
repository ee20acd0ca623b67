/** Samples in the order of the probability of a class: what ROC and precision–recall curves are made of. */

import type { ClassTable } from "../../table/predictions.js";

/** For each threshold, how many of those that are something, and of those that are not, have at least that probability. */
export interface Ranking {
  /** the probabilities that occur, falling */
  readonly thresholds: Float64Array;
  /** those at or above the threshold that are what is looked for */
  readonly truePositives: Int32Array;
  /** those at or above the threshold that are not */
  readonly falsePositives: Int32Array;
  /** all that are what is looked for */
  readonly positives: number;
  /** all that are not */
  readonly negatives: number;
}

/**
 * Ranks the samples by the probability of one class; "micro" ranks all pairs of a sample and a class, those with its label being what
 * is looked for. Equal probabilities share a threshold.
 *
 * @returns the ranking of a class; it throws a RangeError when there is no such class
 */
export function rankings(table: ClassTable): (of: number | "micro") => Ranking {
  const { classes, labels } = table;
  const odds = logOdds(table);
  return (of) => {
    if (of !== "micro" && !(Number.isInteger(of) && of >= 0 && of < classes.length)) {
      throw new RangeError(`Invalid value for of: expected "micro" or a class, 0 to ${classes.length - 1}, got ${of}.`);
    }
    const right: number[] = [];
    const wrong: number[] = [];
    labels.forEach((label, sample) => {
      for (const k of of === "micro" ? classes.keys() : [of]) {
        (k === label ? right : wrong).push(odds[sample * classes.length + k]);
      }
    });
    return rankingOf(right, wrong);
  };
}

/**
 * The ranking of scores, which are the logarithms of the odds: of those that are what is looked for, and of the others.
 */
export function rankingOf(rightScores: ArrayLike<number>, wrongScores: ArrayLike<number>): Ranking {
  const [right, wrong] = [Float64Array.from(rightScores).sort(), Float64Array.from(wrongScores).sort()];
  const thresholds: number[] = [];
  const truePositives: number[] = [];
  const falsePositives: number[] = [];
  let [i, j] = [right.length, wrong.length];
  while (i > 0 || j > 0) {
    const level = Math.max(right[i - 1] ?? Number.NEGATIVE_INFINITY, wrong[j - 1] ?? Number.NEGATIVE_INFINITY);
    while (i > 0 && right[i - 1] === level) i--;
    while (j > 0 && wrong[j - 1] === level) j--;
    thresholds.push(1 / (1 + Math.exp(-level)));
    truePositives.push(right.length - i);
    falsePositives.push(wrong.length - j);
  }
  return {
    thresholds: Float64Array.from(thresholds),
    truePositives: Int32Array.from(truePositives),
    falsePositives: Int32Array.from(falsePositives),
    positives: right.length,
    negatives: wrong.length,
  };
}

/**
 * The logarithm of the odds of each class, ln p[k] / (1 − p[k]) = z[k] − ln Σ_{j ≠ k} exp z[j], sample × class. It orders samples as
 * the probability does, but does not round to 1 what the network is sure of. The sum runs in the order of the scores, not of the
 * classes, so that equal probabilities give equal numbers.
 */
function logOdds({ classes, labels, scores }: ClassTable): Float64Array {
  const size = classes.length;
  const odds = new Float64Array(scores.length);
  labels.forEach((_, sample) => {
    const own = scores.subarray(sample * size, (sample + 1) * size);
    const rising = own.slice().sort();
    const highest = rising[size - 1];
    const second = rising[size - 2] ?? Number.NEGATIVE_INFINITY;
    const sumBelow = (from: number): number =>
      rising.subarray(0, size - 1).reduce((sum, score) => sum + Math.exp(score - from), 0);
    const [besideHighest, all] = [sumBelow(second), 1 + sumBelow(highest)];
    own.forEach((score, k) => {
      odds[sample * size + k] =
        score === highest
          ? score - second - Math.log(besideHighest)
          : score - highest - Math.log(all - Math.exp(score - highest));
    });
  });
  return odds;
}
