import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { pictures } from "../../../test/support/report-input.js";
import { expectPage } from "../../../test/support/snapshot.js";
import { countClasses, type DatasetScan, describeDuplicates } from "../../data/scan/scan.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { sampleImage } from "../../drawing/montage.js";
import { writeDatasetPage } from "./dataset-page-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-snapshots-"));
});
afterAll(() => rm(folder, { recursive: true }));

const COUNT = 62;
const samples = pictures(COUNT);
const BROKEN = 20;

/** Pictures of 8×8 in memory, most for training, the first of each class for the test; the last one is a copy of the first. */
const dataset: Dataset = {
  root: "animals",
  format: "idx",
  classes: samples.target.names,
  items: Array.from({ length: COUNT }, (_, index) => ({
    path: "images.idx",
    index,
    label: index === COUNT - 1 ? 2 : index % samples.target.names.length,
    split: index < samples.target.names.length ? "test" : "training",
    group: `farm ${index % 5}`,
  })),
  problems: [{ path: "notes.txt", reason: "left out: no picture" }],
  packed: {
    shape: { channels: 1, height: 8, width: 8 },
    read({ index = 0 }) {
      const data = new Uint8Array(64);
      samples.read(index === COUNT - 1 ? 0 : index, 0, data, 0);
      return data;
    },
  },
};

const image = (index: number) =>
  sampleImage(samples, index) ?? { width: 1, height: 1, channels: 1, data: new Uint8Array(1) };
const scan: DatasetScan = {
  dataset,
  numbers: { ranges: {}, notes: [] },
  pictures: dataset.items.map((_, i) =>
    i === BROKEN ? undefined : { width: 8, height: 8, format: "idx", depth: 8, colour: "grey", alpha: i === 3 },
  ),
  broken: [{ path: `images.idx#${BROKEN}`, reason: "its file ends within it" }],
  classes: countClasses(dataset, (index) => index !== BROKEN),
  exact: [describeDuplicates(dataset.items, [0, COUNT - 1])],
  near: [describeDuplicates(dataset.items, [6, 12, 18, 24, 30, 36, 42]), describeDuplicates(dataset.items, [1, 7])],
  groupsAcrossParts: ["farm 0", "farm 1"],
  flat: [],
  range: [0, 255],
  usualRange: [0, 255],
  mean: image(0),
  classMeans: new Map(samples.target.names.map((_, label) => [label, image(label)])),
  seconds: 1,
};

// The page was looked at: see CONTRIBUTING.md.
test("the page of a data set", async () => {
  const path = join(folder, "animals.html");
  await writeDatasetPage(path, scan);
  await expectPage("dataset", await readFile(path, "utf8"));
});
