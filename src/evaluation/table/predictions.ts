/** What a network said about each of a set of samples, and what is true of them: the one table that every metric is computed from. */

import type { LabelledBox } from "../../data/target.js";
import { defined } from "../../values/defined.js";

/** Where samples come from, where it is known: a value for each sample. */
export interface Origins {
  /** the file of each sample, or another name of it */
  readonly paths?: readonly string[];
  /** what samples have in common that makes them alike, such as the patient */
  readonly groups?: readonly string[];
  /** the part of a cross-validation in which the sample was predicted */
  readonly folds?: Int32Array;
}

/** The scores of each class for each sample, and what the sample is. */
export interface ClassTable extends Origins {
  readonly kind: "classes";
  /** the names of the K classes */
  readonly classes: readonly string[];
  /** the true class of each sample, 0 … K − 1 */
  readonly labels: Int32Array;
  /** sample × class, before the softmax */
  readonly scores: Float32Array;
}

/** The score of each attribute for each sample, and whether the sample has it. */
export interface AttributeTable extends Origins {
  readonly kind: "attributes";
  /** the names of the K attributes */
  readonly names: readonly string[];
  /** sample × attribute: +1 for yes, −1 for no, 0 for what does not count */
  readonly signs: Int32Array;
  /** sample × attribute, before the sigmoid: above 0 is taken for a yes */
  readonly scores: Float32Array;
}

/** The values of each sample, and those that the network gave. */
export interface ValueTable extends Origins {
  readonly kind: "values";
  /** the names of the K values */
  readonly names: readonly string[];
  /** sample × value: what it is */
  readonly values: Float32Array;
  /** sample × value: what was predicted */
  readonly predicted: Float32Array;
}

/** How many pixels of each class each sample has, and what they were taken for. */
export interface LabelMapTable extends Origins {
  readonly kind: "labelMap";
  /** the names of the K classes */
  readonly classes: readonly string[];
  /** sample × true class × predicted class: counts of pixels, without those that do not count */
  readonly counts: Int32Array;
}

/** A rectangle that was found. */
export interface ScoredBox extends LabelledBox {
  /** the higher, the surer */
  readonly score: number;
}

/** The boxes of each sample, and those that were found in it. */
export interface BoxTable extends Origins {
  readonly kind: "boxes";
  /** the names of the classes */
  readonly classes: readonly string[];
  readonly boxes: readonly (readonly LabelledBox[])[];
  readonly found: readonly (readonly ScoredBox[])[];
}

/** The tables by the kind of the samples' target. */
export interface TableOf {
  readonly classes: ClassTable;
  readonly attributes: AttributeTable;
  readonly values: ValueTable;
  readonly labelMap: LabelMapTable;
  readonly boxes: BoxTable;
}

/** A table of one of the kinds; of any, unless they are named. */
export type PredictionTable<K extends keyof TableOf = keyof TableOf> = TableOf[K];

/**
 * The predictions of classes as a table, checked: metrics rely on it.
 *
 * @param labels the true class of each sample, 0 … K − 1
 * @param scores sample × class, before the softmax
 * @param origins where the samples come from
 * @throws RangeError when the sizes do not fit each other, a label is no class, or a score is not finite
 * @example
 * classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0)); // an "a" and a "b", both taken for an "a"
 */
export function classTable(
  classes: readonly string[],
  labels: Int32Array,
  scores: Float32Array,
  origins: Origins = {},
): ClassTable {
  expectNumbers("scores", scores, labels.length, classes.length);
  expectEach("labels", labels, 1, (label) => label >= 0 && label < classes.length, `0 to ${classes.length - 1}`);
  expectFinite("scores", scores, classes.length, " The model has diverged.");
  return { kind: "classes", classes, labels, scores, ...originsOfAll(origins, labels.length) };
}

