import { expect, test } from "vitest";
import { workersText } from "./workers.js";

test.each([
  [40, 36, "Here workers are 1.11 × as fast: --workers 4 pays."],
  [40, 38, "Here workers are 1.05 × as fast: they do not pay."],
  [30, 60, "Here workers are 0.50 × as fast: they do not pay."],
])("of steps of %d ms, and in workers of %d", (inside, workers, verdict) => {
  const lines = workersText({ threads: 4, inside, workers });
  expect(lines.at(-1)).toContain("at least 1.1 × as fast");
  expect(lines.at(-1)?.endsWith(verdict)).toBe(true);
  expect(lines.slice(1, 3).map((line) => Number.parseFloat(line))).toEqual([inside, workers]);
});
