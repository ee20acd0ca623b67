import type { Samples } from "../../data/samples.js";
import type { PredictionTable } from "../../evaluation/table/predictions.js";
import { defined } from "../../values/defined.js";
import { html, type Markup } from "../page/markup.js";
import type { SourcedSamples } from "../training/input.js";
import { type WrittenReport, writePage } from "../training/report-file.js";
import {
  calibrationSection,
  cellsSection,
  comparisonSection,
  foldsSection,
  rankingSection,
} from "./evaluation-sections.js";
import { type EvaluationOptions, evaluationFigures } from "./evaluation-text.js";
import { confusionSection, mistakesSection, settingsSection } from "./result-sections.js";

/** What an evaluation's page is made of. */
export interface EvaluationInput extends EvaluationOptions {
  readonly title: string;
  /** what was predicted; of a cross-validation all folds together */
  readonly table: PredictionTable;
  /** sample i is row i of the table; without them the page has no pictures */
  readonly samples?: Samples;
  /** the settings, by name */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** another model's predictions for the same samples, to compare with */
  readonly other?: { readonly name: string; readonly table: PredictionTable };
}

/**
 * Writes an evaluation: `evaluation.html`, one file that needs no other and no network, and its charts as PNG in `pictures/`: figures with
 * intervals, the confusion matrix and the pictures behind each of its numbers, curves, calibration, the worst mistakes.
 *
 * @param folder where to; it is made if need be
 * @throws RangeError when the table is empty; the system's error when a file cannot be written
 * @example
 * await writeEvaluation("runs/measured", { title: "Letters", table: predictions, samples: letters.validation, configuration });
 */
export async function writeEvaluation(folder: string, input: EvaluationInput): Promise<WrittenReport> {
  const { title, table, samples, configuration, other } = input;
  if (table.labels.length === 0) throw new RangeError("There is nothing to tell of a table without samples.");
  const sections = [
    confusionSection({ predictions: table }),
    foldsSection(table),
    samples && (await cellsSection(table, samples)),
    samples && (await mistakesSection({ predictions: table, validation: named(samples, table) })),
    rankingSection(table),
    calibrationSection(table),
    other && comparisonSection(table, other),
    settingsSection({ configuration }),
  ].filter((section) => section !== undefined);
  return writePage(folder, "evaluation.html", title, header(input), sections);
}

const named = (samples: Samples, { paths }: PredictionTable): SourcedSamples => ({
  ...samples,
  ...defined({ names: paths }),
});

function header({ title, table, ...options }: EvaluationInput): Markup {
  const figures = evaluationFigures(table, options).filter(([name]) => name !== "");
  return html`<header><p class="brand">Bell Pepper</p><h1>${title}</h1>
<dl class="settings">${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></header>`;
}
