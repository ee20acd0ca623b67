import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stripesFolder } from "../../../test/support/stripes.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { BrokenPicture } from "../../data/pictures/broken-picture.js";
import { EngineError } from "../../engine/engine.js";
import { SomeBroken } from "../../evaluation/classifier.js";
import { probabilities } from "../../evaluation/table/predictions.js";
import { ModelFormatError } from "../../graph/codec/codec.js";
import { zeros } from "../../graph/tensor.js";
import { type TrainedModel, toOnnx } from "../../network/model/model.js";
import { sequential } from "../../network/network.js";
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
  const broken = classifier.classify(join(stripes, "nothing.png"));
  await expect(broken).rejects.toThrow(/nothing\.png/);
  await expect(broken).rejects.toBeInstanceOf(BrokenPicture);
  await classifier.close();
  const [path] = predictions.paths ?? [];
  await expect(classifier.classify(join(stripes, path))).rejects.toBeInstanceOf(EngineError);
});

test("a picture is given as a path, a URL, bytes of several kinds, or pixels", async () => {
  const classifier = await openClassifier(trained.files.model, { threads: 1 });
  const path = join(stripes, trained.predictions.paths?.[0] ?? "");
  const bytes = await readFile(path);
  const [first, ...others] = await classifier.classify([
    ...[path, pathToFileURL(path), bytes, new Blob([bytes])],
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  ]);
  for (const guesses of others) expect(guesses).toEqual(first);
  const wrong: unknown[] = [
    5,
    null,
    undefined,
    {},
    new Date(0),
    new URL("http://localhost/a.png"),
    new Float32Array(3),
  ];
  for (const each of wrong) {
    // what JavaScript's callers give
    const asked: Promise<unknown> = Reflect.apply(classifier.classify, classifier, [each]);
    await expect(asked).rejects.toThrow(/^Invalid value for picture: expected the path of a picture .*, got /);
  }
  await classifier.close();
});

test("of many pictures those that can be decoded are answered, whatever the others are", async () => {
  const classifier = await openClassifier(trained.files.model, { threads: 1 });
  const [path] = trained.predictions.paths ?? [];
  const good = join(stripes, path);
  const asked = [good, join(stripes, "none.png"), good, new Uint8Array(3)];
  const error: unknown = await classifier.classify(asked).catch((reason: unknown) => reason);
  await expect(classifier.classify(good)).resolves.toHaveLength(2);
  const expected = await classifier.classify(good);
  await classifier.close();
  if (!(error instanceof SomeBroken)) return expect.fail();
  expect(error).toBeInstanceOf(BrokenPicture);
  expect(error.message).toMatch(/^Picture 2 of 4: Cannot read the picture .*none\.png: .* 2 are broken\.$/);
  expect(error.broken.map(({ index }) => index)).toEqual([1, 3]);
  expect(error.guesses).toEqual([expected, undefined, expected, undefined]);
});

test.each([
  ["run/report.html", "report.html: "],
  ["run", "run is a folder; expected a model file, such as "],
  ["nothing.onnx", "nothing.onnx: there is no such file."],
])("%s is no model", async (path, message) => {
  const opened = openClassifier(join(runs, path));
  await expect(opened).rejects.toBeInstanceOf(ModelFormatError);
  await expect(opened).rejects.toThrow(message);
});

test("refuses a model that gives no probability for each class, when it is opened", async () => {
  const inside: TrainedModel = {
    network: sequential("places", { channels: 1, height: 4, width: 4 }, [conv(2, 2), softmaxLogLoss()]),
    parameters: new Map([
      ["conv1/filters", zeros("float32", [2, 1, 2, 2])],
      ["conv1/biases", zeros("float32", [2])],
    ]),
    classes: ["a", "b"],
    normalization: { mean: [0], scale: 1 },
    history: null,
  };
  const path = join(runs, "places.onnx");
  await writeFile(path, toOnnx(inside));
  await expect(openClassifier(path)).rejects.toThrow(
    new RangeError(`${path} gives a map (2×3×3 numbers) for a picture: expected one number for each class.`),
  );
});
