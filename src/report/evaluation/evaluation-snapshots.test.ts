import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { pictures, predictions } from "../../../test/support/report-input.js";
import { expectPage, expectPicture } from "../../../test/support/snapshot.js";
import { valueTable } from "../../evaluation/table/predictions.js";
import { writeEvaluation } from "./evaluation-file.js";
import { mistakeCards } from "./mistake-cards.js";
import { pickMistakes } from "./pick-mistakes.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-snapshots-"));
});
afterAll(() => rm(folder, { recursive: true }));

const COUNT = 78;
const numbers = Array.from({ length: COUNT }, (_, i) => i);
const paths = numbers.map((i) => `${["cat", "dog", "owl", "horse", "fox", "hen"][i % 6]}/${i}.png`);

// Each picture and page was looked at: see CONTRIBUTING.md.
test("an evaluation, and a comparison with another model", async () => {
  const right = predictions(COUNT, { paths });
  const { page } = await writeEvaluation(folder, {
    title: "Six animals, measured",
    table: right,
    samples: pictures(COUNT),
    configuration: { model: "model.onnx", data: "animals" },
    ordered: true,
    next: [{ command: "bellpepper evaluate OTHER-MODEL.onnx 'my animals'", why: "compares another model" }],
    other: {
      name: "another model",
      table: { ...right, scores: right.scores.map((score, i) => score - ((i * 7) % 9) / 4) },
    },
  });
  await expectPage("evaluation", await readFile(page, "utf8"));
});

test("the evaluation of a cross-validation in three folds, by patients", async () => {
  const origins = {
    paths,
    groups: numbers.map((i) => `patient ${Math.floor(i / 6) % 9}`),
    folds: Int32Array.from(numbers, (i) => Math.floor(i / 6) % 3),
  };
  const { page } = await writeEvaluation(folder, {
    title: "Six animals, in folds",
    table: predictions(COUNT, origins),
    configuration: { folds: 3, groupBy: "patient" },
  });
  await expectPage("evaluation-of-folds", await readFile(page, "utf8"));
});

test("the evaluation of a regression", async () => {
  const truth = Float32Array.from({ length: 2 * COUNT }, (_, i) =>
    i % 2 === 0 ? (i * 7) % 60 : 1000 + 30 * ((i * 5) % 17),
  );
  const predicted = truth.map((value, i) =>
    i % 2 === 0 ? 0.8 * value + 6 + ((i * 11) % 13) - 6 : value + 12 * (((i * 3) % 7) - 3),
  );
  const { page } = await writeEvaluation(folder, {
    title: "Two values of animals",
    table: valueTable(["weight", "height & width"], truth, predicted),
    configuration: { model: "model.onnx" },
  });
  await expectPage("evaluation-of-values", await readFile(page, "utf8"));
});

test("the worst mistakes as one picture", async () => {
  const samples = { ...pictures(COUNT), names: paths.map((path) => `in/a/folder/with/a/long/name/${path}`) };
  const { picture } = await mistakeCards(pickMistakes(predictions(COUNT), samples, 8));
  await expectPicture("mistakes", picture);
});
