import { expect, test } from "vitest";
import { attributeTarget, classesOf, classTarget, valueTarget } from "./target.js";

test("rows of attributes and values are complete", () => {
  expect(() => attributeTarget(["furry", "tame"], [1, 1, -1])).toThrow(
    "Invalid value for signs: expected 2 for each sample (furry, tame), got 3 in all.",
  );
  expect(() => valueTarget([], [])).toThrow("Invalid value for values: expected 0 for each sample (), got 0 in all.");
});

test("what needs classes says so", () => {
  const target = classTarget(["a", "b"], [1]);
  expect(classesOf({ target }, "balancing")).toBe(target);
  expect(() => classesOf({ target: valueTarget(["height"], [2]) }, "balancing")).toThrow(
    "For balancing each sample must have one class; the samples' target is values.",
  );
});
