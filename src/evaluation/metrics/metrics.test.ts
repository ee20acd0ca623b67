import { describe, expect, it } from "vitest";
import { type ClassTable, classTable } from "../table/predictions.js";
import {
  accuracy,
  type ConfusionMatrix,
  confusionMatrix,
  confusions,
  precision,
  predicted,
  ranks,
  recall,
  topError,
  worstMistakes,
} from "./metrics.js";

/** Rows of label and scores. */
const tableOf = (classes: string, ...rows: readonly (readonly [label: number, ...scores: number[]])[]): ClassTable =>
  classTable(
    [...classes],
    Int32Array.from(rows, ([label]) => label),
    Float32Array.from(rows.flatMap(([, ...scores]) => scores)),
  );

describe("the rank of a label", () => {
  it("counts higher scores, and equal ones of a lower number", () => {
    const table = tableOf("abc", [0, 3, 1, 2], [1, 3, 1, 2], [2, 1, 1, 1], [0, 1, 1, 1], [1, 2, 2, 5], [2, 7, 7, 8]);
    expect([...ranks(table)]).toEqual([0, 2, 2, 0, 2, 0]);
    expect([...predicted(table)]).toEqual([0, 0, 0, 0, 2, 2]);
    expect([1, 2, 3, 4].map((k) => topError(table, k))).toEqual([3 / 6, 3 / 6, 0, 0]);
  });

  it("is an error when k is not a whole number of at least 1", () => {
    expect(() => topError(tableOf("ab", [0, 1, 2]), 0)).toThrow(/Invalid value for k: .*got 0/);
  });
});

// the lecture's grading of prostate tissue
const PROSTATE: ConfusionMatrix = {
  classes: ["benign", "grade 3", "grade 4", "grade 5"],
  counts: Int32Array.of(51, 0, 0, 0, 3, 46, 3, 1, 0, 6, 43, 0, 0, 3, 0, 52),
};

describe("the lecture's confusion matrix", () => {
  /** As many samples for each cell as it counts, each with the score 1 for the predicted class. */
  const table = classTable(
    PROSTATE.classes,
    Int32Array.from([...PROSTATE.counts].flatMap((count, cell) => Array<number>(count).fill(Math.floor(cell / 4)))),
    Float32Array.from(
      [...PROSTATE.counts].flatMap((count, cell) =>
        Array.from({ length: count }, () => [0, 1, 2, 3].map((k) => (k === cell % 4 ? 1 : 0))).flat(),
      ),
    ),
  );

  it("has 192 of 208 on its diagonal: 92.3 %", () => {
    expect(accuracy(PROSTATE)).toBe(192 / 208);
    expect((100 * accuracy(PROSTATE)).toFixed(1)).toBe("92.3");
  });

  it("is counted from predictions, rows the truth", () => {
    expect(confusionMatrix(table)).toEqual(PROSTATE);
    expect(topError(table, 1)).toBe(16 / 208);
  });

  it("gives recall by row and precision by column", () => {
    expect(recall(PROSTATE)).toEqual([51 / 51, 46 / 53, 43 / 49, 52 / 55]);
    expect(precision(PROSTATE)).toEqual([51 / 54, 46 / 55, 43 / 46, 52 / 53]);
  });

  it("lists the confusions by count, equal ones by row and column", () => {
    const of = (truth: number, guess: number, count: number, total: number) => ({
      truth,
      predicted: guess,
      count,
      share: count / total,
    });
    const all = [of(2, 1, 6, 49), of(1, 0, 3, 53), of(1, 2, 3, 53), of(3, 1, 3, 55), of(1, 3, 1, 53)];
    expect(confusions(PROSTATE)).toEqual(all);
    expect(confusions(PROSTATE, 2)).toEqual(all.slice(0, 2));
  });
});

describe("classes without samples", () => {
  it("have neither recall nor precision", () => {
    const matrix = { classes: ["a", "b", "c"], counts: Int32Array.of(2, 0, 0, 1, 0, 0, 0, 0, 0) };
    expect(recall(matrix)).toEqual([1, 0, Number.NaN]);
    expect(precision(matrix)).toEqual([2 / 3, Number.NaN, Number.NaN]);
  });
});

describe("the worst mistakes", () => {
  it("are the wrong ones with the highest probability", () => {
    // probabilities of two classes at ln 3 and 0: 3/4 and 1/4; at ln 9 and 0: 9/10 and 1/10
    const [three, nine] = [Math.log(3), Math.log(9)];
    const table = tableOf("ab", [0, nine, 0], [1, three, 0], [0, 0, nine], [1, 0, 0], [1, nine, 0]);
    const worst = worstMistakes(table);
    expect(worst.map(({ sample, truth, predicted: guess }) => [sample, truth, guess])).toEqual([
      [2, 0, 1],
      [4, 1, 0],
      [1, 1, 0],
      [3, 1, 0],
    ]);
    expect(worst.map((m) => m.confidence.toFixed(6))).toEqual(["0.900000", "0.900000", "0.750000", "0.500000"]);
    expect(worst.map((m) => m.truthProbability.toFixed(6))).toEqual(["0.100000", "0.100000", "0.250000", "0.500000"]);
    expect(worstMistakes(table, 1)).toEqual(worst.slice(0, 1));
  });
});
