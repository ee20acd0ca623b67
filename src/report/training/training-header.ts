import { TOP1_ERROR } from "../../blocks/loss/metrics.js";
import { topError } from "../../evaluation/metrics/metrics.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { networkTable } from "../../network/display/table.js";

import type { Network } from "../../network/network.js";
import type { EpochStatistics, Statistics } from "../../training/statistics/epoch-statistics.js";
import { pageHeader, valueList } from "../page/text/header.js";

import { html, type Markup } from "../page/text/markup.js";
import { countText, durationText, numberText, percentText, plural } from "../page/text/words.js";

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
  /** what the network says of the pictures that it was not trained on */
  readonly predictions: ClassTable;
  readonly training: PictureCounts;
  readonly validation: PictureCounts;
  /** how long it all took */
  readonly seconds?: number | undefined;
  readonly machine?: string | undefined;
}

/** The head of the report: what was trained, on what, and how well it does, in a paragraph and in figures. */
export function trainingHeader(summary: TrainingSummary): Markup {
  const { title, network, history, predictions, training, validation, seconds, machine } = summary;
  const { totals, rows } = networkTable(network);
  const last = history.at(-1);
  const count = predictions.labels.length;
  const error = topError(predictions, 1);
  const best = bestEpoch(history);
  const pace = paceOf(history);
  const what = training.typefaces !== undefined ? "letter" : "image";
  const fails = training.typefaces !== undefined ? "misreads" : "gets wrong";
  const sentences: Markup[] = [
    html`The network <b>${network.name}</b>, ${countText(totals.parameters)} parameters in ${plural(rows.length - 1, "layer")}, was trained for ${plural(history.length, "epoch")} on ${plural(training.count, what)} of ${plural(predictions.classes.length, "class", "classes")}${typefacesText(training)}.`,
    html`Of ${plural(count, what)}${typefacesText(validation)} that it was not trained on, it ${fails} ${countText(Math.round(error * count))}: <b>${percentText(error)}</b>.`,
  ];
  const lowest = errorOf(best);
  if (best && lowest !== undefined && lowest < (errorOf(last) ?? 0)) {
    sentences.push(html`Its lowest validation error was ${percentText(lowest)}, after epoch ${best.epoch}.`);
  }
  if (seconds !== undefined || machine !== undefined) {
    const time = seconds === undefined ? "" : ` took ${durationText(seconds)}`;
    sentences.push(html`It all${time === "" ? " ran" : time}${machine === undefined ? "" : ` on ${machine}`}.`);
  }
  const figures: [string, string][] = [
    ["validation error", percentText(error)],
    ["top-5 error", percentText(topError(predictions, 5))],
  ];
  if (last?.validation) figures.push(["validation objective", numberText(last.validation.objective)]);
  if (best && lowest !== undefined) figures.push(["lowest error", `${percentText(lowest)}, epoch ${best.epoch}`]);
  if (seconds !== undefined) figures.push(["time", durationText(seconds)]);
  if (pace) {
    figures.push(["training speed", `${countText(Math.round(pace.imagesPerSecond))} images/s`]);
    figures.push(["waited for images", percentText(pace.waiting, 1)]);
  }
  const lead = html`<p class="lead">${sentences.map((sentence, i) => (i === 0 ? sentence : html` ${sentence}`))}</p>`;
  return pageHeader(title, lead, valueList("figures", figures));
}

const typefacesText = ({ typefaces }: PictureCounts): string =>
  typefaces === undefined ? "" : ` in ${plural(typefaces, "typeface")}`;

/** The validation error of an epoch. */
const errorOf = (epoch: EpochStatistics | undefined): number | undefined => epoch?.validation?.metrics[TOP1_ERROR.name];

/** The epoch of the lowest validation error, of several the first. */
function bestEpoch(history: readonly EpochStatistics[]): EpochStatistics | undefined {
  const error = (epoch: EpochStatistics): number => errorOf(epoch) ?? Number.POSITIVE_INFINITY;
  return history.reduce<EpochStatistics | undefined>(
    (best, epoch) => (epoch.validation && (!best || error(epoch) < error(best)) ? epoch : best),
    undefined,
  );
}

/** All training images by all training time, and the share of it in which the network waited. The epochs have equally many images. */
function paceOf(history: readonly EpochStatistics[]): { imagesPerSecond: number; waiting: number } | undefined {
  if (history.length === 0) return undefined;
  const sum = (value: (train: Statistics) => number): number =>
    history.reduce((all, { train }) => all + value(train), 0);
  const seconds = sum(({ imagesPerSecond }) => 1 / imagesPerSecond);
  const waited = sum(({ imagesPerSecond, waiting = 0 }) => waiting / imagesPerSecond);
  return { imagesPerSecond: history.length / seconds, waiting: waited / seconds };
}
