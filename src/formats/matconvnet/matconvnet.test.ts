import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import { modelGraph } from "../../network/model/model.js";
import { outputOf } from "../../network/network.js";
import { bytesRead } from "../bytes.js";
import type { ForeignModel } from "../foreign-model.js";
import { readForeign } from "../read-foreign.js";

const FIXTURES = join(import.meta.dirname, "../../../test/fixtures/foreign");
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FIXTURES, name)));
const expected: { image: number[]; shape: number[]; scores: number[]; size: number[] } = JSON.parse(
  readFileSync(join(FIXTURES, "matconvnet.json"), "utf8"),
);
const engine = nodeEngine();

/** The scores of a read model for an image of 0 to 255, by its own mean. */
async function scoresOf({ network, parameters, preprocessing }: ForeignModel, image = expected) {
  if (!network || !parameters) throw new Error("it has no network");
  const classes = Array.from({ length: outputOf(network).channels }, (_, i) => `${i}`);
  const normalization = { mean: preprocessing?.mean ?? [0], scale: 1 };
  const program = await engine.load(modelGraph({ network, parameters, classes, normalization, history: null }));
  const { scores } = await program.run({ image: float32(image.image, [1, ...image.shape]) });
  return scores;
}

const types = ({ network }: ForeignModel): string[] => (network?.layers ?? []).map(({ layer }) => layer.type);

describe.each([
  "matconvnet-simple.mat",
  "matconvnet-compressed.mat",
  "matconvnet-big-endian.mat",
  "matconvnet-old.mat",
  "matconvnet-7.3.mat",
])("%s", (file) => {
  test("computes what MatConvNet's formulas say, from bytes and from a file", async () => {
    const all = bytes(file);
    const before = all.slice();
    const pieces = bytesRead(all.length, (offset, into) => into.set(all.subarray(offset, offset + into.length)));
    for (const input of [all, pieces]) {
      const model = await readForeign(input);
      expect(model).toMatchObject({ format: "matconvnet", notes: [] });
      const scores = await scoresOf(model);
      expect(scores.shape.slice(1)).toEqual(expected.size);
      expect([...scores.data].map(Number)).toEqual(expected.scores.map((score) => expect.closeTo(score, 2)));
    }
    // what was given is not changed
    expect(all).toEqual(before);
  });

  test("has the file's names, rates, classes and preprocessing", async () => {
    const { network, classes, classIds, preprocessing } = await readForeign(bytes(file));
    const named = ["conv1", "relu1", "pool1", "norm1", "conv2", "bn2", "fc3", "prob"];
    const old = named.map((_, i) => `layer${i + 1}`);
    expect(network?.layers.map(({ name }) => name)).toEqual(file === "matconvnet-old.mat" ? old : named);
    expect(network?.inputs).toEqual([{ name: "image", shape: { channels: 4, height: 6, width: 7 } }]);
    expect(network?.layers[4].layer).toMatchObject({ groups: 2, learningRate: [1, 2], weightDecay: [1, 0] });
    expect(network?.layers[5].layer).toMatchObject({ share: 0.05, epsilon: 1e-5 });
    expect(classes).toEqual(["bell pepper", "Äpfel", "日本"]);
    expect(classIds).toEqual(["n01", "n02", "n03"]);
    expect(preprocessing).toMatchObject({ size: [6, 7], channels: 4, interpolation: "bicubic", keepAspect: true });
    expect(preprocessing).toMatchObject({ border: [32, 32], cropSize: [0.875, 0.875] });
    expect(preprocessing?.mean).toHaveLength(4 * 6 * 7);
  });
});

test.each(["matconvnet-dag.mat", "matconvnet-dag-7.3.mat"])(
  "a DagNN is put in order, keeps its names, and layers share what they share: %s",
  async (file) => {
    const model = await readForeign(bytes(file));
    const { network, parameters } = model;
    expect(types(model)).toEqual([
      "conv",
      "relu",
      "pool",
      "localResponseNorm",
      "conv",
      "batchNorm",
      "conv",
      "conv",
      "sum",
      "loss",
      "softmax",
    ]);
    expect(network?.layers.find(({ name }) => name === "add")?.output.name).toBe("scores");
    expect([...(parameters?.keys() ?? [])]).toEqual([
      ...["conv1f", "conv1b", "conv2f", "conv2b", "bn2m", "bn2b", "bn2x", "fc3f", "fc3b"],
    ]);
    expect(network?.layers[0].layer).toMatchObject({ learningRate: [1, 2], weightDecay: [1, 0] });
    // The sum of the two branches is twice what the chain computes.
    const scored = network && { ...network, layers: network.layers.slice(0, 9) };
    const scores = await scoresOf({ ...model, ...(scored && { network: scored }) });
    expect([...scores.data].map(Number)).toEqual(expected.scores.map((score) => expect.closeTo(2 * score, 2)));
  },
);

test("the practical's network: the smallest image that it fits, its letters and its mean", async () => {
  const { network, classes, preprocessing, notes } = await readForeign(bytes("matconvnet-practical.mat"));
  // 1 ← 3×3 ← 3 ← pool 2, stride 2 ← 6 ← 5×5 ← 10
  expect(network?.inputs[0].shape).toEqual({ channels: 1, height: 10, width: 10 });
  expect(classes).toEqual(["a", "b", "c"]);
  // 256·(x/255 − 0.75) = (x − 0.75·255) / (255/256)
  expect(preprocessing).toMatchObject({ mean: [191.25], deviation: [255 / 256] });
  expect(notes).toEqual([
    "The file does not say how large the images are: 1×10×10 is the smallest size of which the layers make one score.",
    "imageMean is at most 1: taken as that of the Oxford practical, where pixels are from 0 to 1 and their difference from the mean is multiplied by 256.",
  ]);
  const image = { channels: 1, height: 14, width: 10 };
  const larger = await readForeign(bytes("matconvnet-practical.mat"), { image });
  expect(larger.network && outputOf(larger.network)).toEqual({ channels: 3, height: 3, width: 1 });
});

test("a file that is cut off or has a byte changed is refused, or says the same", async () => {
  for (const file of ["matconvnet-simple.mat", "matconvnet-compressed.mat"]) {
    const all = bytes(file);
    for (const size of [130, 200, 1000, all.length - 9]) {
      await expect(readForeign(all.slice(0, size)), `${file} ${size}`).rejects.toThrow(/MAT file|MatConvNet/);
    }
  }
});
