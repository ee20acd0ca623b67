/** The sections of an evaluation that a training's report does not have. */

import type { Samples } from "../../data/samples.js";
import { expectedCalibrationError, reliability } from "../../evaluation/metrics/calibration.js";
import {
  type ConfusionMatrix,
  confusionMatrix,
  precision,
  recall,
  topError,
} from "../../evaluation/metrics/metrics.js";
import { precisionRecallCurve } from "../../evaluation/metrics/precision-recall.js";
import { macroRocCurve, rocCurve } from "../../evaluation/metrics/roc.js";
import { fitTemperature } from "../../evaluation/metrics/temperature.js";
import { mcNemar } from "../../evaluation/statistics/mcnemar.js";
import { type PredictionTable, probabilities } from "../../evaluation/table/predictions.js";
import { cellSamples } from "../../evaluation/table/sample-lists.js";
import { byFold } from "../../evaluation/table/subset.js";
import { heatMap } from "../charts/heat-map.js";
import { type UnitCurve, unitChart } from "../charts/unit-chart.js";
import { html, type Markup, trusted } from "../page/markup.js";
import { pictureOf } from "../page/montage.js";
import { dataUri, webpOf } from "../page/png.js";
import { confidenceText, countText, numberText, percentText, plural } from "../page/words.js";
import type { Section } from "../training/input.js";
import { foldsText, meanAndDeviation } from "./evaluation-text.js";

/** Up to so many classes, the cells of the matrix show their pictures. */
const MOST_CLASSES = 40;
/** So many pictures of a cell at most, the surest first. */
const IN_A_CELL = 24;
/** So many bytes of pictures in all, about. */
const BYTES = 4_000_000;

const STYLE = `.cells td{padding:0;text-align:center}.cells td a{display:block;padding:.3em .6em;text-decoration:none;color:inherit}
.cells td a.wrong{color:var(--accent);font-weight:700}.cell{display:none}.cell:target{display:block}
.cell img{width:64px;height:64px;object-fit:contain;margin:2px;image-rendering:pixelated}`;

/** The confusion matrix as a table of links: a cell that is followed shows its pictures below. It needs no script. */
export async function cellsSection(table: PredictionTable, samples: Samples): Promise<Section | undefined> {
  const { classes } = table;
  if (classes.length > MOST_CLASSES || !pictureOf(samples, 0)) return undefined;
  const cells = cellSamples(table);
  const shares = probabilities(table);
  const name = (i: number, j: number): string => `cell-${i + 1}-${j + 1}`;
  const galleries: Markup[] = [];
  let left = BYTES;
  // Mistakes first: they are what one wants to see, should there be too many pictures.
  const places = classes.flatMap((_, i) => classes.map((__, j) => [i, j] as const));
  const order = [...places.filter(([i, j]) => i !== j), ...places.filter(([i, j]) => i === j)];
  for (const [i, j] of order) {
    const own = cells[i * classes.length + j];
    if (own.length === 0) continue;
    const sure = (sample: number): number => shares[sample * classes.length + j];
    const some = [...own].sort((a, b) => sure(b) - sure(a)).slice(0, left > 0 ? IN_A_CELL : 0);
    const pictures: Markup[] = [];
    for (const sample of some) {
      const image = pictureOf(samples, sample);
      if (!image) continue;
      const uri = dataUri(await webpOf(image), "webp");
      left -= uri.length;
      const title = `${table.paths?.[sample] ?? `sample ${sample}`}: ${confidenceText(sure(sample))} ${classes[j]}`;
      pictures.push(html`<img src="${uri}" alt="${title}" title="${title}" loading="lazy">`);
    }
    const what = i === j ? `${classes[i]}, recognised` : `${classes[i]}, taken for ${classes[j]}`;
    const few = some.length < own.length ? `, the ${some.length} surest` : "";
    galleries.push(
      html`<div class="cell" id="${name(i, j)}"><h3>${what}: ${plural(own.length, "picture")}${few}</h3>${pictures}</div>`,
    );
  }
  const { counts } = confusionMatrix(table);
  const row = (i: number): Markup[] =>
    classes.map((_, j) => {
      const count = counts[i * classes.length + j];
      if (count === 0) return html`<td>·</td>`;
      const link = html`<a href="#${name(i, j)}"${i === j ? undefined : html` class="wrong"`}>${countText(count)}</a>`;
      return html`<td>${link}</td>`;
    });
  const body = html`<style>${trusted(STYLE)}</style><p>Follow a number to see its pictures: a row for what they are, a column for what they were taken for.</p>
<div class="scroll"><table class="cells"><thead><tr><th></th>${classes.map((each) => html`<th>${each}</th>`)}</tr></thead>
<tbody>${classes.map((each, i) => html`<tr><th>${each}</th>${row(i)}</tr>`)}</tbody></table></div>
${galleries}`;
  return { id: "pictures", title: "The pictures behind the numbers", body, pictures: [] };
}

