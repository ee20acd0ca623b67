import { describe, expect, it } from "vitest";
import { softmax } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { logLoss, softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { softmaxCrossEntropyLoss } from "../../blocks/loss/value-losses.js";
import type { Samples } from "../../data/samples.js";
import { type ClassTarget, classTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import type { TrainedModel } from "../../network/model/model.js";
import { sequential } from "../../network/network.js";
import { predict, predictionTable, probabilities } from "./predictions.js";

// two pixels; the scores are x0, x1 and x0 + x1 + 1 of the pixels x = (byte − 10)·2
const model: TrainedModel = {
  network: sequential("pair", { channels: 1, height: 1, width: 2 }, [conv([1, 2], 3), softmaxLogLoss()]),
  parameters: new Map([
    ["conv1/filters", float32([1, 0, 0, 1, 1, 1], [3, 1, 1, 2])],
    ["conv1/biases", float32([0, 0, 1], [3])],
  ]),
  classes: ["left", "right", "both"],
  normalization: { mean: [10], scale: 2 },
  history: null,
};

const bytes = [
  [10, 11],
  [12, 10],
  [0, 20],
];
const samples: Samples<ClassTarget> = {
  count: 3,
  shape: { channels: 1, height: 1, width: 2 },
  target: classTarget(model.classes, [1, 0, 2]),
  read: (index, _epoch, into, offset) => into.set(bytes[index], offset),
};

describe("predict", () => {
  it.each([1, 2, 3, 5])("gives each sample's scores in order, in batches of %i", async (batchSize) => {
    const table = await predict(nodeEngine({ threads: 1 }), model, samples, { batchSize });
    expect(table.classes).toEqual(["left", "right", "both"]);
    expect([...table.labels]).toEqual([1, 0, 2]);
    expect([...table.scores]).toEqual([0, 2, 3, 4, 0, 5, -20, 20, 1]);
  });

  it.each<[string, Layer[]]>([
    ["no loss", []],
    ["a softmax at its end", [softmax()]],
    ["a loss of probabilities", [softmax(), logLoss()]],
    ["a loss with an array of its own", [softmaxCrossEntropyLoss({ target: "shares" })]],
  ])("gives the scores before the softmax of a network with %s", async (_, ends) => {
    const network = sequential("pair", { channels: 1, height: 1, width: 2 }, [conv([1, 2], 3), ...ends]);
    const table = await predict(nodeEngine({ threads: 1 }), { ...model, network }, samples);
    expect([...table.scores]).toEqual([0, 2, 3, 4, 0, 5, -20, 20, 1]);
  });

  it("says so when samples and model do not belong together", async () => {
    const engine = nodeEngine({ threads: 1 });
    await expect(
      predict(engine, model, { ...samples, target: classTarget(["a", "b", "c"], [1, 0, 2]) }),
    ).rejects.toThrow(/classes .*expected \["left","right","both"\], got \["a","b","c"\]/);
    await expect(predict(engine, model, { ...samples, shape: { channels: 1, height: 2, width: 1 } })).rejects.toThrow(
      /expected 1×1×2, got 1×2×1/,
    );
  });
});

describe("a prediction table", () => {
  it.each<[string, number[], number[], RegExp]>([
    ["too few scores", [0, 1], [1, 2, 3], /expected 2×2 numbers, got 3/],
    ["a label that is no class", [0, 2], [1, 2, 3, 4], /expected 0 to 1, got 2 for sample 1/],
    ["a score that is no number", [0, 1], [1, 2, 3, Number.NaN], /finite numbers, got NaN for sample 1/],
    ["an infinite score", [0, 1], [1, Number.POSITIVE_INFINITY, 3, 4], /finite numbers, got Infinity for sample 0/],
  ])("does not take %s", (_, labels, scores, message) => {
    expect(() => predictionTable(["a", "b"], Int32Array.from(labels), Float32Array.from(scores))).toThrow(message);
  });

  it("knows where its samples come from, one value for each", () => {
    const [labels, scores] = [Int32Array.of(0, 1), Float32Array.of(1, 2, 3, 4)];
    const origins = { paths: ["1.png", "2.png"], groups: ["ann", "ann"], folds: Int32Array.of(3, 4) };
    expect(predictionTable(["a", "b"], labels, scores, origins)).toEqual({
      classes: ["a", "b"],
      labels,
      scores,
      ...origins,
    });
    expect(() => predictionTable(["a", "b"], labels, scores, { groups: ["ann"] })).toThrow(
      "Invalid value for groups: expected 2, one per sample, got 1.",
    );
  });

  it("has probabilities, for scores of any size", () => {
    const scores = Float32Array.of(Math.log(1), Math.log(2), Math.log(5), 1000, 1000, -1000);
    const p = probabilities(predictionTable(["a", "b", "c"], Int32Array.of(0, 1), scores));
    expect([...p].map((v) => v.toFixed(6))).toEqual([1 / 8, 2 / 8, 5 / 8, 1 / 2, 1 / 2, 0].map((v) => v.toFixed(6)));
  });
});
