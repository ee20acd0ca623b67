import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { float32 } from "../../graph/tensor.js";
import { readModelFile, toOnnx } from "../../network/model/model.js";
import { sequential } from "../../network/network.js";
import type { ModelFrame } from "../../training/checkpoint.js";
import type { TrainingState } from "../../training/events.js";
import type { EpochStatistics, Statistics } from "../../training/statistics/epoch-statistics.js";
import { readNewestState, writeState } from "./checkpoint-file.js";

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "bellpepper-checkpoints-"));
});
afterEach(() => rm(place, { recursive: true }));

const frame: ModelFrame = {
  network: sequential("tiny", { channels: 1, height: 2, width: 2 }, [conv(2, 2), softmaxLogLoss()]),
  classes: ["cat", "dog"],
  normalization: { mean: [127.5], scale: 1 / 255 },
};

const parametersOf = (first: number) =>
  new Map([
    ["conv1/filters", float32([first, 1, 2, 3, -3, 2.5, 1e-20, 0], [2, 1, 2, 2])],
    ["conv1/biases", float32([first / 2, -0.125], [2])],
  ]);

// `Required`: a statistic that is added to the types must be added here, and then comes back only if it is read again.
const statistics = (objective: number): Required<Statistics> => ({
  objective,
  metrics: { top1Error: 0.25, top5Error: 0.125 },
  losses: { label: objective / 2, edge: objective / 4 },
  imagesPerSecond: 1234.5,
  waiting: 0.0625,
});
const epoch = (number: number): Required<EpochStatistics> => ({
  epoch: number,
  learningRate: 0.1 / number,
  train: statistics(3 / number),
  validation: statistics(2 / number),
  layerStatistics: {
    layers: [{ layer: "conv1", mean: 0.5, deviation: 1.5, largest: 7, zeros: 0.25, dead: 0.5, gradient: 1e-7 }],
    parameters: [{ parameter: "conv1/filters", weight: 0.75, gradient: 2e-3, update: 1e-4 }],
  },
});

const stateAt = (epochs: number, batch = 0): Required<TrainingState> => ({
  epoch: epochs,
  batch,
  sums: { objective: 12.75, top1Error: 3, samples: 40, seconds: 0.125, waited: 0.0625 },
  step: 10 * epochs + batch,
  parameters: parametersOf(epochs),
  state: new Map([
    ["momentum/conv1/filters", float32([8, 7, 6, 5, 4, 3, 2, 1], [2, 1, 2, 2])],
    ["average/conv1/biases", float32([0.5, 0.25], [2])],
  ]),
  best: { epoch: 1, parameters: parametersOf(100) },
  history: Array.from({ length: epochs }, (_, i) => epoch(i + 1)),
  film: [0, epochs].map((of) => ({ epoch: of, filters: float32([of, 2, -3], [1, 1, 1, 3]) })),
  learningRate: { type: "cosine", rate: 0.1, minimum: 0.01 },
});

/** The newest state in the folder, and what is said of files that cannot be used. */
async function found(of: ModelFrame = frame): Promise<{ state: TrainingState | undefined; notes: string[] }> {
  const notes: string[] = [];
  return { state: await readNewestState(place, await readdir(place), [of], notes), notes };
}

describe("a checkpoint", () => {
  test("comes back as it was, with every field of the history and the best parameters", async () => {
    await writeState(place, frame, stateAt(2, 3));
    expect(await readdir(place)).toEqual(["epoch-0002-batch-000003.onnx"]);
    expect(await found()).toEqual({ state: stateAt(2, 3), notes: [] });
  });

  test("has only what there is: no best epoch, no validation, no look inside, no epoch", async () => {
    const { best: _, film: __, learningRate: ___, ...state } = stateAt(1);
    const train: Statistics = { objective: 1.5, metrics: {}, imagesPerSecond: 10 };
    const plain = { ...state, history: [{ epoch: 1, learningRate: 0.1, train }] };
    await writeState(place, frame, plain);
    expect((await found()).state).toStrictEqual(plain);
    await writeState(place, frame, { ...plain, epoch: 2, history: [] });
    expect((await found()).state?.history).toEqual([]);
  });

  test("is a model that any reader can use: its parameters are those of the state", async () => {
    await writeState(place, frame, stateAt(1));
    const { model } = readModelFile(await readFile(join(place, "epoch-0001-batch-000000.onnx")));
    expect(model.parameters).toEqual(parametersOf(1));
    expect(model.classes).toEqual(["cat", "dog"]);
  });
});