/** Up to so many classes, the matrix of each fold is drawn. */
const MOST_IN_FOLDS = 12;

/** The confusion matrix of each fold, and what varies between them. */
export function foldsSection(table: PredictionTable): Section | undefined {
  const folds = table.folds ? [...byFold(table)] : [];
  if (folds.length < 2) return undefined;
  const { classes } = table;
  const matrices = folds.map(([, fold]) => confusionMatrix(fold));
  const drawn =
    classes.length <= MOST_IN_FOLDS
      ? folds.map(([number], i) => ({ name: `confusion-matrix-fold-${number + 1}`, svg: heatMap(matrices[i]) }))
      : [];
  const figures = drawn.map(({ svg }, i) => {
    const [number, fold] = folds[i];
    const told = `Fold ${number + 1}: ${percentText(topError(fold, 1))} of ${plural(fold.labels.length, "picture")}`;
    return html`<figure class="scroll"><figcaption>${told}</figcaption>${svg}</figure>`;
  });
  const varies = (value: (matrix: ConfusionMatrix) => number): Markup => {
    const { mean, deviation } = meanAndDeviation(matrices.map(value).filter((v) => !Number.isNaN(v)));
    return html`<td class="number">${percentText(mean, 1)} ± ${percentText(deviation, 1)}</td>`;
  };
  const rows = classes.map(
    (name, k) => html`<tr><td>${name}</td>${varies((m) => recall(m)[k])}${varies((m) => precision(m)[k])}</tr>`,
  );
  const body = html`<p>Each fold was predicted by a network that was trained on the others. Where one of them differs much, look at what is in it: a patient, a camera, a day. The error is <b>${foldsText(folds.map(([, fold]) => topError(fold, 1)))}</b>, mean and standard deviation over the folds.</p>
<div class="folds">${figures}</div>
<details><summary>Recall and precision of each class over the folds</summary><div class="scroll"><table><thead><tr><th>class</th><th class="number">recall</th><th class="number">precision</th></tr></thead><tbody>${rows}</tbody></table></div></details>`;
  return {
    id: "folds",
    title: "Fold by fold",
    body,
    pictures: drawn.map(({ name, svg }) => ({ name, content: { svg: svg.text } })),
  };
}

/** One curve for each class up to so many; else the mean of all. */
const MOST_CURVES = 8;

