import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { difference } from "../../test/devices.js";
import { labelErrors } from "./label-errors.js";
import { classTable } from "./table/predictions.js";

/** cleanlab's, see test/fixtures/README.md */
const cases: readonly {
  readonly classes: number;
  readonly labels: number[];
  readonly scores: number[];
  readonly thresholds: number[];
  readonly suspected: number[];
}[] = JSON.parse(readFileSync(join(import.meta.dirname, "../../test/fixtures/label-errors.json"), "utf8"));

test.each(cases.map((each) => [each.classes, each] as const))(
  "suspected labels of %i classes are cleanlab's, in its order",
  (count, given) => {
    const classes = Array.from({ length: count }, (_, k) => `class ${k}`);
    const table = classTable(classes, Int32Array.from(given.labels), Float32Array.from(given.scores));
    const { thresholds, suspected } = labelErrors(table);
    expect(difference(thresholds, given.thresholds)).toBeLessThan(1e-6);
    expect(suspected.map(({ sample }) => sample)).toEqual(given.suspected);
  },
);

test("classes that no sample has are not suspected, and a network that is always right suspects nothing", () => {
  const scores = Float32Array.of(9, 0, 8, 0, 9, 8, 9, 0, 8);
  expect(labelErrors(classTable(["a", "b", "c"], Int32Array.of(0, 1, 0), scores)).suspected).toEqual([]);
});
