import fc from "fast-check";
import { expect, test } from "vitest";
import { floorDivide, formatShape, larger, plus, times } from "./dimension.js";
import type { Dimension } from "./types.js";

/** The number behind a formula, by JavaScript's own arithmetic. */
const evaluate = (d: Dimension, sizes: Readonly<Record<string, number>>): number =>
  new Function("floor", "max", ...Object.keys(sizes), `return ${d};`)(Math.floor, Math.max, ...Object.values(sizes));

test.each<[Dimension, Dimension]>([
  [plus("H", 3, -3), "H"],
  [plus("H", "W", "H", 1), "2 * H + W + 1"],
  [plus("W", "H"), plus("H", "W")],
  [plus("H", times("H", -1)), 0],
  [plus("a - b", "b"), "a"],
  [times("2 * H", 3), "6 * H"],
  [times(times("N", "H"), "W"), times("N", times("W", "H"))],
  [times("H + 1", 2), "2 * H + 2"],
  [times("H + 1", "W - 1"), "(H + 1) * (W - 1)"],
  [times("H", 0), 0],
  [plus("H", times("H - 3", -1)), 3],
  [floorDivide(7, 2), 3],
  [floorDivide(-1, 2), -1],
  [floorDivide("H - 5", 2), "floor((H - 5) / 2)"],
  [floorDivide("2 * H + 4", 2), "H + 2"],
  [floorDivide("2 * H + 5", 2), "H + 2"],
  [floorDivide(plus(floorDivide("H", 2), -6), 2), "floor(H / 4) - 3"],
  [floorDivide("2 * N + H", 2), "N + floor(H / 2)"],
  [larger("A", 3), "max(A, 3)"],
])("%s is %s", (got, expected) => {
  expect(got).toBe(expected);
});

test("shapes are written with ×", () => {
  expect(formatShape([100, 3, "H", "W"])).toBe("100×3×H×W");
  expect(formatShape([])).toBe("scalar");
});

/** A formula built at random, and the same computed in numbers on the way. */
const formula = fc.array(
  fc.record({
    operation: fc.constantFrom("plus", "name", "times", "by", "divide", "larger"),
    name: fc.constantFrom("N", "H", "W"),
    number: fc.integer({ min: -9, max: 9 }),
  }),
  { maxLength: 12 },
);

test("random formulas have the value of what they were made from", () => {
  const sizes = { N: 5, H: 37, W: 22 };
  fc.assert(
    fc.property(formula, fc.constantFrom<keyof typeof sizes>("N", "H", "W"), (steps, start) => {
      let symbolic: Dimension = start;
      let value = sizes[start];
      for (const { operation, name, number } of steps) {
        const size = sizes[name === "N" ? "N" : name === "H" ? "H" : "W"];
        const divisor = Math.abs(number) + 1;
        if (operation === "plus") [symbolic, value] = [plus(symbolic, number), value + number];
        if (operation === "name") [symbolic, value] = [plus(name, symbolic), value + size];
        if (operation === "times") [symbolic, value] = [times(symbolic, number), value * number];
        if (operation === "by") [symbolic, value] = [times(symbolic, name), value * size];
        if (operation === "divide") [symbolic, value] = [floorDivide(symbolic, divisor), Math.floor(value / divisor)];
        if (operation === "larger") [symbolic, value] = [larger(symbolic, name), Math.max(value, size)];
        if (Math.abs(value) > 1e12) break;
      }
      expect(evaluate(symbolic, sizes) + 0).toBe(value + 0);
    }),
    { numRuns: 2000, seed: 2 },
  );
});
