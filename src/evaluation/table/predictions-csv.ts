/** A prediction table as text: comma-separated values, as RFC 4180 has them. */

import { type CsvRow, formatCsv, parseCsv } from "../../files/csv.js";
import { predicted } from "../metrics/metrics.js";
import { type PredictionTable, predictionTable } from "./predictions.js";

/** Before the name of the class, in the heading of a column of scores. */
const SCORE = "score ";

/**
 * A table as CSV: a heading, then a line for each sample: its path, or its number where there are no paths; its group and fold, where
 * they are known; the names of its label and of the class that was predicted; and the score of each class, before the softmax, with as
 * many digits as tell the float32 from its neighbours.
 *
 * @throws RangeError when two classes have the same name
 * @example
 * const table = predictionTable(["a", "b"], Int32Array.of(1), Float32Array.of(2.5, 1), { paths: ["pictures/1.png"] });
 * predictionsToCsv(table); // "path,label,predicted,score a,score b\npictures/1.png,b,a,2.5,1\n"
 */
export function predictionsToCsv(table: PredictionTable): string {
  const { classes, labels, scores, paths, groups, folds } = table;
  const twice = classes.find((name, k) => classes.indexOf(name) !== k);
  if (twice !== undefined) throw new RangeError(`Two classes have the name ${JSON.stringify(twice)}.`);
  const guesses = predicted(table);
  const row = (sample: number): string[] => [
    paths ? paths[sample] : `${sample}`,
    ...(groups ? [groups[sample]] : []),
    ...(folds ? [`${folds[sample]}`] : []),
    classes[labels[sample]],
    classes[guesses[sample]],
    ...Array.from(scores.subarray(sample * classes.length, (sample + 1) * classes.length), digits),
  ];
  const heading = [
    paths ? "path" : "sample",
    ...(groups ? ["group"] : []),
    ...(folds ? ["fold"] : []),
    "label",
    "predicted",
    ...classes.map((name) => SCORE + name),
  ];
  return formatCsv([heading, ...Array.from(labels, (_, sample) => row(sample))]);
}

/** The fewest digits that give the same float32 again. */
function digits(value: number): string {
  if (Object.is(value, -0)) return "-0";
  const precision = [6, 7, 8, 9].find((count) => Math.fround(Number(value.toPrecision(count))) === value);
  return `${Number(value.toPrecision(precision ?? 9))}`;
}

/**
 * The table that was written as CSV, with the same bits. Columns may come in another order, and others beside them; what was predicted
 * follows from the scores and is not read. The classes are those that have a column of scores, in that order.
 *
 * @throws Error that names the line where a field is missing, a label is no class, or a score or fold no number
 * @example
 * const { scores } = predictionsFromCsv("sample,label,score a,score b\n0,b,2.5,1\n");
 * scores; // [2.5, 1]
 */
export function predictionsFromCsv(text: string): PredictionTable {
  const [head, ...rows] = parseCsv(text);
  const heading = head?.fields ?? [];
  const classes = heading.filter((name) => name.startsWith(SCORE)).map((name) => name.slice(SCORE.length));
  const columns = heading.flatMap((name, column) => (name.startsWith(SCORE) ? [column] : []));
  const label = heading.indexOf("label");
  if (label < 0 || classes.length === 0) {
    throw new Error(
      `line 1: expected the columns "label" and "${SCORE}…" for each class, got ${JSON.stringify(heading.join(","))}.`,
    );
  }
  const numbers = new Map(classes.map((name, k) => [name, k]));
  const labels = Int32Array.from(rows, ({ line, fields }) => {
    if (fields.length !== heading.length) {
      throw new Error(`line ${line}: expected ${heading.length} fields, got ${fields.length}.`);
    }
    const k = numbers.get(fields[label]);
    if (k === undefined) {
      throw new Error(`line ${line}: expected a class with scores as the label, got ${JSON.stringify(fields[label])}.`);
    }
    return k;
  });
  const numberIn = (
    { line, fields }: CsvRow,
    column: number,
    kind: string,
    isOne: (value: number) => boolean,
  ): number => {
    const value = Number(fields[column]);
    if (fields[column].trim() !== "" && isOne(value)) return value;
    throw new Error(
      `line ${line}: expected a ${kind} for ${JSON.stringify(heading[column])}, got ${JSON.stringify(fields[column])}.`,
    );
  };
  const scores = new Float32Array(rows.length * classes.length);
  rows.forEach((row, i) => {
    columns.forEach((column, k) => {
      scores[i * classes.length + k] = numberIn(row, column, "number", Number.isFinite);
    });
  });
  const [path, group, fold] = ["path", "group", "fold"].map((name) => heading.indexOf(name));
  return predictionTable(classes, labels, scores, {
    ...(path >= 0 && { paths: rows.map(({ fields }) => fields[path]) }),
    ...(group >= 0 && { groups: rows.map(({ fields }) => fields[group]) }),
    ...(fold >= 0 && { folds: Int32Array.from(rows, (row) => numberIn(row, fold, "whole number", Number.isInteger)) }),
  });
}
