import { basename, resolve } from "node:path";
import type { DatasetScan } from "../../data/scan/scan.js";
import { summarizeScan } from "../../data/scan/scan-summary.js";
import type { Page } from "../page/page.js";
import { writePage } from "../page/page-file.js";
import {
  classesSection,
  datasetHeader,
  duplicatesSection,
  filesSection,
  findingsSection,
  kindsSection,
  meansSection,
  SHEET_CLASSES,
  sheetRoom,
  sheetSection,
} from "./dataset-sections.js";
import { thumbnailsFor } from "./thumbnail.js";
import { readClassPictures, readDuplicates } from "./thumbnails-file.js";

/**
 * Writes what a scan found as one HTML page that needs no other file: what is worth a look, the classes, a contact sheet, sizes and
 * kinds, mean pictures, duplicates, broken files. It appears whole or not at all.
 *
 * @throws the system's error when it cannot be written
 * @example
 * await writeDatasetPage("animals.html", await scanDataset(await openDataset("animals")));
 */
export async function writeDatasetPage(path: string, scan: DatasetScan): Promise<void> {
  await writePage(path, await datasetPage(scan));
}

async function datasetPage(scan: DatasetScan): Promise<Page> {
  const { dataset, mean, classMeans, exact, near } = scan;
  const title = basename(resolve(dataset.root));
  const summary = summarizeScan(scan);
  const thumbnails = thumbnailsFor(summary.proposed);
  const classes = Math.min(dataset.classes.length, SHEET_CLASSES);
  const sheet = await readClassPictures(scan, thumbnails, classes, sheetRoom(thumbnails, classes));
  const means = [...classMeans].map(([label, image]) => ({ name: dataset.classes[label], image }));
  const [same, alike] = [await readDuplicates(scan, exact, thumbnails), await readDuplicates(scan, near, thumbnails)];
  const sections = [
    findingsSection(summary),
    classesSection(summary),
    await sheetSection(sheet, dataset.classes.length, thumbnails),
    kindsSection(summary),
    await meansSection([{ name: "all", image: mean }, ...means]),
    await duplicatesSection(same, alike, thumbnails),
    filesSection(summary),
  ].filter((section) => section !== undefined);
  return { title, header: datasetHeader(title, summary), sections };
}
