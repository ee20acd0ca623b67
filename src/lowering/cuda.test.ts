/** What is rewritten for NVIDIA cards means the same on the processor, where both ways are right. On a card, the tests of all operators show it. */

import { expect, test } from "vitest";
import { cpu, difference, runOn } from "../../test/devices.js";
import { randomMaps } from "../../test/windows.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { forCuda } from "./cuda.js";

/** Expects a graph of "x" and "filters" to be rewritten, into one that gives the same. */
async function expectSame(graph: Graph): Promise<void> {
  const inputs = Object.fromEntries(
    graph.inputs.map(({ name, shape = [] }, i) => {
      const sizes = shape.map(Number);
      return [name, float32(randomMaps([1, 1, 1, sizes.reduce((a, b) => a * b, 1)], i, name).data, sizes)];
    }),
  );
  const rewritten = forCuda(graph);
  expect(rewritten.nodes.length).toBeGreaterThan(graph.nodes.length);
  const [actual, expected] = [await runOn(cpu, rewritten, inputs), await runOn(cpu, graph, inputs)];
  expect(actual.y.shape).toEqual(expected.y.shape);
  expect(difference(actual.y.data, expected.y.data)).toBeLessThanOrEqual(1e-6);
}

test.each([
  { pads: [0, 1, 1, 0], strides: [2, 2], group: 1 },
  { pads: [1, 0, 2, 2], strides: [2, 3], output_padding: [1, 2], dilations: [2, 1], group: 1 },
  { pads: [0, 0, 1, 1], strides: [1, 2], group: 2 },
])("ConvTranspose, padding of two sides that differ: %o", async (attributes) => {
  const g = new GraphBuilder("transposed");
  const [x, filters] = [g.input("x", "float32", [2, 4, 5, 6]), g.input("filters", "float32", [4, 2, 3, 3])];
  const biases = float32(Array<number>(2 * attributes.group).fill(0.5), [2 * attributes.group]);
  g.output("y", g.op("ConvTranspose", [x, filters, g.constant(biases)], attributes));
  await expectSame(g.build());
});

test("ConvTranspose, padding of two equal sides, stays", () => {
  const g = new GraphBuilder("transposed");
  const [x, filters] = [g.input("x", "float32", [2, 4, 5, 6]), g.input("filters", "float32", [4, 2, 3, 3])];
  g.output("y", g.op("ConvTranspose", [x, filters], { pads: [1, 2, 1, 2] }));
  expect(forCuda(g.build()).nodes.map(({ operator }) => operator)).toEqual(["ConvTranspose"]);
});

test("LayerNormalization, scale broadcast", async () => {
  const g = new GraphBuilder("normalized");
  const [x, scale] = [g.input("x", "float32", [3, 4, 5]), g.input("scale", "float32", [4, 1])];
  g.output("y", g.op("LayerNormalization", [x, scale], { axis: 1 }));
  await expectSame(g.build());
});

test("Softplus has all digits of what is small", async () => {
  const xs = [-80, -30, -17, -15, -3, -0.5, 0, 0.5, 3, 15, 80];
  const g = new GraphBuilder("softplus");
  g.output("y", g.op("Softplus", [g.input("x", "float32", [xs.length])]));
  const { y } = await runOn(cpu, forCuda(g.build()), { x: float32(xs, [xs.length]) });
  for (const [i, x] of xs.entries()) {
    const exact = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    expect(Math.abs(Number(y.data[i]) / exact - 1), `${x}`).toBeLessThan(5e-7);
  }
});
