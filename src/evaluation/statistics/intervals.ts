/** How far a number may be off because there are only so many samples. */

import { stream } from "../../random/stream.js";
import { expectInRange, expectWhole } from "../../values/range.js";
import { type PredictionTable, sampleCount } from "../table/predictions.js";
import { samplesBy, subset } from "../table/subset.js";
import { normalQuantile } from "./distributions.js";
import { quantile } from "./quantile.js";

/** A range that holds the true value with a certain confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's interval for a proportion of independent samples, with z the normal quantile of the level and p = right / total:
 *
 *     (p + z²/2n ± z √(p (1 − p) / n + z²/4n²)) / (1 + z²/n).
 *
 * It lies inside 0 … 1, and is good for few samples and for proportions near the ends. 0 … 1 when there are no samples.
 *
 * From Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
 *
 * @param level the confidence, between 0 and 1; 0.95
 * @throws RangeError when the counts are not whole numbers with 0 ≤ right ≤ total, or the level is not between 0 and 1
 * @example
 * const { low, high } = wilsonInterval(192, 208);
 * [low, high].map((share) => share.toFixed(3)); // ["0.879", "0.952"]
 */
export function wilsonInterval(right: number, total: number, level = 0.95): Interval {
  if (!(Number.isInteger(right) && Number.isInteger(total) && right >= 0 && right <= total)) {
    throw new RangeError(`Invalid value for right: expected a count of at most ${total}, got ${right}.`);
  }
  expectInRange("level", level, { above: 0, below: 1 });
  if (total === 0) return { low: 0, high: 1 };
  const z2 = normalQuantile(level) ** 2;
  const p = right / total;
  const middle = p + z2 / (2 * total);
  const reach = Math.sqrt((z2 * (p * (1 - p) + z2 / (4 * total))) / total);
  const scale = 1 + z2 / total;
  return {
    low: right === 0 ? 0 : (middle - reach) / scale,
    high: right === total ? 1 : (middle + reach) / scale,
  };
}

/** The options of {@link bootstrap}. */
export interface BootstrapOptions {
  /** tables that are drawn; 2000 */
  readonly draws?: number;
  /** the confidence, between 0 and 1; 0.95 */
  readonly level?: number;
  /** equal seeds give equal intervals; 1 */
  readonly seed?: number;
  /**
   * What is drawn: single samples, or all samples of a group together, because samples of one patient are alike and count for less than
   * as many of different ones. "group" where the table has groups, else "sample".
   */
  readonly by?: "sample" | "group";
}

/** A metric and its interval. */
export interface BootstrapInterval extends Interval {
  /** the metric of the table itself */
  readonly estimate: number;
  /** the metric of the drawn tables, rising, without those of which it is not defined */
  readonly values: Float64Array;
  /** drawn tables for which the metric is NaN, as when a class is not among the samples; they are left out of the interval */
  readonly undefinedDraws: number;
}

/**
 * The percentile bootstrap interval of any metric. As many samples, or groups, as the table has are drawn from it with repetition,
 * again and again; the interval holds the middle share `level` of the metrics of these tables. With few groups, below 20 or so, it is
 * too narrow.
 *
 * From Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979); for groups, Davison and Hinkley,
 * Bootstrap Methods and their Application (1997), section 3.8.
 *
 * @param metric a number of a table, such as `(table) => cohenKappa(confusionMatrix(table), "quadratic")`
 * @returns low and high are NaN when the metric is defined for no drawn table
 * @throws RangeError when the table is empty, or has no groups to draw by, or an option is out of its range
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1, 1, 0), Float32Array.of(1, 0, 0, 1, 0, 1, 1, 0));
 * const interval = bootstrap(table, (drawn) => topError(drawn, 1), { draws: 100 });
 * interval.high; // nothing is wrong in any drawn table: 0
 */
export function bootstrap<T extends PredictionTable>(
  table: T,
  metric: (table: T) => number,
  options: BootstrapOptions = {},
): BootstrapInterval {
  const { draws = 2000, level = 0.95, seed = 1, by = table.groups ? "group" : "sample" } = options;
  expectInRange("level", level, { above: 0, below: 1 });
  expectWhole("draws", [draws], 1);
  if (sampleCount(table) === 0) throw new RangeError("Nothing can be drawn from a table without samples.");
  const units = unitsOf(table, by);
  const values = Array.from({ length: draws }, (_, draw) => {
    const random = stream(seed, "bootstrap", draw);
    const samples: number[] = [];
    for (let i = 0; i < units.length; i++) {
      for (const sample of units[random.integer(0, units.length - 1)]) samples.push(sample);
    }
    return metric(subset(table, samples));
  });
  const rising = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  return {
    estimate: metric(table),
    low: quantile(rising, (1 - level) / 2),
    high: quantile(rising, (1 + level) / 2),
    values: rising,
    undefinedDraws: draws - rising.length,
  };
}

/** The lists of samples that are drawn together. */
function unitsOf(table: PredictionTable, by: "sample" | "group"): readonly (readonly number[])[] {
  if (by === "sample") return Array.from({ length: sampleCount(table) }, (_, sample) => [sample]);
  const { groups } = table;
  if (!groups) throw new RangeError('The table has no groups; expected them with by: "group".');
  return [...samplesBy(groups).values()];
}
