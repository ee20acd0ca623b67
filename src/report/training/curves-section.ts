import type { Metric } from "../../blocks/loss/metrics.js";
import type { ClassTarget } from "../../data/target.js";
import { html, type Markup } from "../../drawing/markup.js";
import { type EpochStatistics, measuredIn, type Statistics } from "../../training/statistics/epoch-statistics.js";
import { type CurveOptions, drawCurve, drawRates } from "../charts/curves.js";
import { countLabels, guessOf } from "../evaluation/evaluation-figures.js";
import { pictureFiles, type Section } from "../page/section.js";
import { numberColumns, table } from "../page/text/table.js";
import { countText, numberText, percentText } from "../page/text/words.js";

const percentTick = (value: number): string => `${Number((100 * value).toFixed(3))}\u00a0%`;

/** A curve with the name of its picture. */
export type NamedCurve = CurveOptions & { readonly name: string };

const OBJECTIVE: NamedCurve = {
  name: "objective",
  title: "objective",
  value: (s) => s.objective,
  format: numberText,
  tick: (value) => `${value}`,
  logarithmicFrom: 5,
};

/** A number of a metric, in its unit. */
export const metricText = ({ unit }: Pick<Metric, "unit">, value: number): string =>
  unit === "share" ? percentText(value) : numberText(value);

/** What is drawn of a training: the curves of the objective, and of each metric that it has. */
export function curvesOf({ train }: EpochStatistics, classes?: number): NamedCurve[] {
  const metrics = measuredIn(train, classes).map(
    (metric): NamedCurve => ({
      name: metric.title.replaceAll(" ", "-"),
      title: metric.title,
      better: metric.better,
      value: (s) => s.metrics[metric.name],
      format: (value) => metricText(metric, value),
      tick: metric.unit === "share" ? percentTick : (value) => `${value}`,
      logarithmicFrom: 10,
    }),
  );
  return [OBJECTIVE, ...metrics];
}

/**
 * Objective and errors over the epochs, as curves and as numbers.
 *
 * @param target the classes of what was trained on
 * @param kept the epoch that the model is of
 * @returns undefined when there is no epoch
 */
export function curvesSection(
  history: readonly EpochStatistics[],
  { names, labels }: Pick<ClassTarget, "names" | "labels">,
  kept: number,
): Section | undefined {
  if (history.length === 0) return undefined;
  const classes = names.length;
  const curves = curvesOf(history[0], classes).map((options) => ({
    name: options.name,
    svg: drawCurve(history, { ...options, kept }),
  }));
  const rates = drawRates(history);
  const drawings = rates ? [...curves, { name: "learning-rate", svg: rates }] : curves;
  const body = html`<p>Both curves should fall steeply and then level out. When validation rises again while training still falls, the network is learning its examples by heart. Training values are means over an epoch in which the network was still improving, and of jittered pictures if jitter is on; so training may lie above validation.</p>
${
  classes > 1
    ? html`<p>${guessingText(names, labels)}</p>
`
    : undefined
}<div class="curves">${drawings.map(({ svg }) => html`<figure>${svg}</figure>`)}</div>
<details><summary>The numbers of each epoch</summary><div class="scroll">${epochTable(history, classes)}</div></details>`;
  return { id: "training", title: "The training", body, pictures: pictureFiles(drawings) };
}

/** What a network gets that knows nothing, or, where the classes are uneven, no more than how frequent each is. */
function guessingText(names: readonly string[], labels: ArrayLike<number>): string {
  const counts = countLabels(names, labels);
  const guess = guessOf(names, counts);
  if (!guess) {
    return `Guessing among ${names.length} classes would give an objective of ${numberText(Math.log(names.length))} and a top-1 error of ${percentText(1 - 1 / names.length, 1)}.`;
  }
  const total = counts.reduce((a, b) => a + b);
  const entropy = counts.reduce((sum, n) => (n === 0 ? sum : sum - (n / total) * Math.log(n / total)), 0);
  return `Where every picture counts alike, giving each class the share that it has among those that are trained on would give an objective of ${numberText(entropy)}, and always “${guess.name}” a top-1 error of ${percentText(guess.error, 1)}.`;
}

const percentOf = (share: number | undefined): string | undefined =>
  share === undefined ? undefined : percentText(share);

function epochTable(history: readonly EpochStatistics[], classes: number): Markup {
  const metrics = measuredIn(history[0].train, classes);
  const figures = (s: Statistics | undefined): (string | undefined)[] => [
    s && numberText(s.objective),
    ...metrics.map((metric) => s && metricText(metric, s.metrics[metric.name])),
  ];
  const titles = ["objective", ...metrics.map(({ title }) => title)];
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
    { title: "training", span: titles.length },
    { title: "validation", span: titles.length },
    { title: "", span: 2 },
  ];
  return table(numberColumns("epoch", "learning rate", ...titles, ...titles, "images/s", "waiting"), rows, { groups });
}
