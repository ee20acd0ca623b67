/** What a command prints when its job is done: the result, what was written, and what may be typed next. */

import type { Baseline } from "../../evaluation/baselines/features.js";
import type { McNemarTest } from "../../evaluation/statistics/mcnemar.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { resultText } from "../../report/evaluation/evaluation-text.js";
import { comparisonWords } from "../../report/evaluation/sections/other-model-section.js";
import type { NextStep } from "../../report/page/text/next-steps.js";
import { TERMINAL, wrapLines } from "../../report/page/text/wrap.js";
import { baselineLines } from "../../report/training/baselines-section.js";
import { whyKept } from "../../training/solver/early-stopping.js";
import type { EpochStatistics } from "../../training/statistics/epoch-statistics.js";
import { durationText } from "../progress/progress.js";

import { plainSpaces } from "./job-text.js";

/** What was written, by what it is called, in the order in which it is shown. */
type Files = Readonly<Record<string, string | undefined>>;

/** "model    runs/photos/model.onnx", a line for each file, and for each step that may come next. */
export function filesText(files: Files, next: readonly NextStep[] = []): string {
  const steps = next.flatMap(({ command, why }, i) => [
    [i === 0 ? "next" : "", command] as const,
    ["", `  ${why}`] as const,
  ]);
  const paths = Object.entries(files).flatMap(([name, path]) => (path === undefined ? [] : [[name, path] as const]));
  const width = Math.max(...[...paths, ...steps].map(([name]) => name.length)) + 2;
  const indent = " ".repeat(width);
  const below = (text: string): string => wrapLines(text, TERMINAL - width).replaceAll("\n", `\n${indent}`);
  return [
    ...paths.map(([name, path]) => `${name.padEnd(width)}${path}\n`),
    ...steps.map(([name, text]) => `${name.padEnd(width)}${below(text)}\n`),
  ].join("");
}

/** The end of a training. */
export interface Trained {
  readonly epoch: number;
  readonly history: readonly EpochStatistics[];
  readonly predictions: ClassTable;
  readonly baselines?: readonly Baseline[];
  readonly next: readonly NextStep[];
  readonly files: { readonly model: string; readonly page: string; readonly predictions?: string };
}

/** What a training has made: how good the model is and which epoch it is of, the files, and what may be typed next. */
export function trainedText(
  { epoch, history, predictions, baselines = [], next, files }: Trained,
  seconds: number,
): string {
  const measured = predictions.labels.length > 0;
  const why = `${whyKept(history, epoch)}${measured ? "" : ": no pictures were kept to choose by"}`;
  const ofEpoch = `the model is that of epoch ${epoch} of ${history.length}${history.length > 1 ? `, ${why}` : ""}\n`;
  const { model, predictions: table, page } = files;
  return (
    `\n${measured ? `${resultText(predictions)}\n\n` : ""}${baselinesText(baselines)}${ofEpoch}` +
    filesText({ model, predictions: table, report: page }, next) +
    `${durationText(seconds)} in all${waitedText(history)}\n`
  );
}

/** What simple methods make of the same features, where there are any. */
function baselinesText(baselines: readonly Baseline[]): string {
  if (baselines.length === 0) return "";
  const lines = baselineLines(baselines);
  const width = 2 + Math.max(...lines.map(([name]) => name.length)) + 2;
  const text = lines.map(([name, result]) => {
    const [first, ...more] = wrapLines(result, TERMINAL - width).split("\n");
    return [`  ${name}`.padEnd(width) + first, ...more.map((line) => " ".repeat(width) + line)].join("\n");
  });
  return plainSpaces(`simple methods on what the frozen layers make of the same pictures\n${text.join("\n")}\n\n`);
}

/** How much of the training's time the network waited for its images, where that is worth a word. */
function waitedText(history: readonly EpochStatistics[]): string {
  const seconds = history.reduce((sum, { train }) => sum + 1 / train.imagesPerSecond, 0);
  const waited = history.reduce((sum, { train }) => sum + (train.waiting ?? 0) / train.imagesPerSecond, 0) / seconds;
  return waited >= 0.01 ? `; ${(100 * waited).toFixed(0)} % of the training waited for images` : "";
}

/** How a model compares with another. */
export const comparisonText = (test: McNemarTest, against: string): string =>
  wrapLines(`against ${against}: ${comparisonWords(test)}`).replaceAll("\u00a0", " ");
