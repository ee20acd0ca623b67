/** Parts of a prediction table, and tables put together. */

import { defined } from "../../values/defined.js";
import { namesOf, type Origins, type PredictionTable, sampleCount, type TableOf } from "./predictions.js";

/** Some rows of some tables of one kind. */
interface Rows<T> {
  /** a column of so many numbers for each sample */
  floats(column: (table: T) => Float32Array, each: number): Float32Array;
  integers(column: (table: T) => Int32Array, each: number): Int32Array;
  /** a column of one thing for each sample */
  list<V>(column: (table: T) => readonly V[]): V[];
}

/** What tables have for each sample: a table like another, of other rows. */
const REBUILT: { readonly [K in keyof TableOf]: (table: TableOf[K], rows: Rows<TableOf[K]>) => TableOf[K] } = {
  classes: ({ kind, classes }, rows) => ({
    kind,
    classes,
    labels: rows.integers(({ labels }) => labels, 1),
    scores: rows.floats(({ scores }) => scores, classes.length),
  }),
  attributes: ({ kind, names }, rows) => ({
    kind,
    names,
    signs: rows.integers(({ signs }) => signs, names.length),
    scores: rows.floats(({ scores }) => scores, names.length),
  }),
  values: ({ kind, names }, rows) => ({
    kind,
    names,
    values: rows.floats(({ values }) => values, names.length),
    predicted: rows.floats(({ predicted }) => predicted, names.length),
  }),
  labelMap: ({ kind, classes }, rows) => ({
    kind,
    classes,
    counts: rows.integers(({ counts }) => counts, classes.length ** 2),
  }),
  boxes: ({ kind, classes }, rows) => ({
    kind,
    classes,
    boxes: rows.list(({ boxes }) => boxes),
    found: rows.list(({ found }) => found),
  }),
};

/** The rows of tables of one kind: row i is a sample of one of them. */
function rebuilt<K extends keyof TableOf>(
  kind: K,
  tables: readonly TableOf[K][],
  tableOf: (row: number) => number,
  samples: Int32Array,
  origins: Origins,
): TableOf[K] {
  const fill = (
    into: { [index: number]: number },
    column: (table: TableOf[K]) => ArrayLike<number>,
    each: number,
  ): void => {
    const columns = tables.map(column);
    samples.forEach((sample, row) => {
      const from = columns[tableOf(row)];
      for (let k = 0; k < each; k++) into[row * each + k] = from[sample * each + k];
    });
  };
  const rows: Rows<TableOf[K]> = {
    floats(column, each) {
      const into = new Float32Array(samples.length * each);
      fill(into, column, each);
      return into;
    },
    integers(column, each) {
      const into = new Int32Array(samples.length * each);
      fill(into, column, each);
      return into;
    },
    list: (column) => Array.from(samples, (sample, row) => column(tables[tableOf(row)])[sample]),
  };
  return { ...REBUILT[kind](tables[0], rows), ...origins };
}

/**
 * The table of some of the samples, in the order given; one may come several times.
 *
 * @param samples numbers of samples, from 0
 * @throws RangeError when there is no such sample
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0));
 * subset(table, [1, 1]).scores; // [3, 0, 3, 0]
 */
export function subset<T extends PredictionTable>(table: T, samples: ArrayLike<number>): T {
  const count = sampleCount(table);
  const indices = Int32Array.from(samples);
  const absent = indices.find((sample) => !(sample >= 0 && sample < count));
  if (absent !== undefined) {
    throw new RangeError(`Invalid value for samples: expected 0 to ${count - 1}, got ${absent}.`);
  }
  const { paths, groups, folds } = table;
  const named = (names: readonly string[]): string[] => Array.from(indices, (sample) => names[sample]);
  const origins = defined({
    paths: paths && named(paths),
    groups: groups && named(groups),
    folds: folds && indices.map((sample) => folds[sample]),
  });
  return rebuilt<keyof TableOf>(table.kind, [table], () => 0, indices, origins) as T;
}

/**
 * One table of the samples of several, one after the other, such as those of a cross-validation, where each sample was predicted by
 * the network that was not trained on it. Paths, groups and folds are kept where all tables have them; where no table has folds, they
 * are the numbers of the tables, from 0.
 *
 * @throws RangeError when there is no table, or their kinds, or the names of their classes, attributes or values, differ
 * @example
 * const first = classTable(["a", "b"], Int32Array.of(0), Float32Array.of(2, 1));
 * const second = classTable(["a", "b"], Int32Array.of(1), Float32Array.of(3, 0));
 * pooled([first, second]).folds; // [0, 1]
 */
export function pooled<T extends PredictionTable>(tables: readonly T[]): T {
  if (tables.length === 0) throw new RangeError("Invalid value for tables: expected at least one, got none.");
  const [first] = tables;
  const about = (table: PredictionTable): string => JSON.stringify(namesOf(table));
  const other = tables.find((table) => table.kind !== first.kind || about(table) !== about(first));
  if (other) {
    throw new RangeError(
      `The tables must have the same ${first.kind}: expected ${about(first)}, got ${other.kind === first.kind ? "" : `${other.kind} `}${about(other)}.`,
    );
  }
  const counts = tables.map(sampleCount);
  const numbers = Int32Array.from(counts.flatMap((count, number) => Array<number>(count).fill(number)));
  const samples = Int32Array.from(counts.flatMap((count) => Array.from({ length: count }, (_, sample) => sample)));
  const paths = everyOne(tables.map((table) => table.paths));
  const groups = everyOne(tables.map((table) => table.groups));
  const folds = tables.some((table) => table.folds) ? everyOne(tables.map((table) => table.folds)) : [numbers];
  const origins = defined({
    paths: paths?.flat(),
    groups: groups?.flat(),
    folds: folds && Int32Array.from(folds.flatMap((part) => [...part])),
  });
  return rebuilt<keyof TableOf>(first.kind, tables, (row) => numbers[row], samples, origins) as T;
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
 * const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(2, 1, 3, 0), { folds: Int32Array.of(0, 1) });
 * [...byFold(table).values()].map((fold) => topError(fold, 1)); // [0, 1]
 */
export function byFold<T extends PredictionTable>(table: T): Map<number, T> {
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
