import { describe, expect, it, test } from "vitest";
import { cases, distance, type Reliability } from "../../../../test/support/evaluation-fixture.js";
import { type ClassTable, classTable } from "../../table/predictions.js";
import { predicted } from "../metrics.js";
import { expectedCalibrationError, maximumCalibrationError, type ReliabilityBin, reliability } from "./calibration.js";
import { brierScore, negativeLogLikelihood, sampleLosses } from "./scoring-rules.js";
import { fitTemperature, withTemperature } from "./temperature.js";

// our probabilities are float32
function compared(bins: readonly ReliabilityBin[], expected: Reliability): void {
  expect(bins.map(({ count }) => count)).toEqual(expected.counts);
  expect(
    distance(
      bins.map(({ confidence }) => confidence),
      expected.mean,
    ),
  ).toBeLessThan(1e-7);
  expect(
    distance(
      bins.map(({ accuracy }) => accuracy),
      expected.share,
    ),
  ).toBeLessThan(1e-9);
  expect(expectedCalibrationError(bins)).toBeCloseTo(expected.expectedError, 7);
  expect(maximumCalibrationError(bins)).toBeCloseTo(expected.maximumError, 7);
}

describe("probabilities are judged as by scikit-learn and SciPy", () => {
  test.each(cases)("%s: bins", (_, table, expected) => {
    compared(reliability(table), expected.equalWidth);
    compared(reliability(table, { binning: "equal mass", bins: 5 }), expected.equalMass);
    compared(reliability(table, { of: 0, bins: 8 }), expected.firstClass);
  });

  test.each(cases)("%s: scoring rules", (_, table, expected) => {
    expect(negativeLogLikelihood(table)).toBeCloseTo(expected.negativeLogLikelihood, 9);
    expect(brierScore(table)).toBeCloseTo(expected.brier, 9);
  });

  test.each(cases)("%s: temperature", (_, table, { calibrated }) => {
    const temperature = fitTemperature(table);
    expect(temperature / calibrated.temperature).toBeCloseTo(1, 8);
    const honest = withTemperature(table, temperature);
    expect(negativeLogLikelihood(honest)).toBeCloseTo(calibrated.loss, 7);
    expect(fitTemperature(honest)).toBeCloseTo(1, 6);
    expect(predicted(honest)).toEqual(predicted(table));
  });
});

const tableOf = (labels: readonly number[], ...scores: readonly number[]): ClassTable =>
  classTable(["a", "b"], Int32Array.from(labels), Float32Array.from(scores));

describe("a reliability diagram", () => {
  it("has an edge in the bin below it, and keeps equal probabilities together", () => {
    // probabilities of the predicted class: 1/2, 1/2, 3/4
    const table = tableOf([0, 1, 0], 1, 1, 1, 1, Math.log(3), 0);
    const [half, more] = reliability(table, { bins: 2 });
    expect([half.low, half.high, half.count, half.accuracy]).toEqual([0, 0.5, 2, 0.5]);
    expect([more.low, more.high, more.count, more.accuracy]).toEqual([0.5, 1, 1, 1]);
    expect(reliability(table, { bins: 3, binning: "equal mass" }).map(({ count }) => count)).toEqual([2, 1]);
    // (2 · 0 + 1 · 1/4) / 3
    expect(expectedCalibrationError([half, more])).toBeCloseTo(1 / 12, 7);
  });

  it("is empty for an empty table, and its errors are not defined", () => {
    const bins = reliability(tableOf([]));
    expect(bins).toEqual([]);
    expect([expectedCalibrationError(bins), maximumCalibrationError(bins)]).toEqual([Number.NaN, Number.NaN]);
  });

  it("needs bins and a class", () => {
    expect(() => reliability(tableOf([0], 1, 2), { bins: 0 })).toThrow(/bins: .*got 0/);
    expect(() => reliability(tableOf([0], 1, 2), { of: 2 })).toThrow(/expected a class, 0 to 1, got 2/);
  });
});

it("gives a finite loss to what was thought impossible", () => {
  expect([...sampleLosses(tableOf([1, 0], 2000, 0, 2000, 0))]).toEqual([2000, 0]);
});

describe("a temperature", () => {
  it("stops at its bounds where there is no best one", () => {
    expect(fitTemperature(tableOf([0, 1], 1, 0, 0, 1))).toBe(0.01);
    expect(fitTemperature(tableOf([1, 0], 1, 0, 0, 1))).toBe(100);
    expect(fitTemperature(tableOf([1, 0], 7, 7, 3, 3))).toBe(100);
  });

  it("is positive, and fitted to samples", () => {
    expect(() => fitTemperature(tableOf([]))).toThrow(/without samples/);
    expect(() => withTemperature(tableOf([0], 1, 2), 0)).toThrow(/expected a number above 0, got 0/);
  });
});
