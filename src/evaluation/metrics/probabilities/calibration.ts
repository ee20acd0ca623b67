/** Whether probabilities are what they say: of the samples with 80 %, are 80 % right? */

import { expectWhole } from "../../../values/range.js";
import { quantile } from "../../statistics/quantile.js";
import { type ClassTable, probabilitiesOf } from "../../table/predictions.js";
import { predicted } from "../metrics.js";

/** Samples of similar probability. */
export interface ReliabilityBin {
  /** the probabilities of the bin are above this, or equal to it in the first bin */
  readonly low: number;
  /** and at most this */
  readonly high: number;
  /** samples; at least 1 */
  readonly count: number;
  /** their mean probability */
  readonly confidence: number;
  /** the share of them that is right */
  readonly accuracy: number;
}

/** The options of {@link reliability}. */
export interface ReliabilityOptions {
  /** how many bins; 10 */
  readonly bins?: number;
  /**
   * "equal width" cuts 0 … 1 into equal parts. "equal mass" cuts at quantiles of the probabilities, so that each bin holds about as many
   * samples; equal probabilities stay together. "equal width"
   */
  readonly binning?: "equal width" | "equal mass";
  /**
   * The class whose probability is looked at; a sample is then right when it is of the class. Unless given, it is the probability of
   * the class that was predicted, and a sample is right when that is its label.
   */
  readonly of?: number;
}

/**
 * The bins of a reliability diagram, by rising probability; bins without samples are left out. Edges are as in scikit-learn's
 * `calibration_curve`: an edge belongs to the bin below it, quantiles are interpolated.
 *
 * @throws RangeError when there is not at least one bin, or no such class
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(0, 0, 0, 0));
 * const [bin] = reliability(table, { bins: 4 });
 * bin; // {"low": 0.25, "high": 0.5, "count": 2, "confidence": 0.5, "accuracy": 0.5}
 */
export function reliability(table: ClassTable, options: ReliabilityOptions = {}): ReliabilityBin[] {
  const { bins = 10, binning = "equal width" } = options;
  expectWhole("bins", [bins], 1);
  const { values, right } = outcomes(table, options.of);
  if (values.length === 0) return [];
  const rising = values.toSorted();
  const edges = Array.from({ length: bins + 1 }, (_, i) =>
    binning === "equal width" ? i / bins : quantile(rising, i / bins),
  );
  const inner = edges.slice(1, -1);
  const members = Array.from({ length: bins }, () => [] as number[]);
  values.forEach((value, sample) => {
    const above = inner.findIndex((edge) => value <= edge);
    members[above < 0 ? bins - 1 : above].push(sample);
  });
  return members.flatMap((samples, i) => {
    const mean = (of: (sample: number) => number): number =>
      samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
    const [confidence, accuracy] = [mean((sample) => values[sample]), mean((sample) => right[sample])];
    return samples.length === 0
      ? []
      : [{ low: edges[i], high: edges[i + 1], count: samples.length, confidence, accuracy }];
  });
}

/** The probability of each sample that is to be true in that share of cases, and 1 where it is true, 0 elsewhere. */
function outcomes(table: ClassTable, of: number | undefined): { values: Float64Array; right: Uint8Array } {
  const { classes, labels } = table;
  if (of !== undefined && !(Number.isInteger(of) && of >= 0 && of < classes.length)) {
    throw new RangeError(`Invalid value for of: expected a class, 0 to ${classes.length - 1}, got ${of}.`);
  }
  const which = of === undefined ? predicted(table) : new Int32Array(labels.length).fill(of);
  return {
    // one sample at a time: of thousands of classes, all probabilities are as large as the table
    values: Float64Array.from(which, (k, sample) => probabilitiesOf(table, sample)[k]),
    right: Uint8Array.from(which, (k, sample) => (k === labels[sample] ? 1 : 0)),
  };
}

/**
 * The expected calibration error: the mean over the samples of the distance between confidence and accuracy of their bin,
 * Σ count/n · |accuracy − confidence|. It depends on the bins. NaN without bins.
 *
 * From Guo et al., On calibration of modern neural networks, ICML 2017.
 *
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 0), Float32Array.of(0, 0, 0, 0));
 * expectedCalibrationError(reliability(table)); // all are right, with a probability of one half: 0.5
 */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  return bins.reduce((sum, bin) => sum + bin.count * gap(bin), 0) / total;
}

/**
 * The maximum calibration error: the largest distance between confidence and accuracy of a bin; NaN without bins.
 *
 * From Guo et al., On calibration of modern neural networks, ICML 2017.
 *
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 0), Float32Array.of(0, 0, 0, 0));
 * maximumCalibrationError(reliability(table)); // 0.5
 */
export function maximumCalibrationError(bins: readonly ReliabilityBin[]): number {
  return bins.length === 0 ? Number.NaN : bins.reduce((worst, bin) => Math.max(worst, gap(bin)), 0);
}

const gap = ({ accuracy, confidence }: ReliabilityBin): number => Math.abs(accuracy - confidence);
