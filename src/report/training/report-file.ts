import { join } from "node:path";
import { filterPictures } from "../../drawing/filters.js";
import { pickMistakes, type SourcedSamples } from "../evaluation/pick-mistakes.js";
import { confusionSection } from "../evaluation/sections/confusion-section.js";
import { mistakesSection } from "../evaluation/sections/mistakes-section.js";
import type { Page } from "../page/page.js";
import { type WrittenPage, writePage } from "../page/page-file.js";
import { settingsSection } from "../page/settings-section.js";
import { sentenceSection } from "../reading/sentence-section.js";
import { baselinesSection } from "./baselines-section.js";
import { curvesSection } from "./curves-section.js";
import { filmSection } from "./film-section.js";
import { filtersSection } from "./filters-section.js";
import type { ReportInput } from "./input.js";
import { layerSection } from "./layer-section.js";
import { networkSection } from "./network-section.js";
import { pickTrainingPictures, samplesSection } from "./samples-section.js";
import { type PictureCounts, trainingHeader } from "./training-header.js";

/**
 * Writes the report of a training: `report.html`, one file that needs no other and no network, and each of its pictures as
 * PNG in `pictures/`. Every file appears whole or not at all; older ones of the same names are replaced.
 *
 * Parts that there is no data for are left out: curves without epochs, filters that are no pictures, mistakes if there are none.
 *
 * @param folder where to; it is made if need be
 * @throws the system's error when a file cannot be written
 * @example
 * await writeReport("runs/ocr", { title: "Letters a–z", model, history, configuration, predictions, ...letters });
 */
export async function writeReport(folder: string, input: ReportInput): Promise<WrittenPage> {
  return writePage(join(folder, "report.html"), await reportPage(input));
}

async function reportPage(input: ReportInput): Promise<Page> {
  const { title, model, history, configuration, predictions, validation, training, jittered, sentence, machine } =
    input;
  const { network, normalization, preprocessing } = model;
  const shown = pickTrainingPictures(training, jittered);
  const filters = filterPictures(model);
  const sections = [
    await mistakesSection(pickMistakes(predictions, validation)),
    confusionSection(predictions),
    baselinesSection(predictions, input.baselines ?? []),
    sentence && (await sentenceSection(sentence)),
    networkSection(network),
    curvesSection(history, training.target, input.epoch ?? history.length),
    layerSection(network, history),
    shown && (await samplesSection({ ...shown, neighbours: training.typefaces !== undefined })),
    filters && (await filtersSection(filters)),
    await filmSection(input.film ?? []),
    settingsSection({ configuration, normalization, preprocessing, machine }),
  ].filter((section) => section !== undefined);
  const counts = { training: countPictures(training), validation: countPictures(validation) };
  return {
    title,
    header: trainingHeader({ ...input, network, epoch: input.epoch ?? history.length, ...counts }),
    sections,
  };
}

const countPictures = ({ count, typefaces }: SourcedSamples): PictureCounts => ({
  count,
  typefaces: typefaces?.length,
});
