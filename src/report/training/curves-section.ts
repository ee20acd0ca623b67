import type { EpochStatistics, Statistics } from "../../training/events.js";
import { type CurveOptions, drawCurve, drawRates } from "../charts/curves.js";
import { html, type Markup } from "../page/markup.js";
import { pictureFiles, type Section } from "../page/section.js";
import { numberColumns, table } from "../page/table.js";
import { countText, numberText, percentText } from "../page/words.js";

const percentTick = (value: number): string => `${Number((100 * value).toFixed(3))}\u00a0%`;

/** What is drawn of a training: the curves by the name of their picture. */
export const CURVES: readonly (CurveOptions & { readonly name: string })[] = [
  {
    name: "objective",
    title: "objective",
    value: (s) => s.objective,
    format: numberText,
    tick: (value) => `${value}`,
    logarithmicFrom: 5,
  },
  {
    name: "top-1-error",
    title: "top-1 error",
    value: (s) => s.top1Error,
    format: percentText,
    tick: percentTick,
    logarithmicFrom: 10,
  },
  {
    name: "top-5-error",
    title: "top-5 error",
    value: (s) => s.top5Error,
    format: percentText,
    tick: percentTick,
    logarithmicFrom: 10,
  },
];

/**
 * Objective and errors over the epochs, as curves and as numbers.
 *
 * @param classes how many there are
 * @returns undefined when there is no epoch
 */
export function curvesSection(history: readonly EpochStatistics[], classes: number): Section | undefined {
  if (history.length === 0) return undefined;
  const shown = CURVES.filter(
    ({ name, value }) => (name !== "top-5-error" || classes > 5) && value(history[0].train) !== undefined,
  );
  const curves = shown.map((options) => ({ name: options.name, svg: drawCurve(history, options) }));
  const rates = drawRates(history);
  const drawings = rates ? [...curves, { name: "learning-rate", svg: rates }] : curves;
  const body = html`<p>Both curves should fall steeply and then level out. When validation rises again while training still falls, the network is learning its examples by heart. Training values are means over an epoch in which the network was still improving, and of jittered pictures if jitter is on; so training may lie above validation.</p>
<p>Guessing among ${classes} classes would give an objective of ${numberText(Math.log(classes))} and a top-1 error of ${percentText(1 - 1 / classes, 1)}.</p>
<div class="curves">${drawings.map(({ svg }) => html`<figure>${svg}</figure>`)}</div>
<details><summary>The numbers of each epoch</summary><div class="scroll">${epochTable(history)}</div></details>`;
  return { id: "training", title: "The training", body, pictures: pictureFiles(drawings) };
}

const percentOf = (share: number | undefined): string | undefined =>
  share === undefined ? undefined : percentText(share);

function epochTable(history: readonly EpochStatistics[]): Markup {
  const figures = (s: Statistics | undefined): (string | undefined)[] => [
    s && numberText(s.objective),
    percentOf(s?.top1Error),
    percentOf(s?.top5Error),
  ];
  const titles = ["objective", "top-1 error", "top-5 error"];
  const rows = history.map(({ epoch, learningRate, train, validation }) => [
    epoch,
    Number(learningRate.toPrecision(3)),
    ...figures(train),
    ...figures(validation),
    countText(Math.round(train.imagesPerSecond)),
    percentOf(train.waiting),
  ]);
  const groups = [
    { title: "", span: 2 },
    { title: "training", span: 3 },
    { title: "validation", span: 3 },
    { title: "", span: 2 },
  ];
  return table(numberColumns("epoch", "learning rate", ...titles, ...titles, "images/s", "waiting"), rows, { groups });
}
