/** The sections about what the trained network does. */

import { confusionMatrix, confusions, precision, recall, worstMistakes } from "../../evaluation/metrics/metrics.js";
import { editDistance } from "../../values/nearest.js";
import type { Normalization } from "../../values/normalization.js";
import { COUNTS_UP_TO, heatMap } from "../charts/heat-map.js";
import { html, type Markup } from "../page/markup.js";
import { countText, percentText, plural, settingText, wordsOf } from "../page/words.js";
import { lettersFigure, scoresFigure, unsureText } from "../reading/sentence-figures.js";
import type { Picture, ReportInput, Section } from "../training/input.js";
import { mistakeCards } from "./mistakes.js";

/** A line of writing, the letters that were read, and the scores they come from. */
export async function sentenceSection({ sentence }: ReportInput): Promise<Section | undefined> {
  if (!sentence) return undefined;
  const { image, expected, reading } = sentence;
  const title = "Reading a line";
  if (reading.letters.length === 0 || reading.scores.count === 0) {
    return { id: "reading", title, body: html`<p>No writing was found in the picture.</p>`, pictures: [] };
  }
  const letters = await lettersFigure(image, reading);
  const scores = await scoresFigure(reading);
  const unsure = unsureText(reading);
  const body = html`<p>The network is slid over the line like one big filter, and scores every class at each place. Reading then means to find the letters in these scores: one for each letter of the line, however wide it is.</p>
${comparison(reading.text, expected)}
<p>Below each letter, its bar is as long as the network is sure. ${unsure === "" ? "It was sure of every letter." : `It was least sure of ${unsure}.`}</p>
<figure class="scroll wide">${letters}</figure>
<p>The same line as the network saw it. Under it, the best class at each place: wide letters repeat, and between letters, where the window shows halves of two, there is nonsense. The rows are the scores of each class; a good network has one bright spot under the middle of each letter, and is dark elsewhere.</p>
<figure class="scroll wide">${scores}</figure>
<p class="raw">${reading.columns}</p>`;
  const pictures: Picture[] = [
    { name: "sentence-letters", content: { svg: letters.text } },
    { name: "sentence-scores", content: { svg: scores.text } },
  ];
  return { id: "reading", title, body, pictures };
}

function comparison(text: string, expected: string | undefined): Markup {
  const read = html`<p class="read">${text}</p>`;
  if (expected === undefined) return read;
  const wrong = editDistance(expected, text);
  const verdict =
    wrong === 0
      ? html`<p>It reads every character of the line as it should.</p>`
      : html`<p>The line says “${expected}”: ${plural(wrong, "character")} of ${[...expected].length} would have to be changed, ${percentText(wrong / [...expected].length, 1)}.</p>`;
  return html`${read}${verdict}`;
}

const PAIRS = 12;

/** Which classes are taken for which others. */
export function confusionSection({ predictions }: Pick<ReportInput, "predictions">): Section | undefined {
  if (predictions.labels.length === 0) return undefined;
  const matrix = confusionMatrix(predictions);
  const { classes } = matrix;
  const svg = heatMap(matrix);
  const pairs = confusions(matrix, PAIRS);
  const numbers =
    classes.length <= COUNTS_UP_TO
      ? " Each cell counts samples; recall is the share of a row that is on the diagonal."
      : "";
  const body = html`<p>A row for what a sample is, a column for what it was taken for. Whatever is on the diagonal is right and kept pale, so that the mistakes stand out: the stronger the colour, the more often.${numbers} Look for pairs that resemble each other, and for whole columns of colour: a class that draws others to itself.</p>
<div class="beside"><figure class="scroll${classes.length > 12 ? " matrix" : ""}">${svg}</figure>
<div><h3>Most confused pairs</h3>${
    pairs.length === 0
      ? html`<p>There are none: everything was taken for what it is.</p>`
      : html`<table><thead><tr><th>it is</th><th>taken for</th><th class="number">times</th><th class="number">of its kind</th></tr></thead>
<tbody>${pairs.map(
          ({ truth, predicted, count, share }) =>
            html`<tr><td>${classes[truth]}</td><td class="wrong">${classes[predicted]}</td><td class="number">${countText(count)}</td><td class="number">${percentText(share, 1)}</td></tr>`,
        )}</tbody></table>`
  }</div></div>
<details><summary>Recall and precision of each class</summary><div class="scroll"><table><thead><tr><th>class</th><th class="number">recall</th><th class="number">precision</th></tr></thead><tbody>${classRows(classes, recall(matrix), precision(matrix))}</tbody></table></div></details>`;
  const pictures = [{ name: "confusion-matrix", content: { svg: svg.text } }];
  return { id: "confusion", title: "What is taken for what", body, pictures };
}

const classRows = (classes: readonly string[], recalls: readonly number[], precisions: readonly number[]): Markup[] =>
  classes.map(
    (name, i) =>
      html`<tr><td>${name}</td><td class="number">${percentText(recalls[i], 1)}</td><td class="number">${percentText(precisions[i], 1)}</td></tr>`,
  );

const WORST = 18;

/** The mistakes that the network was surest of. */
export async function mistakesSection({
  predictions,
  validation,
}: Pick<ReportInput, "predictions" | "validation">): Promise<Section | undefined> {
  const cards = await mistakeCards(worstMistakes(predictions), predictions.classes, validation, WORST);
  if (!cards) return undefined;
  const body = html`<p>The ${plural(cards.count, "mistake")} that the network was surest of. Some are pictures that people would misread too, or that are labelled wrongly; the others show what it has not understood yet.</p>
${cards.page}`;
  return {
    id: "mistakes",
    title: "The worst mistakes",
    body,
    pictures: [{ name: "worst-mistakes", content: { svg: cards.picture.text } }],
  };
}

/** More means than that are those of an image. */
const MOST_MEANS = 4;

const normalizationText = ({ mean, scale }: Normalization): string =>
  `(byte − ${mean.length > MOST_MEANS ? "mean image" : mean.map((m) => m.toFixed(2)).join(", ")}) · ${Number(scale.toPrecision(6))}`;

/** The settings, in words. */
export function settingsSection({
  configuration,
  model,
  machine,
}: Pick<ReportInput, "configuration" | "machine"> & Partial<Pick<ReportInput, "model">>): Section {
  const rows: (readonly [string, string])[] = [
    ...Object.entries(configuration).map(([key, value]) => [wordsOf(key), settingText(value)] as const),
    ...(model ? [["normalization", normalizationText(model.normalization)] as const] : []),
    ...(machine === undefined ? [] : [["machine", machine] as const]),
  ];
  const body = html`<p>With these settings, and the same number of threads on the same kind of machine, a run gives the same numbers again.</p>
<dl class="settings">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
  return { id: "settings", title: "Settings", body, pictures: [] };
}
