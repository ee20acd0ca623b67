/** What is rewritten for graphics cards means the same: on the processor, where both ways are right, and on the card. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { devices, difference, runOn } from "../../test/devices.js";
import { CASES, operatorOf } from "../../test/gradients/all.js";
import { inputsOf } from "../../test/gradients/case.js";
import * as reference from "../../test/reference.js";
import { runGraph } from "../../test/support/run-graph.js";
import { randomMaps, scenes, single } from "../../test/windows.js";
import { type AttributeInput, float } from "../graph/attributes.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { forGraphics } from "./graphics.js";
import { DEFINITIONS } from "./graphics-definitions.js";
import { lower } from "./lower.js";

/** Expects a graph to be rewritten, without an operator, into one that gives the same. */
async function expectSame(graph: Graph, without?: string): Promise<void> {
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape = [] }, i) => {
      const { data } = randomMaps([1, 1, 1, shape.map(Number).reduce((a, b) => a * b, 1)], i, name);
      return [name, { shape: shape.map(Number), data: Array.from(data) }];
    }),
  );
  const rewritten = forGraphics(graph);
  if (without) expect(rewritten.nodes.map((node) => node.operator)).not.toContain(without);
  expect(rewritten.outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => name));
  const [actual, expected] = [await runGraph(rewritten, feeds), await runGraph(graph, feeds)];
  for (const { name } of graph.outputs) {
    expect(actual[name].shape).toEqual(expected[name].shape);
    expect(difference(actual[name].data, expected[name].data)).toBeLessThanOrEqual(1e-6);
  }
  const tensors = Object.entries(feeds).map(([name, { shape, data }]) => [name, float32(data, shape)]);
  for (const device of devices.filter(({ name }) => name === "webgpu")) {
    const results = await runOn(device, graph, Object.fromEntries(tensors));
    for (const { name } of graph.outputs) {
      expect(difference(results[name].data, expected[name].data), "webgpu").toBeLessThanOrEqual(device.tolerance);
    }
  }
}

/** A graph of one operator on inputs of the given shapes; constants are numbers. */
function graphOf(
  operator: string,
  shapes: readonly (readonly number[])[],
  attributes: Readonly<Record<string, AttributeInput>> = {},
  constants: readonly (readonly number[])[] = [],
): Graph {
  const g = new GraphBuilder(operator);
  const inputs = [
    ...shapes.map((shape, i) => g.input(`x${i}`, "float32", shape)),
    ...constants.map((c) => g.ints(...c)),
  ];
  g.output("y", g.op(operator, inputs, attributes));
  return g.build();
}

test("Col2Im: the gradient of any max-pooling", async () => {
  const pooled = scenes.filter(({ window, image }) => reference.sees(window, image));
  const property = fc.asyncProperty(pooled, async ({ window, image, seed }) => {
    const x = randomMaps(image, seed, "x", true);
    const y = reference.maxPool(x, window);
    const dy = randomMaps(y.shape, seed, "dy");
    const graph = forGraphics(lower(single("MaxPoolGradient", { x, y, dy }, window), "batch-first"));
    expect(graph.nodes.map((node) => node.operator)).not.toContain("Col2Im");
    const feeds = Object.entries({ x, y, dy }).map(([name, { shape, data }]) => [
      name,
      { shape, data: Array.from(data) },
    ]);
    const { result } = await runGraph(graph, Object.fromEntries(feeds));
    expect(difference(result.data, reference.maxPoolGradient(x, dy, window).data)).toBeLessThanOrEqual(1e-6);
  });
  await fc.assert(property, { numRuns: 150, seed: 1 });
});

const group = (groups: number): Record<string, AttributeInput> => ({
  group: groups,
  strides: [2, 1],
  pads: [1, 0, 0, 1],
});