/**
 * The predictions of attributes as a table.
 *
 * @param signs sample × attribute: +1 for yes, −1 for no, 0 for what does not count
 * @param scores sample × attribute, before the sigmoid
 * @throws RangeError when the sizes do not fit each other, a sign is none, or a score is not finite
 * @example
 * const table = attributeTable(["furry", "tame"], Int32Array.of(1, -1, 1, 1), Float32Array.of(2, -1, 0.5, -3));
 * attributeError(table); // of four, the second animal's tameness is wrong: 0.25
 */
export function attributeTable(
  names: readonly string[],
  signs: Int32Array,
  scores: Float32Array,
  origins: Origins = {},
): AttributeTable {
  const count = expectRows("signs", signs, names);
  expectNumbers("scores", scores, count, names.length);
  expectEach("signs", signs, names.length, (sign) => sign * sign <= 1, "1, −1, or 0 for what does not count");
  expectFinite("scores", scores, names.length, " The model has diverged.");
  return { kind: "attributes", names, signs, scores, ...originsOfAll(origins, count) };
}

/**
 * The predictions of values as a table.
 *
 * @param values sample × value: what it is
 * @param predicted sample × value: what was predicted
 * @throws RangeError when the sizes do not fit each other, or a number is not finite
 * @example
 * const table = valueTable(["height"], Float32Array.of(1, 2), Float32Array.of(1.5, 2));
 * valueMetrics(table)[0].meanAbsoluteError; // 0.25
 */
export function valueTable(
  names: readonly string[],
  values: Float32Array,
  predicted: Float32Array,
  origins: Origins = {},
): ValueTable {
  const count = expectRows("values", values, names);
  expectNumbers("predicted", predicted, count, names.length);
  expectFinite("values", values, names.length, "");
  expectFinite("predicted", predicted, names.length, " The model has diverged.");
  return { kind: "values", names, values, predicted, ...originsOfAll(origins, count) };
}

/**
 * The predictions of maps of labels as a table.
 *
 * @param counts sample × true class × predicted class: counts of pixels
 * @throws RangeError when the sizes do not fit each other, or a count is below 0
 * @example
 * const table = labelMapTable(["ground", "tissue"], Int32Array.of(6, 1, 1, 8)); // one sample of 16 pixels
 * accuracy(confusionMatrix(table)); // 14 of 16: 0.875
 */
export function labelMapTable(classes: readonly string[], counts: Int32Array, origins: Origins = {}): LabelMapTable {
  const count = expectRows("counts", counts, classes, classes.length ** 2);
  expectEach("counts", counts, classes.length ** 2, (pixels) => pixels >= 0, "counts of pixels");
  return { kind: "labelMap", classes, counts, ...originsOfAll(origins, count) };
}

/**
 * Boxes that were found as a table.
 *
 * @param boxes for each sample the boxes that it has
 * @param found for each sample those that were found, in any order
 * @throws RangeError when the lists are not as many, a label is no class, or a score is not finite
 * @example
 * const box = { label: 0, x: 4, y: 2, width: 8, height: 8 };
 * const table = boxTable(["nucleus"], [[box]], [[{ ...box, score: 0.9 }]]);
 * boxMetrics(table)[0].averagePrecision; // 1
 */
export function boxTable(
  classes: readonly string[],
  boxes: readonly (readonly LabelledBox[])[],
  found: readonly (readonly ScoredBox[])[],
  origins: Origins = {},
): BoxTable {
  if (found.length !== boxes.length) {
    throw new RangeError(`Invalid value for found: expected ${boxes.length}, one per sample, got ${found.length}.`);
  }
  [...boxes, ...found].forEach((own, i) => {
    const [what, sample] = i < boxes.length ? ["boxes", i] : ["found", i - boxes.length];
    for (const { label } of own) {
      if (Number.isInteger(label) && label >= 0 && label < classes.length) continue;
      throw new RangeError(
        `Invalid value for ${what}: expected labels 0 to ${classes.length - 1}, got ${label} for sample ${sample}.`,
      );
    }
  });
  const sample = found.findIndex((own) => own.some(({ score }) => !Number.isFinite(score)));
  if (sample >= 0)
    throw new RangeError(`Invalid value for found: expected finite scores, got others for sample ${sample}.`);
  return { kind: "boxes", classes, boxes, found, ...originsOfAll(origins, boxes.length) };
}

