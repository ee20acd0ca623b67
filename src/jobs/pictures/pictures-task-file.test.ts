import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { passingFolder, photo } from "../../../test/support/picture-folder.js";
import { stripesFolder } from "../../../test/support/stripes.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss, structuredHingeLoss } from "../../blocks/loss/class-losses.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { type Split, splitDataset } from "../../data/sources/split.js";
import { nodeEngine } from "../../engine/node.js";
import { lossesOf, parametersOf } from "../../network/network.js";
import { adam, adamW, sgd } from "../../training/solver/solver.js";
import { train } from "../../training/train.js";
import { alignClasses, originsOf } from "./origins.js";
import { type PicturesOptions, picturesTask } from "./pictures-task-file.js";

let folder: string;
let dataset: Dataset;
let split: Split;
beforeAll(async () => {
  folder = await stripesFolder(40, 20);
  dataset = await openDataset(folder, { groupOf: (path) => /patient\d+/.exec(path)?.[0] });
  split = splitDataset(dataset, { by: "picture" });
});
afterAll(() => rm(folder, { recursive: true }));

const taskOf = (options: Partial<PicturesOptions> = {}) =>
  picturesTask(dataset, split, { threads: 1, device: "cpu", ...options });

describe("what nobody asked for is chosen from the data, and said", () => {
  test("everything", async () => {
    const { choices, frame, settings, configuration } = await taskOf();
    expect(choices.map(({ what }) => what)).toEqual(["size", "network", "batch", "epochs", "solver", "rate"]);
    expect(choices[0]).toMatchObject({ value: "16×16, grey", why: "from the pictures' own sizes" });
    expect(frame.network.name).toBe("compact");
    // 48 pictures to train on: batches of 16; 250/∛48 = 68.8, and 60 epochs at most
    expect(settings).toMatchObject({ batchSize: 16, epochs: 60, learningRate: { type: "oneCycle", rate: 0.003 } });
    expect(settings.solver).toEqual(adamW());
    expect(configuration).toMatchObject({ size: [16, 16], channels: 1, scheduledEpochs: 60 });
  });

  test("nothing that was asked for", async () => {
    const nesterov = sgd({ nesterov: true });
    const options = {
      network: "compact",
      size: { width: 12, height: 8 },
      epochs: 3,
      batchSize: 16,
      solver: nesterov,
      learningRate: 0.01,
    };
    const { choices, pictures, settings } = await taskOf(options);
    expect(choices).toEqual([]);
    expect(pictures.shape).toEqual({ channels: 1, height: 8, width: 12 });
    expect(settings).toMatchObject({ epochs: 3, batchSize: 16, solver: nesterov, learningRate: 0.01 });
  });

  test("SGD for a rate that was given alone, which is meant for it", async () => {
    const { choices, settings, configuration } = await taskOf({ learningRate: 0.01 });
    expect(settings.solver).toEqual(sgd());
    expect(configuration).toMatchObject({ solver: sgd() });
    expect(choices.find(({ what }) => what === "solver")?.value).toBe("sgd");
  });

  test("the size of a network that has one; a constant rate where nothing is normalised", async () => {
    const { pictures, choices } = await taskOf({ network: "lenet", batchSize: 25, solver: sgd() });
    expect(pictures.shape).toEqual({ channels: 1, height: 28, width: 28 });
    // 0.01·√(25/100)
    expect(choices.find(({ what }) => what === "rate")?.value).toBe("0.005, constant");
  });

  test("a rate that suits the solver, whatever the batch", async () => {
    const { settings } = await taskOf({ solver: adam() });
    expect(settings.learningRate).toMatchObject({ type: "oneCycle", rate: 0.003 });
    const plain = await taskOf({ solver: adamW(), network: "lenet" });
    expect(plain.settings.learningRate).toBe(0.001);
  });

  test("the mean and the deviation of the training pictures", async () => {
    const { training, frame } = await taskOf();
    const bytes = new Uint8Array(256 * training.count);
    for (let i = 0; i < training.count; i++) training.read(i, 0, bytes, 256 * i);
    const mean = bytes.reduce((a, b) => a + b, 0) / bytes.length;
    const variance = bytes.reduce((sum, b) => sum + (b - mean) ** 2, 0) / bytes.length;
    expect(frame.normalization.mean[0]).toBeCloseTo(mean, 6);
    expect(frame.normalization.scale).toBeCloseTo(1 / Math.sqrt(variance), 8);
  });
});

