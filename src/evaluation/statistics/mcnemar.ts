/** Whether one network is better than another, or was only luckier with these samples. */

import { expectWhole } from "../../values/range.js";
import { predicted } from "../metrics/metrics.js";
import type { ClassTable } from "../table/predictions.js";
import { erfc, fairCoins } from "./distributions.js";

/** From so many samples on which the two differ, the chi-square distribution is used. */
const MANY = 25;

/** What McNemar's test says. */
export interface McNemarTest {
  /** samples that only the first network has right */
  readonly onlyFirst: number;
  /** samples that only the second network has right */
  readonly onlySecond: number;
  /** the smaller of both for the exact test, else chi-square */
  readonly statistic: number;
  /** the probability of such a difference, or a larger one, if both networks were equally good; two-sided */
  readonly pValue: number;
  /** whether it is the binomial test */
  readonly exact: boolean;
}

/**
 * McNemar's test of two networks on the same samples, by those that only one of them has right. Below 25 of these it is the exact
 * binomial test; else χ² = (|b − c| − 1)² / (b + c) with continuity correction and one degree of freedom, as in statsmodels. The samples
 * must be independent: with several of one patient the p-value is too small.
 *
 * From McNemar, Note on the sampling error of the difference between correlated proportions or percentages, Psychometrika 12 (1947).
 *
 * @throws RangeError when the tables are not of the same samples: their classes, labels or paths differ
 * @example
 * const labels = Int32Array.of(0, 0, 0, 0, 0, 0);
 * const right = classTable(["a", "b"], labels, Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0));
 * const wrong = classTable(["a", "b"], labels, Float32Array.of(0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1));
 * mcNemar(right, wrong).pValue; // six coins that fall on the same side: 0.03125
 */
export function mcNemar(first: ClassTable, second: ClassTable): McNemarTest {
  for (const what of ["classes", "labels"] as const) expectSame(what, first[what], second[what]);
  if (first.paths && second.paths) expectSame("paths", first.paths, second.paths);
  const [a, b] = [predicted(first), predicted(second)];
  let [onlyFirst, onlySecond] = [0, 0];
  first.labels.forEach((label, sample) => {
    if (a[sample] === label && b[sample] !== label) onlyFirst++;
    if (a[sample] !== label && b[sample] === label) onlySecond++;
  });
  return mcNemarOfCounts(onlyFirst, onlySecond);
}

/**
 * McNemar's test from the numbers of samples that only one of two networks has right, see {@link mcNemar}.
 *
 * @throws RangeError when a number is no count
 * @example
 * mcNemarOfCounts(30, 10).statistic; // (20 − 1)² / 40: 9.025
 */
export function mcNemarOfCounts(onlyFirst: number, onlySecond: number): McNemarTest {
  for (const [name, value] of Object.entries({ onlyFirst, onlySecond })) {
    expectWhole(name, [value], 0);
  }
  const count = onlyFirst + onlySecond;
  if (count < MANY) {
    const statistic = Math.min(onlyFirst, onlySecond);
    return { onlyFirst, onlySecond, statistic, pValue: Math.min(1, 2 * fairCoins(statistic, count)), exact: true };
  }
  const statistic = (Math.abs(onlyFirst - onlySecond) - 1) ** 2 / count;
  return { onlyFirst, onlySecond, statistic, pValue: erfc(Math.sqrt(statistic / 2)), exact: false };
}

function expectSame(what: string, first: ArrayLike<unknown>, second: ArrayLike<unknown>): void {
  if (first.length !== second.length) {
    throw new RangeError(
      `The tables must be of the same samples, but have ${first.length} and ${second.length} ${what}.`,
    );
  }
  const other = Array.from(first).findIndex((value, i) => value !== second[i]);
  if (other >= 0) {
    throw new RangeError(
      `The tables must be of the same samples, but their ${what} differ: ${first[other]} and ${second[other]} at ${other}.`,
    );
  }
}
