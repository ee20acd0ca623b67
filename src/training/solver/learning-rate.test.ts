import { describe, expect, test } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import type { Samples } from "../../data/samples.js";
import { classTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { sequential } from "../../network/network.js";
import { findLearningRate, steepest } from "./learning-rate.js";
import { sgd } from "./solver.js";

/** Pictures of one pixel, dark for class 0 and bright for class 1. */
const shades: Samples = {
  count: 40,
  shape: { channels: 1, height: 1, width: 1 },
  target: classTarget(
    ["dark", "bright"],
    Uint8Array.from({ length: 40 }, (_, i) => i % 2),
  ),
  read: (index, _epoch, into, offset) => into.fill(index % 2 === 0 ? 40 : 200, offset, offset + 1),
};
const normalization = { mean: [120], scale: 1 / 80 };
const options = { training: shades, normalization, batchSize: 20, solver: sgd({ weightDecay: 0 }) };
const logistic = (weightDecay = 0) =>
  sequential("logistic", shades.shape, [
    conv(1, 2, { initialization: { type: "zeros" }, weightDecay: [weightDecay, 0] }),
    softmaxLogLoss(),
  ]);
const engine = nodeEngine({ threads: 1 });

const points = (...smoothed: number[]) =>
  smoothed.map((value, i) => ({ rate: 10 ** i, objective: 0, smoothed: value }));

describe("the range test", () => {
  test("suggests the rate in the middle of the steepest descent", () => {
    expect(steepest(points(3, 2.9, 2.5, 1.5, 1.4, 9))).toBe(100);
    expect(steepest(points(1, 2, 3))).toBeUndefined();
    expect(steepest([])).toBeUndefined();
  });

  test("grows the rate by the same factor from step to step", async () => {
    const { points } = await findLearningRate(engine, logistic(), { ...options, from: 1e-4, to: 1, steps: 5 });
    expect(points.map(({ rate }) => rate)).toEqual([1e-4, 1e-3, 1e-2, 0.1, 1].map((rate) => expect.closeTo(rate, 10)));
    // Nothing is learned before the first step, and almost nothing at 10⁻⁴: ln 2.
    expect(points[0].objective).toBeCloseTo(Math.LN2, 6);
    expect(points[1].objective).toBeCloseTo(Math.LN2, 3);
    expect(points[4].objective).toBeLessThan(0.6);
  });

  test("finds the rate at which telling dark from bright is learned", async () => {
    // The objective is convex and separable: it falls once rate · steps nears 1, and does not explode up to 10.
    const { points, suggestion } = await findLearningRate(engine, logistic(), options);
    expect(points).toHaveLength(100);
    expect(suggestion).toBeGreaterThan(0.01);
    expect(suggestion).toBeLessThan(1);
  });

  test("ends where the objective explodes", async () => {
    // A weight decay of 10 makes w ← w·(1 − 10·rate) grow for rates above 0.2, once the samples have moved w from 0.
    const decaying = { ...options, solver: sgd({ weightDecay: 10, momentum: 0 }), to: 1e4 };
    const { points } = await findLearningRate(engine, logistic(1), decaying);
    expect(points.length).toBeLessThan(100);
    expect(points[points.length - 1].rate).toBeGreaterThan(0.2);
    const smallest = Math.min(...points.map(({ smoothed }) => smoothed));
    expect(points[points.length - 1].smoothed).toBeGreaterThan(4 * smallest);
  });

  test.each([
    [{ from: 0 }, "Invalid value for from: expected a number above 0, got 0."],
    [{ from: 1, to: 0.5 }, "Invalid value for to: expected a number above 1, got 0.5."],
    [{ steps: 1 }, "Invalid value for steps: expected a whole number of at least 2, got 1."],
    [
      { solver: { ...sgd(), momentum: 2 } },
      "Invalid value for solver.momentum: expected a number of at least 0 and below 1, got 2.",
    ],
  ])("refuses %o", async (more, message) => {
    await expect(findLearningRate(engine, logistic(), { ...options, ...more })).rejects.toThrow(message);
  });
});
