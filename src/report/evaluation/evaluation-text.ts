import { classMetrics } from "../../evaluation/metrics/class-metrics.js";
import { confusions, worstMistakes } from "../../evaluation/metrics/metrics.js";
import type { ClassTable, PredictionTable } from "../../evaluation/table/predictions.js";
import { confidenceText, percentText, plural } from "../page/text/words.js";
import { textColumns, wrapLines } from "../page/text/wrap.js";
import {
  type EvaluationOptions,
  errorInterval,
  evaluationFigures,
  guessText,
  intervalText,
  matrixOf,
} from "./evaluation-figures.js";
import { targetFigures } from "./target-figures.js";

/** Up to so many classes, the terminal shows the whole matrix and a line for each class. */
const MOST_CLASSES = 12;
/** So many mistakes are named. */
const MISTAKES = 5;

/**
 * An evaluation for the terminal, in lines of at most 80 columns: the figures, the error first, and of classes the confusion matrix with precision,
 * recall and F1 of each where there are few, else the pairs that are confused most, and the mistakes that the network was surest of; of all other
 * kinds the metrics of each attribute, value or class.
 *
 * @throws RangeError when the table is empty
 * @example
 * console.log(evaluationText(predictions).split("\n")[1]); // "pictures               26 of 26 classes"
 */
export function evaluationText(table: PredictionTable, options: EvaluationOptions = {}): string {
  if (table.kind === "classes") {
    const parts = [figuresText(evaluationFigures(table, options)), classText(table), mistakesText(table)];
    return joined(parts);
  }
  const { figures, heading, rows } = targetFigures(table);
  return joined([figuresText(figures), textColumns([heading, ...rows])]);
}

/**
 * The result alone, for the end of a training: how much is wrong, with its interval, what is confused most, and the surest mistakes.
 *
 * @throws RangeError when the table is empty
 */
export function resultText(table: ClassTable): string {
  const interval = errorInterval(table);
  const count = table.labels.length;
  const wrong = Math.round(interval.error * count);
  const figures: [string, string][] = [
    [
      "error",
      `${percentText(interval.error)}: ${wrong} of ${plural(count, "picture")} that it was not trained on (${intervalText(interval)})`,
    ],
  ];
  const guess = guessText(table, interval.error);
  if (guess !== undefined) figures.push(["by guessing", guess]);
  const [pair] = confusions(matrixOf(table), 1);
  if (pair && wrong > 1) {
    const { classes } = table;
    figures.push([
      "most often",
      `"${classes[pair.truth]}" taken for "${classes[pair.predicted]}": ${pair.count} of the ${wrong}`,
    ]);
  }
  return joined([figuresText(figures), mistakesText(table)]);
}

const joined = (parts: readonly string[]): string =>
  parts
    .filter((part) => part !== "")
    .join("\n\n")
    .replaceAll("\u00a0", " ");

/** Names that could be taken for numbers are in quotes. */
function namesOf(classes: readonly string[]): readonly string[] {
  return classes.some((name) => /^\s*[-+#→]?[\d.,]+\s*%?\s*$/.test(name))
    ? classes.map((name) => `"${name}"`)
    : classes;
}

/** The confusion matrix and the metrics of each class, or the pairs that are confused most. */
function classText(table: ClassTable): string {
  const matrix = matrixOf(table);
  const { counts } = matrix;
  const classes = namesOf(matrix.classes);
  const size = classes.length;
  if (size > MOST_CLASSES) {
    const pairs = confusions(matrix, MOST_CLASSES);
    if (pairs.length === 0) return "";
    const rows = pairs.map(({ truth, predicted, count, share }) => [
      classes[truth],
      classes[predicted],
      `${count}`,
      percentText(share, 1),
    ]);
    return textColumns([["it is", "taken for", "times", "of its kind"], ...rows], { texts: 2 });
  }
  const heading = ["it is", ...classes.map((_, k) => `→${k + 1}`), "precision", "recall", "F1"];
  const rows = classMetrics(matrix).map(({ precision, recall, f1 }, i) => [
    `${i + 1} ${classes[i]}`,
    ...classes.map((_, j) => `${counts[i * size + j]}`),
    ...[precision, recall, f1].map((share) => percentText(share, 1)),
  ]);
  const text = textColumns([heading, ...rows]);
  return `${text}\n(a row for what it is; →1 counts what was taken for the class of row 1)`;
}

/** The mistakes that the network was surest of, each with its picture; nothing where pictures have no names. */
function mistakesText(table: ClassTable): string {
  const { classes, paths } = table;
  if (!paths) return "";
  const mistakes = worstMistakes(table, MISTAKES);
  if (mistakes.length === 0) return "";
  const lines = mistakes.map(
    ({ sample, truth, predicted, confidence }) =>
      `  ${confidenceText(confidence).padStart(7)}  "${classes[predicted]}", but it is "${classes[truth]}": ${paths[sample]}`,
  );
  return wrapLines(["the mistakes that it was surest of", ...lines].join("\n"));
}

/** Names with their values. */
function figuresText(figures: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...figures.map(([name]) => name.length));
  return wrapLines(figures.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n"));
}
