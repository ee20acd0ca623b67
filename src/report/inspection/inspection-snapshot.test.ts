import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, test } from "vitest";
import { expectPage } from "../../../test/support/snapshot.js";
import { conv, maxPool, relu } from "../../blocks/index.js";
import type { Image } from "../../data/pictures/image.js";
import { filterPictures } from "../../drawing/filters.js";
import { float32 } from "../../graph/tensor.js";
import type { TrainedModel } from "../../network/model/model.js";
import { parametersOf, sequential } from "../../network/network.js";
import { writePage } from "../page/page-file.js";
import { pageHeader } from "../page/text/header.js";
import { filtersSection } from "../training/filters-section.js";
import { networkSection } from "../training/network-section.js";
import { resultSection } from "./result-section.js";
import { sparseSection } from "./sparse-section.js";
import { waySection } from "./way-section.js";
import { weightsSection } from "./weights-section.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bellpepper-inside-"));
});
afterAll(() => rm(folder, { recursive: true }));

const network = sequential("small", { channels: 1, height: 12, width: 12 }, [
  conv(3, 4, { name: "conv1" }),
  relu({ name: "relu1" }),
  maxPool(2, { name: "pool1", stride: 2 }),
  conv(5, 3, { name: "scores" }),
]);
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const model: TrainedModel = {
  network,
  parameters: new Map(
    parametersOf(network).map(({ name, shape }) => {
      const data = Float32Array.from({ length: count(shape) }, (_, i) => ((i * 37) % 23) - 11);
      return [name, float32(data, shape)];
    }),
  ),
  classes: ["cat", "a horse & its <rider>", "owl"],
  normalization: { mean: [0], scale: 1 },
  history: null,
};
const image: Image = {
  ...{ width: 12, height: 12, channels: 1 },
  data: Uint8Array.from({ length: 144 }, (_, i) => (i * 7) % 256),
};
const values = (shape: readonly number[], least: number) =>
  float32(
    Float32Array.from({ length: count(shape) }, (_, i) => Math.max(least, ((i * 29) % 19) - 9)),
    shape,
  );

// The page was looked at: see CONTRIBUTING.md.
test("the page of what is inside a network", async () => {
  const lines = model.classes.map((name, k) => ({
    name,
    text: ["0.750", "0.250", "0.000"][k],
    share: [0.75, 0.25, 0][k],
  }));
  const filters = filterPictures(model);
  const sections = [
    await resultSection(
      [
        { name: "one.png", image, lines, shown: [] },
        { name: "two.png", image, lines: [], shown: [{ image, caption: "a map" }] },
      ],
      "classes",
    ),
    await waySection(
      [
        {
          name: "one.png",
          stages: [
            { layer: "relu1", text: "conv 3×3, relu", field: [3, 3], value: values([1, 4, 10, 10], 0) },
            { layer: "pool1", text: "max 2×2 /2", field: [4, 4], value: values([1, 4, 5, 5], -9) },
            { layer: "scores", text: "fully connected", field: [12, 12], value: values([1, 3, 1, 1], -9) },
          ],
        },
      ],
      2,
    ),
    networkSection(network),
    filters && (await filtersSection(filters, filterPictures(model, "common"))),
    sparseSection(model),
    weightsSection(model),
  ].filter((section) => section !== undefined);
  const path = join(folder, "inspection.html");
  await writePage(path, { title: "Inside small", header: pageHeader("Inside small"), sections });
  await expectPage("inspection", await readFile(path, "utf8"));
});
