import { test } from "vitest";
import { expectPicture } from "../../../test/support/snapshot.js";
import type { ScanSummary } from "../../data/scan/scan-summary.js";
import type { Markup } from "../../drawing/markup.js";
import { classBars, sizesChart } from "./dataset-charts.js";

const classes = (count: number, name: (i: number) => string = (i) => `class ${i + 1}`) =>
  Array.from({ length: count }, (_, i) => ({ name: name(i), count: 37 + ((i * 271) % 1500), parts: {} }));
const names = ["cat", "a dog of a breed with a very long name", "owl"];

const summary: ScanSummary = {
  root: "animals",
  format: "folders",
  pictures: 150,
  classes: [],
  imbalance: 1,
  sizes: [
    { width: 640, height: 480, count: 80 },
    { width: 480, height: 640, count: 40 },
    { width: 500, height: 500, count: 20 },
    { width: 600, height: 250, count: 9 },
    { width: 120, height: 90, count: 1 },
  ],
  medianSize: { width: 640, height: 480 },
  proposed: { width: 256, height: 192, channels: 3 },
  formats: [],
  colours: [],
  depths: [],
  transparent: 0,
  broken: [],
  problems: [],
  exactDuplicates: [],
  nearDuplicates: [],
  groupsAcrossParts: [],
  flat: [],
  readings: [],
  range: [0, 255],
  usualRange: [0, 255],
};

// Each picture was looked at: see CONTRIBUTING.md.
test.each<[string, () => Markup]>([
  ["classes", () => classBars(classes(3, (i) => names[i]))],
  [
    "classes-in-parts",
    () =>
      classBars(
        classes(4).map((each, i) => {
          const [validation, test] = [Math.round(each.count / 5), i === 3 ? 0 : 10];
          return { ...each, parts: { training: each.count - validation - test, validation, test } };
        }),
      ),
  ],
  ["classes-of-which-some", () => classBars(classes(70))],
  ["sizes", () => sizesChart(summary)],
  [
    "sizes-far-apart",
    () => sizesChart({ ...summary, sizes: [...summary.sizes, { width: 30_000, height: 24_000, count: 2 }] }),
  ],
])("%s", async (name, draw) => {
  await expectPicture(name, draw());
});
