/** Long sums and means against sums in float64, on each device. */

import { expect, test } from "vitest";
import { describeDevices, difference, runOn, type TestDevice } from "../../test/devices.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { stream } from "../random/stream.js";
import { lower } from "./lower.js";

/** The largest error of PyTorch 2.13 in such sums of float32 was 3·10⁻⁷; three times that. WebAssembly adds one by one, in twice that. */
const toleranceOn = ({ name }: TestDevice): number => (name === "wasm" ? 2e-6 : 9e-7);

interface Case {
  readonly shape: readonly number[];
  readonly axes: readonly number[];
}

const CASES: Readonly<Record<string, Case>> = {
  "all of one row": { shape: [100_000], axes: [0] },
  "rows of a prime length": { shape: [3, 4_099], axes: [1] },
  "columns of a prime length": { shape: [4_099, 3], axes: [0] },
  "the first and the last axes": { shape: [6, 2, 31, 53], axes: [0, 2, 3] },
  "an axis between others": { shape: [2, 1_009, 5], axes: [-2] },
  "two axes apart": { shape: [100, 3, 97], axes: [0, 2] },
};

function graphOf(operator: string, { shape, axes }: Case, keepdims: number): Graph {
  const g = new GraphBuilder("sums");
  g.output("y", g.op(operator, [g.input("x", "float32", shape), g.ints(...axes)], { keepdims }));
  return g.build();
}

const TERMS: Readonly<Record<string, (x: number, count: number) => number>> = {
  ReduceSum: (x) => x,
  ReduceMean: (x, count) => x / count,
  ReduceSumSquare: (x) => x * x,
};

/** The sums in float64, in the order of the axes that are kept. */
function sums({ shape, axes }: Case, data: Float32Array, operator: string): number[] {
  const summed = shape.map((_, axis) => axes.includes(axis) || axes.includes(axis - shape.length));
  const kept = shape.filter((_, axis) => !summed[axis]);
  const result = new Array<number>(kept.reduce((a, b) => a * b, 1)).fill(0);
  const count = data.length / result.length;
  for (const [k, x] of data.entries()) {
    let [rest, place, step] = [k, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis];
      rest = (rest - at) / shape[axis];
      if (summed[axis]) continue;
      place += at * step;
      step *= shape[axis];
    }
    result[place] += TERMS[operator](x, count);
  }
  return result;
}

describeDevices("long sums", (device) => {
  test.each(Object.keys(TERMS))("%s", async (operator) => {
    for (const [name, it] of Object.entries(CASES)) {
      const random = stream(1, name);
      const count = it.shape.reduce((a, b) => a * b, 1);
      for (const number of [() => 1000.1, () => random.normal() + 1]) {
        const x = Float32Array.from({ length: count }, number);
        const { y } = await runOn(device, graphOf(operator, it, 0), { x: float32(x, it.shape) });
        expect(difference(y.data, sums(it, x, operator)), name).toBeLessThanOrEqual(toleranceOn(device));
      }
    }
  });

  test("the mean of each of many channels, N×C×H×W and C×H×W×N", async () => {
    const random = stream(2, "pooled");
    for (const batch of [2, 20]) {
      const g = new GraphBuilder("pooled");
      const x = g.input("x", "float32", [batch, 3, 53, 61]);
      g.output("y", g.op("GlobalAveragePool", [g.op("MaxPool", [x], { kernel_shape: [1, 1] })]));
      const shape = [batch, 3, 53, 61];
      const data = Float32Array.from({ length: batch * 3 * 53 * 61 }, () => random.uniform());
      const { y } = await runOn(device, g.build(), { x: float32(data, shape) });
      expect(y.shape).toEqual([batch, 3, 1, 1]);
      expect(difference(y.data, sums({ shape, axes: [2, 3] }, data, "ReduceMean"))).toBeLessThanOrEqual(
        toleranceOn(device),
      );
    }
  });
});

test("short sums, and those of unknown length, are left as they are; axes that are summed over may be kept", () => {
  const operators = (graph: Graph): string[] => lower(graph, "batch-first").nodes.map(({ operator }) => operator);
  expect(operators(graphOf("ReduceSum", { shape: [4, 64], axes: [1] }, 1))).toEqual(["ReduceSum"]);
  const unknown = new GraphBuilder("unknown");
  unknown.output("y", unknown.op("ReduceMean", [unknown.input("x", "float32", ["N", 9999]), unknown.ints(1)]));
  expect(operators(unknown.build())).toEqual(["ReduceMean"]);
  const kept = lower(graphOf("ReduceSum", { shape: [4, 9999], axes: [1] }, 1), "batch-first");
  expect(kept.outputs).toEqual([{ name: "y", type: "float32", shape: [4, 1] }]);
});

test("a mean of few pixels is one operator, however many images there are", () => {
  const operators = (size: number): string[] => {
    const g = new GraphBuilder("means");
    g.output("y", g.op("GlobalAveragePool", [g.input("x", "float32", ["N", 4, size, size])]));
    return lower(g.build(), "batch-first").nodes.map(({ operator }) => operator);
  };
  expect(operators(7)).toEqual(["GlobalAveragePool"]);
  expect(operators(9)).not.toContain("GlobalAveragePool");
});

describeDevices("sums over axes whose sizes are only named", (device) => {
  // Around 1, where one sum of all would be off by 10⁻⁵ of itself and more.
  const shape = [2, 800, 900];
  const data = new Float32Array(2 * 800 * 900);
  const draw = stream(3, "named");
  for (let i = 0; i < data.length; i++) data[i] = 1 + 0.1 * draw.normal();

  test.each(Object.keys(TERMS).flatMap((operator) => [0, 1].map((keepdims) => [operator, keepdims] as const)))(
    "%s, keepdims %d",
    async (operator, keepdims) => {
      const g = new GraphBuilder("named");
      const x = g.input("x", "float32", [2, "H", "W"]);
      g.output("y", g.op(operator, [x, g.ints(1, -1)], { keepdims }));
      const { y } = await runOn(device, g.build(), { x: float32(data, shape) });
      expect(y.shape).toEqual(keepdims ? [2, 1, 1] : [2]);
      const right = sums({ shape, axes: [1, 2] }, data, operator);
      for (const [i, value] of right.entries()) expect(Math.abs(Number(y.data[i]) / value - 1)).toBeLessThan(5e-6);
    },
  );

  test("GlobalAveragePool", async () => {
    const g = new GraphBuilder("named");
    g.output("y", g.op("GlobalAveragePool", [g.input("x", "float32", ["N", 2, "H", "W"])]));
    const { y } = await runOn(device, g.build(), { x: float32(data, [1, ...shape]) });
    expect(y.shape).toEqual([1, 2, 1, 1]);
    const right = sums({ shape, axes: [1, 2] }, data, "ReduceMean");
    for (const [i, value] of right.entries()) expect(Math.abs(Number(y.data[i]) / value - 1)).toBeLessThan(5e-6);
  });
});
