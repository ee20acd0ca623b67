import { expect, test } from "vitest";
import { cohenKappa } from "../metrics/agreement.js";
import { confusionMatrix } from "../metrics/metrics.js";
import { orderTable } from "./class-order.js";
import { classTable } from "./predictions.js";

test("classes in another order: labels and scores go with them, and the weighted kappa is that of the grades", () => {
  // what is, and what was said: off by one grade four times of twelve, as often in each row and column
  const pairs = { low: "lllm", medium: "lmmh", high: "mhhh" };
  const classes = ["high", "low", "medium"];
  const rows = Object.entries(pairs).flatMap(([name, said]) => [...said].map((letter) => [name, letter] as const));
  const table = classTable(
    classes,
    Int32Array.from(rows, ([name]) => classes.indexOf(name)),
    Float32Array.from(rows.flatMap(([, letter]) => classes.map((name) => (name.startsWith(letter) ? 1 : 0)))),
  );
  const kappa = (of: typeof table): number => cohenKappa(confusionMatrix(of), "quadratic");
  // weights (i − j)² / 4; by chance 16/12 in each cell: 4·¼·16/12 + 2·16/12 = 4
  // high < low < medium: two are off by one, two by two: 1 − (2·¼ + 2) / 4
  expect(kappa(table)).toBeCloseTo(0.375, 12);
  // low < medium < high: four are off by one: 1 − (4·¼) / 4
  const ordered = orderTable(table, ["low", "medium", "high"]);
  expect(kappa(ordered)).toBeCloseTo(0.75, 12);
  expect(orderTable(ordered, classes)).toEqual(table);
  expect(() => orderTable(table, ["low", "high"])).toThrow(
    /Expected an order of the classes high, low, medium, got low, high\.$/,
  );
});
