/** Batch normalisation in both layouts, on each device, against its definition in float64. */

import { describe, expect, test } from "vitest";
import { cpu, describeDevices, expectClose, runOn } from "../../test/devices.js";
import { type Maps, zeroMaps } from "../../test/reference.js";
import { randomMaps } from "../../test/windows.js";
import { float } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import { COMPOSITE, type Dimension, type Graph } from "../graph/types.js";
import { lower } from "./lower.js";

const EPSILON = 1e-3;

/** y, μ, σ and the three gradients of a batch of images whose shape may be only named. */
function graphOf(shape: readonly Dimension[]): Graph {
  const g = new GraphBuilder("normalization");
  const [x, dy] = ["x", "dy"].map((name) => g.input(name, "float32", shape));
  const [gain, bias] = ["gain", "bias"].map((name) => g.input(name, "float32", [shape[1]]));
  const normalized = g.ops("BatchNormalization", [x, gain, bias], 3, { epsilon: float(EPSILON) }, COMPOSITE);
  const deviation = normalized[2];
  const gradients = g.ops("BatchNormalizationGradient", [dy, x, gain, deviation], 3, {}, COMPOSITE);
  ["y", "mean", "deviation"].forEach((name, i) => {
    g.output(name, normalized[i]);
  });
  ["dx", "dgain", "dbias"].forEach((name, i) => {
    g.output(name, gradients[i]);
  });
  return g.build();
}

/** The same, as the formulas say: those of dy differentiated by hand. */
function expected(x: Maps, dy: Maps, gain: Maps, bias: Maps): Record<string, { shape: number[]; data: Float64Array }> {
  const [batch, channels, height, width] = x.shape;
  const [y, dx] = [zeroMaps(x.shape), zeroMaps(x.shape)];
  const [mean, deviation, dgain, dbias] = Array.from({ length: 4 }, () => new Float64Array(channels));
  const count = batch * height * width;
  for (let c = 0; c < channels; c++) {
    const places = Array.from(x.data.keys()).filter((k) => Math.floor(k / (height * width)) % channels === c);
    const total = (of: (k: number) => number): number => places.reduce((sum, k) => sum + of(k), 0);
    mean[c] = total((k) => x.data[k]) / count;
    deviation[c] = Math.sqrt(total((k) => (x.data[k] - mean[c]) ** 2) / count + EPSILON);
    const normal = (k: number): number => (x.data[k] - mean[c]) / deviation[c];
    dbias[c] = total((k) => dy.data[k]);
    dgain[c] = total((k) => dy.data[k] * normal(k));
    for (const k of places) {
      y.data[k] = gain.data[c] * normal(k) + bias.data[c];
      dx.data[k] = (gain.data[c] / deviation[c]) * (dy.data[k] - dbias[c] / count - (normal(k) * dgain[c]) / count);
    }
  }
  const vector = (data: Float64Array) => ({ shape: [channels], data });
  const images = ({ data }: Maps) => ({ shape: [...x.shape], data });
  return {
    y: images(y),
    mean: vector(mean),
    deviation: vector(deviation),
    dx: images(dx),
    dgain: vector(dgain),
    dbias: vector(dbias),
  };
}

/** Random pixels of deviation 1 about a mean, exact in float32. */
function inputsOf(shape: Maps["shape"], mean = 0): Record<"x" | "dy" | "gain" | "bias", Maps> {
  const x = randomMaps(shape, 1, "x");
  const [dy, gain, bias] = ["dy", "gain", "bias"].map((name) =>
    randomMaps(name === "dy" ? shape : [1, 1, 1, shape[1]], 1, name),
  );
  return { x: { shape, data: x.data.map((value) => Math.fround(value + mean)) }, dy, gain, bias };
}

const feedsOf = ({ x, dy, gain, bias }: ReturnType<typeof inputsOf>) => ({
  x: float32(x.data, x.shape),
  dy: float32(dy.data, dy.shape),
  gain: float32(gain.data, [gain.data.length]),
  bias: float32(bias.data, [bias.data.length]),
});

const SHAPES: readonly Maps["shape"][] = [
  [1, 3, 4, 5],
  [6, 2, 1, 1],
  [20, 3, 1, 1],
  [17, 1, 3, 5],
  [40, 5, 6, 7],
];

