import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { inspected, model, pictures, predictions } from "../../../test/support/report-input.js";
import { sentence } from "../../../test/support/sentence.js";
import { expectPage } from "../../../test/support/snapshot.js";
import { history } from "../../../test/support/training-history.js";
import { writeComparison } from "./comparison-file.js";
import { writeReport } from "./report-file.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-snapshots-"));
});
afterAll(() => rm(folder, { recursive: true }));

const configuration = {
  network: "small",
  learningRate: [0.1, 0.01],
  solver: { type: "sgd", momentum: 0.9 },
  epochs: 6,
};

// Each page was looked at: see CONTRIBUTING.md.
test("the report of a training", async () => {
  const typefaces = [
    { family: "Lato", style: "Regular" },
    { family: "Lato", style: "Bold" },
  ];
  const { page } = await writeReport(folder, {
    title: "Six animals",
    model,
    history: inspected(6),
    epoch: 4,
    next: [{ command: "bellpepper read runs/animals/model.onnx LINE.png", why: "reads a line of text" }],
    configuration,
    seconds: 754,
    predictions: predictions(78),
    validation: { ...pictures(78), typefaces, typeface: (index) => typefaces[index % 2] },
    training: { ...pictures(120), typefaces },
    jittered: pictures(120, 25),
    sentence,
    machine: "4 threads of a processor",
  });
  await expectPage("report", await readFile(page, "utf8"));
});

test("the comparison of two trainings", async () => {
  const short = history(6).map((epoch) => ({
    ...epoch,
    validation: { ...epoch.train, objective: epoch.train.objective + 1 },
  }));
  const { page } = await writeComparison(folder, {
    title: "With and without dropout",
    lead: "The same network twice, on the same pictures.",
    runs: [
      { name: "without", history: history(12) },
      { name: "with dropout", history: short },
    ],
    configuration,
  });
  await expectPage("comparison", await readFile(page, "utf8"));
});
