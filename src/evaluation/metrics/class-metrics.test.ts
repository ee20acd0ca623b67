import { describe, expect, it, test } from "vitest";
import { cases, distance, fixture, type MatrixMetrics } from "../../../test/support/evaluation-fixture.js";
import { cohenKappa, matthewsCorrelation } from "./agreement.js";
import { balancedAccuracy, classMetrics, macroAverage, weightedAverage } from "./class-metrics.js";
import { accuracy, type ConfusionMatrix, confusionMatrix } from "./metrics.js";

const matrix = (...counts: readonly number[]): ConfusionMatrix => ({
  classes: Array.from({ length: Math.sqrt(counts.length) }, (_, k) => `class ${k}`),
  counts: Int32Array.from(counts),
});
const LECTURE = matrix(51, 0, 0, 0, 3, 46, 3, 1, 0, 6, 43, 0, 0, 3, 0, 52);

/** All numbers of a matrix, with those of scikit-learn beside them. */
function compared(ours: ConfusionMatrix, theirs: MatrixMetrics): void {
  const metrics = classMetrics(ours);
  for (const name of ["precision", "recall", "f1", "specificity"] as const) {
    const of = metrics.map((each) => each[name]);
    expect(distance(of, theirs[name]), name).toBeLessThan(1e-9);
  }
  const [macro, weighted] = [macroAverage(ours), weightedAverage(ours)];
  for (const name of ["precision", "recall", "f1"] as const) {
    expect(macro[name], `macro ${name}`).toBeCloseTo(theirs.macro[name], 9);
    expect(weighted[name], `weighted ${name}`).toBeCloseTo(theirs.weighted[name], 9);
  }
  expect(accuracy(ours)).toBeCloseTo(theirs.accuracy, 9);
  expect(balancedAccuracy(ours)).toBeCloseTo(theirs.balancedAccuracy, 9);
  expect(cohenKappa(ours)).toBeCloseTo(theirs.kappa, 9);
  expect(cohenKappa(ours, "linear")).toBeCloseTo(theirs.linearKappa, 9);
  expect(cohenKappa(ours, "quadratic")).toBeCloseTo(theirs.quadraticKappa, 9);
  expect(matthewsCorrelation(ours)).toBeCloseTo(theirs.matthews, 9);
}

describe("the metrics of a confusion matrix are scikit-learn's", () => {
  test.each(cases)("%s", (_, table, expected) => {
    const ours = confusionMatrix(table);
    expect([...ours.counts]).toEqual(expected.confusion);
    compared(ours, expected);
  });

  test("the lecture's grading of prostate tissue", () => compared(LECTURE, fixture.lecture));
});

describe("the lecture's matrix, by hand", () => {
  it("has 192 of 208 right", () => expect(accuracy(LECTURE)).toBe(192 / 208));

  it("describes grade 3 against the rest", () => {
    const [, grade3] = classMetrics(LECTURE);
    // row 3 46 3 1, column 0 46 6 3; of the 155 others, 9 were taken for it
    expect(grade3).toEqual({
      support: 53,
      predicted: 55,
      precision: 46 / 55,
      recall: 46 / 53,
      specificity: 146 / 155,
      f1: 92 / 108,
    });
  });

  it("has a kappa of (192/208 − e) / (1 − e), with e by its rows and columns", () => {
    const chance = (51 * 54 + 53 * 55 + 49 * 46 + 55 * 53) / 208 ** 2;
    expect(cohenKappa(LECTURE)).toBeCloseTo((192 / 208 - chance) / (1 - chance), 14);
  });
});

describe("what is not defined", () => {
  it("stays in its own entry when a class is not there or never predicted", () => {
    // class 1 is never predicted, class 2 neither there nor predicted
    const [, never, absent] = classMetrics(matrix(4, 0, 0, 4, 0, 0, 0, 0, 0));
    expect(never).toEqual({ support: 4, predicted: 0, precision: Number.NaN, recall: 0, specificity: 1, f1: 0 });
    expect(absent).toEqual({
      support: 0,
      predicted: 0,
      specificity: 1,
      precision: Number.NaN,
      recall: Number.NaN,
      f1: Number.NaN,
    });
    // class 0: precision 4/8, recall 1, F1 8/12; class 1: 0, 0, 0
    const ours = matrix(4, 0, 0, 4, 0, 0, 0, 0, 0);
    expect(macroAverage(ours)).toEqual({ precision: 1 / 4, recall: 1 / 2, f1: 1 / 3 });
    expect(weightedAverage(ours)).toEqual({ precision: 1 / 4, recall: 1 / 2, f1: 1 / 3 });
    expect(balancedAccuracy(ours)).toBe(1 / 2);
  });

  it("is 0 for agreement beyond chance where chance is sure to agree", () => {
    const all = matrix(5, 0, 0, 0);
    expect([cohenKappa(all), cohenKappa(all, "quadratic"), matthewsCorrelation(all)]).toEqual([0, 0, 0]);
    expect(classMetrics(all)[0].specificity).toBeNaN();
  });

  it("is all of an empty matrix", () => {
    const none = matrix(0, 0, 0, 0);
    const numbers = [cohenKappa(none), matthewsCorrelation(none), balancedAccuracy(none), macroAverage(none).f1];
    expect(numbers).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });
});

it("counts a confusion of distant grades more, the more the weights grow", () => {
  // one of 3 samples is wrong: by one grade, or by two. Expected by chance, with rows 1 1 1 and columns 0 2 1 or 0 1 2:
  // by one grade: linear (2 · 1 + 1 · 2 + 0 + 1 + 2 + 0) / 3 = 7/3 … quadratic (2 + 4 + 0 + 1 + 2 + 0) / 3 = 3
  const near = matrix(0, 1, 0, 0, 1, 0, 0, 0, 1);
  const far = matrix(0, 0, 1, 0, 1, 0, 0, 0, 1);
  expect(cohenKappa(near, "linear")).toBeCloseTo(1 - 1 / (7 / 3), 14);
  expect(cohenKappa(near, "quadratic")).toBeCloseTo(1 - 1 / 3, 14);
  // by two grades, columns 0 1 2: linear (1 + 4 + 0 + 2 + 1 + 0) / 3 = 8/3; quadratic (1 + 8 + 0 + 2 + 1 + 0) / 3 = 4
  expect(cohenKappa(far, "linear")).toBeCloseTo(1 - 2 / (8 / 3), 14);
  expect(cohenKappa(far, "quadratic")).toBeCloseTo(1 - 4 / 4, 14);
});
