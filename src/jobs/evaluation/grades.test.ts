import { expect, test } from "vitest";
import { EVALUATE_MODEL } from "../settings/evaluation-settings.js";
import { areGrades, gradesFindings } from "./grades.js";

test("the order of grades is said, and what it follows", () => {
  const said = (classes: string[], order?: string[]) => gradesFindings({ ordered: true, order }, classes)[0]?.text;
  expect(said(["-2", "0", "0.5"])).toBe("The classes are grades in this order, by their numbers: -2 < 0 < 0.5.");
  expect(said(["high", "low"])).toMatch(/order, which is that of the alphabet; --order gives another: high < low\.$/);
  expect(said(["low", "high"])).toMatch(/order, as the model has them: low < high\.$/);
  expect(said(["low", "high"], ["low", "high"])).toMatch(/order, as it was given: low < high\.$/);
  expect(gradesFindings({ ordered: false }, ["a", "b"])).toEqual([]);
});

test("an order makes classes grades; on a command line names with commas stand in quotes", () => {
  expect(areGrades(EVALUATE_MODEL.make({ order: ["a", "b"] }))).toBe(true);
  expect(areGrades(EVALUATE_MODEL.make({}))).toBe(false);
  const parse = EVALUATE_MODEL.fields.order.kind.parse ?? expect.fail();
  expect(parse('low, medium,"high, or ""higher"""')).toEqual(["low", "medium", 'high, or "higher"']);
  expect(() => EVALUATE_MODEL.make({ order: ["a"] })).toThrow(/order: .*at least 2/);
});
