import { describe, expect, test } from "vitest";
import { type EarlyStopping, progressOf } from "./early-stopping.js";

const history = (...values: number[]) =>
  values.map((value) => ({ validation: { objective: value, metrics: { top1Error: 1 - value }, imagesPerSecond: 1 } }));

describe("progress", () => {
  test.each<[number[], EarlyStopping, number, boolean]>([
    [[], { patience: 1 }, 0, false],
    [[3, 2, 1], { patience: 1 }, 3, false],
    [[3, 2, 2.5], { patience: 1 }, 2, true],
    [[3, 2, 2.5], { patience: 2 }, 2, false],
    [[3, 2, 2.5, 2.4], { patience: 2 }, 2, true],
    // an equal value is not a better one
    [[3, 2, 2, 2], { patience: 2 }, 2, true],
    // a better value begins the waiting anew
    [[3, 2, 2.5, 1.9, 2.5], { patience: 2 }, 4, false],
    // by the other measure the largest of these values is the best
    [[0.1, 0.9, 0.5, 0.5], { patience: 2, measure: "top1Error" }, 2, true],
    [[Number.NaN, 2], { patience: 1 }, 2, false],
  ])("of %j with %o: best epoch %i, exhausted %s", (values, stopping, best, exhausted) => {
    expect(progressOf(history(...values), stopping)).toEqual({ best, exhausted });
  });
});
