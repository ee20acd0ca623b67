import { join } from "node:path";
import { classTarget } from "../../data/target.js";
import { filterPictures } from "../../drawing/filters.js";
import { html } from "../../drawing/markup.js";
import { networkTable } from "../../network/display/table.js";
import type { TrainedModel } from "../../network/model/model.js";
import type { EpochStatistics } from "../../training/statistics/epoch-statistics.js";
import type { FilmFrame } from "../../training/statistics/film.js";
import { writePage } from "../page/page-file.js";
import type { Section } from "../page/section.js";
import { settingsSection } from "../page/settings-section.js";
import { notesMarkup, pageHeader, valueList } from "../page/text/header.js";
import { type NextStep, nextStepsMarkup } from "../page/text/next-steps.js";
import { countText, durationText, numberText, plural } from "../page/text/words.js";
import { curvesSection } from "../training/curves-section.js";
import { filmSection } from "../training/film-section.js";
import { filtersSection } from "../training/filters-section.js";
import { networkSection } from "../training/network-section.js";
import type { Looks } from "./looks.js";
import { drawnSection, nearestSection, outliersSection, reconstructionsSection } from "./looks-sections.js";

/** What there is to say of a training without labels. */
export interface PretrainingInput {
  readonly title: string;
  readonly kind: string;
  /** what makes codes of pictures */
  readonly encoder: TrainedModel;
  /** what makes pictures of themselves, where there is such a thing */
  readonly model?: TrainedModel;
  readonly looks: Looks;
  /** the mean over the pictures that were looked at */
  readonly error?: number;
  /** how many pictures it was trained on, and how many the error is of */
  readonly trainedOn: number;
  readonly measured: number;
  /** whether those were kept out of training */
  readonly isHeldOut: boolean;
  /** the trainings, one after the other: one, one of each layer, or none */
  readonly stages: readonly {
    readonly name: string;
    readonly history: readonly EpochStatistics[];
    readonly epoch: number;
    readonly film: readonly FilmFrame[];
  }[];
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
  readonly next: readonly NextStep[];
  readonly seconds: number;
}

/**
 * Writes the page of a training without labels, `report.html`, and its pictures.
 *
 * @param folder where to
 * @returns the path of the page
 * @throws the system's error when a file cannot be written
 */
export async function writePretrainingPage(folder: string, input: PretrainingInput): Promise<string> {
  const { title, encoder, model, looks, error, stages, configuration } = input;
  const filters = filterPictures(encoder);
  const none = classTarget(["picture"], []);
  const several = stages.length > 1;
  const curves = stages.flatMap(({ name, history, epoch }): Section[] => {
    const section = curvesSection(history, none, epoch);
    if (!section) return [];
    const prefixed = section.pictures.map((picture) => ({ ...picture, name: `${name}-${picture.name}` }));
    return [several ? { ...section, id: `curves-${name}`, title: `Learning ${name}`, pictures: prefixed } : section];
  });
  const sections = [
    error === undefined ? undefined : await reconstructionsSection(looks, error),
    await drawnSection(looks),
    filters && (await filtersSection(filters)),
    await nearestSection(looks),
    await outliersSection(looks),
    ...curves,
    await filmSection(stages[0]?.film ?? []),
    networkSection((model ?? encoder).network),
    settingsSection({ configuration, normalization: encoder.normalization, preprocessing: encoder.preprocessing }),
  ].filter((section) => section !== undefined);
  const { page } = await writePage(join(folder, "report.html"), { title, header: headerOf(input), sections });
  return page;
}

/** What was learned, in a paragraph and in figures. */
function headerOf({
  title,
  kind,
  encoder,
  error,
  trainedOn,
  measured,
  isHeldOut,
  stages,
  notes,
  next,
  seconds,
}: PretrainingInput) {
  const { totals } = networkTable(encoder.network);
  const epochs = stages.reduce((sum, { history }) => sum + history.length, 0);
  const how = epochs > 0 ? `in ${plural(epochs, "epoch")}` : "without a gradient";
  const what = html`<p>Nobody said what is in the pictures. The network <b>${encoder.network.name}</b>, ${countText(totals.parameters)} parameters, learned how they look (${kind}) from ${plural(trainedOn, "picture")}, ${how}, in ${durationText(seconds)}.</p>`;
  const figures = [
    ...(error === undefined
      ? []
      : [
          [
            `mean squared difference of ${plural(measured, "picture")}${isHeldOut ? " kept out" : ""}`,
            numberText(error),
          ] as const,
        ]),
    ["pictures", countText(trainedOn)] as const,
    ["parameters", countText(totals.parameters)] as const,
  ];
  return pageHeader(title, what, notesMarkup(notes), valueList("figures", figures), nextStepsMarkup(next));
}
