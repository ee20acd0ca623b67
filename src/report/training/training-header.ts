import { html, type Markup } from "../../drawing/markup.js";
import { topError } from "../../evaluation/metrics/metrics.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { networkTable } from "../../network/display/table.js";
import type { Network } from "../../network/network.js";
import { bestEpoch, whyKept } from "../../training/solver/early-stopping.js";
import type { EpochStatistics, Statistics } from "../../training/statistics/epoch-statistics.js";
import { errorInterval, guessText, intervalText } from "../evaluation/evaluation-figures.js";
import { notesMarkup, pageHeader, valueList } from "../page/text/header.js";
import { type NextStep, nextStepsMarkup } from "../page/text/next-steps.js";
import { countText, durationText, numberText, percentText, plural } from "../page/text/words.js";
import type { ExpectedError } from "./input.js";

/** What pictures a network was trained on, or is measured by. */
export interface PictureCounts {
  readonly count: number;
  /** how many typefaces they are in, where they are letters */
  readonly typefaces?: number | undefined;
}

/** What the head of a report tells of. */
export interface TrainingSummary {
  readonly title: string;
  readonly network: Network;
  readonly history: readonly EpochStatistics[];
  /** the epoch that the model is of */
  readonly epoch: number;
  /** what the network says of the pictures that it was not trained on; of none where it was trained on all */
  readonly predictions: ClassTable;
  /** what is then known of its error */
  readonly expected?: ExpectedError | undefined;
  readonly training: PictureCounts;
  readonly validation: PictureCounts;
  /** what surprises, and what was assumed: a sentence each */
  readonly notes?: readonly string[] | undefined;
  /** commands that may be typed next */
  readonly next?: readonly NextStep[] | undefined;
  /** how long it all took */
  readonly seconds?: number | undefined;
  readonly machine?: string | undefined;
}

/**
 * The head of the report, in a paragraph and in figures: how often the model is wrong, which epoch it is of, and then what was trained, on what, and how
 * long.
 */
export function trainingHeader(summary: TrainingSummary): Markup {
  const { title, network, history, epoch, predictions, training, seconds, machine, next = [] } = summary;
  const { totals, rows } = networkTable(network);
  const what = training.typefaces !== undefined ? "letter" : "picture";
  const result = resultOf(summary, what);
  const kept = history.find((each) => each.epoch === epoch);
  const sentences: Markup[] = [
    ...result.sentences,
    html`The network <b>${network.name}</b>, ${countText(totals.parameters)} parameters in ${plural(rows.length - 1, "layer")}, was trained for ${plural(history.length, "epoch")} on ${plural(training.count, what)} of ${plural(predictions.classes.length, "class", "classes")}${typefacesText(training)}.`,
  ];
  if (seconds !== undefined || machine !== undefined) {
    const time = seconds === undefined ? "" : ` took ${durationText(seconds)}`;
    sentences.push(html`It all${time === "" ? " ran" : time}${machine === undefined ? "" : ` on ${machine}`}.`);
  }
  const figures: [string, string][] = [...result.figures];
  if (history.length > 0) figures.push(["model of epoch", `${epoch} of ${history.length}`]);
  if (kept?.validation) figures.push(["validation objective", numberText(kept.validation.objective)]);
  if (seconds !== undefined) figures.push(["time", durationText(seconds)]);
  const pace = paceOf(history);
  if (pace) {
    figures.push(["training speed", `${countText(Math.round(pace.imagesPerSecond))} images/s`]);
    figures.push(["waited for images", percentText(pace.waiting, 1)]);
  }
  const lead = html`<p class="lead">${sentences.map((sentence, i) => (i === 0 ? sentence : html` ${sentence}`))}</p>`;
  return pageHeader(title, lead, valueList("figures", figures), notesMarkup(summary.notes), nextStepsMarkup(next));
}

/** How good a model is, as far as it is known. */
interface Result {
  readonly sentences: readonly Markup[];
  readonly figures: readonly [name: string, value: string][];
}

function resultOf(summary: TrainingSummary, what: string): Result {
  const { predictions, expected, history, epoch, validation } = summary;
  if (predictions.labels.length === 0) return expected ? expectedResult(expected, what) : unknownResult(what);
  const interval = errorInterval(predictions);
  const { error, low, high } = interval;
  const count = predictions.labels.length;
  const fails = what === "letter" ? "misreads" : "gets wrong";
  const isChosen = epoch < history.length || bestEpoch(history) === epoch;
  const sentences = [
    html`Of ${plural(count, what)}${typefacesText(validation)} that it was not trained on, it ${fails} ${countText(Math.round(error * count))}: <b>${percentText(error)}</b> (${intervalText(interval)}).`,
  ];
  const guess = guessText(predictions, error);
  if (guess !== undefined) sentences.push(html`The classes are uneven: ${guess}.`);
  if (history.length > 1) {
    sentences.push(
      isChosen
        ? html`The model is that of epoch ${epoch} of ${history.length}, ${whyKept(history, epoch)}; as these ${what}s have chosen it, it may be wrong a little more often on others.`
        : html`The model is that of epoch ${epoch}, the last.`,
    );
  }
  const top5: [string, string][] =
    predictions.classes.length > 5 ? [["top-5 error", percentText(topError(predictions, 5))]] : [];
  return {
    sentences,
    figures: [["validation error", percentText(error)], ["95 % interval", rangeText(low, high)], ...top5],
  };
}

function expectedResult({ predictions, folds, page }: ExpectedError, what: string): Result {
  const interval = errorInterval(predictions);
  const { error, low, high } = interval;
  const [count, wrong] = [predictions.labels.length, Math.round(error * predictions.labels.length)];
  return {
    sentences: [
      html`It was trained on all ${what}s, after a cross-validation in ${folds} folds: ${folds} networks that were trained in the same way, each without another part of the ${what}s, got ${countText(wrong)} of ${plural(count, what)} wrong that they had not seen. So its error on new ${what}s should be about <b>${percentText(error)}</b> (${intervalText(interval)}), or a little less, as it has seen more.${page === undefined ? undefined : html` <a href="${page}">What they got wrong.</a>`}`,
    ],
    figures: [
      ["expected error", percentText(error)],
      ["95 % interval", rangeText(low, high)],
    ],
  };
}

const unknownResult = (what: string): Result => ({
  sentences: [
    html`It was trained on all ${what}s: <b>how often it is wrong on others is not known</b>. A cross-validation tells.`,
  ],
  figures: [["error", "not known"]],
});

const rangeText = (low: number, high: number): string => `${(100 * low).toFixed(1)} to ${percentText(high, 1)}`;

const typefacesText = ({ typefaces }: PictureCounts): string =>
  typefaces === undefined ? "" : ` in ${plural(typefaces, "typeface")}`;

/** All training images by all training time, and the share of it in which the network waited. The epochs have equally many images. */
function paceOf(history: readonly EpochStatistics[]): { imagesPerSecond: number; waiting: number } | undefined {
  if (history.length === 0) return undefined;
  const sum = (value: (train: Statistics) => number): number =>
    history.reduce((all, { train }) => all + value(train), 0);
  const seconds = sum(({ imagesPerSecond }) => 1 / imagesPerSecond);
  const waited = sum(({ imagesPerSecond, waiting = 0 }) => waiting / imagesPerSecond);
  return { imagesPerSecond: history.length / seconds, waiting: waited / seconds };
}