test.each<[string, Graph, string?]>([
  ["Conv, 2 groups of 5 filters", graphOf("Conv", [[2, 4, 5, 4], [10, 2, 3, 2], [10]], group(2))],
  [
    "Conv, 4 groups of 6 filters, without biases",
    graphOf(
      "Conv",
      [
        [2, 4, 5, 4],
        [24, 1, 3, 2],
      ],
      group(4),
    ),
  ],
  [
    "Conv, 6 channels to 8",
    graphOf(
      "Conv",
      [
        [2, 6, 5, 4],
        [8, 6, 3, 2],
      ],
      { pads: [1, 0, 2, 1], strides: [2, 1] },
    ),
  ],
  [
    "Conv, as large as its image, padded at the end",
    graphOf("Conv", [[2, 2, 3, 4], [3, 2, 3, 4], [3]], { pads: [0, 0, 1, 2] }),
  ],
  ["ConvTranspose, pairs of maps", graphOf("ConvTranspose", [[2, 6, 3, 4], [6, 1, 3, 2], [3]], group(3))],
  ["LogSoftmax", graphOf("LogSoftmax", [[2, 5, 3]], { axis: 1 }), "LogSoftmax"],
  ["Sum", graphOf("Sum", [[2, 3], [3], [2, 1]]), "Sum"],
  ["Sign", graphOf("Sign", [[7]]), "Sign"],
  [
    "Slice, forwards and backwards",
    graphOf("Slice", [[6, 5]], {}, [
      [4, 0],
      [0, 5],
      [0, 1],
      [-2, 2],
    ]),
  ],
  ["Slice, backwards to the start", graphOf("Slice", [[6, 5]], {}, [[-2], [-99], [-1], [-3]]), "Slice"],
  ["LeakyRelu, left as it is", graphOf("LeakyRelu", [[5]], { alpha: float(0.2) })],
])("%s", async (_, graph, without) => expectSame(graph, without));

test("Or", async () => {
  const g = new GraphBuilder("or");
  const signs = ["a", "b"].map((name) => g.op("Greater", [g.input(name, "float32", [9]), g.scalar(0)]));
  g.output("y", g.op("Cast", [g.op("Or", signs)], { to: 1 }));
  await expectSame(g.build(), "Or");
});

test("Pow, the last axis broadcast", async () => {
  const g = new GraphBuilder("pow");
  const base = g.op("Exp", [g.input("a", "float32", [2, 1])]);
  g.output("y", g.op("Pow", [base, g.constant(float32([1, 2, 0.5, -1], [1, 4]))]));
  g.output("z", g.op("Pow", [base, g.scalar(3)]));
  await expectSame(g.build());
});

const defined = Object.entries(CASES).filter(([name]) => Object.hasOwn(DEFINITIONS, operatorOf(name)));

test("every operator that is written by its definition has a case", () =>
  expect(new Set(defined.map(([name]) => operatorOf(name)))).toEqual(new Set(Object.keys(DEFINITIONS))));

test.each(defined)("%s, by its definition", async (name, it) => {
  const g = new GraphBuilder(name);
  g.output("y", it.build(g, ...it.shapes.map((shape, i) => g.input(`x${i}`, "float32", shape))));
  const graph = g.build();
  const rewritten = forGraphics(graph);
  expect(rewritten.nodes.map(({ operator }) => operator)).not.toContain(operatorOf(name));
  const feeds = Object.fromEntries(
    inputsOf(name, it).map((data, i) => [`x${i}`, { shape: it.shapes[i], data: Array.from(data) }]),
  );
  const [actual, expected] = [await runGraph(rewritten, feeds), await runGraph(graph, feeds)];
  expect(actual.y.shape).toEqual(expected.y.shape);
  expect(difference(actual.y.data, expected.y.data)).toBeLessThanOrEqual(2e-6);
});

test("Round goes to the nearest whole number, from the middle to the even one", async () => {
  const x = [-2.5, -1.5, -0.5, -0.3, 0.49999997, 0.5, 1.5, 2.5, 2.6, 8388609, -Infinity];
  const rewritten = forGraphics(graphOf("Round", [[x.length]]));
  const { y } = await runGraph(rewritten, { x0: { shape: [x.length], data: x } });
  expect(Array.from(y.data, (value) => Number(value) + 0)).toEqual([-2, -2, 0, 0, 0, 0, 2, 2, 3, 8388609, -Infinity]);
});

test("a graph of unknown sizes is left as it is", () => {
  const g = new GraphBuilder("dynamic");
  g.output("y", g.op("Sum", [g.input("a", "float32", ["N", 2]), g.input("b", "float32", ["N", 2])]));
  expect(forGraphics(g.build()).nodes.map((node) => node.operator)).toEqual(["Sum"]);
});
