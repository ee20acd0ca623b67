/** Error rates, confusions and mistakes, each computed from a prediction table. */

import { expectWhole } from "../../values/range.js";
import { type ClassTable, type LabelMapTable, probabilitiesOf } from "../table/predictions.js";

/**
 * The place of each sample's label among its scores: 0 when it has the highest. It is the number of classes with a higher
 * score, or an equal one and a lower number, as in the objective of training.
 *
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0));
 * ranks(table); // [0, 1]
 */
export function ranks({ classes, labels, scores }: ClassTable): Int32Array {
  const count = classes.length;
  return labels.map((label, sample) => {
    const own = scores[sample * count + label];
    let rank = 0;
    for (let k = 0; k < count; k++) {
      const score = scores[sample * count + k];
      if (score > own || (score === own && k < label)) rank++;
    }
    return rank;
  });
}

/**
 * The share of samples whose label is not among the k classes of the highest scores; NaN for an empty table.
 *
 * @param k from 1; where there are fewer classes, that many
 * @throws RangeError when k is no whole number of at least 1
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0));
 * topError(table, 1); // the "b" was taken for an "a": 0.5
 */
export function topError(table: ClassTable, k: number): number {
  expectWhole("k", [k], 1);
  const wrong = ranks(table).reduce((sum, rank) => sum + (rank >= k ? 1 : 0), 0);
  return wrong / table.labels.length;
}

/**
 * The class of the highest score for each sample; of several the first.
 *
 * @returns numbers of classes
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0));
 * predicted(table); // [0, 0]
 */
export function predicted({ classes, labels, scores }: ClassTable): Int32Array {
  const count = classes.length;
  return labels.map((_, sample) => {
    let best = 0;
    for (let k = 1; k < count; k++) if (scores[sample * count + k] > scores[sample * count + best]) best = k;
    return best;
  });
}

/** How often each class was taken for each other. */
export interface ConfusionMatrix<C extends Int32Array | Float64Array = Int32Array | Float64Array> {
  readonly classes: readonly string[];
  /** true class × predicted class: counts of samples, or of pixels */
  readonly counts: C;
}

/** The counts of a confusion matrix, by the kind of table that it is of. */
interface CountsOf {
  readonly classes: Int32Array;
  readonly labelMap: Float64Array;
}

/**
 * Counts, for each true class (row), how often each class was predicted (column): for each sample, or each pixel that counts.
 *
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0));
 * confusionMatrix(table).counts; // [1, 0, 1, 0]
 */
export function confusionMatrix<T extends ClassTable | LabelMapTable>(table: T): ConfusionMatrix<CountsOf[T["kind"]]> {
  const matrix: ConfusionMatrix = table.kind === "classes" ? sampleMatrix(table) : pixelMatrix(table);
  return matrix as ConfusionMatrix<CountsOf[T["kind"]]>;
}

function sampleMatrix(table: ClassTable): ConfusionMatrix<Int32Array> {
  const { classes, labels } = table;
  const counts = new Int32Array(classes.length ** 2);
  predicted(table).forEach((guess, sample) => {
    counts[labels[sample] * classes.length + guess]++;
  });
  return { classes, counts };
}

/** The pixels of all samples, which may be more than an int32 counts. */
function pixelMatrix({ classes, counts }: LabelMapTable): ConfusionMatrix<Float64Array> {
  const sums = new Float64Array(classes.length ** 2);
  counts.forEach((count, i) => {
    sums[i % sums.length] += count;
  });
  return { classes, counts: sums };
}

/**
 * The share of samples that are on the diagonal; NaN for an empty matrix.
 *
 * @example
 * accuracy({ classes: ["a", "b"], counts: Int32Array.of(9, 1, 2, 8) }); // 17 of 20: 0.85
 */
export function accuracy({ classes, counts }: ConfusionMatrix): number {
  let [right, all] = [0, 0];
  for (let k = 0; k < classes.length; k++) right += counts[k * classes.length + k];
  for (let i = 0; i < counts.length; i++) all += counts[i];
  return right / all;
}

/**
 * Of the samples of each class, the share that was recognised: the diagonal over the sum of its row; NaN for a class without samples.
 *
 * @example
 * recall({ classes: ["a", "b"], counts: Int32Array.of(9, 1, 2, 8) }); // [0.9, 0.8]
 */
export function recall(matrix: ConfusionMatrix): number[] {
  return diagonalShare(matrix, (k, i) => k * matrix.classes.length + i);
}

/**
 * Of the samples that were taken for each class, the share that belongs to it: the diagonal over the sum of its column; NaN for a
 * class that was never predicted.
 *
 * @example
 * precision({ classes: ["a", "b"], counts: Int32Array.of(9, 2, 1, 8) }); // [0.9, 0.8]
 */
export function precision(matrix: ConfusionMatrix): number[] {
  return diagonalShare(matrix, (k, i) => i * matrix.classes.length + k);
}

function diagonalShare({ classes, counts }: ConfusionMatrix, at: (k: number, i: number) => number): number[] {
  return classes.map((_, k) => {
    let total = 0;
    for (let i = 0; i < classes.length; i++) total += counts[at(k, i)];
    return counts[at(k, k)] / total;
  });
}

/** One class taken for another. */
export interface Confusion {
  /** the class it is */
  readonly truth: number;
  /** the class it was taken for */
  readonly predicted: number;
  /** how often */
  readonly count: number;
  /** how often, of the samples of the true class */
  readonly share: number;
}

/**
 * The cells beside the diagonal that are not empty, the largest count first; of equal counts the first row, then column.
 *
 * @param limit how many at most
 * @example
 * const [worst] = confusions({ classes: ["a", "b"], counts: Int32Array.of(9, 1, 2, 8) });
 * worst; // "b" taken for "a": {"truth": 1, "predicted": 0, "count": 2, "share": 0.2}
 */
export function confusions({ classes, counts }: ConfusionMatrix, limit = Number.POSITIVE_INFINITY): Confusion[] {
  const size = classes.length;
  const found: Confusion[] = [];
  for (let truth = 0; truth < size; truth++) {
    let total = 0;
    for (let guess = 0; guess < size; guess++) total += counts[truth * size + guess];
    for (let guess = 0; guess < size; guess++) {
      const count = counts[truth * size + guess];
      if (guess !== truth && count > 0) found.push({ truth, predicted: guess, count, share: count / total });
    }
  }
  return found.sort((a, b) => b.count - a.count).slice(0, limit);
}

/** A sample that was taken for something else. */
export interface Mistake {
  /** which sample */
  readonly sample: number;
  readonly truth: number;
  readonly predicted: number;
  /** the probability of the class it was taken for */
  readonly confidence: number;
  /** the probability of its true class */
  readonly truthProbability: number;
}

/**
 * The mistakes that the network was surest of, the surest first; of equal ones the earlier sample.
 *
 * @param limit how many at most
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0));
 * worstMistakes(table).map(({ sample }) => sample); // [1]
 */
export function worstMistakes(table: ClassTable, limit = Number.POSITIVE_INFINITY): Mistake[] {
  const { labels } = table;
  const guesses = predicted(table);
  const mistakes: Mistake[] = [];
  labels.forEach((truth, sample) => {
    const guess = guesses[sample];
    if (guess === truth) return;
    const own = probabilitiesOf(table, sample);
    mistakes.push({ sample, truth, predicted: guess, confidence: own[guess], truthProbability: own[truth] });
  });
  return mistakes.sort((a, b) => b.confidence - a.confidence).slice(0, limit);
}
