import { basename, resolve } from "node:path";
import type { DatasetScan } from "../../data/scan/scan.js";
import { summaryOf } from "../../data/scan/scan-summary.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { page } from "../page/page.js";
import { reportFonts } from "../page/raster-file.js";
import {
  classesSection,
  datasetHeader,
  duplicatesSection,
  filesSection,
  findingsSection,
  kindsSection,
  meansSection,
  sheetSection,
} from "./dataset-sections.js";

/**
 * Writes what a scan found as one HTML page that needs no other file: what is worth a look, the classes, a contact sheet, sizes and
 * kinds, mean pictures, duplicates, broken files. It appears whole or not at all.
 *
 * @throws the system's error when it cannot be written
 * @example
 * await writeDatasetPage("animals.html", await scanDataset(await openDataset("animals")));
 */
export async function writeDatasetPage(path: string, scan: DatasetScan): Promise<void> {
  const title = basename(resolve(scan.dataset.root));
  const about = { scan, summary: summaryOf(scan) };
  const sections = [
    findingsSection(about),
    classesSection(about),
    await sheetSection(about),
    kindsSection(about),
    await meansSection(about),
    await duplicatesSection(about),
    filesSection(about),
  ].filter((section) => section !== undefined);
  await writeFileAtomically(path, page(title, datasetHeader(title, about), sections, await reportFonts()));
}
