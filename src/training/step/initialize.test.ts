import { describe, expect, test } from "vitest";
import type { Initialization } from "../../blocks/block.js";
import { conv } from "../../blocks/convolution/conv.js";
import { batchNorm } from "../../blocks/normalization/batch-norm.js";
import { sequential } from "../../network/network.js";
import { initialize } from "./initialize.js";

/** 200 filters of 8×5×5: 40 000 numbers, fan-in 200, fan-out 5000. */
function drawn(initialization: Initialization, seed = 1): Float32Array {
  const network = sequential("one", { channels: 8, height: 5, width: 5 }, [conv(5, 200, { initialization })]);
  return initialize(network, seed).get("conv1/filters")?.data ?? new Float32Array();
}

function moments(values: Float32Array): { mean: number; deviation: number; largest: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance), largest: values.reduce((most, v) => Math.max(most, Math.abs(v)), 0) };
}

describe("filters begin with the deviation that their initialisation says", () => {
  test.each<[string, Initialization, number]>([
    ["gaussian", { type: "gaussian", deviation: 0.05 }, 0.05],
    // √(1/200)
    ["xavier", { type: "xavier" }, 0.0707107],
    // √(2/200) and √(2/5000)
    ["he", { type: "he" }, 0.1],
    ["he by fan-out", { type: "he", fan: "out" }, 0.02],
  ])("%s", (_, initialization, expected) => {
    const { mean, deviation } = moments(drawn(initialization));
    // Four standard errors of a deviation from 40 000 numbers are 1.4 % of it at most, of a mean 2 %.
    expect(Math.abs(deviation / expected - 1)).toBeLessThan(0.015);
    expect(Math.abs(mean)).toBeLessThan(0.02 * expected);
  });

  test("xavier is uniform: nothing beyond √(3 / fan-in), and much near it", () => {
    const { largest } = moments(drawn({ type: "xavier" }));
    expect(largest).toBeLessThanOrEqual(Math.sqrt(3 / 200));
    expect(largest).toBeGreaterThan(0.999 * Math.sqrt(3 / 200));
  });

  test("constants and zeros", () => {
    expect(new Set(drawn({ type: "constant", value: 0.5 }))).toEqual(new Set([0.5]));
    expect(new Set(drawn({ type: "zeros" }))).toEqual(new Set([0]));
  });
});

test("one seed gives the same numbers, another one others, and a layer's do not depend on its neighbours", () => {
  const he: Initialization = { type: "he" };
  expect(drawn(he)).toEqual(drawn(he));
  expect(drawn(he, 2)).not.toEqual(drawn(he));
  const shape = { channels: 8, height: 5, width: 5 };
  const longer = sequential("two", shape, [conv(5, 200, { initialization: he }), conv(1, 3, { initialization: he })]);
  expect(initialize(longer, 1).get("conv1/filters")?.data).toEqual(drawn(he));
  const [first] = initialize(longer, 1).get("conv2/filters")?.data ?? [];
  expect(first).not.toBeCloseTo(drawn(he)[0], 6);
});

test("moments begin with mean 0 and deviation 1, gains at 1, biases at 0", () => {
  const network = sequential("norm", { channels: 2, height: 1, width: 1 }, [batchNorm()]);
  const values = Object.fromEntries([...initialize(network, 1)].map(([name, { data }]) => [name, [...data]]));
  expect(values).toEqual({
    "batchNorm1/gain": [1, 1],
    "batchNorm1/bias": [0, 0],
    "batchNorm1/moments": [0, 0, 1, 1],
  });
});
