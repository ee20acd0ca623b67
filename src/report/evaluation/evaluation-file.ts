import { join } from "node:path";
import type { Samples } from "../../data/samples.js";
import { html, type Markup } from "../../drawing/markup.js";
import { sampleImage } from "../../drawing/montage.js";
import { labelErrors, labelErrorsToCsv } from "../../evaluation/label-errors.js";
import { type ClassTable, type PredictionTable, sampleCount } from "../../evaluation/table/predictions.js";
import { removeFile, writeFileAtomically } from "../../files/atomic-file.js";
import { defined } from "../../values/defined.js";
import { type WrittenPage, writePage } from "../page/page-file.js";
import type { Section } from "../page/section.js";
import { settingsSection } from "../page/settings-section.js";
import { notesMarkup, pageHeader, valueList } from "../page/text/header.js";
import { type NextStep, nextStepsMarkup } from "../page/text/next-steps.js";
import { countText, percentText, plural } from "../page/text/words.js";
import { type EvaluationOptions, errorInterval, evaluationFigures, intervalText } from "./evaluation-figures.js";
import { pickMistakes } from "./pick-mistakes.js";
import { calibrationSection } from "./sections/calibration-section.js";
import { cellGalleries, galleryAddress } from "./sections/cell-galleries.js";
import { confusionSection } from "./sections/confusion-section.js";
import { type ExplainedCells, explainedCellsSection } from "./sections/explained-cells-section.js";
import { foldsSection } from "./sections/folds-section.js";
import { labelErrorsSection } from "./sections/label-errors-section.js";
import { type Localisation, localisationFigures, localisationSection } from "./sections/localisation-section.js";
import { mistakesSection } from "./sections/mistakes-section.js";
import { type OtherModel, otherModelSection } from "./sections/other-model-section.js";
import { metricsSection, scatterSection } from "./sections/target-sections.js";
import { thresholdsSection } from "./sections/thresholds-section.js";
import { type TargetTable, targetFigures } from "./target-figures.js";

/** What an evaluation's page is made of. */
export interface EvaluationInput extends EvaluationOptions {
  readonly title: string;
  /** what was predicted; of a cross-validation all folds together */
  readonly table: PredictionTable;
  /** sample i is row i of the table; without them the page has no pictures */
  readonly samples?: Samples;
  /** the settings, by name */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** what surprises, and what was assumed: a sentence each */
  readonly notes?: readonly string[];
  /** commands that may be typed next */
  readonly next?: readonly NextStep[];
  /** another model's predictions for the same samples, to compare with; of classes */
  readonly other?: OtherModel;
  /** why pictures are taken for others; of classes */
  readonly explained?: ExplainedCells;
  /** where things were seen; of classes */
  readonly localisation?: Localisation;
}

/**
 * Writes an evaluation: `evaluation.html`, one file that needs no other and no network, and its charts as PNG in `pictures/`. Of classes:
 * figures with intervals, the worst mistakes, labels that may be wrong (all of them in `label-errors.csv`), the confusion matrix and the pictures behind each of its
 * numbers, curves, calibration. Of all other kinds the metrics of each attribute, value or class; of values also what was predicted over what it is.
 *
 * @param folder where to; it is made if need be
 * @throws RangeError when the table is empty; TypeError when another model is to be compared by something else than classes; the system's error
 *   when a file cannot be written
 * @example
 * await writeEvaluation("runs/measured", { title: "Letters", table: predictions, samples: letters.validation, configuration });
 */
export async function writeEvaluation(folder: string, input: EvaluationInput): Promise<WrittenPage> {
  const { title, table, configuration, other, next = [] } = input;
  if (sampleCount(table) === 0) throw new RangeError("There is nothing to tell of a table without samples.");
  if (other && table.kind !== "classes") {
    throw new TypeError(`Models are compared by what they say of classes; this table is of ${table.kind}.`);
  }
  const { lead, figures, sections } =
    table.kind === "classes" ? await partsOfClasses(folder, table, input) : partsOfTarget(table);
  const header = pageHeader(
    title,
    lead,
    valueList("settings", figures),
    notesMarkup(input.notes),
    nextStepsMarkup(next),
  );
  return writePage(join(folder, "evaluation.html"), {
    title,
    header,
    sections: [...sections, settingsSection({ configuration })],
  });
}

/** What a page tells. */
interface Parts {
  /** the result in a sentence */
  readonly lead?: Markup;
  readonly figures: readonly [name: string, value: string][];
  readonly sections: readonly Section[];
}

async function partsOfClasses(
  folder: string,
  table: ClassTable,
  { samples, other, ordered, localisation, explained }: EvaluationInput,
): Promise<Parts> {
  const pictureOf = samples && ((sample: number) => sampleImage(samples, sample));
  const errors = labelErrors(table);
  const list = join(folder, "label-errors.csv");
  await (errors.suspected.length > 0 ? writeFileAtomically(list, labelErrorsToCsv(table, errors)) : removeFile(list));
  const galleries = pictureOf && (await cellGalleries(table, pictureOf));
  const sections = [
    samples && (await mistakesSection(pickMistakes(table, { ...samples, ...defined({ names: table.paths }) }))),
    await labelErrorsSection(table, errors, pictureOf),
    localisation && (await localisationSection(localisation)),
    other && otherModelSection(table, other),
    confusionSection(table, galleries, explained?.cells),
    explained &&
      (await explainedCellsSection(
        explained,
        table.classes,
        pictureOf ?? (() => undefined),
        galleries && galleryAddress,
      )),
    foldsSection(table),
    thresholdsSection(table),
    calibrationSection(table),
  ].filter((section) => section !== undefined);
  const figures = [
    ...evaluationFigures(table, defined({ ordered })),
    ...(localisation ? localisationFigures(localisation.located) : []),
  ].filter(([name]) => name !== "");
  const interval = errorInterval(table);
  const { error } = interval;
  const count = table.labels.length;
  const lead = html`<p class="lead">Of ${plural(count, "picture")}, ${countText(Math.round(error * count))} are taken for something else: <b>${percentText(error)}</b> (${intervalText(interval)}).</p>`;
  return { lead, figures, sections };
}

function partsOfTarget(table: TargetTable): Parts {
  const told = targetFigures(table);
  const scatter = table.kind === "values" ? [scatterSection(table)] : [];
  return { figures: told.figures, sections: [metricsSection(told), ...scatter] };
}
