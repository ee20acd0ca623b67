/** A prediction table from text: comma-separated values, as {@link predictionsToCsv} writes them. */

import { type CsvRow, csvRows } from "../../files/csv.js";
import { defined } from "../../values/defined.js";
import { attributeTable, classTable, type TableOf, valueTable } from "./predictions.js";
import { BEST_SCORES, COLUMN, type CsvKind } from "./predictions-csv.js";

/**
 * The table that was written as CSV, with the same bits. Columns may come in another order, and others beside them; which class was predicted
 * follows from the scores and is not read. The classes, attributes or values are those that have a column of scores or predictions, in that
 * order. Where the scores of a sample's likeliest classes are written alone, the probability of the others is spread evenly among them. It is a
 * table of classes where there is a column "label", of attributes or values where there are columns "truth …".
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
  // Row by row: the fields of all rows together would need many times the memory of their numbers.
  const rows = csvRows(text);
  const first = rows.next();
  const heading = first.done ? [] : first.value.fields;
  const { kind, names, parts } = contentOf(heading);
  const columns = parts.map((part) => names.map((name) => columnIn(heading, part + name)));
  const [path, group, fold, label] = ["path", "group", "fold", "label"].map((name) => heading.indexOf(name));
  const places = new Map(names.map((name, k) => [name, k]));
  const numbers = parts.map((): Float32Array[] => []);
  const [paths, groups, folds, labels]: [string[], string[], number[], number[]] = [[], [], [], []];
  for (const row of rows) {
    const { line, fields } = row;
    if (fields.length !== heading.length) {
      throw new Error(`line ${line}: expected ${heading.length} fields, got ${fields.length}.`);
    }
    if (path >= 0) paths.push(fields[path]);
    if (group >= 0) groups.push(fields[group]);
    if (fold >= 0) folds.push(numberIn(heading, row, fold, "whole number", Number.isInteger));
    if (kind === "classes") labels.push(labelIn(row, label, places));
    columns.forEach((own, i) => {
      numbers[i].push(kind === "classes" ? scoresIn(heading, row, own) : numbersIn(heading, row, own));
    });
  }
  const origins = defined({
    paths: path < 0 ? undefined : paths,
    groups: group < 0 ? undefined : groups,
    folds: fold < 0 ? undefined : Int32Array.from(folds),
  });
  const [one, other] = numbers.map(joined);
  switch (kind) {
    case "classes":
      return classTable(names, Int32Array.from(labels), one, origins);
    case "attributes":
      return attributeTable(names, Int32Array.from(one), other, origins);
    case "values":
      return valueTable(names, one, other, origins);
  }
}

/** What a heading says of its table: its kind, the names of classes, attributes or values, and what their columns begin with. */
function contentOf(heading: readonly string[]): {
  readonly kind: CsvKind;
  readonly names: readonly string[];
  readonly parts: readonly string[];
} {
  const after = (start: string): string[] =>
    heading.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
  const [scored, stated] = [after(COLUMN.score), after(COLUMN.truth)];
  if (heading.includes("label") && scored.length > 0) {
    return { kind: "classes", names: scored, parts: [COLUMN.score] };
  }
  if (heading.includes("label") || stated.length === 0) {
    const got = heading.join(",");
    throw new Error(
      `line 1: expected the columns "label" and "${COLUMN.score}…" for each class, got ${JSON.stringify(got.length > 60 ? `${got.slice(0, 59)}…` : got)}.`,
    );
  }
  if (scored.length > 0) return { kind: "attributes", names: scored, parts: [COLUMN.truth, COLUMN.score] };
  return { kind: "values", names: after(COLUMN.predicted), parts: [COLUMN.truth, COLUMN.predicted] };
}

function columnIn(heading: readonly string[], name: string): number {
  const column = heading.indexOf(name);
  if (column >= 0) return column;
  throw new Error(`line 1: expected a column ${JSON.stringify(name)}.`);
}

function labelIn({ line, fields }: CsvRow, column: number, places: ReadonlyMap<string, number>): number {
  const k = places.get(fields[column]);
  if (k !== undefined) return k;
  throw new Error(`line ${line}: expected a class with scores as the label, got ${JSON.stringify(fields[column])}.`);
}

const numbersIn = (heading: readonly string[], row: CsvRow, columns: readonly number[]): Float32Array =>
  Float32Array.from(columns, (column) => numberIn(heading, row, column, "number", Number.isFinite));

/**
 * The scores of a row. Those that were left out share the probability of the others alike: with the highest score s and its probability p, n scores of
 * the probability r together are s + log(r / (n·p)) each, and none of them is above the lowest of the best.
 */
function scoresIn(heading: readonly string[], row: CsvRow, columns: readonly number[]): Float32Array {
  const rest = heading.indexOf(COLUMN.others);
  const absent = rest < 0 ? 0 : columns.filter((column) => row.fields[column] === "").length;
  if (absent === 0) return numbersIn(heading, row, columns);
  const isShare = (value: number): boolean => value >= 0 && value <= 1;
  const [others, confidence] = [rest, columnIn(heading, COLUMN.confidence)].map((column) =>
    numberIn(heading, row, column, "probability", isShare),
  );
  const known = columns.filter((column) => row.fields[column] !== "");
  const best = [...numbersIn(heading, row, known)].sort((a, b) => b - a).slice(0, BEST_SCORES);
  const least = Math.log(Number.MIN_VALUE);
  const each = best[0] + Math.max(least, Math.log(others / (absent * confidence)));
  const left = Math.min(each, best[best.length - 1]);
  return Float32Array.from(columns, (column) =>
    row.fields[column] === "" ? left : numberIn(heading, row, column, "number", Number.isFinite),
  );
}

function numberIn(
  heading: readonly string[],
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

/** The rows one after the other. */
function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}