describeDevices("batch normalisation", (device) => {
  test.each(SHAPES)("%i×%i×%i×%i", async (...shape) => {
    const inputs = inputsOf(shape);
    const results = await runOn(device, graphOf(shape), feedsOf(inputs));
    for (const [name, value] of Object.entries(expected(inputs.x, inputs.dy, inputs.gain, inputs.bias))) {
      expectClose(results[name], value, device.tolerance, name);
    }
  });

  test("of pixels of mean 1000 and deviation 1", async () => {
    const inputs = inputsOf([50, 2, 16, 16], 1000);
    const results = await runOn(device, graphOf(inputs.x.shape), feedsOf(inputs));
    for (const [name, value] of Object.entries(expected(inputs.x, inputs.dy, inputs.gain, inputs.bias))) {
      expectClose(results[name], value, 3e-4, name);
    }
  });
});

/** PyTorch 2.13, which adds in float64, but takes a mean of float32 from the pixels, was off by 3·10⁻⁵ in dgain, by 2·10⁻⁷ in the others. */
describeDevices("batch normalisation of many pixels", (device) => {
  test.each([
    [[2, 2, 224, 224], 1],
    [[16, 1, 112, 112], 1],
    [[16, 2, 56, 56], 100],
  ] as const)("%j, mean %d", async (shape, mean) => {
    const inputs = inputsOf([...shape], mean);
    const { dy } = inputs;
    const shifted = { ...inputs, dy: { ...dy, data: dy.data.map((value) => Math.fround(value + 1)) } };
    const results = await runOn(device, graphOf(shape), feedsOf(shifted));
    for (const [name, value] of Object.entries(expected(shifted.x, shifted.dy, shifted.gain, shifted.bias))) {
      expectClose(results[name], value, name === "dgain" ? 1e-5 : 6e-7, name);
    }
  });

  test("that are all the same", async () => {
    const shape = [4, 1, 100, 100] as const;
    const inputs = inputsOf([...shape]);
    const constant = { ...inputs, x: { ...inputs.x, data: inputs.x.data.map(() => Math.fround(1000.1)) } };
    const { y, mean, deviation, dgain } = await runOn(device, graphOf(shape), feedsOf(constant));
    expect(new Set(Array.from(y.data, Number))).toEqual(new Set([Math.fround(inputs.bias.data[0])]));
    expect(mean.data[0]).toBe(Math.fround(1000.1));
    expect(deviation.data[0]).toBeCloseTo(Math.sqrt(EPSILON), 6);
    expect(Math.abs(Number(dgain.data[0]))).toBeLessThan(1e-4);
  });
});

describe("where sizes are only named", () => {
  test.each(["batch-first", "batch-last"] as const)("%s", async (layout) => {
    const inputs = inputsOf([18, 3, 2, 5]);
    const graph = lower(graphOf(["N", 3, "H", "W"]), layout);
    const results = await runOn(cpu, graph, feedsOf(inputs));
    for (const [name, value] of Object.entries(expected(inputs.x, inputs.dy, inputs.gain, inputs.bias))) {
      expectClose(results[name], value, cpu.tolerance, name);
    }
  });
});

test("the batch-first layout gives the same as the batch-last layout", async () => {
  const inputs = inputsOf([19, 4, 3, 5]);
  const results = await runOn(cpu, lower(graphOf(inputs.x.shape), "batch-first"), feedsOf(inputs));
  for (const [name, value] of Object.entries(expected(inputs.x, inputs.dy, inputs.gain, inputs.bias))) {
    expectClose(results[name], value, cpu.tolerance, name);
  }
});

test("one channel of one value: its deviation is √epsilon, and it is normalised to the bias", async () => {
  const constant: Maps = { shape: [16, 1, 2, 2], data: new Float64Array(64).fill(7) };
  const inputs = { ...inputsOf(constant.shape), x: constant };
  const { y, deviation } = await runOn(cpu, graphOf(constant.shape), feedsOf(inputs));
  expect(deviation.data[0]).toBeCloseTo(Math.sqrt(EPSILON), 6);
  for (const value of y.data) expect(value).toBeCloseTo(inputs.bias.data[0], 6);
});
