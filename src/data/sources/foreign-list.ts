/** Lists of pictures as Caffe and ImageNet's challenges (ILSVRC) have them: without a heading, or with one of their own. */

import type { CsvRow } from "../../files/csv.js";
import { formatByEnding } from "../pictures/formats/formats-file.js";

/** A picture of such a list. */
export interface ForeignRow {
  readonly line: number;
  /** its file, which may lack the ending */
  readonly path: string;
  readonly label: string;
  /** where things of its class are: "x y width height" each */
  readonly boxes: readonly string[];
}

const EXPECTED =
  'expected a line for each picture, its path and its class ("val/a.JPEG 65"), or, of ILSVRC\'s pictures in their order, its class alone';

/** Whether a text begins as a list without a heading, or as one of ours. */
export const isLineList = (text: string): boolean => {
  const first = text
    .replace(/^\uFEFF/, "")
    .trimStart()
    .split("\n", 1)[0]
    .trim();
  return (
    /^(?:\d+|n\d{8}|\S.*\s(?:\d+|n\d{8}))$/.test(first) ||
    formatByEnding(first.split(/\s/)[0]) !== undefined ||
    hasHeading(first)
  );
};

/** Whether a text begins with a heading as our lists have it. */
export const hasHeading = (text: string): boolean => /^\uFEFF?(?:[^\n]*[,;\t])?\s*path\s*(?:[,;\t]|$)/i.test(text);

/**
 * The pictures of a list without a heading:
 *
 * - "ILSVRC2012_val_00000001.JPEG 65", as Caffe has them: a path, and the place of its class among the model's, from 0; or the class's name or WordNet number
 * - a WordNet number on each line ("n01751748"), of ILSVRC's pictures for validation in their order
 * - a number from 1 to 1000 on each line, as in `ILSVRC2012_validation_ground_truth.txt`: the order of these is in the development kit's `meta.mat` alone
 *
 * @param synsets for the last of these gives the WordNet numbers of 1, 2, …
 * @throws Error that names the line, when it is of none of these forms
 */
export async function rowsOfLines(text: string, synsets: () => Promise<readonly string[]>): Promise<ForeignRow[]> {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .map((content, i) => ({ line: i + 1, content: content.trim() }))
    .filter(({ content }) => content !== "");
  if (lines.length === 0) throw new Error(`line 1: ${EXPECTED}; it is empty`);
  if (!/\s/.test(lines[0].content)) return rowsOfClasses(lines, synsets);
  const rows = lines.map(({ line, content }): ForeignRow => {
    const [, path = "", label = ""] = /^(.*\S)\s+(\S+)$/.exec(content) ?? [];
    if (path === "") throw new Error(`line ${line}: ${EXPECTED}; got '${content.slice(0, 60)}'`);
    return { line, path, label, boxes: [] };
  });
  const bare = rows.find(({ path }) => formatByEnding(path) === undefined);
  if (bare && rows.every(({ label }, i) => label === `${i + 1}`)) {
    throw new Error(
      `line 1: '${lines[0].content}': these numbers count the pictures and are no classes; of ILSVRC's pictures, LOC_val_solution.csv or ILSVRC2012_validation_ground_truth.txt has them`,
    );
  }
  if (bare) throw new Error(`line ${bare.line}: ${EXPECTED}; '${bare.path.slice(0, 60)}' is no picture`);
  return rows;
}

/** Classes alone, of pictures in their order. */
async function rowsOfClasses(
  lines: readonly { readonly line: number; readonly content: string }[],
  synsets: () => Promise<readonly string[]>,
): Promise<ForeignRow[]> {
  const areNumbers = /^\d+$/.test(lines[0].content);
  const form = areNumbers ? /^\d+$/ : WORDNET;
  const wrong = lines.find(({ content }) => !form.test(content));
  if (wrong) throw new Error(`line ${wrong.line}: ${EXPECTED}; got '${wrong.content.slice(0, 60)}'`);
  const ids = areNumbers ? await synsets() : [];
  return lines.map(({ line, content }, i): ForeignRow => {
    const label = areNumbers ? ids[Number(content) - 1] : content;
    if (label === undefined) throw new Error(`line ${line}: expected a class from 1 to ${ids.length}, got ${content}`);
    return { line, path: `ILSVRC2012_val_${`${i + 1}`.padStart(8, "0")}`, label, boxes: [] };
  });
}

const WORDNET = /^n\d{8}$/;

/** Whether a heading is that of Kaggle's form of ILSVRC: `LOC_val_solution.csv`, `LOC_train_solution.csv`. */
export const isSolution = (names: readonly string[]): boolean =>
  names.includes("imageid") && names.includes("predictionstring");

/**
 * The pictures of such a table: `PredictionString` has the class's WordNet number and the corners of a box, "n01751748 111 108 230 366", for each thing in it.
 *
 * @throws Error that names the line, when it has another form, or things of several classes
 */
export function rowsOfSolution(names: readonly string[], rows: readonly CsvRow[]): ForeignRow[] {
  const [at, said] = [names.indexOf("imageid"), names.indexOf("predictionstring")];
  return rows.map(({ line, fields }) => {
    const words = (fields[said] ?? "").trim().split(/\s+/);
    const things = Array.from({ length: Math.ceil(words.length / 5) }, (_, i) => words.slice(5 * i, 5 * i + 5));
    const [[label]] = things;
    const boxes = things.map(([id, ...corners]) => {
      const [x, y, right, bottom] = corners.map(Number);
      if (WORDNET.test(id) && id === label && corners.length === 4 && right > x && bottom > y)
        return `${x} ${y} ${right - x} ${bottom - y}`;
      throw new Error(
        `line ${line}: expected a WordNet number and the corners of a box, "n01751748 111 108 230 366", for each thing of one class, got '${words.join(" ").slice(0, 80)}'`,
      );
    });
    return { line, path: (fields[at] ?? "").trim(), label, boxes };
  });
}