test("a class of which no picture can be decoded is refused, however many there are of the others", async () => {
  const files = Object.fromEntries(
    await Promise.all([1, 2, 3].map(async (i) => [`cat/${i}.png`, await photo(i, 20, 20, "png")] as const)),
  );
  const open = async (more: Readonly<Record<string, string>>): Promise<Dataset> =>
    openDataset(await passingFolder({ ...files, "dog/1.png": await photo(9, 20, 20, "png"), ...more }));
  const refuse = async (more: Readonly<Record<string, string>>, words: RegExp): Promise<void> => {
    const data = await open(more);
    await expect(picturesTask(data, splitDataset(data), { threads: 1, device: "cpu" })).rejects.toThrow(words);
  };
  await refuse(
    { "eel/1.png": "no pixels", "eel/2.png": "" },
    /^None of the 2 pictures of class eel can be decoded\. eel\/1\.png: .*\. Mend them, or leave the class out\.$/,
  );
  await refuse({ "eel/1.png": "", "fox/1.png": "" }, /^None of the 2 pictures of the classes eel, fox can be decoded/);
  await refuse(
    { "eel/1.png": "" },
    /^The only picture of class eel cannot be decoded\. eel\/1\.png: the file is empty/,
  );
  const data = await open({ "dog/2.png": "" });
  const task = await picturesTask(data, splitDataset(data), { threads: 1, device: "cpu", epochs: 1 });
  expect(task.pictures.broken.length).toBe(1);
  await task.pictures.close();
});

describe("a network of one's own", () => {
  const file = (): string => join(folder, "layers.json");

  test("is a JSON list of layers", async () => {
    await writeFile(file(), JSON.stringify([conv(16, 2, { name: "whole" }), softmaxLogLoss()]));
    const { frame } = await taskOf({ network: file() });
    expect(frame.network.layers.map(({ name }) => name)).toEqual(["whole", "loss1"]);
  });

  test.each([
    ["[", /layers\.json is no JSON/],
    ['[{"type":"warp"}]', /layers\.json: layer 1: type: expected one of conv, /],
    [JSON.stringify([conv(16, 3), softmaxLogLoss()]), /gives 3×1×1 scores; expected one for each of the 2 classes/],
    [JSON.stringify([conv(15, 2), softmaxLogLoss()]), /gives 2×2×2 scores; expected one for each/],
    [JSON.stringify([conv(17, 2)]), /layer 1 'conv1': support 17×17 does not fit its 16×16 input/],
  ])("%s", async (text, message) => {
    await writeFile(file(), text);
    await expect(taskOf({ network: file() })).rejects.toThrow(message);
  });

  test("or a name that is known", async () => {
    await expect(taskOf({ network: "vgg17" })).rejects.toThrow(
      'Invalid value for network: expected the name of a network, such as compact or resnet18 (bellpepper display --help lists them), or a .json file, got "vgg17".',
    );
  });
});

describe("classes of different sizes", () => {
  test("weigh the same by weights: n / (K·n_k)", async () => {
    const { frame, training } = await taskOf({ balance: "weights" });
    const lying = Array.from(training.target.labels).filter((label) => label === 0).length;
    const [{ layer }] = lossesOf(frame.network);
    expect(layer.classWeights?.[0]).toBeCloseTo(training.count / (2 * lying), 10);
    expect(layer.classWeights?.[1]).toBeCloseTo(training.count / (2 * (training.count - lying)), 10);
  });

  test("or are shown equally often by sampling", async () => {
    const { shown } = await taskOf({ balance: "sampling" });
    expect(Array.from(shown.target.labels).filter((label) => label === 0)).toHaveLength(shown.count / 2);
  });
});

