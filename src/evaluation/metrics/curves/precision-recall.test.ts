import { describe, expect, it, test } from "vitest";
import { type Curves, cases, distance } from "../../../../test/support/evaluation-fixture.js";
import { classTable } from "../../table/predictions.js";
import { meanAveragePrecision, type PrecisionRecallCurve, precisionRecallCurve } from "./precision-recall.js";

/** scikit-learn lists the points from the lowest threshold, and none for the last. */
function compared(ours: PrecisionRecallCurve | null, { precisionRecall, averagePrecision }: Curves): void {
  if (!ours) throw new Error("There is no curve.");
  expect(ours.averagePrecision).toBeCloseTo(averagePrecision, 9);
  expect(distance(ours.precision.toReversed(), precisionRecall.precision)).toBeLessThan(1e-9);
  expect(distance(ours.recall.toReversed(), precisionRecall.recall)).toBeLessThan(1e-9);
  expect(ours.thresholds[0]).toBe(Number.POSITIVE_INFINITY);
  expect(distance(ours.thresholds.slice(1).reverse(), precisionRecall.thresholds)).toBeLessThan(1e-9);
}

describe("precision–recall curves are scikit-learn's", () => {
  describe.each(cases)("%s", (_, table, expected) => {
    test.each(expected.classes.map((curves, k) => [k, curves] as const))("class %i", (k, curves) => {
      if (curves) compared(precisionRecallCurve(table, k), curves);
      else expect(precisionRecallCurve(table, k)).toBeNull();
    });

    test("micro", () => compared(precisionRecallCurve(table, "micro"), expected.micro));

    test("mean average precision", () =>
      expect(meanAveragePrecision(table)).toBeCloseTo(expected.meanAveragePrecision, 9));
  });
});

it("is not defined for a table without samples", () => {
  const empty = classTable(["a", "b"], new Int32Array(0), new Float32Array(0));
  expect(precisionRecallCurve(empty, "micro")).toBeNull();
  expect(meanAveragePrecision(empty)).toBeNaN();
});
