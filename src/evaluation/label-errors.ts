import { formatFields } from "../files/csv.js";
import { type ClassTable, probabilitiesOf } from "./table/predictions.js";

/** A label that may be wrong. */
export interface SuspectedLabel {
  readonly sample: number;
  /** the class that it is said to be of */
  readonly label: number;
  /** the class that it may be of */
  readonly likely: number;
  /** the probabilities of both, 0 … 1 */
  readonly labelProbability: number;
  readonly likelyProbability: number;
}

/** What may be wrong in labels. */
export interface LabelErrors {
  /** of each class k: the mean probability of k where the label is k; NaN where it never is */
  readonly thresholds: Float64Array;
  /** those whose label the network believes least come first */
  readonly suspected: readonly SuspectedLabel[];
}

/**
 * The labels that may be wrong, by confident learning (Northcutt, Jiang and Chuang 2021). The network is sure of class k where it finds k as probable as it does on
 * average where the label is k,
 *
 *   p_k(x) ≥ t_k,   t_k = mean of p_k(x) over the samples of label k
 *
 * and a label is suspected where the network is sure of other classes, the most probable of which is not the label, and finds the label less probable than that.
 *
 * It is what a network believes that has learned from the other samples, mistakes in their labels included: what it names may be right and only rare or hard, and
 * what it misses may be wrong. So the table must be of samples that the network has not learned from, as that of a cross-validation is.
 *
 * @example
 * // of three "a" and two "b", the third "a" is taken for a "b" as surely as the others
 * const table = classTable(["a", "b"], Int32Array.of(0, 0, 0, 1, 1), Float32Array.of(3, 0, 3, 0, 0, 3, 0, 3, 0, 3));
 * labelErrors(table).suspected.map(({ sample, likely }) => [sample, likely]); // [[2, 1]]
 */
export function labelErrors(table: ClassTable): LabelErrors {
  const { classes, labels } = table;
  const [sums, counts] = [new Float64Array(classes.length), new Float64Array(classes.length)];
  for (const [sample, label] of labels.entries()) {
    sums[label] += probabilitiesOf(table, sample)[label];
    counts[label]++;
  }
  const thresholds = sums.map((sum, k) => sum / counts[k]);
  const suspected: SuspectedLabel[] = [];
  for (const [sample, label] of labels.entries()) {
    const own = probabilitiesOf(table, sample);
    const likely = surest(own, thresholds);
    if (likely === undefined || own[likely] - own[label] < EQUAL) continue;
    suspected.push({ sample, label, likely, labelProbability: own[label], likelyProbability: own[likely] });
  }
  suspected.sort((a, b) => a.labelProbability - b.labelProbability || b.likelyProbability - a.likelyProbability);
  return { thresholds, suspected };
}

/** Probabilities that differ by less are taken for equal. */
const EQUAL = 1e-6;

/** The most probable of the classes of which the network is sure. */
function surest(own: Float32Array, thresholds: Float64Array): number | undefined {
  let best: number | undefined;
  for (const [k, p] of own.entries()) {
    if (p >= thresholds[k] - EQUAL && (best === undefined || p > own[best])) best = k;
  }
  return best;
}

/**
 * Suspected labels as CSV: a heading, then a line for each: its path, or its number where there are no paths; its label, the class that it may be of, and the probabilities
 * of both.
 *
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 0, 1), Float32Array.of(3, 0, 0, 3, 0, 3), { paths: ["1.png", "2.png", "3.png"] });
 * labelErrorsToCsv(table, labelErrors(table)).split("\n")[1]; // "2.png,a,b,0.047426,0.952574"
 */
export function labelErrorsToCsv({ classes, paths }: ClassTable, { suspected }: LabelErrors): string {
  const heading = [paths ? "path" : "sample", "label", "likely", "probability of label", "probability of likely"];
  const lines = suspected.map(({ sample, label, likely, labelProbability, likelyProbability }) => [
    paths?.[sample] ?? `${sample}`,
    classes[label],
    classes[likely],
    labelProbability.toFixed(6),
    likelyProbability.toFixed(6),
  ]);
  return [heading, ...lines].map((fields) => `${formatFields(fields)}\n`).join("");
}
