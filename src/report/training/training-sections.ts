/** The sections about the network, its training and what it was trained on. */

import { networkTable } from "../../network/display/table.js";
import { tableColumns, tableTotals } from "../../network/display/table-format.js";
import type { EpochStatistics, Statistics } from "../../training/events.js";
import { type CurveOptions, curve, rateCurve } from "../charts/curves.js";
import { html, type Markup } from "../page/markup.js";
import { enlarged, montage, pictureOf } from "../page/montage.js";
import { dataUri, pngOf } from "../page/png.js";
import { countText, numberText, percentText, plural } from "../page/words.js";
import { filterPictures } from "./filters.js";
import type { ReportInput, Section } from "./input.js";

/** Pixels that a picture may be wide without being made smaller. */
const PAGE_WIDTH = 1100;

/** The layers in the columns of `bellpepper display`. */
export function networkSection({ model }: ReportInput): Section {
  const table = networkTable(model.network);
  const columns = tableColumns(table);
  const cell = ({ numeric }: { numeric: boolean }, tag: "td" | "th", text: string): Markup =>
    tag === "th"
      ? html`<th scope="col"${numeric ? html` class="number"` : undefined}>${text}</th>`
      : html`<td${numeric ? html` class="number"` : undefined}>${text}</td>`;
  const body = html`<p>Follow the sizes from top to bottom: the picture shrinks, the channels grow, until one number for each class is left. The receptive field of the last layers shows how much of the picture each score depends on.</p>
<div class="scroll"><table><thead><tr>${columns.map((c) => cell(c, "th", c.title))}</tr></thead>
<tbody>${table.rows.map((_, row) => html`<tr>${columns.map((c) => cell(c, "td", c.cells[row]))}</tr>`)}</tbody></table></div>
<dl class="totals">${tableTotals(table).map(([what, value]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>`;
  return { id: "network", title: "The network", body, pictures: [] };
}

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

/** Objective and errors over the epochs, as curves and as numbers. */
export function curvesSection({ history, model }: ReportInput): Section | undefined {
  if (history.length === 0) return undefined;
  const classes = model.classes.length;
  const shown = CURVES.filter(
    ({ name, value }) => (name !== "top-5-error" || classes > 5) && value(history[0].train) !== undefined,
  );
  const drawn = shown.map((options) => ({
    name: options.name,
    svg: curve(history, options),
  }));
  const rate = rateCurve(history);
  if (rate) drawn.push({ name: "learning-rate", svg: rate });
  const body = html`<p>Both curves should fall steeply and then level out. When validation rises again while training still falls, the network is learning its examples by heart. Training values are means over an epoch in which the network was still improving, and of jittered pictures if jitter is on; so training may lie above validation.</p>
<p>Guessing among ${classes} classes would give an objective of ${numberText(Math.log(classes))} and a top-1 error of ${percentText(1 - 1 / classes, 1)}.</p>
<div class="curves">${drawn.map(({ svg }) => html`<figure>${svg}</figure>`)}</div>
<details><summary>The numbers of each epoch</summary><div class="scroll">${epochTable(history)}</div></details>`;
  const pictures = drawn.map(({ name, svg }) => ({ name, content: { svg: svg.text } }));
  return { id: "training", title: "The training", body, pictures };
}

const percentOf = (share: number | undefined): string | undefined =>
  share === undefined ? undefined : percentText(share);

function epochTable(history: readonly EpochStatistics[]): Markup {
  const cells = (s: Statistics | undefined): Markup[] =>
    [s && numberText(s.objective), percentOf(s?.top1Error), percentOf(s?.top5Error)].map(
      (text) => html`<td class="number">${text ?? "–"}</td>`,
    );
  const heads = ["objective", "top-1 error", "top-5 error"].map((name) => html`<th class="number">${name}</th>`);
  return html`<table><thead><tr><th></th><th></th><th colspan="3" class="number">training</th><th colspan="3" class="number">validation</th><th></th><th></th></tr>
<tr><th class="number">epoch</th><th class="number">learning rate</th>${heads}${heads}<th class="number">images/s</th><th class="number">waiting</th></tr></thead>
<tbody>${history.map(
    ({ epoch, learningRate, train, validation }) =>
      html`<tr><td class="number">${epoch}</td><td class="number">${Number(learningRate.toPrecision(3))}</td>${cells(train)}${cells(validation)}<td class="number">${countText(Math.round(train.imagesPerSecond))}</td><td class="number">${percentOf(train.waiting) ?? "–"}</td></tr>`,
  )}</tbody></table>`;
}

