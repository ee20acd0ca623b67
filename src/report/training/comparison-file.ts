import type { EpochStatistics, Statistics } from "../../training/events.js";
import { type CurveOptions, curve } from "../charts/curves.js";
import { settingsSection } from "../evaluation/result-sections.js";
import { html, type Markup } from "../page/markup.js";
import { numberText, percentText } from "../page/words.js";
import type { Section } from "./input.js";
import { type WrittenReport, writePage } from "./report-file.js";
import { CURVES } from "./training-sections.js";

/** What a comparison of trainings is made of. */
export interface ComparisonInput {
  readonly title: string;
  /** what was compared, and why */
  readonly lead: string;
  /** the trainings, each with the statistics of its epochs */
  readonly runs: readonly { readonly name: string; readonly history: readonly EpochStatistics[] }[];
  /** the settings that they share, by name */
  readonly configuration: Readonly<Record<string, unknown>>;
}

/**
 * Writes how several trainings went, side by side on the same axes: `comparison.html`, one file that needs no other and no network, and
 * its charts as PNG in `pictures/`.
 *
 * @param folder where to; it is made if need be
 * @throws RangeError when there is no training, or one has no epoch; the system's error when a file cannot be written
 * @example
 * const runs = [{ name: "as it is", history }];
 * const { page } = await writeComparison("runs/compared", { title: "Dropout", lead: "With and without.", runs, configuration });
 */
export async function writeComparison(folder: string, input: ComparisonInput): Promise<WrittenReport> {
  const { title, lead, runs, configuration } = input;
  if (runs.length === 0) throw new RangeError("A comparison needs at least one training.");
  const empty = runs.find(({ history }) => history.length === 0);
  if (empty) throw new RangeError(`'${empty.name}' has no epoch to compare.`);
  const header = html`<header><p class="brand">Bell Pepper</p><h1>${title}</h1><p class="lead">${lead}</p>${table(runs)}
<p class="soft source">The gap is how much better the network does on what it has learned than on what it has not seen. Training values are those of an epoch in which the network was still changing, and with dropout those of the thinned network.</p></header>`;
  const sections = CURVES.flatMap((options) => chartsOf(runs, options) ?? []);
  return writePage(folder, "comparison.html", title, header, [...sections, settingsSection({ configuration })]);
}

/** The charts of one quantity, with room for the values of all. */
function chartsOf(runs: ComparisonInput["runs"], { name, ...options }: (typeof CURVES)[number]): Section | undefined {
  const values = runs.flatMap(({ history }) => history.flatMap((epoch) => valuesOf(epoch, options)));
  if (values.length === 0) return undefined;
  const room = [Math.min(...values), Math.max(...values)];
  const drawn = runs.map((run, i) => ({
    name: `${name}-${i + 1}`,
    svg: curve(run.history, { ...options, room, title: run.name }),
  }));
  return {
    id: name,
    title: options.title[0].toUpperCase() + options.title.slice(1),
    body: html`<div class="curves${runs.length % 2 === 0 ? " pairs" : ""}">${drawn.map(({ svg }) => html`<figure>${svg}</figure>`)}</div>`,
    pictures: drawn.map((picture) => ({ name: picture.name, content: { svg: picture.svg.text } })),
  };
}

const valuesOf = ({ train, validation }: EpochStatistics, { value }: Pick<CurveOptions, "value">): number[] =>
  [train, validation].flatMap((statistics) => (statistics && value(statistics)) ?? []);

function table(runs: ComparisonInput["runs"]): Markup {
  const cell = (text: string | undefined): Markup => html`<td class="number">${text ?? "–"}</td>`;
  const percent = (share: number | undefined): string | undefined =>
    share === undefined ? undefined : percentText(share);
  const rows = runs.map(({ name, history }) => {
    const { train, validation } = history[history.length - 1];
    const [own, other] = [train.top1Error, validation?.top1Error];
    const gap = own === undefined || other === undefined ? undefined : other - own;
    const objectives = [train, validation].map((s: Statistics | undefined) => cell(s && numberText(s.objective)));
    return html`<tr><td>${name}</td>${objectives}${[own, other, gap].map((share) => cell(percent(share)))}</tr>`;
  });
  const heads = ["training", "validation"].map((part) => html`<th class="number">${part}</th>`);
  return html`<div class="scroll"><table><thead><tr><th></th><th colspan="2" class="number">objective</th><th colspan="3" class="number">top-1 error</th></tr>
<tr><th>after the last epoch</th>${heads}${heads}<th class="number">gap</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
