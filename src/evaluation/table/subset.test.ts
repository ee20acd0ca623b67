import { describe, expect, it } from "vitest";
import { accuracy, confusionMatrix } from "../metrics/metrics.js";
import {
  attributeTable,
  boxTable,
  type ClassTable,
  classTable,
  labelMapTable,
  type Origins,
  type PredictionTable,
  sampleCount,
  valueTable,
} from "./predictions.js";
import { cellSamples, highestLosses } from "./sample-lists.js";
import { byFold, pooled, subset } from "./subset.js";

const table = (labels: readonly number[], guesses: readonly number[], origins?: Origins): ClassTable =>
  classTable(
    ["a", "b"],
    Int32Array.from(labels),
    Float32Array.from(guesses.flatMap((guess) => [1 - guess, guess])),
    origins,
  );

describe("a part of a table", () => {
  it("has the samples asked for, with all that is known of them", () => {
    const origins = { paths: ["x", "y", "z"], groups: ["p", "q", "r"], folds: Int32Array.of(5, 6, 7) };
    const part = subset(table([0, 1, 1], [1, 1, 0], origins), [2, 0, 2]);
    const expected = { paths: ["z", "x", "z"], groups: ["r", "p", "r"], folds: Int32Array.of(7, 5, 7) };
    expect(part).toEqual(table([1, 0, 1], [0, 1, 0], expected));
  });

  it("cannot have other samples", () => {
    expect(() => subset(table([0], [0]), [1])).toThrow(/expected 0 to 0, got 1/);
  });
});

describe("parts of tables of every kind", () => {
  const box = (x: number) => ({ label: 0, x, y: 0, width: 1, height: 1 });
  const names = ["a", "b"];
  const tables: readonly PredictionTable[] = [
    attributeTable(names, Int32Array.of(1, -1, 0, 1), Float32Array.of(1, 2, 3, 4)),
    valueTable(names, Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)),
    labelMapTable(names, Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
    boxTable(names, [[box(1)], [box(2), box(3)]], [[], [{ ...box(2), score: 1 }]]),
  ];

  it.each(tables.map((each) => [each.kind, each] as const))("%s: the parts of a whole make it again", (_, whole) => {
    const [first, second] = [subset(whole, [0]), subset(whole, [1])];
    expect([sampleCount(whole), sampleCount(first)]).toEqual([2, 1]);
    expect(pooled([first, second])).toEqual({ ...whole, folds: Int32Array.of(0, 1) });
    expect(subset(pooled([second, first]), [1, 0])).toEqual({ ...whole, folds: Int32Array.of(1, 0) });
  });

  it("have the rows that were asked for", () => {
    const [attributes, values, map, boxes] = tables.map((each) => subset(each, [1]));
    expect(attributes).toEqual(attributeTable(names, Int32Array.of(0, 1), Float32Array.of(3, 4)));
    expect(values).toEqual(valueTable(names, Float32Array.of(3, 4), Float32Array.of(7, 8)));
    expect(map).toEqual(labelMapTable(names, Int32Array.of(5, 6, 7, 8)));
    expect(boxes).toEqual(boxTable(names, [[box(2), box(3)]], [[{ ...box(2), score: 1 }]]));
  });

  it("are of one kind", () => {
    expect(() => pooled(tables.slice(0, 2))).toThrow(
      'The tables must have the same attributes: expected ["a","b"], got values ["a","b"].',
    );
  });
});

describe("the tables of several folds", () => {
  const folds = [table([0, 1], [0, 0], { paths: ["x", "y"] }), table([1, 1], [1, 1], { paths: ["u", "v"] })];

  it("are pooled into one, which gives them back", () => {
    const all = pooled(folds);
    expect(all).toEqual(
      table([0, 1, 1, 1], [0, 0, 1, 1], { paths: ["x", "y", "u", "v"], folds: Int32Array.of(0, 0, 1, 1) }),
    );
    expect(accuracy(confusionMatrix(all))).toBe(3 / 4);
    const parts = byFold(all);
    expect([...parts.keys()]).toEqual([0, 1]);
    expect([...parts.values()].map((part) => accuracy(confusionMatrix(part)))).toEqual([1 / 2, 1]);
  });

  it("keep their numbers, in rising order", () => {
    const numbered = folds.map((fold, i) => ({ ...fold, folds: Int32Array.of(7 - i, 7 - i) }));
    expect([...byFold(pooled(numbered)).keys()]).toEqual([6, 7]);
  });

  it("lose what is not known of all", () => {
    const all = pooled([folds[0], table([0], [0])]);
    expect(all.paths).toBeUndefined();
    expect(all.groups).toBeUndefined();
  });

  it("need the same classes, and be at least one", () => {
    expect(() => pooled([])).toThrow(/at least one/);
    expect(() => pooled([folds[0], { ...folds[1], classes: ["a", "c"] }])).toThrow(
      /expected \["a","b"\], got \["a","c"\]/,
    );
    expect(() => byFold(folds[0])).toThrow(/does not say/);
  });
});

describe("lists of samples", () => {
  it("belong to the cells of the matrix", () => {
    const predictions = table([0, 1, 1, 0, 1], [0, 0, 1, 1, 0]);
    expect(cellSamples(predictions)).toEqual([[0], [3], [1, 4], [2]]);
    expect([...confusionMatrix(predictions).counts]).toEqual([1, 1, 2, 1]);
  });

  it("begin with the highest loss, right or wrong", () => {
    // losses ln 4, ln 4/3, ln 2, ln 2; the label "b" has the odds 1:3, 3:1, 1:1 and the label "a" 1:1
    const scores = Float32Array.of(Math.log(3), 0, 0, Math.log(3), 1, 1, 2, 2);
    const predictions = classTable(["a", "b"], Int32Array.of(1, 1, 1, 0), scores);
    const losses = highestLosses(predictions);
    expect(losses.map(({ sample, truth, predicted }) => [sample, truth, predicted])).toEqual([
      [0, 1, 0],
      [2, 1, 0],
      [3, 0, 0],
      [1, 1, 1],
    ]);
    expect(losses.map(({ loss }) => Math.exp(loss).toFixed(6))).toEqual([
      "4.000000",
      "2.000000",
      "2.000000",
      "1.333333",
    ]);
    expect(highestLosses(predictions, 2)).toEqual(losses.slice(0, 2));
  });
});
