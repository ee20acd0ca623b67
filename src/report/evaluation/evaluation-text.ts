import { cohenKappa, matthewsCorrelation } from "../../evaluation/metrics/agreement.js";
import {
  balancedAccuracy,
  classMetrics,
  macroAverage,
  weightedAverage,
} from "../../evaluation/metrics/class-metrics.js";
import { macroRocCurve } from "../../evaluation/metrics/curves/roc.js";
import { accuracy, confusionMatrix, confusions, topError } from "../../evaluation/metrics/metrics.js";
import { expectedCalibrationError, reliability } from "../../evaluation/metrics/probabilities/calibration.js";
import { fitTemperature } from "../../evaluation/metrics/probabilities/temperature.js";
import { bootstrap, type Interval, wilsonInterval } from "../../evaluation/statistics/intervals.js";
import type { ClassTable, PredictionTable } from "../../evaluation/table/predictions.js";
import { byFold } from "../../evaluation/table/subset.js";
import { numberText, percentText, plural } from "../page/text/words.js";
import { targetFigures } from "./target-figures.js";

/** How an evaluation is told. */
export interface EvaluationOptions {
  /** whether the classes are grades in their order: then kappa is weighted, too; false */
  readonly ordered?: boolean;
}

/** Up to so many classes, the terminal shows the whole matrix and a line for each class. */
const MOST_CLASSES = 12;

/** The error rate with its 95 % interval, and how that was found. */
export interface ErrorInterval extends Interval {
  readonly error: number;
  readonly method: string;
}

/**
 * The top-1 error with its interval: by Wilson, or, where samples come in groups, by drawing whole groups again and again. Where nothing is
 * wrong, or all, every draw is the same and tells nothing: then by Wilson, a group counting as one sample.
 */
export function errorInterval(table: ClassTable): ErrorInterval {
  const count = table.labels.length;
  const error = topError(table, 1);
  if (table.groups) {
    const groups = new Set(table.groups).size;
    const all = plural(groups, "group");
    if (error === 0 || error === 1) {
      return { error, ...wilsonInterval(error * groups, groups), method: `Wilson for ${all}` };
    }
    const { low, high } = bootstrap(table, (drawn) => topError(drawn, 1));
    return { error, low, high, method: `bootstrap of ${all}` };
  }
  const { low, high } = wilsonInterval(Math.round(error * count), count);
  return { error, low, high, method: "Wilson" };
}

/**
 * The figures of an evaluation by name, in the order in which they are read: errors with their interval, agreement, averages over the
 * classes, the area under the ROC curve, calibration.
 */
export function evaluationFigures(table: ClassTable, { ordered = false }: EvaluationOptions = {}): [string, string][] {
  const matrix = confusionMatrix(table);
  const { error, low, high, method } = errorInterval(table);
  const deep = [2, 3, 4, 5].filter((k) => k < table.classes.length);
  const [macro, weighted] = [macroAverage(matrix), weightedAverage(matrix)];
  const three = ({ precision, recall, f1 }: typeof macro): string =>
    [precision, recall, f1].map((share) => percentText(share, 1)).join(", ");
  const folds = table.folds ? [...byFold(table).values()].map((fold) => topError(fold, 1)) : [];
  const roc = macroRocCurve(table);
  return [
    ["pictures", `${table.labels.length} of ${plural(table.classes.length, "class", "classes")}`],
    ["top-1 error", `${percentText(error)} (95 %: ${percentText(low)} to ${percentText(high)}, ${method})`],
    ...deep.map((k): [string, string] => [`top-${k} error`, percentText(topError(table, k))]),
    ...(folds.length > 1 ? [["error by fold", foldsText(folds)] as [string, string]] : []),
    ["accuracy", `${percentText(accuracy(matrix))}, balanced ${percentText(balancedAccuracy(matrix))}`],
    ["Cohen's kappa", numberText(cohenKappa(matrix))],
    ...(ordered
      ? [["weighted kappa", `${numberText(cohenKappa(matrix, "quadratic"))} (quadratic)`] as [string, string]]
      : []),
    ["Matthews correlation", numberText(matthewsCorrelation(matrix))],
    ["precision, recall, F1", `${three(macro)} (mean of the classes)`],
    ["", `${three(weighted)} (weighted by their size)`],
    ...(roc ? [["area under ROC", `${numberText(roc.area)} (mean of the classes)`] as [string, string]] : []),
    ["calibration error", calibrationText(table)],
  ];
}

/** "2.10 %, 3.90 %: 3.00 % ± 1.27 %" */
export function foldsText(errors: readonly number[]): string {
  const { mean, deviation } = meanAndDeviation(errors);
  return `${errors.map((e) => percentText(e)).join(", ")}: ${percentText(mean)}\u00a0±\u00a0${percentText(deviation)}`;
}

/** The mean, and the standard deviation of a sample (n − 1). */
export function meanAndDeviation(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

function calibrationText(table: ClassTable): string {
  const off = `${percentText(expectedCalibrationError(reliability(table)))} expected`;
  if (topError(table, 1) === 0) return off;
  return `${off}; the temperature ${numberText(fitTemperature(table))} would suit these pictures best`;
}

/**
 * An evaluation for the terminal: the figures, and of classes the confusion matrix with precision, recall and F1 of each where there are few,
 * else the pairs that are confused most; of all other kinds the metrics of each attribute, value or class.
 *
 * @throws RangeError when the table is empty
 * @example
 * console.log(evaluationText(predictions).split("\n")[0]); // "pictures               26 of 26 classes"
 */
export function evaluationText(table: PredictionTable, options: EvaluationOptions = {}): string {
  if (table.kind === "classes") return textOf(evaluationFigures(table, options), classRows(table));
  const { figures, heading, rows } = targetFigures(table);
  return textOf(figures, [heading, ...rows]);
}

function classRows(table: ClassTable): string[][] {
  const matrix = confusionMatrix(table);
  const { classes, counts } = matrix;
  return classes.length <= MOST_CLASSES
    ? [
        ["it is", ...classes.map((_, k) => `→${k + 1}`), "precision", "recall", "F1"],
        ...classMetrics(matrix).map(({ precision, recall, f1 }, i) => [
          `${i + 1} ${classes[i]}`,
          ...classes.map((_, j) => `${counts[i * classes.length + j]}`),
          ...[precision, recall, f1].map((share) => percentText(share, 1)),
        ]),
      ]
    : [
        ["it is", "taken for", "times", "of its kind"],
        ...confusions(matrix, MOST_CLASSES).map(({ truth, predicted, count, share }) => [
          classes[truth],
          classes[predicted],
          `${count}`,
          percentText(share, 1),
        ]),
      ];
}

/** Names with their values, and below them a table. */
function textOf(figures: readonly [name: string, value: string][], rows: readonly (readonly string[])[]): string {
  const width = Math.max(...figures.map(([name]) => name.length));
  const head = figures.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join("  "),
  );
  return [...head, "", ...lines].join("\n").replaceAll("\u00a0", " ");
}
