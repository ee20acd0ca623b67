/** What the examples in docstrings take for granted: the public interface, and a few values of the usual names. */

import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openDataset, splitDataset, splitLetters, writeSplit } from "../../src/data/index.js";
import { LETTERS } from "../../src/data/letters/letters.js";
import { readLetters, writeLetters } from "../../src/data/letters/letters-file.js";
import { nodeEngine } from "../../src/engine/node.js";
import { predict } from "../../src/evaluation/index.js";
import { float32, GraphBuilder } from "../../src/graph/index.js";
import { openNetwork } from "../../src/inspection/opened.js";
import { ocr, type TrainedModel, toOnnx } from "../../src/network/index.js";
import { initialize } from "../../src/training/index.js";
import { addFiles, photo } from "./picture-folder.js";
import { smallLetters } from "./small-letters.js";

export { readFile, writeFile } from "node:fs/promises";
export * from "../../src/autodiff/index.js";
export * from "../../src/data/index.js";
export * from "../../src/drawing/index.js";
export * from "../../src/engine/node.js";
export * from "../../src/engine/web.js";
export * from "../../src/evaluation/index.js";
export * from "../../src/graph/index.js";
export * from "../../src/index.js";
export * from "../../src/inspection/index.js";
export * from "../../src/jobs/index.js";
export * from "../../src/lowering/index.js";
export * from "../../src/reading/index.js";
export * from "../../src/report/index.js";
export * from "../../src/search/index.js";
export * from "../../src/training/web/index.js";
export * from "../../src/values/index.js";

export const engine = nodeEngine({ threads: 1 });

/** Four typefaces, in the place of the packaged 950. */
export const pictures = await fewPictures();
const { mean: letterMean, ...split } = splitLetters(pictures);
export const letters = split;
export { letterMean };
export const normalization = { mean: [letterMean], scale: 256 / 255 };

/** The letter network, untrained. */
export const network = ocr();
export const model: TrainedModel = {
  network,
  parameters: initialize(network, 1),
  classes: LETTERS,
  normalization,
  history: [],
};
/** The same, to look inside. */
export const opened = await openNetwork(engine, model);
export const predictions = await predict(engine, model, letters.validation);

/** y = x · w. */
export const graph = affine();

const statistics = { objective: 3.26, metrics: { top1Error: 0.96, top5Error: 0.8 }, imagesPerSecond: 1000 };
export const history = [{ epoch: 1, learningRate: 0.001, train: statistics, validation: statistics }];
export const configuration = { task: "ocr", epochs: 1, seed: 1 };

export const black = { width: 1, height: 1, channels: 1, data: Uint8Array.of(0) } as const;
export const white = { width: 1, height: 1, channels: 1, data: Uint8Array.of(255) } as const;

/** A folder for examples to work in, with the files that they read. */
export async function exampleFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-examples-"));
  const project = join(import.meta.dirname, "../..");
  const font = join(project, "node_modules/@fontsource/lato/files/lato-latin-400-normal.woff2");
  await mkdir(join(folder, "fonts"));
  await copyFile(font, join(folder, "fonts", "lato.woff2"));
  await copyFile(font, join(folder, "Lato-Regular.ttf"));
  await writeLetters(join(folder, "my-letters"), pictures);
  await copyFile(join(project, "assets/sentence-lato.png"), join(folder, "sentence.png"));
  await copyFile(join(project, "assets/ocr.onnx"), join(folder, "ocr.onnx"));
  await writeFile(join(folder, "letters.onnx"), toOnnx(model));
  for (let i = 1; i <= 5; i++) {
    await addFiles(folder, {
      [`animals/cat/${i}.png`]: await photo(i, 96, 72, "png"),
      [`animals/dog/${i}.png`]: await photo(10 + i, 96, 72, "png"),
    });
  }
  const animals = await openDataset(join(folder, "animals"));
  await writeSplit(join(folder, "animals.split.json"), animals, splitDataset(animals));
  return folder;
}

async function fewPictures() {
  const folder = await smallLetters(4);
  const few = await readLetters(folder);
  await rm(dirname(folder), { recursive: true });
  return few;
}

function affine() {
  const g = new GraphBuilder("affine");
  const x = g.input("x", "float32", ["N", 4]);
  const w = g.constant(float32([1, 2, 3, 4], [4, 1]));
  g.output("y", g.op("MatMul", [x, w]));
  return g.build();
}
