import { describe, expect, test } from "vitest";
import { sameNumbers } from "../../../test/support/onnx-models.js";
import { type Case, modelOf, random } from "../../../test/upgrades/case.js";
import { CASES } from "../../../test/upgrades/runtime-cases.js";
import { nodeEngine } from "../../engine/node.js";
import { type AttributeInput, float } from "../attributes.js";
import { GraphBuilder } from "../builder.js";
import type { Model } from "../model.js";
import { float32 } from "../tensor.js";
import type { Graph, Tensor } from "../types.js";
import { downgradeGraph } from "./downgrade.js";
import { upgradeModel } from "./upgrade.js";

const engine = nodeEngine({ threads: 1 });

async function run(source: Model | Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const program = await engine.load(source);
  const results = await program.run(feeds);
  await program.close();
  return results;
}

/** ONNX Runtime refuses attributes and inputs that an operator has not in the set that a model says. */
describe("a node computes what it did in a set that is older, or the same:", () => {
  const title = ({ node, attributes: given = {}, inputs }: Case, i: number): string =>
    `${i}. ${node} of ${inputs.length} ${Object.keys(given)}`;
  test.each(CASES.map((c, i) => [title(c, i), c] as const))("%s", async (_, c) => {
    const { model, feeds } = modelOf(c);
    const { graph } = upgradeModel(model);
    const expected = await run(graph, feeds);
    const got = await run(downgradeGraph(graph), feeds);
    for (const [name, { type, shape, data }] of Object.entries(expected)) {
      expect([got[name].type, got[name].shape]).toEqual([type, shape]);
      expect(sameNumbers(got[name].data, data, 2e-6), `${name}: ${got[name].data}, not ${data}`).toBe(true);
    }
  });
});

type Given = Readonly<Record<string, AttributeInput>>;

/** One node on numbers, 2×4×3×6. */
function nodeGraph(operator: string, given: Given, more: (g: GraphBuilder) => readonly string[] = () => []): Graph {
  const g = new GraphBuilder(operator);
  g.output("y", g.op(operator, [g.input("x", "float32", [2, 4, 3, 6]), ...more(g)], given));
  return g.build();
}

const perColumn = (g: GraphBuilder): string[] => [1, 2].map((seed) => g.constant(random([6], seed)));

const REWORDED: readonly (readonly [operator: string, version: number, become: string, graph: Graph])[] = [
  ["HardSwish", 13, "HardSigmoid Mul", nodeGraph("HardSwish", {})],
  ["Mish", 13, "Softplus Tanh Mul", nodeGraph("Mish", {})],
  ["Gelu", 13, "Mul Mul Erf Add Mul", nodeGraph("Gelu", {})],
  ["Gelu by tanh", 13, "Mul Mul Mul Mul Add Mul Tanh Add Mul", nodeGraph("Gelu", { approximate: "tanh" })],
  [
    "LayerNormalization",
    13,
    "ReduceMean Sub Mul ReduceMean Add Sqrt Div Mul Add",
    nodeGraph("LayerNormalization", { epsilon: float(1e-3) }, perColumn),
  ],
  [
    "LayerNormalization of two axes",
    13,
    "ReduceMean Sub Mul ReduceMean Add Sqrt Div Mul",
    nodeGraph("LayerNormalization", { axis: 2 }, (g) => [g.constant(random([3, 6], 3))]),
  ],
  ["ReduceL2", 13, "ReduceL2", nodeGraph("ReduceL2", { keepdims: 1 }, (g) => [g.ints(1, -1)])],
  ["ReduceMax of all", 13, "ReduceMax", nodeGraph("ReduceMax", { keepdims: 1 })],
  ["Reshape", 13, "Reshape", nodeGraph("Reshape", { allowzero: 0 }, (g) => [g.ints(2, -1)])],
  ["Reshape with zeros", 14, "Reshape", nodeGraph("Reshape", { allowzero: 1 }, (g) => [g.ints(2, -1)])],
  ["Resize", 13, "Resize", nodeGraph("Resize", { mode: "linear", antialias: 0 }, (g) => ["", g.constant(float32([1, 1, 2, 2], [4]))])],
  ["Resize, smoothed", 18, "Resize", nodeGraph("Resize", { mode: "linear", antialias: 1 }, (g) => ["", g.constant(float32([1, 1, 0.5, 0.5], [4]))])],
  ["Pad around", 19, "Pad", nodeGraph("Pad", { mode: "wrap" }, (g) => [g.ints(0, 0, 1, 1, 0, 0, 1, 1)])],
  ["Trilu", 14, "Trilu", nodeGraph("Trilu", { upper: 0 })],
]; // biome-ignore format: a table

test.each(REWORDED)("%s: operator set %i, %s", async (_, version, become, graph) => {
  const model = downgradeGraph(graph);
  expect([model.opsets, model.graph.nodes.map(({ operator }) => operator).join(" ")]).toEqual([
    { "": version },
    become,
  ]);
  const x = random([2, 4, 3, 6], 5);
  const [{ y }, expected] = [await run(model, { x }), await run(graph, { x })];
  expect(y.shape).toEqual(expected.y.shape);
  expect(sameNumbers(y.data, expected.y.data, 2e-6)).toBe(true);
});

test("parts of unequal size", async () => {
  const g = new GraphBuilder("parts");
  const parts = g.ops("Split", [g.input("x", "float32", [2, 5])], 2, { axis: -1, num_outputs: 2 });
  parts.forEach((part, i) => void g.output(`part ${i}`, part));
  const model = downgradeGraph(g.build());
  expect(model.opsets).toEqual({ "": 13 });
  const results = await run(model, { x: float32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 5]) });
  expect(Array.from(results["part 0"].data, Number)).toEqual([1, 2, 3, 6, 7, 8]);
  expect(Array.from(results["part 1"].data, Number)).toEqual([4, 5, 9, 10]);
});

test.each([
  [{ start: 1, end: 3 }, [4, 3]],
  [{ start: -3 }, [4, 3, 6]],
  [{ end: -1 }, [2, 4, 3]],
])("some sizes: %o", async (given, expected) => {
  const g = new GraphBuilder("sizes");
  g.output("y", g.op("Shape", [g.input("x", "float32", ["N", 4, 3, "W"])], given));
  const model = downgradeGraph(g.build());
  expect(model.opsets).toEqual({ "": 13 });
  expect(Array.from((await run(model, { x: random([2, 4, 3, 6], 1) })).y.data, Number)).toEqual(expected);
});

test("a sampled grid needs 16, and keeps the rest in the words of that set", async () => {
  const g = new GraphBuilder("sampled");
  const [x, grid] = [g.input("x", "float32", [1, 1, 3, 3]), g.input("grid", "float32", [1, 2, 2, 2])];
  const sampled = g.op("GridSample", [x, grid], { mode: "linear", align_corners: 1 });
  g.output("y", g.op("ReduceMean", [g.op("HardSwish", [sampled]), g.ints(2)], { keepdims: 0 }));
  const graph = g.build();
  const model = downgradeGraph(graph);
  expect([model.irVersion, model.opsets]).toEqual([8, { "": 16 }]);
  // HardSwish came with 14
  expect(model.graph.nodes.map(({ operator }) => operator)).toEqual(["GridSample", "HardSwish", "ReduceMean"]);
  const feeds = { x: random([1, 1, 3, 3], 1), grid: random([1, 2, 2, 2], 2) };
  expect(sameNumbers((await run(model, feeds)).y.data, (await run(graph, feeds)).y.data, 2e-6)).toBe(true);
});
