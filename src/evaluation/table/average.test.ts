import { expect, test } from "vitest";
import { averageTables } from "./average.js";
import { classTable, probabilities } from "./predictions.js";

const logs = (...p: number[]): Float32Array => Float32Array.from(p, Math.log);

test("the mean of probabilities, not of scores", () => {
  const labels = Int32Array.of(0, 1);
  const one = classTable(["a", "b"], labels, logs(0.9, 0.1, 0.2, 0.8), { paths: ["x", "y"] });
  const other = classTable(["a", "b"], labels, logs(0.3, 0.7, 0.4, 0.6));
  const mean = averageTables([one, other]);
  expect([...probabilities(mean)].map((p) => Math.round(1e4 * p) / 1e4)).toEqual([0.6, 0.4, 0.3, 0.7]);
  expect(mean.paths).toEqual(["x", "y"]);
  expect(averageTables([one])).toBe(one);
  expect(() => averageTables([])).toThrow("Expected one table or more");
  expect(() => averageTables([one, classTable(["a", "c"], labels, other.scores)])).toThrow("same samples");
});
