import { expect, test } from "vitest";
import type { ScanSummary } from "../../data/scan/scan-summary.js";
import { scanProgress } from "../progress/scan-progress.js";
import { datasetText } from "./dataset-text.js";

const summary: ScanSummary = {
  root: "tissue",
  format: "folders",
  pictures: 30,
  imbalance: 2,
  transparent: 0,
  classes: [
    { name: "benign", count: 20, parts: { training: 15, test: 5 } },
    { name: "malign", count: 10, parts: { training: 8, test: 2 } },
  ],
  sizes: [
    { width: 512, height: 512, count: 29 },
    { width: 1000, height: 512, count: 1 },
  ],
  medianSize: { width: 512, height: 512 },
  proposed: { width: 224, height: 224, channels: 3 },
  formats: [["tiff", 30]],
  colours: [
    ["coloured", 29],
    ["grey", 1],
  ],
  depths: [["8 bits", 30]],
  broken: [],
  problems: [],
  exactDuplicates: [],
  nearDuplicates: [],
  groupsAcrossParts: [],
  flat: [],
  range: [0, 255],
  usualRange: [0, 255],
  readings: [],
};

test("the terminal shows classes as bars, then sizes and kinds, then what is worth a look", () => {
  expect(datasetText(summary)).toBe(
    [
      "30 pictures of 2 classes in tissue",
      "",
      `  benign  ${"█".repeat(32)} 20   training 15  test 5`,
      `  malign  ${"█".repeat(16)}${" ".repeat(16)} 10   training 8  test 2`,
      "",
      "sizes     512×512 (29), 1000×512 (1)",
      "kinds     tiff; coloured 29, grey 1; 8 bits",
      "training  224×224, red, green and blue, unless told otherwise",
      "",
      "✓ Nothing conspicuous: no broken pictures, no copies, classes of similar size.",
      "",
    ].join("\n"),
  );
  const found = datasetText({ ...summary, broken: [{ path: "a.tif", reason: "the file is empty" }] });
  expect(found).toContain("\n✗ 1 picture cannot be decoded: a.tif, the file is empty.\n");
});

test("long names and many parts fit 80 columns", () => {
  const parts = { training: 70123, validation: 15032, test: 15010 };
  const classes = [1, 2].map((k) => ({ name: `${"a very long name ".repeat(8)}${k}`, count: 100165, parts }));
  const problems = [{ path: "list.csv:12", reason: `${"it is not clear what this means ".repeat(6)}` }];
  for (const line of datasetText({ ...summary, classes, problems }).split("\n")) {
    expect(line.length, line).toBeLessThanOrEqual(80);
  }
});

test("progress off a terminal is a line now and then, and none for what is quick", () => {
  const lines: string[] = [];
  const output = Object.assign(Object.create(process.stderr), {
    isTTY: false,
    write: (text: string) => lines.push(text),
  });
  const progress = scanProgress(output, "looked at");
  for (let i = 1; i <= 1000; i++) progress.show(i, 1000);
  progress.done();
  expect(lines).toEqual([]);
});
