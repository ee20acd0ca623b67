import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stripesFolder } from "../../../test/support/stripes.js";
import { probabilities } from "../../evaluation/table/predictions.js";
import { finishJob } from "../events/event-stream.js";
import { type TrainedPictures, trainPictures } from "../pictures/train-pictures-file.js";
import { openClassifier } from "./classifier-file.js";

let stripes: string;
let runs: string;
let trained: TrainedPictures;
beforeAll(async () => {
  stripes = await stripesFolder(12, 8);
  runs = await mkdtemp(join(tmpdir(), "bellpepper-classifier-"));
  const settings = { size: { width: 8, height: 8 }, fit: "crop", threads: 1, batchSize: 4, epochs: 2 } as const;
  trained = await finishJob(trainPictures(stripes, { ...settings, folder: join(runs, "run") }));
}, 60_000);
afterAll(async () => {
  for (const folder of [stripes, runs]) await rm(folder, { recursive: true });
});

test("says of each picture what the run's own predictions say", async () => {
  const { predictions, files } = trained;
  const classifier = await openClassifier(files.model, { threads: 1 });
  expect(classifier.classes).toEqual(predictions.classes);
  const shares = probabilities(predictions);
  for (const [i, path] of (predictions.paths ?? []).entries()) {
    const guesses = await classifier.classify(join(stripes, path));
    expect(guesses[0].probability).toBeGreaterThanOrEqual(guesses[1].probability);
    for (const { name, probability } of guesses) {
      expect(probability).toBeCloseTo(shares[i * 2 + predictions.classes.indexOf(name)], 5);
    }
  }
  await expect(classifier.classify(join(stripes, "nothing.png"))).rejects.toThrow(/nothing\.png/);
  await classifier.close();
});

test("names a file that is no model", async () => {
  await expect(openClassifier(join(runs, "run/report.html"))).rejects.toThrow(/report\.html: /);
});
