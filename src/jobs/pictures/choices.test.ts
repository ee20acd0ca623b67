import { expect, test } from "vitest";
import { compact } from "../../network/zoo/compact.js";
import { sgd } from "../../training/solver/solver.js";
import { choosePace, chooser } from "./choices.js";

test("a batch that is larger than the data has the rate of the steps that happen", () => {
  const network = compact({ channels: 1, height: 16, width: 16 }, 2);
  const rate = (batchSize: number): unknown => {
    const { learningRate } = choosePace(chooser(), { batchSize }, network, 20, sgd());
    return typeof learningRate === "object" && "rate" in learningRate ? learningRate.rate : learningRate;
  };
  // 0.05 · √(20 / 100)
  expect([rate(20), rate(100), rate(1000)]).toEqual([0.022, 0.022, 0.022]);
});
