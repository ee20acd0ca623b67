/** The receiver operating characteristic, as scikit-learn computes it. */

import type { ClassTable } from "../../table/predictions.js";
import { type Ranking, rankings } from "./ranking.js";

/** Rates at falling thresholds, from (0, 0) to (1, 1), joined by straight lines. */
export interface RocLine {
  /** of the samples of other classes, the share at or above each threshold: 1 − specificity */
  readonly falsePositiveRate: Float64Array;
  /** of the samples of the class, the share at or above each threshold: sensitivity */
  readonly truePositiveRate: Float64Array;
  /** under the curve: the probability that a sample of the class comes before one of another, where a tie counts one half */
  readonly area: number;
}

/** A curve that one ranking of samples makes. */
export interface RocCurve extends RocLine {
  /** the least probability that counts as positive at each point; infinity at the first */
  readonly thresholds: Float64Array;
}

/**
 * The ROC curve of one class against the rest, or with "micro" that of all pairs of a sample and a class together. Samples are ordered
 * by the class's probability; equal ones make one step. Points on a straight line between their neighbours are left out.
 *
 * @param of the number of a class, or "micro"
 * @returns null where there is no curve, because no sample is of the class, or all are
 * @throws RangeError when there is no such class
 * @example
 * // the probability of "b" is 1/2 in all samples but the last
 * const table = classTable(["a", "b"], Int32Array.of(0, 0, 1, 1), Float32Array.of(0, 0, 0, 0, 0, 0, 0, 1));
 * rocCurve(table, 1)?.truePositiveRate; // [0, 0.5, 1]
 * rocCurve(table, 1)?.area; // of 4 pairs 2 are ordered and 2 tied: 0.75
 */
export function rocCurve(table: ClassTable, of: number | "micro"): RocCurve | null {
  return curveOf(rankings(table)(of));
}

function curveOf(ranking: Ranking): RocCurve | null {
  const { thresholds, truePositives, falsePositives, positives, negatives } = ranking;
  if (positives === 0 || negatives === 0) return null;
  const bends = (counts: Int32Array, i: number): boolean => counts[i + 1] - counts[i] !== counts[i] - counts[i - 1];
  const last = thresholds.length - 1;
  const corners = [...thresholds.keys()].filter(
    (i) => i === 0 || i === last || bends(truePositives, i) || bends(falsePositives, i),
  );
  // twice the area, in samples × samples: whole numbers
  const twice = corners.reduce((sum, i, n) => {
    const [before, above] = n === 0 ? [0, 0] : [falsePositives[corners[n - 1]], truePositives[corners[n - 1]]];
    return sum + (falsePositives[i] - before) * (truePositives[i] + above);
  }, 0);
  return {
    falsePositiveRate: Float64Array.from([0, ...corners.map((i) => falsePositives[i] / negatives)]),
    truePositiveRate: Float64Array.from([0, ...corners.map((i) => truePositives[i] / positives)]),
    thresholds: Float64Array.from([Number.POSITIVE_INFINITY, ...corners.map((i) => thresholds[i])]),
    area: twice / (2 * positives * negatives),
  };
}

/**
 * The mean of the curves of the classes that have one: at each false positive rate, the mean of their true positive rates. Its area is
 * the mean of theirs.
 *
 * @returns null when no class has a curve
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 0, 1, 1), Float32Array.of(0, 0, 0, 0, 0, 0, 0, 1));
 * macroRocCurve(table)?.area; // 0.75
 */
export function macroRocCurve(table: ClassTable): RocLine | null {
  const rank = rankings(table);
  const curves = table.classes.map((_, k) => curveOf(rank(k))).filter((curve) => curve !== null);
  if (curves.length === 0) return null;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const rates = Float64Array.from(new Set(curves.flatMap((curve) => [...curve.falsePositiveRate]))).sort();
  const ends = curves.map((curve) => endsAt(curve, rates));
  // where a curve rises straight up, the mean does too: from the lower to the upper end
  const points = [...rates].flatMap((rate, i) => {
    const [low, high] = [0, 1].map((end) => mean(ends.map((of) => of[i][end])));
    return low === high
      ? [[rate, low]]
      : [
          [rate, low],
          [rate, high],
        ];
  });
  return {
    falsePositiveRate: Float64Array.from(points, ([rate]) => rate),
    truePositiveRate: Float64Array.from(points, ([, rate]) => rate),
    area: mean(curves.map(({ area }) => area)),
  };
}

/** The lowest and the highest true positive rate of a curve at each of some rising false positive rates. */
function endsAt(
  { falsePositiveRate: x, truePositiveRate: y }: RocCurve,
  rates: Float64Array,
): (readonly [number, number])[] {
  let i = 0;
  return Array.from(rates, (rate) => {
    while (x[i] < rate) i++;
    if (x[i] > rate) {
      const between = y[i - 1] + ((rate - x[i - 1]) / (x[i] - x[i - 1])) * (y[i] - y[i - 1]);
      return [between, between];
    }
    const low = y[i];
    while (x[i + 1] === rate) i++;
    return [low, y[i]];
  });
}