/** ROC and precision–recall curves, one class against the rest. */
export function rankingSection(table: PredictionTable): Section | undefined {
  const classes = table.classes.length <= MOST_CURVES ? table.classes.map((name, k) => ({ name, of: k })) : [];
  const of = [{ name: "all together", of: "micro" as const }, ...classes];
  const roc: UnitCurve[] = [];
  const pr: UnitCurve[] = [];
  const rows: Markup[] = [];
  for (const { name, of: which } of of) {
    const [curve, ranking] = [rocCurve(table, which), precisionRecallCurve(table, which)];
    if (!curve || !ranking) continue;
    roc.push({ name, points: pairs(curve.falsePositiveRate, curve.truePositiveRate) });
    pr.push({ name, points: pairs(ranking.recall, ranking.precision) });
    rows.push(
      html`<tr><td>${name}</td><td class="number">${numberText(curve.area)}</td><td class="number">${numberText(ranking.averagePrecision)}</td></tr>`,
    );
  }
  if (roc.length === 0) return undefined;
  const macro = macroRocCurve(table);
  const drawn = [
    {
      name: "roc",
      svg: unitChart(roc, {
        title: "ROC",
        x: "false positives",
        y: "true positives",
        diagonal: true,
      }),
    },
    { name: "precision-recall", svg: unitChart(pr, { title: "precision and recall", x: "recall", y: "precision" }) },
  ];
  const body = html`<p>What other thresholds would give, for each class against the rest; in colour all classes together. ${macro ? html`The mean area under the ROC curves of the classes is <b>${numberText(macro.area)}</b>.` : undefined}</p>
<div class="curves">${drawn.map(({ svg }) => html`<figure>${svg}</figure>`)}</div>
<details><summary>The areas</summary><table><thead><tr><th>class</th><th class="number">under ROC</th><th class="number">average precision</th></tr></thead><tbody>${rows}</tbody></table></details>`;
  return {
    id: "curves",
    title: "Thresholds",
    body,
    pictures: drawn.map(({ name, svg }) => ({ name, content: { svg: svg.text } })),
  };
}

const pairs = (x: ArrayLike<number>, y: ArrayLike<number>): (readonly [number, number])[] =>
  Array.from(x, (value, i) => [value, y[i]] as const);

/** Whether probabilities mean what they say. */
export function calibrationSection(table: PredictionTable): Section {
  const bins = reliability(table);
  const total = table.labels.length;
  const svg = unitChart(
    [{ name: "accuracy", points: bins.map(({ confidence, accuracy }) => [confidence, accuracy]) }],
    {
      title: "reliability",
      x: "how sure it is",
      y: "how often it is right; bars: the share of the pictures",
      diagonal: true,
      dots: true,
      bars: bins.map(({ low, high, count }) => [low, high, count / total]),
    },
  );
  const body = html`<p>Of the pictures that it is 80 % sure of, 80 % should be right: the dots should lie on the dashed line. They are off by <b>${percentText(expectedCalibrationError(bins))}</b> on average (expected calibration error, ten bins of equal width). ${temperatureAdvice(table)}</p>
<div class="curves"><figure>${svg}</figure></div>`;
  return {
    id: "calibration",
    title: "How sure it may be",
    ...{ body, pictures: [{ name: "reliability", content: { svg: svg.text } }] },
  };
}

function temperatureAdvice(table: PredictionTable): string {
  if (topError(table, 1) === 0) return "Since all are right, it could not be too sure of these.";
  const temperature = fitTemperature(table);
  const verdict = temperature > 1.05 ? "too sure of itself" : temperature < 0.95 ? "not sure enough" : "about right";
  return `Dividing the scores by ${numberText(temperature)} would make them most likely: it is ${verdict}.`;
}

/** Another model on the same pictures. */
export function comparisonSection(table: PredictionTable, other: { name: string; table: PredictionTable }): Section {
  const { onlyFirst, onlySecond, pValue, exact } = mcNemar(table, other.table);
  const body = html`<p>Against ${other.name}: ${plural(onlyFirst, "picture")} only this one has right, ${countText(onlySecond)} only the other. If both were equally good, so large a difference would come up with a probability of <b>${pValue < 0.0001 ? "less than 0.0001" : numberText(pValue)}</b> (McNemar's test, ${exact ? "exact" : "chi-square with continuity correction"}).</p>`;
  return { id: "comparison", title: "Compared with another", body, pictures: [] };
}
