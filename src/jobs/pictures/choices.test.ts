import { expect, test } from "vitest";
import { compact } from "../../network/zoo/compact.js";
import { sgd } from "../../training/solver/solver.js";
import { choosePace, chooser } from "./choices.js";

test("a batch that is larger than the data has the rate of the steps that happen", () => {
  const network = compact({ channels: 1, height: 16, width: 16 }, 2);
  const rate = (batchSize: number): unknown => {
    const { learningRate } = choosePace(chooser(), { batchSize, solver: sgd() }, network, 20);
    return typeof learningRate === "object" && "rate" in learningRate ? learningRate.rate : learningRate;
  };
  // 0.05 · √(20 / 100)
  expect([rate(20), rate(100), rate(1000)]).toEqual([0.022, 0.022, 0.022]);
});

test.each([
  // 250/∛125 = 50, 250/∛1000 = 25, 250/∛8000 = 12.5; 250/∛27000 = 8.3, and 12 at least
  [125, 16, 50],
  [1000, 25, 25],
  [8000, 100, 13],
  [27_000, 100, 12],
  // not more than there are, and 60 at most: 250/∛12 = 109
  [12, 12, 60],
])("of %i pictures batches of %i and %i epochs", (count, batchSize, epochs) => {
  const network = compact({ channels: 1, height: 16, width: 16 }, 2);
  expect(choosePace(chooser(), {}, network, count)).toMatchObject({ batchSize, epochs });
});