test("compact is as wide as wanted, drops what it is told to, and its labels are smoothed", async () => {
  const { frame, configuration, choices } = await taskOf({ compact: { width: 4, dropout: 0.3 }, labelSmoothing: 0.1 });
  const { layers } = frame.network;
  expect(layers.find(({ layer }) => layer.type === "conv")?.output.shape.channels).toBe(4);
  expect(layers.find(({ layer }) => layer.type === "dropout")?.layer).toMatchObject({ rate: 0.3 });
  expect(lossesOf(frame.network)[0].layer).toMatchObject({ loss: "softmaxLog", labelSmoothing: 0.1 });
  expect(configuration).toMatchObject({ compact: { width: 4, dropout: 0.3 }, labelSmoothing: 0.1 });
  expect(choices.find(({ what }) => what === "network")?.value).toMatch(/^compact, /);
  await expect(taskOf({ network: "lenet", compact: { width: 4 } })).rejects.toThrow(
    "Invalid value for network: width can be chosen for compact only, got 'lenet'.",
  );
});

describe("mixed pictures", () => {
  test("are learned from by their shares; measured by labels, and the model is the plain network", async () => {
    const task = await taskOf({ epochs: 8, mixing: { mixup: 0.2, cutmix: 1 }, balance: "weights" });
    const [trained, plain] = [lossesOf(task.network), lossesOf(task.frame.network)].map(([{ layer }]) => layer);
    expect(trained).toMatchObject({ loss: "softmaxCrossEntropy", target: "shares", classWeights: plain.classWeights });
    expect(plain).toMatchObject({ loss: "softmaxLog", target: "labels" });
    expect(parametersOf(task.network)).toEqual(parametersOf(task.frame.network));
    expect(task.changes).toBe(true);
    const shown = new Uint8Array(256);
    const differs = Array.from({ length: 10 }, (_, epoch) => {
      task.shown.read(0, epoch, shown, 0);
      return shown.join();
    });
    expect(new Set(differs).size).toBeGreaterThan(5);
    let error: number | undefined;
    for await (const event of train(nodeEngine({ threads: 1 }), task.network, task.settings)) {
      if (event.type === "epoch") error = event.validation?.metrics.top1Error;
    }
    expect(error).toBe(0);
  }, 60_000);

  test("need a softmax log-loss", async () => {
    const file = join(folder, "hinge.json");
    await writeFile(file, JSON.stringify([conv(16, 2), structuredHingeLoss()]));
    await expect(taskOf({ network: file, mixing: { mixup: 1 } })).rejects.toThrow(
      "Pictures can be mixed for a network with softmaxLogLoss; 'custom' has a loss of kind structuredHinge.",
    );
  });
});

test("stripes that lie and stripes that stand are told apart after a few epochs", async () => {
  const { frame, settings } = await taskOf({ epochs: 8, jitter: { translate: 0.1 } });
  const errors: (number | undefined)[] = [];
  for await (const event of train(nodeEngine({ threads: 1 }), frame.network, settings)) {
    if (event.type === "epoch") errors.push(event.validation?.metrics.top1Error);
  }
  expect(errors.at(-1)).toBe(0);
}, 60_000);

test("origins are paths and patients", async () => {
  const { validation } = await taskOf();
  const { paths, groups } = originsOf(validation);
  expect(paths?.[0]).toMatch(/^lying\/patient\d+-\d\.png$/);
  expect(groups).toEqual(paths?.map((path) => /patient\d+/.exec(path)?.[0]));
  // what belongs to nothing is a group of its own; without any groups there are none
  const [{ group: _, ...alone }, ...others] = validation.items;
  expect(originsOf({ ...validation, items: [alone, ...others] }).groups?.[0]).toBe(paths?.[0]);
  expect(originsOf({ ...validation, items: [alone] }).groups).toBeUndefined();
});

test("samples take the classes of a model by name; one that it does not know is refused", async () => {
  const { validation } = await taskOf();
  const samples = alignClasses(validation, ["standing", "leaning", "lying"]);
  expect(Array.from(samples.target.labels)).toEqual(
    Array.from(validation.target.labels, (label) => (label === 0 ? 2 : 0)),
  );
  expect(() => alignClasses(validation, ["lying"])).toThrow(
    "The model does not know the class standing; it knows lying.",
  );
});

test("one class is nothing to tell apart", async () => {
  const one = { ...dataset, classes: ["lying"] };
  await expect(picturesTask(one, split, { threads: 1, device: "cpu" })).rejects.toThrow(
    "There is one class, 'lying': expected at least 2 to tell apart.",
  );
});
