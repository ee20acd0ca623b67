import { expect, test } from "vitest";
import { classTable } from "../../../evaluation/table/predictions.js";
import { confusionSection, seenClasses } from "./confusion-section.js";

test("classes that are nowhere are left out of a matrix", () => {
  const counts = Int32Array.of(1, 0, 2, 0, 0, 0, 0, 0, 0);
  expect(seenClasses({ classes: ["a", "b", "c"], counts })).toEqual({
    classes: ["a", "c"],
    counts: Float64Array.of(1, 2, 0, 0),
  });
});

test("of a thousand classes, of which the data has two, those are shown that are there or were taken for one", () => {
  const classes = Array.from({ length: 1000 }, (_, k) => `class ${k}`);
  const scores = new Float32Array(3 * 1000);
  scores[7] = 1; // the first is taken for class 7, which it is
  scores[1000 + 9] = 1; // the second, of class 7, for class 9
  scores[2000 + 500] = 1; // the third is class 500
  const section = confusionSection(classTable(classes, Int32Array.of(7, 7, 500), scores));
  const body = `${section?.body}`;
  expect(body).toContain("class 500");
  expect(body).not.toContain("class 499");
  expect(body).toMatch(/Of the 1.?000 classes these are there, or were taken for one\./);
  expect(section?.pictures.length).toBe(1);
});
