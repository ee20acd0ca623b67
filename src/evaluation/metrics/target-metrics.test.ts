import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { distance } from "../../../test/support/evaluation-fixture.js";
import { attributeTable, labelMapTable, valueTable } from "../table/predictions.js";
import { accuracy, confusionMatrix } from "./metrics.js";
import { attributeError, attributeMetrics } from "./targets/attribute-metrics.js";
import { intersectionOverUnion, meanIntersectionOverUnion } from "./targets/overlap.js";
import { valueMetrics } from "./targets/value-metrics.js";

type Numbers = readonly number[];

/** What scikit-learn says. */
const expected: {
  readonly attributes: {
    readonly signs: Numbers;
    readonly scores: Numbers;
    readonly each: readonly Readonly<Record<string, number | null>>[];
    readonly error: number;
  };
  readonly values: Readonly<
    Record<"values" | "predicted" | "meanAbsoluteError" | "rootMeanSquareError" | "r2", Numbers>
  >;
  readonly labelMap: {
    readonly counts: Numbers;
    readonly accuracy: number;
    readonly overlap: readonly (number | null)[];
    readonly meanOverlap: number;
  };
} = JSON.parse(readFileSync(new URL("../../../test/fixtures/targets.json", import.meta.url), "utf8"));

const FEW = 1e-8;

test("attributes, some of which do not count, with equal scores, and one that nobody has", () => {
  const { signs, scores, each, error } = expected.attributes;
  const names = each.map((_, k) => `attribute ${k}`);
  const table = attributeTable(names, Int32Array.from(signs), Float32Array.from(scores));
  const found = attributeMetrics(table);
  expect(found.map((metrics) => Object.keys(metrics))).toEqual(each.map((metrics) => Object.keys(metrics)));
  found.forEach((metrics, k) => {
    expect(distance(Object.values(metrics), Object.values(each[k]))).toBeLessThan(FEW);
  });
  expect(attributeError(table)).toBeCloseTo(error, 8);
});

test("values", () => {
  const { values, predicted, ...metrics } = expected.values;
  const found = valueMetrics(valueTable(["a", "b"], Float32Array.from(values), Float32Array.from(predicted)));
  for (const name of ["meanAbsoluteError", "rootMeanSquareError", "r2"] as const) {
    const ours = found.map((each) => each[name]);
    expect(distance(ours, metrics[name])).toBeLessThan(FEW);
  }
});

test("values that are all the same leave nothing to explain", () => {
  const [{ r2, rootMeanSquareError }] = valueMetrics(valueTable(["a"], Float32Array.of(2, 2), Float32Array.of(1, 3)));
  expect([r2, rootMeanSquareError]).toEqual([Number.NaN, 1]);
});

test("maps of labels, of which a class is nowhere", () => {
  const { counts, overlap, meanOverlap, accuracy: share } = expected.labelMap;
  const table = labelMapTable(["a", "b", "c", "d"], Int32Array.from(counts));
  const matrix = confusionMatrix(table);
  expect(distance(intersectionOverUnion(matrix), overlap)).toBeLessThan(FEW);
  expect(meanIntersectionOverUnion(matrix)).toBeCloseTo(meanOverlap, 8);
  expect(accuracy(matrix)).toBeCloseTo(share, 8);
});

test("pixels may be more than an int32 counts", () => {
  const many = 2 ** 31 - 1;
  expect(confusionMatrix(labelMapTable(["a"], Int32Array.of(many, many))).counts[0]).toBe(2 * many);
});
