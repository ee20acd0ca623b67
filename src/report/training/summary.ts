import { topError } from "../../evaluation/metrics/metrics.js";
import { networkTable } from "../../network/display/table.js";
import type { EpochStatistics, Statistics } from "../../training/events.js";
import { html, type Markup } from "../page/markup.js";
import { countText, durationText, numberText, percentText, plural } from "../page/words.js";
import type { ReportInput, SourcedSamples } from "./input.js";

/** The head of the report: what was trained, on what, and how well it does, in a paragraph and in figures. */
export function summary(input: ReportInput): Markup {
  const { title, model, history, predictions, training, seconds, machine } = input;
  const { totals, rows } = networkTable(model.network);
  const last = history.at(-1);
  const count = predictions.labels.length;
  const error = topError(predictions, 1);
  const best = bestEpoch(history);
  const pace = paceOf(history);
  const what = training.typefaces ? "letter" : "image";
  const fails = training.typefaces ? "misreads" : "gets wrong";
  const sentences: Markup[] = [
    html`The network <b>${model.network.name}</b>, ${countText(totals.parameters)} parameters in ${plural(rows.length - 1, "layer")}, was trained for ${plural(history.length, "epoch")} on ${plural(training.count, what)} of ${plural(model.classes.length, "class", "classes")}${typefacesText(training)}.`,
    html`Of ${plural(count, what)}${typefacesText(input.validation)} that it was not trained on, it ${fails} ${countText(Math.round(error * count))}: <b>${percentText(error)}</b>.`,
  ];
  const lowest = best?.validation?.top1Error;
  if (best && lowest !== undefined && lowest < (last?.validation?.top1Error ?? 0)) {
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
  return html`<header><p class="brand">Bell Pepper</p><h1>${title}</h1>
<p class="lead">${sentences.map((sentence, i) => (i === 0 ? sentence : html` ${sentence}`))}</p>
<dl class="figures">${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></header>`;
}

const typefacesText = ({ typefaces }: SourcedSamples): string =>
  typefaces ? ` in ${plural(typefaces.length, "typeface")}` : "";

/** The epoch of the lowest validation error, of several the first. */
function bestEpoch(history: readonly EpochStatistics[]): EpochStatistics | undefined {
  const error = ({ validation }: EpochStatistics): number => validation?.top1Error ?? Number.POSITIVE_INFINITY;
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
