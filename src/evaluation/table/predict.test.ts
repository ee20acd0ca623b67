import { describe, expect, it } from "vitest";
import { relu, sigmoid, softmax } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { binaryLogLoss, logisticLoss } from "../../blocks/loss/attribute-losses.js";
import { logLoss, softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { l2Loss, softmaxCrossEntropyLoss } from "../../blocks/loss/value-losses.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import type { Samples } from "../../data/samples.js";
import {
  attributeTarget,
  boxTarget,
  type ClassTarget,
  classTarget,
  labelMapTarget,
  valueTarget,
} from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import type { TrainedModel } from "../../network/model/model.js";
import { sequential } from "../../network/network.js";
import { confusionMatrix } from "../metrics/metrics.js";
import { predict } from "./predict.js";

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
  it("merges normalisations, and fills up the last batch: ((x + 1) − 3)·4/2 + 5 and so on", async () => {
    const normalized: TrainedModel = {
      ...model,
      network: sequential("normalized", { channels: 1, height: 1, width: 2 }, [
        conv([1, 2], 3),
        batchNorm(),
        softmaxLogLoss(),
      ]),
      parameters: new Map([
        ...model.parameters,
        ["conv1/biases", float32([1, 1, 1], [3])],
        ["batchNorm1/gain", float32([4, 1, 2], [3])],
        ["batchNorm1/bias", float32([5, 0, 1], [3])],
        ["batchNorm1/moments", float32([3, 1, 0, 2, 1, 4], [2, 3])],
      ]),
    };
    const { scores } = await predict(nodeEngine({ threads: 1 }), normalized, samples, { batchSize: 2 });
    // the pixels are (0, 2), (4, 0) and (−20, 20)
    const expected = [
      [2 * (0 - 2) + 5, 2, 0.5 * 3 + 1],
      [2 * (4 - 2) + 5, 0, 0.5 * 5 + 1],
      [2 * (-20 - 2) + 5, 20, 0.5 * 1 + 1],
    ].flat();
    for (const [i, value] of expected.entries()) expect(scores[i]).toBeCloseTo(value, 4);
  });

  it.each([0, -1, 1.5])("refuses batches of %s", async (batchSize) => {
    await expect(predict(nodeEngine({ threads: 1 }), model, samples, { batchSize })).rejects.toThrow(
      new RangeError(`Invalid value for batchSize: expected a whole number of at least 1, got ${batchSize}.`),
    );
  });

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

describe("predict makes a table of the kind of the target", () => {
  const engine = nodeEngine({ threads: 1 });
  /** The three scores of the samples are those above: (0, 2, 3), (4, 0, 5), (−20, 20, 1). */
  const endingIn = (...ends: Layer[]) => ({
    ...model,
    network: sequential("pair", { channels: 1, height: 1, width: 2 }, [conv([1, 2], 3), ...ends]),
  });

  it("attributes, before a sigmoid", async () => {
    const signs = [1, 1, -1, 0, 1, 1, -1, -1, -1];
    const target = attributeTarget(model.classes, signs);
    for (const ends of [
      [logisticLoss({ target: "attributes" })],
      [sigmoid(), binaryLogLoss({ target: "attributes" })],
    ]) {
      const table = await predict(engine, endingIn(...ends), { ...samples, target });
      const scores = Float32Array.of(0, 2, 3, 4, 0, 5, -20, 20, 1);
      expect(table).toEqual({ kind: "attributes", names: model.classes, signs: Int32Array.from(signs), scores });
    }
  });

  it("values, after whatever stands at the end; of fewer samples than the target has", async () => {
    const target = valueTarget(model.classes, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const some = { ...samples, count: 2, target };
    const table = await predict(engine, endingIn(relu(), l2Loss({ target: "values" })), some, { batchSize: 1 });
    expect([...table.values]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...table.predicted]).toEqual([0, 2, 3, 4, 0, 5]);
    const squashed = await predict(engine, endingIn(sigmoid(), l2Loss({ target: "values" })), some);
    expect(squashed.predicted[0]).toBe(0.5);
  });

  it("maps of labels, as counts of pixels", async () => {
    // Scores of a pixel x = 2·(byte − 10): x and 1 − x, so that it is "high" from byte 11 on.
    const network = sequential("pixels", { channels: 1, height: 1, width: 2 }, [conv(1, 2), softmaxLogLoss()]);
    const parameters = new Map([
      ["conv1/filters", float32([-1, 1], [2, 1, 1, 1])],
      ["conv1/biases", float32([1, 0], [2])],
    ]);
    const classes = ["low", "high"];
    // The bytes are (10, 11), (12, 10) and (0, 20): (low, high), (high, low) and (low, high).
    const maps = [
      [0, 1],
      [0, 0],
      [1, -1],
    ];
    const target = labelMapTarget(classes, { height: 1, width: 2 }, maps);
    const map = { ...model, network, parameters, classes };
    const origins = { paths: ["a", "b", "c"] };
    const table = await predict(engine, map, { ...samples, target }, { batchSize: 2, origins });
    const counts = Int32Array.of(...[1, 0, 0, 1], ...[1, 1, 0, 0], ...[0, 0, 1, 0]);
    expect(table).toEqual({ kind: "labelMap", classes, counts, ...origins });
    expect([...confusionMatrix(table).counts]).toEqual([2, 1, 1, 1]);
    const coarse = { ...samples, target: labelMapTarget(classes, { height: 1, width: 1 }, []) };
    await expect(predict(engine, map, coarse)).rejects.toThrow(/scores of a sample .*expected 2×1×2, got 2×1×1/);
  });

  it("no boxes", async () => {
    await expect(predict(engine, model, { ...samples, target: boxTarget(model.classes, []) })).rejects.toThrow(
      "A network gives no boxes by itself: find them in what it gives, and make a table by boxTable.",
    );
  });
});
