import { describe, expect, it } from "vitest";
import { attributeTable, boxTable, classTable, labelMapTable, probabilities, valueTable } from "./predictions.js";

describe("tables of other kinds", () => {
  it.each<[string, () => unknown, string]>([
    [
      "signs that are none",
      () => attributeTable(["a"], Int32Array.of(1, 2), Float32Array.of(0, 0)),
      "Invalid value for signs: expected 1, −1, or 0 for what does not count, got 2 for sample 1.",
    ],
    [
      "a value too few",
      () => valueTable(["a", "b"], Float32Array.of(1, 2, 3), Float32Array.of(1, 2, 3)),
      "Invalid value for values: expected 2 for each sample, got 3 in all.",
    ],
    [
      "predictions of other samples",
      () => valueTable(["a"], Float32Array.of(1, 2), Float32Array.of(1)),
      "Invalid value for predicted: expected 2×1 numbers, got 1.",
    ],
    [
      "counts of other classes",
      () => labelMapTable(["a", "b"], Int32Array.of(1, 2, 3)),
      "Invalid value for counts: expected 4 for each sample, got 3 in all.",
    ],
    [
      "boxes of no class",
      () => boxTable(["a"], [[]], [[{ label: 1, x: 0, y: 0, width: 1, height: 1, score: 1 }]]),
      "Invalid value for found: expected labels 0 to 0, got 1 for sample 0.",
    ],
    [
      "boxes of other samples",
      () => boxTable(["a"], [[]], []),
      "Invalid value for found: expected 1, one per sample, got 0.",
    ],
    [
      "a box without a score",
      () => boxTable(["a"], [[]], [[{ label: 0, x: 0, y: 0, width: 1, height: 1, score: Number.NaN }]]),
      "Invalid value for found: expected finite scores, got others for sample 0.",
    ],
  ])("do not take %s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("a prediction table", () => {
  it.each<[string, number[], number[], RegExp]>([
    ["too few scores", [0, 1], [1, 2, 3], /expected 2×2 numbers, got 3/],
    ["a label that is no class", [0, 2], [1, 2, 3, 4], /expected 0 to 1, got 2 for sample 1/],
    ["a score that is no number", [0, 1], [1, 2, 3, Number.NaN], /finite numbers, got NaN for sample 1/],
    ["an infinite score", [0, 1], [1, Number.POSITIVE_INFINITY, 3, 4], /finite numbers, got Infinity for sample 0/],
  ])("does not take %s", (_, labels, scores, message) => {
    expect(() => classTable(["a", "b"], Int32Array.from(labels), Float32Array.from(scores))).toThrow(message);
  });

  it("knows where its samples come from, one value for each", () => {
    const [labels, scores] = [Int32Array.of(0, 1), Float32Array.of(1, 2, 3, 4)];
    const origins = { paths: ["1.png", "2.png"], groups: ["ann", "ann"], folds: Int32Array.of(3, 4) };
    expect(classTable(["a", "b"], labels, scores, origins)).toEqual({
      kind: "classes",
      classes: ["a", "b"],
      labels,
      scores,
      ...origins,
    });
    expect(() => classTable(["a", "b"], labels, scores, { groups: ["ann"] })).toThrow(
      "Invalid value for groups: expected 2, one per sample, got 1.",
    );
  });

  it("has probabilities, for scores of any size", () => {
    const scores = Float32Array.of(Math.log(1), Math.log(2), Math.log(5), 1000, 1000, -1000);
    const p = probabilities(classTable(["a", "b", "c"], Int32Array.of(0, 1), scores));
    expect([...p].map((v) => v.toFixed(6))).toEqual([1 / 8, 2 / 8, 5 / 8, 1 / 2, 1 / 2, 0].map((v) => v.toFixed(6)));
  });
});