const MOST_PICTURES = 1200;
const JITTERED = 64;
/** The width to which small training pictures are enlarged. */
const SMALL = 32;

/** Every training picture of the first class, and some jittered ones. */
export async function samplesSection({ training, jittered }: ReportInput): Promise<Section | undefined> {
  const [name] = training.classes;
  const indices = Array.from({ length: training.count }, (_, i) => i).filter((i) => training.labels[i] === 0);
  const images = indices.slice(0, MOST_PICTURES).flatMap((i) => pictureOf(training, i) ?? []);
  if (images.length === 0) return undefined;
  const columns = (width: number, spacing: number): number =>
    Math.max(1, Math.floor((PAGE_WIDTH + spacing) / (width + spacing)));
  // small pictures are shown larger, pixel by pixel
  const times = Math.max(1, Math.floor(SMALL / images[0].width));
  const grid = montage(images, { columns: columns(times * images[0].width, 2 * times), spacing: 2 });
  const png = await pngOf(grid, grid.opaque);
  const some = images.length < indices.length ? `The first ${countText(images.length)} of ` : "All ";
  const body = [
    html`<p>${some}${plural(indices.length, "training picture")} of the class “${name}”. The more they differ among themselves, the more the network has to learn what they share.</p>
<figure><img${times > 1 ? html` class="pixels"` : undefined} src="${dataUri(png)}" width="${times * grid.width}" height="${times * grid.height}" alt="Training pictures of ${name}"></figure>`,
  ];
  const pictures = [{ name: "training-pictures", content: { png } }];
  if (jittered) {
    const picked = Array.from({ length: Math.min(JITTERED, jittered.count) }, (_, i) =>
      Math.floor((i * jittered.count) / Math.min(JITTERED, jittered.count)),
    );
    const factor = Math.max(1, Math.floor(64 / jittered.shape.width));
    const samples = picked.flatMap((i) => pictureOf(jittered, i, 1) ?? []).map((image) => enlarged(image, factor));
    const jitterGrid = montage(samples, { columns: columns(samples[0].width, 4), spacing: 4, gap: 200 });
    const jitterPng = await pngOf(jitterGrid);
    body.push(
      html`<p>Some of the pictures as the network was shown them in the first epoch: ${training.typefaces ? "with neighbours to both sides and shifted a little, anew in every epoch. The class is that of the one in the middle." : "changed at random, anew in every epoch."}</p>
<figure><img class="pixels" src="${dataUri(jitterPng)}" width="${jitterGrid.width}" height="${jitterGrid.height}" alt="Jittered training pictures"></figure>`,
    );
    pictures.push({ name: "jittered-pictures", content: { png: jitterPng } });
  }
  return { id: "samples", title: "What it was trained on", body: html`${body}`, pictures };
}

/** The first layer's filters. */
export async function filtersSection({ model }: ReportInput): Promise<Section | undefined> {
  const filters = filterPictures(model);
  if (!filters) return undefined;
  const { layer, images } = filters;
  const [{ width, height }] = images;
  const factor = Math.max(1, Math.floor(60 / Math.max(width, height)));
  const grid = montage(
    images.map((image) => enlarged(image, factor)),
    {
      columns: images.length <= 8 ? images.length : images.length <= 24 ? Math.ceil(images.length / 2) : 16,
      spacing: 8,
    },
  );
  const png = await pngOf(grid, grid.opaque);
  const body = html`<p>The ${images.length} filters of the first layer, ${layer}: ${height}×${width} weights each, every filter scaled to its own range from black (its smallest weight) to white (its largest). Edges, bars and corners in several directions are a good sign; pure noise says that it has learned little.</p>
<figure><img class="pixels" src="${dataUri(png)}" width="${grid.width}" height="${grid.height}" alt="The filters of ${layer}"></figure>`;
  return { id: "filters", title: "First-layer filters", body, pictures: [{ name: "filters", content: { png } }] };
}