/**
 * How many samples a table has.
 *
 * @example
 * sampleCount(valueTable(["height", "width"], Float32Array.of(1, 2), Float32Array.of(1, 3))); // 1
 */
export function sampleCount(table: PredictionTable): number {
  switch (table.kind) {
    case "classes":
      return table.labels.length;
    case "attributes":
      return table.signs.length / table.names.length;
    case "values":
      return table.values.length / table.names.length;
    case "labelMap":
      return table.counts.length / table.classes.length ** 2;
    case "boxes":
      return table.boxes.length;
  }
}

/**
 * What a table is about: the names of its classes, attributes or values.
 *
 * @example
 * namesOf(valueTable(["height"], Float32Array.of(1), Float32Array.of(2))); // ["height"]
 */
export const namesOf = (table: PredictionTable): readonly string[] => ("names" in table ? table.names : table.classes);

/**
 * The probabilities of the classes: the softmax of a sample's scores, p[k] = exp(z[k]) / Σ exp(z).
 *
 * @returns sample × class
 * @example
 * probabilities(classTable(["a", "b"], Int32Array.of(0), Float32Array.of(3, 3))); // [0.5, 0.5]
 */
export function probabilities({ classes, labels, scores }: ClassTable): Float32Array {
  const result = new Float32Array(scores.length);
  const count = classes.length;
  for (let sample = 0; sample < labels.length; sample++) {
    const from = sample * count;
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < count; k++) highest = Math.max(highest, scores[from + k]);
    let sum = 0;
    for (let k = 0; k < count; k++) sum += Math.exp(scores[from + k] - highest);
    for (let k = 0; k < count; k++) result[from + k] = Math.exp(scores[from + k] - highest) / sum;
  }
  return result;
}

/**
 * The probabilities of the classes for one sample: of thousands of classes, those of all samples take as much memory as the table.
 *
 * @example
 * probabilitiesOf(classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(9, 0, 3, 3)), 1); // [0.5, 0.5]
 */
export function probabilitiesOf({ kind, classes, labels, scores }: ClassTable, sample: number): Float32Array {
  return probabilities({
    kind,
    classes,
    labels: labels.subarray(sample, sample + 1),
    scores: scores.subarray(sample * classes.length, (sample + 1) * classes.length),
  });
}

function expectRows(what: string, numbers: ArrayLike<number>, names: readonly string[], each = names.length): number {
  if (names.length > 0 && numbers.length % each === 0) return numbers.length / each;
  throw new RangeError(`Invalid value for ${what}: expected ${each} for each sample, got ${numbers.length} in all.`);
}

function expectNumbers(what: string, numbers: ArrayLike<number>, count: number, each: number): void {
  if (numbers.length === count * each) return;
  throw new RangeError(`Invalid value for ${what}: expected ${count}×${each} numbers, got ${numbers.length}.`);
}

const expectFinite = (what: string, numbers: Float32Array, each: number, why: string): void =>
  expectEach(what, numbers, each, Number.isFinite, "finite numbers", why);

function expectEach(
  what: string,
  numbers: Float32Array | Int32Array,
  each: number,
  isRight: (value: number) => boolean,
  expected: string,
  why = "",
): void {
  const wrong = numbers.findIndex((value) => !isRight(value));
  if (wrong < 0) return;
  throw new RangeError(
    `Invalid value for ${what}: expected ${expected}, got ${numbers[wrong]} for sample ${Math.floor(wrong / each)}.${why}`,
  );
}

function originsOfAll({ paths, groups, folds }: Origins, count: number): Origins {
  for (const [name, values] of Object.entries({ paths, groups, folds })) {
    if (!values || values.length === count) continue;
    throw new RangeError(`Invalid value for ${name}: expected ${count}, one per sample, got ${values.length}.`);
  }
  return defined({ paths, groups, folds });
}
