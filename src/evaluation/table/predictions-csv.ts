/** A prediction table as text: comma-separated values, as RFC 4180 has them. */

import { type CsvRow, formatCsv, parseCsv } from "../../files/csv.js";
import { defined } from "../../values/defined.js";
import { predicted } from "../metrics/metrics.js";
import {
  attributeTable,
  type ClassTable,
  classTable,
  namesOf,
  type Origins,
  type PredictionTable,
  sampleCount,
  type TableOf,
  valueTable,
} from "./predictions.js";

/** Before the name of a class, attribute or value, in the heading of a column: what it is, its score, and the value that was predicted. */
const [TRUTH, SCORE, PREDICTED] = ["truth ", "score ", "predicted "];

/** The kinds of tables that are written as CSV: those with as many numbers for each sample. */
export type CsvKind = "classes" | "attributes" | "values";

/**
 * A table as CSV: a heading, then a line for each sample: its path, or its number where there are no paths; its group and fold, where
 * they are known; and, with as many digits as tell a float32 from its neighbours,
 *
 * - of classes the names of its label and of the class that was predicted, and the score of each class, before the softmax;
 * - of attributes what each is (1, −1, 0), and the score of each, before the sigmoid;
 * - of values what each is, and what was predicted.
 *
 * @throws RangeError when two classes, attributes or values have the same name; TypeError for maps of labels and boxes
 * @example
 * const table = classTable(["a", "b"], Int32Array.of(1), Float32Array.of(2.5, 1), { paths: ["pictures/1.png"] });
 * predictionsToCsv(table); // "path,label,predicted,score a,score b\npictures/1.png,b,a,2.5,1\n"
 * const values = valueTable(["height"], Float32Array.of(1.5), Float32Array.of(1.25));
 * predictionsToCsv(values); // "sample,truth height,predicted height\n0,1.5,1.25\n"
 */
export function predictionsToCsv(table: PredictionTable): string {
  if (table.kind === "labelMap" || table.kind === "boxes") {
    throw new TypeError(
      `A table of classes, attributes or values can be written as CSV; this one is of ${table.kind}.`,
    );
  }
  const names = namesOf(table);
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined) throw new RangeError(`Two ${table.kind} have the name ${JSON.stringify(twice)}.`);
  const { paths, groups, folds } = table;
  const { heading, row } = columnsOf(table);
  const whence = [paths ? "path" : "sample", ...(groups ? ["group"] : []), ...(folds ? ["fold"] : [])];
  const whenceOf = (sample: number): string[] => [
    paths ? paths[sample] : `${sample}`,
    ...(groups ? [groups[sample]] : []),
    ...(folds ? [`${folds[sample]}`] : []),
  ];
  const rows = Array.from({ length: sampleCount(table) }, (_, sample) => [...whenceOf(sample), ...row(sample)]);
  return formatCsv([[...whence, ...heading], ...rows]);
}

/** The columns of a table that are not of where its samples come from. */
function columnsOf(table: TableOf[CsvKind]): { readonly heading: string[]; row(sample: number): string[] } {
  const names = namesOf(table);
  const called = (before: string): string[] => names.map((name) => before + name);
  const numbers = (all: Float32Array | Int32Array, sample: number): string[] =>
    Array.from(all.subarray(sample * names.length, (sample + 1) * names.length), shortestText);
  switch (table.kind) {
    case "classes": {
      const guesses = predicted(table);
      return {
        heading: ["label", "predicted", ...called(SCORE)],
        row: (sample) => [names[table.labels[sample]], names[guesses[sample]], ...numbers(table.scores, sample)],
      };
    }
    case "attributes":
      return {
        heading: [...called(TRUTH), ...called(SCORE)],
        row: (sample) => [...numbers(table.signs, sample), ...numbers(table.scores, sample)],
      };
    case "values":
      return {
        heading: [...called(TRUTH), ...called(PREDICTED)],
        row: (sample) => [...numbers(table.values, sample), ...numbers(table.predicted, sample)],
      };
  }
}

/** The fewest digits that give the same float32 again. */
function shortestText(value: number): string {
  if (Object.is(value, -0)) return "-0";
  const precision = [6, 7, 8, 9].find((count) => Math.fround(Number(value.toPrecision(count))) === value);
  return `${Number(value.toPrecision(precision ?? 9))}`;
}

