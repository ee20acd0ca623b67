import { describe, expect, it, test } from "vitest";
import { type Curves, cases, distance } from "../../../../test/support/evaluation-fixture.js";
import { classTable } from "../../table/predictions.js";
import { macroRocCurve, type RocCurve, rocCurve } from "./roc.js";

function compared(ours: RocCurve | null, { roc, rocArea }: Curves): void {
  if (!ours) throw new Error("There is no curve.");
  expect(ours.area).toBeCloseTo(rocArea, 9);
  expect(distance(ours.falsePositiveRate, roc.falsePositiveRate)).toBeLessThan(1e-9);
  expect(distance(ours.truePositiveRate, roc.truePositiveRate)).toBeLessThan(1e-9);
  expect(ours.thresholds[0]).toBe(Number.POSITIVE_INFINITY);
  expect(distance(ours.thresholds.slice(1), roc.thresholds.slice(1))).toBeLessThan(1e-9);
}

describe("ROC curves are scikit-learn's", () => {
  describe.each(cases)("%s", (_, table, expected) => {
    test.each(expected.classes.map((curves, k) => [k, curves] as const))("class %i", (k, curves) => {
      if (curves) compared(rocCurve(table, k), curves);
      else expect(rocCurve(table, k)).toBeNull();
    });

    test("micro", () => compared(rocCurve(table, "micro"), expected.micro));

    test("macro", () => {
      const ours = macroRocCurve(table);
      if (!ours) throw new Error("There is no curve.");
      expect(ours.area).toBeCloseTo(expected.macroRoc.area, 9);
      // scikit-learn's interpolation has the upper end where a curve rises straight up
      const upper = [...ours.falsePositiveRate.keys()].filter(
        (i) => ours.falsePositiveRate[i] !== ours.falsePositiveRate[i + 1],
      );
      const [x, y] = [ours.falsePositiveRate, ours.truePositiveRate].map((rates) => upper.map((i) => rates[i]));
      // theirs has points on straight lines, too
      const theirs = new Map(
        expected.macroRoc.falsePositiveRate.map((rate, i) => [rate.toFixed(8), expected.macroRoc.truePositiveRate[i]]),
      );
      expect(
        distance(
          y,
          x.map((rate) => theirs.get(rate.toFixed(8)) ?? null),
        ),
      ).toBeLessThan(1e-9);
      const trapezoids = [...ours.falsePositiveRate.keys()].reduce((sum, i) => {
        const [a, b] = [ours.falsePositiveRate, ours.truePositiveRate];
        return i === 0 ? 0 : sum + ((a[i] - a[i - 1]) * (b[i] + b[i - 1])) / 2;
      }, 0);
      expect(trapezoids).toBeCloseTo(ours.area, 12);
    });
  });
});

describe("a ROC curve", () => {
  it("orders samples that the network is sure of, whose probabilities round to 1", () => {
    const labels = Int32Array.of(1, 0, 1, 0);
    const scores = Float32Array.of(0, 90, 0, 70, 0, 80, 0, 60);
    expect(rocCurve(classTable(["a", "b"], labels, scores), 1)?.area).toBe(1);
    expect(rocCurve(classTable(["a", "b"], labels, scores), 0)?.area).toBe(1);
  });

  it("sees a tie when other classes change places, and when all scores are higher by a constant", () => {
    const scores = Float32Array.of(1, 2, 3, 1, 3, 2, 11, 12, 13);
    const curve = rocCurve(classTable(["a", "b", "c"], Int32Array.of(0, 1, 2), scores), 0);
    expect([...(curve?.truePositiveRate ?? [])]).toEqual([0, 1]);
    expect(curve?.area).toBe(1 / 2);
  });

  it("does not exist for a class that no sample or every sample has", () => {
    const table = classTable(["a", "b"], Int32Array.of(0, 0), Float32Array.of(1, 2, 3, 4));
    expect([rocCurve(table, 0), rocCurve(table, 1), macroRocCurve(table)]).toEqual([null, null, null]);
    expect(rocCurve(table, "micro")).not.toBeNull();
    expect(() => rocCurve(table, 2)).toThrow('expected "micro" or a class, 0 to 1, got 2.');
  });
});
