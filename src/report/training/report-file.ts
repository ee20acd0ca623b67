import { join } from "node:path";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { confusionSection, mistakesSection, sentenceSection, settingsSection } from "../evaluation/result-sections.js";
import type { Markup } from "../page/markup.js";
import { page } from "../page/page.js";
import { pngFromSvg, reportFonts } from "../page/raster-file.js";
import type { ReportInput, Section } from "./input.js";
import { inspectionSection } from "./layer-section.js";
import { summary } from "./summary.js";
import { curvesSection, filtersSection, networkSection, samplesSection } from "./training-sections.js";

/** Where a report was written. */
export interface WrittenReport {
  /** the path of the HTML file */
  readonly page: string;
  /** the paths of the PNG files beside it */
  readonly pictures: readonly string[];
}

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
export async function writeReport(folder: string, input: ReportInput): Promise<WrittenReport> {
  return writePage(folder, "report.html", input.title, summary(input), await sectionsOf(input));
}

/** Writes a page and its pictures. */
export async function writePage(
  folder: string,
  name: string,
  title: string,
  header: Markup,
  sections: readonly Section[],
): Promise<WrittenReport> {
  const pictures: string[] = [];
  for (const { name: picture, content } of sections.flatMap((section) => section.pictures)) {
    const path = join(folder, "pictures", `${picture}.png`);
    await writeFileAtomically(path, "png" in content ? content.png : await pngFromSvg(content.svg));
    pictures.push(path);
  }
  const path = join(folder, name);
  await writeFileAtomically(path, page(title, header, sections, await reportFonts()));
  return { page: path, pictures };
}

/** The parts of the report, in their order. */
async function sectionsOf(input: ReportInput): Promise<Section[]> {
  const sections = [
    networkSection(input),
    curvesSection(input),
    inspectionSection(input),
    await samplesSection(input),
    await filtersSection(input),
    await sentenceSection(input),
    confusionSection(input),
    await mistakesSection(input),
    settingsSection(input),
  ];
  return sections.filter((section) => section !== undefined);
}