/**
 * The table that was written as CSV, with the same bits. Columns may come in another order, and others beside them; which class was predicted
 * follows from the scores and is not read. The classes, attributes or values are those that have a column of scores or predictions, in that
 * order. It is a table of classes where there is a column "label", of attributes or values where there are columns "truth …".
 *
 * @param kind the kind of table that is expected; any unless given
 * @throws Error that names the line where a field is missing, a label is no class, or a score or fold no number, or that the table is of
 *   another kind
 * @example
 * const { scores } = predictionsFromCsv("sample,label,score a,score b\n0,b,2.5,1\n", "classes");
 * scores; // [2.5, 1]
 */
export function predictionsFromCsv<K extends CsvKind = CsvKind>(text: string, kind?: K): TableOf[K] {
  const table = anyFromCsv(text);
  if (kind === undefined || table.kind === kind) return table as TableOf[K];
  throw new Error(`expected a table of ${kind}, got one of ${table.kind}.`);
}

function anyFromCsv(text: string): TableOf[CsvKind] {
  const [head, ...rows] = parseCsv(text);
  const heading = head?.fields ?? [];
  for (const { line, fields } of rows) {
    if (fields.length === heading.length) continue;
    throw new Error(`line ${line}: expected ${heading.length} fields, got ${fields.length}.`);
  }
  const sheet: Sheet = { heading, rows };
  const [path, group, fold] = ["path", "group", "fold"].map((name) => heading.indexOf(name));
  const named = (column: number): string[] | undefined =>
    column < 0 ? undefined : rows.map(({ fields }) => fields[column]);
  const origins = (): Origins =>
    defined({
      paths: named(path),
      groups: named(group),
      folds:
        fold < 0
          ? undefined
          : Int32Array.from(rows, (row) => numberIn(sheet, row, fold, "whole number", Number.isInteger)),
    });
  const before = (start: string): string[] =>
    heading.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
  if (heading.includes("label") || before(TRUTH).length === 0) return classesIn(sheet, before(SCORE), origins);
  const attributes = before(SCORE);
  return attributes.length > 0 ? attributesIn(sheet, attributes, origins) : valuesIn(sheet, before(PREDICTED), origins);
}

/** What is in a file, after its heading. */
interface Sheet {
  readonly heading: readonly string[];
  readonly rows: readonly CsvRow[];
}

function classesIn(sheet: Sheet, classes: readonly string[], origins: () => Origins): ClassTable {
  const { heading, rows } = sheet;
  const label = heading.indexOf("label");
  if (label < 0 || classes.length === 0) {
    throw new Error(
      `line 1: expected the columns "label" and "${SCORE}…" for each class, got ${JSON.stringify(heading.join(","))}.`,
    );
  }
  const places = new Map(classes.map((name, k) => [name, k]));
  const labels = Int32Array.from(rows, ({ line, fields }) => {
    const k = places.get(fields[label]);
    if (k !== undefined) return k;
    throw new Error(`line ${line}: expected a class with scores as the label, got ${JSON.stringify(fields[label])}.`);
  });
  return classTable(classes, labels, Float32Array.from(numbersIn(sheet, SCORE, classes)), origins());
}

const attributesIn = (sheet: Sheet, names: readonly string[], origins: () => Origins): TableOf["attributes"] =>
  attributeTable(
    names,
    Int32Array.from(numbersIn(sheet, TRUTH, names)),
    Float32Array.from(numbersIn(sheet, SCORE, names)),
    origins(),
  );

const valuesIn = (sheet: Sheet, names: readonly string[], origins: () => Origins): TableOf["values"] =>
  valueTable(
    names,
    Float32Array.from(numbersIn(sheet, TRUTH, names)),
    Float32Array.from(numbersIn(sheet, PREDICTED, names)),
    origins(),
  );

/** The numbers in the columns of some names, sample × name. */
function numbersIn(sheet: Sheet, before: string, names: readonly string[]): number[] {
  const columns = names.map((name) => {
    const column = sheet.heading.indexOf(before + name);
    if (column >= 0) return column;
    throw new Error(`line 1: expected a column ${JSON.stringify(before + name)}.`);
  });
  return sheet.rows.flatMap((row) => columns.map((column) => numberIn(sheet, row, column, "number", Number.isFinite)));
}

function numberIn(
  { heading }: Sheet,
  { line, fields }: CsvRow,
  column: number,
  kind: string,
  isOne: (value: number) => boolean,
): number {
  const value = Number(fields[column]);
  if (fields[column].trim() !== "" && isOne(value)) return value;
  throw new Error(
    `line ${line}: expected a ${kind} for ${JSON.stringify(heading[column])}, got ${JSON.stringify(fields[column])}.`,
  );
}
