import { describe, expect, it, test } from "vitest";
import { fixture, tableOfMatrix } from "../../../test/support/evaluation-fixture.js";
import { accuracy, confusionMatrix, recall, topError } from "../metrics/metrics.js";
import { type ClassTable, classTable } from "../table/predictions.js";
import { erfc, normalQuantile } from "./distributions.js";
import { bootstrap, wilsonInterval } from "./intervals.js";
import { mcNemar, mcNemarOfCounts } from "./mcnemar.js";

describe("the normal distribution is SciPy's", () => {
  test.each(fixture.erfc)("erfc(%d)", (x, value) => expect(erfc(x) / value).toBeCloseTo(1, 9));
  test.each(fixture.normalQuantile)("quantile of %d", (level, value) =>
    expect(normalQuantile(level)).toBeCloseTo(value, 8),
  );
});

describe("Wilson's interval", () => {
  test.each(fixture.wilson)("of $right in $total is that of statsmodels", ({ right, total, level, interval }) => {
    const { low, high } = wilsonInterval(right, total, level);
    expect(low).toBeCloseTo(interval[0], 9);
    expect(high).toBeCloseTo(interval[1], 9);
  });

  it("is everything when nothing is known", () => expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 }));

  it("needs counts, and a level between 0 and 1", () => {
    expect(() => wilsonInterval(3, 2)).toThrow(/a count of at most 2, got 3/);
    expect(() => wilsonInterval(1, 2, 95)).toThrow(/above 0 and below 1, got 95/);
  });
});

const of = (right: number, wrong: number, groups?: readonly string[]): ClassTable => ({
  ...tableOfMatrix(["a", "b"], [right, wrong, 0, 0]),
  ...(groups && { groups }),
});
const right = (table: ClassTable): number => 1 - topError(table, 1);

describe("the bootstrap", () => {
  it("of independent samples is near the normal interval of a proportion", () => {
    const { estimate, low, high, values, undefinedDraws } = bootstrap(of(320, 80), right);
    // 0.8 ± 1.96 · √(0.8 · 0.2 / 400) = 0.8 ± 0.0392; percentiles of 2000 draws waver by about 0.002
    expect([estimate, values.length, undefinedDraws]).toEqual([0.8, 2000, 0]);
    expect(Math.abs(low - 0.7608)).toBeLessThan(0.006);
    expect(Math.abs(high - 0.8392)).toBeLessThan(0.006);
  });

  it("draws groups together: of two, one all right and one all wrong, half of the tables hold both", () => {
    const table = of(3, 3, ["ann", "ann", "ann", "bob", "bob", "bob"]);
    const { low, high, values } = bootstrap(table, right);
    expect([low, high]).toEqual([0, 1]);
    expect(new Set(values)).toEqual(new Set([0, 0.5, 1]));
    // binomial with 2000 draws: 1000 ± 3 · 22
    expect(Math.abs(values.filter((value) => value === 0.5).length - 1000)).toBeLessThan(67);
    expect(new Set(bootstrap(table, right, { by: "sample" }).values).size).toBeGreaterThan(3);
  });

  it("gives equal numbers for equal seeds", () => {
    const run = (seed: number) => bootstrap(of(30, 10), right, { seed, draws: 50 });
    expect(run(7)).toEqual(run(7));
    expect([...run(7).values]).not.toEqual([...run(8).values]);
  });

  it("leaves out the tables for which the metric is not defined, and counts them", () => {
    // one sample of "b" among two: with probability 1/4 it is in no table
    const table = classTable(["a", "b"], Int32Array.of(0, 1), Float32Array.of(1, 0, 1, 0));
    const { values, undefinedDraws, low, high } = bootstrap(table, (drawn) => recall(confusionMatrix(drawn))[1]);
    expect(Math.abs(undefinedDraws - 500)).toBeLessThan(59);
    expect(values.length).toBe(2000 - undefinedDraws);
    expect([low, high]).toEqual([0, 0]);
  });

  it("interpolates between the drawn values as NumPy does", () => {
    const { values, low, high } = bootstrap(of(7, 5), (drawn) => accuracy(confusionMatrix(drawn)), {
      draws: 12,
      level: 0.5,
    });
    // places 0.25 · 11 = 2.75 and 0.75 · 11 = 8.25
    expect(low).toBeCloseTo(0.25 * values[2] + 0.75 * values[3], 14);
    expect(high).toBeCloseTo(0.75 * values[8] + 0.25 * values[9], 14);
  });

  it("needs samples, groups to draw by, and draws", () => {
    expect(() => bootstrap(of(0, 0), right)).toThrow(/without samples/);
    expect(() => bootstrap(of(1, 1), right, { by: "group" })).toThrow(/has no groups/);
    expect(() => bootstrap(of(1, 1), right, { draws: 0 })).toThrow(/got 0/);
  });
});

describe("McNemar's test", () => {
  test.each(fixture.mcnemar)("of $onlyFirst against $onlySecond is that of statsmodels", (expected) => {
    const { statistic, pValue, exact } = mcNemarOfCounts(expected.onlyFirst, expected.onlySecond);
    expect(statistic).toBeCloseTo(expected.statistic, 8);
    expect(pValue / expected.pValue).toBeCloseTo(1, 8);
    expect(exact).toBe(expected.onlyFirst + expected.onlySecond < 25);
  });

  it("counts the samples that only one of two networks has right", () => {
    const table = (...guesses: readonly number[]): ClassTable =>
      classTable(["a", "b"], Int32Array.of(0, 0, 1, 1, 1), Float32Array.from(guesses.flatMap((g) => [1 - g, g])));
    // right, first; right; wrong, second; both; neither
    const { onlyFirst, onlySecond, pValue } = mcNemar(table(0, 0, 0, 1, 0), table(1, 0, 1, 1, 0));
    expect([onlyFirst, onlySecond, pValue]).toEqual([1, 1, 1]);
  });

  it("needs the same samples", () => {
    const [a, b] = [of(3, 1), of(2, 1)];
    expect(() => mcNemar(a, b)).toThrow("of the same samples, but have 4 and 3 labels");
    const paths = ["1", "2", "3", "4"];
    expect(() => mcNemar({ ...a, paths }, { ...a, paths: ["1", "2", "4", "3"] })).toThrow(
      /their paths differ: 3 and 4 at 2/,
    );
  });
});
