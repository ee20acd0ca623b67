/** What noise, blanking and the drawing of codes make of random numbers, on each device. */

import { expect, test } from "vitest";
import { cpu, describeDevices, runOn } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32, tensor } from "../../graph/tensor.js";
import type { Graph } from "../../graph/types.js";
import { lower } from "../../lowering/lower.js";
import { buildNetwork } from "../../network/build-network.js";
import { sequential } from "../../network/network.js";
import { type BuildMode, FOR_USE } from "../block.js";
import type { Layer } from "../layer.js";
import { drawCode } from "./draw-code.js";
import { blank, noise } from "./noise.js";

const SHAPE = [20, 6, 8, 8] as const;
const COUNT = 20 * 6 * 64;

/** Layers, all on x, in training: the value of each, and the gradient of the sum of the first. */
function graphOf(...layers: readonly Layer[]): Graph {
  const g = new GraphBuilder("noise");
  const x = g.input("x", "float32", SHAPE);
  const seed = g.input("seed", "int32", []);
  const mode: BuildMode = { ...FOR_USE, training: true, randomSeed: () => seed };
  const reading = layers.map((layer) => ({ ...layer, inputs: ["image"] }));
  const network = sequential("noise", { channels: 6, height: 8, width: 8 }, reading);
  const values = buildNetwork(g, network, { image: x }, mode);
  const made = network.layers.map(({ output }) => values.get(output.name) ?? "");
  for (const [i, value] of made.entries()) g.output(`y${i}`, value);
  const sum = g.op("ReduceSum", [made[0]], { keepdims: 0 });
  g.output("dx", gradients(g, sum, [x]).get(x) ?? "");
  return g.build();
}

/** Means of 3 and logarithms of 2·ln ½, so that deviations are ½. */
const feedsOf = (seed: number, half = 3) => ({
  x: float32(
    Float32Array.from({ length: COUNT }, (_, i) => (i % 384 < 192 ? 3 : half)),
    SHAPE,
  ),
  seed: tensor("int32", [], Int32Array.of(seed)),
});

const numbersOf = (value: { readonly data: ArrayLike<unknown> }): number[] => Array.from(value.data, Number);
const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean, variance, skewness and kurtosis of n normal numbers lie within 4.5 deviations of 0, 1, 0 and 3. */
function expectNormal(values: readonly number[]): void {
  const [n, mean] = [values.length, meanOf(values)];
  const moment = (power: number): number => meanOf(values.map((value) => (value - mean) ** power));
  expect(Math.abs(mean)).toBeLessThan(4.5 / Math.sqrt(n));
  expect(Math.abs(moment(2) - 1)).toBeLessThan(4.5 * Math.sqrt(2 / n));
  expect(Math.abs(moment(3))).toBeLessThan(4.5 * Math.sqrt(15 / n));
  expect(Math.abs(moment(4) - 3)).toBeLessThan(4.5 * Math.sqrt(96 / n));
}

describeDevices("noise", (device) => {
  test("is normal, and the gradient goes through", async () => {
    const { y0, dx } = await runOn(device, graphOf(noise(2)), feedsOf(5));
    expectNormal(numbersOf(y0).map((y) => (y - 3) / 2));
    expect(new Set(numbersOf(dx))).toEqual(new Set([1]));
  });

  test("each layer and each step has numbers of its own, the same on every device and in both layouts", async () => {
    const graph = graphOf(noise(1), noise(1));
    const [first, next] = [await runOn(device, graph, feedsOf(5)), await runOn(device, graph, feedsOf(6))];
    const here = await runOn(cpu, lower(graph, "batch-first"), feedsOf(5));
    const product = (a: readonly number[], b: readonly number[]): number =>
      meanOf(a.map((value, i) => (value - 3) * (b[i] - 3)));
    expect(Math.abs(product(numbersOf(first.y0), numbersOf(first.y1)))).toBeLessThan(4.5 / Math.sqrt(COUNT));
    expect(Math.abs(product(numbersOf(first.y0), numbersOf(next.y0)))).toBeLessThan(4.5 / Math.sqrt(COUNT));
    // Logarithm and cosine of each device are its own.
    const most = Math.max(...numbersOf(first.y1).map((value, i) => Math.abs(value - Number(here.y1.data[i]))));
    expect(most).toBeLessThan(2e-3);
  });
});

describeDevices("blank", (device) => {
  test("leaves what it keeps as it is; the gradient goes the same ways", async () => {
    const { y0, dx } = await runOn(device, graphOf(blank(0.25)), feedsOf(5));
    const values = numbersOf(y0);
    expect(new Set(values.map((y) => Math.round(y * 1e5) / 1e5))).toEqual(new Set([0, 3]));
    // Of 7680 numbers 1920 become 0, ± 4·√(7680·¼·¾) = 152
    expect(Math.abs(values.filter((y) => y === 0).length - COUNT / 4)).toBeLessThan(152);
    expect(numbersOf(dx).map(Math.round)).toEqual(values.map((y) => (y === 0 ? 0 : 1)));
  });
});

describeDevices("drawCode", (device) => {
  test("draws with each mean and deviation; the gradient is that of μ + e^(s/2)·ε", async () => {
    const s = 2 * Math.log(0.5);
    const { y0, dx } = await runOn(device, graphOf(drawCode()), feedsOf(9, s));
    const drawn = numbersOf(y0).map((y) => (y - 3) / 0.5);
    expectNormal(drawn);
    const gradient = numbersOf(dx);
    const ofMean = gradient.filter((_, i) => i % 384 < 192);
    const ofLogarithm = gradient.filter((_, i) => i % 384 >= 192);
    expect(new Set(ofMean)).toEqual(new Set([1]));
    const most = Math.max(...ofLogarithm.map((value, i) => Math.abs(value - 0.5 * 0.5 * drawn[i])));
    expect(most).toBeLessThan(1e-3);
  });
});

test("refuses a code without a logarithm for each mean", () => {
  expect(() => sequential("odd", { channels: 3, height: 1, width: 1 }, [drawCode()])).toThrow(
    "layer 1 'drawCode1': its 3 input channels are not a mean and a logarithm for each number",
  );
});
