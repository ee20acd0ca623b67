import { expect, test } from "vitest";
import { boxTable } from "../../table/predictions.js";
import { boxCurve, boxMetrics, boxOverlap, meanBoxPrecision } from "./box-metrics.js";

const box = (x: number, y: number, width = 4, height = 4, label = 0) => ({ label, x, y, width, height });

/**
 * Two samples with three boxes of class "a". By falling score: the first is found (overlap 1); again (12/20, but it has been found); the third
 * is missed (8/24); the second is found (16/32); the third is found (12/20). One box of class "b" is found, and there is none.
 */
const table = boxTable(
  ["a", "b"],
  [[box(0, 0), box(10, 0)], [box(0, 0)]],
  [
    [
      { ...box(10, 0, 4, 8), score: 0.6 },
      { ...box(1, 0), score: 0.8 },
      { ...box(0, 0), score: 0.9 },
    ],
    [
      { ...box(2, 0), score: 0.7 },
      { ...box(0, 1), score: 0.5 },
      { ...box(0, 0, 4, 4, 1), score: 0.95 },
    ],
  ],
);

test("overlaps are intersections over unions", () => {
  expect(boxOverlap(box(0, 0), box(2, 0))).toBe(8 / 24);
  expect(boxOverlap(box(0, 0), box(1, 1, 2, 2))).toBe(4 / 16);
  expect(boxOverlap(box(0, 0), box(4, 0))).toBe(0);
});

test("boxes are taken by falling score, and each is found once", () => {
  const curve = boxCurve(table, 0);
  expect([...(curve?.precision ?? [])]).toEqual([1, 1 / 2, 1 / 3, 2 / 4, 3 / 5]);
  expect([...(curve?.recall ?? [])]).toEqual([1 / 3, 1 / 3, 1 / 3, 2 / 3, 1]);
  expect([...(curve?.thresholds ?? [])]).toEqual([0.9, 0.8, 0.7, 0.6, 0.5]);
  // A third of the recall at precision 1, the other two at 3/5, which is reached later.
  expect(curve?.averagePrecision).toBeCloseTo(1 / 3 + (2 / 3) * (3 / 5), 12);
});

test("a stricter overlap finds fewer", () => {
  // The second box is missed now: right are the first and the last of five.
  const [a] = boxMetrics(table, { overlap: 0.6 });
  expect(a).toEqual({ support: 3, found: 5, precision: 2 / 5, recall: 2 / 3, averagePrecision: expect.anything() });
  expect(a.averagePrecision).toBeCloseTo(1 / 3 + (1 / 3) * (2 / 5), 12);
  expect(() => boxMetrics(table, { overlap: 0 })).toThrow("expected a number above 0 and at most 1, got 0");
});

test("classes without boxes are left out of the mean", () => {
  const [a, b] = boxMetrics(table);
  expect(b).toEqual({ support: 0, found: 1, precision: 0, recall: Number.NaN, averagePrecision: Number.NaN });
  expect(meanBoxPrecision(table)).toBe(a.averagePrecision);
  expect(boxCurve(table, 1)).toBeNull();
  expect(() => boxCurve(table, 2)).toThrow("expected a class, 0 to 1, got 2");
});

test("boxes of equal score make one step, and what is not found at all has precision NaN and recall 0", () => {
  const twice = [box(0, 0), box(0, 0)].map((each) => ({ ...each, score: 1 }));
  const curve = boxCurve(boxTable(["a"], [[box(0, 0)]], [twice]), 0);
  expect([[...(curve?.precision ?? [])], curve?.averagePrecision]).toEqual([[0.5], 0.5]);
  const [missed] = boxMetrics(boxTable(["a"], [[box(0, 0)]], [[]]));
  expect(missed).toEqual({ support: 1, found: 0, precision: Number.NaN, recall: 0, averagePrecision: 0 });
});
