import { expect, test } from "vitest";
import { openDataset, readImage } from "../data/index.js";
import { nodeEngine } from "../engine/node.js";
import { dag, fromOnnx, sequential } from "../network/index.js";
import {
  classifyPictures,
  convertModel,
  crossvalidate,
  cutSlides,
  evaluateModel,
  finishJob,
  inspectModel,
  openClassifier,
  trainLetters,
  trainPictures,
} from "./index.js";

/** What a program in plain JavaScript may give in the place of options. */
const WRONG: readonly [given: unknown, message: string][] = [
  [null, "Invalid value for options: expected an object, got null."],
  ["fast", 'Invalid value for options: expected an object, got "fast".'],
  [[1, 2], "Invalid value for options: expected an object, got [1,2]."],
  [3, "Invalid value for options: expected an object, got 3."],
  [{ signal: "stop" }, 'Invalid value for signal: expected an AbortSignal, got "stop".'],
];

const JOBS: readonly [name: string, start: (options: never) => AsyncIterable<{ readonly type: string }>][] = [
  ["trainPictures", (options) => trainPictures("animals", options)],
  ["trainLetters", (options) => trainLetters(options)],
  ["crossvalidate", (options) => crossvalidate("animals", options)],
  ["evaluateModel", (options) => evaluateModel("model.onnx", "animals", options)],
  ["classifyPictures", (options) => classifyPictures("model.onnx", "animals", options)],
  ["cutSlides", (options) => cutSlides("slides", options)],
  ["inspectModel", (options) => inspectModel("model.onnx", [], options)],
  ["convertModel", (options) => convertModel("model.onnx", "model.mat", options)],
];

test.each(JOBS)("%s refuses options that are none with one clear TypeError", async (_, start) => {
  for (const [given, message] of WRONG) {
    const refused = finishJob(start(given as never));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(TypeError);
  }
});

/** What takes the path of something. */
const PATHS: readonly [name: string, argument: string, start: (path: never) => Promise<unknown>][] = [
  ["trainPictures", "data", (path) => finishJob(trainPictures(path, { epochs: 1 }))],
  ["crossvalidate", "data", (path) => finishJob(crossvalidate(path))],
  ["evaluateModel", "path", (path) => finishJob(evaluateModel(path, "animals"))],
  ["evaluateModel", "data", (path) => finishJob(evaluateModel("model.onnx", path))],
  ["classifyPictures", "path", (path) => finishJob(classifyPictures(path, "animals"))],
  ["inspectModel", "path", (path) => finishJob(inspectModel(path))],
  ["convertModel", "from", (path) => finishJob(convertModel(path, "model.mat"))],
  ["convertModel", "to", (path) => finishJob(convertModel("model.onnx", path))],
  ["cutSlides", "slides", (path) => finishJob(cutSlides(path, { folder: "patches" }))],
  ["openClassifier", "path", (path) => openClassifier(path)],
  ["openDataset", "path", (path) => openDataset(path)],
  ["readImage", "path", (path) => readImage(path, { channels: 1 })],
];

test.each(PATHS)("%s takes a path as its %s", async (_, argument, start) => {
  for (const given of [null, undefined, 3, ["a"], ""]) {
    await expect(start(given as never)).rejects.toThrow(`Invalid value for ${argument}: expected a path, got `);
  }
});

/** Options that are paths. */
test.each<[string, () => AsyncIterable<{ readonly type: string }>]>([
  ["from", () => trainPictures("animals", { from: "" })],
  ["folder", () => trainPictures("animals", { folder: "" })],
  ["cache", () => crossvalidate("animals", { cache: "" })],
  ["split", () => evaluateModel("model.onnx", "animals", { split: "" })],
  ["classes", () => evaluateModel("model.onnx", "animals", { classes: "" })],
])("%s is a path", async (name, start) => {
  await expect(finishJob(start())).rejects.toThrow(`Invalid value for ${name}: expected a path, got "".`);
});

test.each<[string, () => unknown, string]>([
  ["openDataset", () => openDataset("animals", null as never), "options: expected an object, got null."],
  ["nodeEngine", () => nodeEngine("cpu" as never), 'options: expected an object, got "cpu".'],
  [
    "finishJob",
    () => finishJob(undefined as never),
    "events: expected what a job tells, such as trainPictures(…), got nothing.",
  ],
  ["fromOnnx", () => fromOnnx("model.onnx" as never), 'bytes: expected a Uint8Array, got "model.onnx".'],
  ["sequential", () => sequential("a", undefined as never, []), "image: expected an object, got nothing."],
  [
    "sequential",
    () => sequential("a", { channels: 1, height: 0, width: 4 }, []),
    "image.height: expected a whole number of at least 1, got 0.",
  ],
  [
    "dag",
    () => dag("a", { image: { channels: 1, height: 4, width: 4 } }, null as never),
    "layers: expected a list of layers, got null.",
  ],
])("%s says what it expected", async (_, start, message) => {
  const refused = Promise.resolve().then(start);
  await expect(refused).rejects.toThrow(`Invalid value for ${message}`);
});