describe("a folder of checkpoints", () => {
  test("keeps the two newest, and everything else that is in it", async () => {
    await writeFile(join(place, "epoch-0001-notes.txt"), "mine");
    for (const [epochs, batch] of [
      [1, 0],
      [1, 7],
      [2, 0],
      [2, 10],
    ]) {
      await writeState(place, frame, stateAt(epochs, batch));
    }
    expect((await readdir(place)).sort()).toEqual([
      "epoch-0001-notes.txt",
      "epoch-0002-batch-000000.onnx",
      "epoch-0002-batch-000010.onnx",
    ]);
    expect((await found()).state).toMatchObject({ epoch: 2, batch: 10 });
  });

  test("knows the newest by its numbers, also where they outgrow their places", async () => {
    const { history: _, ...state } = stateAt(1);
    for (const epochs of [9_999, 10_000]) await writeState(place, frame, { ...state, epoch: epochs, history: [] });
    await writeState(place, frame, { ...state, epoch: 10_000, batch: 1_000_000, history: [] });
    expect((await readdir(place)).sort()).toEqual(["epoch-10000-batch-000000.onnx", "epoch-10000-batch-1000000.onnx"]);
    expect((await found()).state).toMatchObject({ epoch: 10_000, batch: 1_000_000 });
  });

  test("without any, or that is empty, has no state", async () => {
    await writeFile(join(place, "model.onnx"), toOnnx({ ...frame, parameters: parametersOf(1), history: [] }));
    expect(await found()).toEqual({ state: undefined, notes: [] });
  });
});

describe("a checkpoint that cannot be used", () => {
  const newest = "epoch-0002-batch-000000.onnx";
  /** Puts a file in place of the newest of two checkpoints. */
  async function replaced(bytes: (whole: Uint8Array) => Uint8Array): Promise<void> {
    for (const epochs of [1, 2]) await writeState(place, frame, stateAt(epochs));
    await writeFile(join(place, newest), bytes(await readFile(join(place, newest))));
  }

  const model = { ...frame, parameters: parametersOf(9), history: [] };
  const key = "bellpepper.training";
  const whole = { epoch: 2, batch: 0, sums: {}, step: 20, kept: [] };
  test.each<[string, (whole: Uint8Array) => Uint8Array, RegExp]>([
    ["cut off", (bytes) => bytes.subarray(0, bytes.length / 2), /cannot be used \(.+\); trying the one before\.$/],
    ["empty", () => new Uint8Array(), /cannot be used/],
    ["no ONNX file", () => new TextEncoder().encode("years of work"), /cannot be used/],
    ["a model without the state of a training", () => toOnnx(model), /state/],
    [
      "a state with a number that is none",
      () => toOnnx(model, { extraMetadata: { [key]: JSON.stringify({ ...whole, step: "twenty" }) } }),
      /step.*twenty/,
    ],
    [
      "a state without a tensor that it speaks of",
      () => toOnnx(model, { extraMetadata: { [key]: JSON.stringify({ ...whole, kept: ["momentum/conv1/filters"] }) } }),
      /momentum\/conv1\/filters is missing/,
    ],
    [
      "a state without the best parameters that it speaks of",
      () => toOnnx(model, { extraMetadata: { [key]: JSON.stringify({ ...whole, best: 1 }) } }),
      /best\/conv1\/filters is missing/,
    ],
    [
      "a history that is no list",
      () => toOnnx({ ...model, history: { epochs: 2 } }, { extraMetadata: { [key]: JSON.stringify(whole) } }),
      /its history: expected a list/,
    ],
    [
      "a history without an objective",
      () =>
        toOnnx(
          { ...model, history: [{ epoch: 1, learningRate: 0.1, train: { imagesPerSecond: 1 } }] },
          { extraMetadata: { [key]: JSON.stringify(whole) } },
        ),
      /its history: \[0\]\.train\.objective: expected/,
    ],
  ])("because it is %s: the one before is taken, and it is said why", async (_, bytes, reason) => {
    await replaced(bytes);
    const { state, notes } = await found();
    expect(state).toEqual(stateAt(1));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain(join(place, newest));
    expect(notes[0]).toMatch(reason);
  });

  test.each<[string, ModelFrame]>([
    ["other classes", { ...frame, classes: ["dog", "cat"] }],
    [
      "another network",
      { ...frame, network: sequential("tiny", { channels: 1, height: 2, width: 2 }, [conv(2, 3), softmaxLogLoss()]) },
    ],
  ])("because it is of %s", async (_, other) => {
    await writeState(place, frame, stateAt(1));
    await writeState(place, frame, stateAt(2));
    const { state, notes } = await found(other);
    expect(state).toBeUndefined();
    expect(notes).toHaveLength(2);
    for (const note of notes) expect(note).toContain("it is of another network");
  });
});
