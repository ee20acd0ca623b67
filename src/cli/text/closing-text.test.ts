import { expect, test } from "vitest";
import { classTable } from "../../evaluation/table/predictions.js";
import { trainedText } from "./closing-text.js";

/** A table of two classes in turn, the first of which is always named. */
const half = (count: number) =>
  classTable(
    ["a", "b"],
    Int32Array.from({ length: count }, (_, i) => i % 2),
    Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 1 : 0)),
  );

test("simple methods stand beside the network's error, each with its interval", () => {
  const statistics = { objective: 1, metrics: { top1Error: 0.5 }, imagesPerSecond: 10 };
  const text = trainedText(
    {
      ...{ epoch: 1, history: [{ epoch: 1, learningRate: 0.1, train: statistics }], predictions: half(20), next: [] },
      baselines: [{ name: "nearest neighbours", how: "k = 3, chosen by leaving one out", table: half(100) }],
      files: { model: "m.onnx", page: "p.html" },
    },
    3,
  );
  // Wilson's interval of 50 of 100 is 40.4 to 59.6 per cent.
  expect(text.replaceAll(/\s+/g, " ")).toContain(
    "nearest neighbours 50.00 % (95 %: 40.38 % to 59.62 %); k = 3, chosen by leaving one out",
  );
});
