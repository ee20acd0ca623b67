/** Parts of a prediction table, and tables put together. */

import { type PredictionTable, predictionTable } from "./predictions.js";

/**
 * The table of some of the samples, in the order given; one may come several times.
 *
 * @param samples numbers of samples, from 0
 * @throws RangeError when there is no such sample
 * @example
 * const table = predictionTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0));
 * subset(table, [1, 1]).scores; // [3, 0, 3, 0]
 */
export function subset(table: PredictionTable, samples: ArrayLike<number>): PredictionTable {
  const { classes, labels, scores, paths, groups, folds } = table;
  const indices = Int32Array.from(samples);
  const absent = indices.find((sample) => !(sample >= 0 && sample < labels.length));
  if (absent !== undefined) {
    throw new RangeError(`Invalid value for samples: expected 0 to ${labels.length - 1}, got ${absent}.`);
  }
  const size = classes.length;
  const taken = new Float32Array(indices.length * size);
  indices.forEach((sample, i) => {
    for (let k = 0; k < size; k++) taken[i * size + k] = scores[sample * size + k];
  });
  const named = (names: readonly string[]): string[] => Array.from(indices, (sample) => names[sample]);
  return {
    classes,
    labels: indices.map((sample) => labels[sample]),
    scores: taken,
    ...(paths && { paths: named(paths) }),
    ...(groups && { groups: named(groups) }),
    ...(folds && { folds: indices.map((sample) => folds[sample]) }),
  };
}

/**
 * One table of the samples of several, one after the other, such as those of a cross-validation, where each sample was predicted by
 * the network that was not trained on it. Paths, groups and folds are kept where all tables have them; where no table has folds, they
 * are the numbers of the tables, from 0.
 *
 * @throws RangeError when there is no table, or their classes differ
 * @example
 * const first = predictionTable(["a", "b"], Int32Array.of(0), Float32Array.of(2, 1));
 * const second = predictionTable(["a", "b"], Int32Array.of(1), Float32Array.of(3, 0));
 * pooled([first, second]).folds; // [0, 1]
 */
export function pooled(tables: readonly PredictionTable[]): PredictionTable {
  if (tables.length === 0) throw new RangeError("Invalid value for tables: expected at least one, got none.");
  const [{ classes }] = tables;
  const other = tables.find((table) => JSON.stringify(table.classes) !== JSON.stringify(classes));
  if (other) {
    throw new RangeError(
      `The tables must have the same classes: expected ${JSON.stringify(classes)}, got ${JSON.stringify(other.classes)}.`,
    );
  }
  const paths = everyOne(tables.map((table) => table.paths));
  const groups = everyOne(tables.map((table) => table.groups));
  const folds = tables.some((table) => table.folds)
    ? everyOne(tables.map((table) => table.folds))
    : tables.map(({ labels }, i) => new Int32Array(labels.length).fill(i));
  const scores = new Float32Array(tables.reduce((sum, table) => sum + table.scores.length, 0));
  let offset = 0;
  for (const table of tables) {
    scores.set(table.scores, offset);
    offset += table.scores.length;
  }
  return predictionTable(classes, Int32Array.from(tables.flatMap(({ labels }) => [...labels])), scores, {
    ...(paths && { paths: paths.flat() }),
    ...(groups && { groups: groups.flat() }),
    ...(folds && { folds: Int32Array.from(folds.flatMap((part) => [...part])) }),
  });
}

function everyOne<T>(parts: readonly (T | undefined)[]): T[] | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? known : undefined;
}

/**
 * A table for each fold, in rising order of their numbers.
 *
 * @throws RangeError when the table has no folds
 * @example
 * const table = predictionTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0), { folds: Int32Array.of(0, 1) });
 * [...byFold(table).values()].map((fold) => topError(fold, 1)); // [0, 1]
 */
export function byFold(table: PredictionTable): Map<number, PredictionTable> {
  if (!table.folds) throw new RangeError("The table does not say in which fold each sample is.");
  const parts = [...samplesBy(table.folds)].sort(([a], [b]) => a - b);
  return new Map(parts.map(([fold, samples]) => [fold, subset(table, samples)]));
}

/** The numbers of the samples that share a value, for each value, in the order in which the values come first. */
export function samplesBy<T>(values: Iterable<T>): Map<T, number[]> {
  const samples = new Map<T, number[]>();
  let sample = 0;
  for (const value of values) {
    const known = samples.get(value);
    if (known) known.push(sample);
    else samples.set(value, [sample]);
    sample++;
  }
  return samples;
}
