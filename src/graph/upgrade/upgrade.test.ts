import { describe, expect, test } from "vitest";
import schemas from "../../../test/fixtures/onnx-operators.json" with { type: "json" };
import { sameNumbers } from "../../../test/support/onnx-models.js";
import { type Case, modelOf, nchw, random } from "../../../test/upgrades/case.js";
import { BY_HAND } from "../../../test/upgrades/hand-cases.js";
import { CASES } from "../../../test/upgrades/runtime-cases.js";
import { nodeEngine } from "../../engine/node.js";
import type { Model } from "../model.js";
import { strayAttribute } from "../operators.js";
import { ShapeError } from "../shape-error.js";
import { float32, tensor } from "../tensor.js";
import type { Graph, Node, Tensor, Value } from "../types.js";
import { CHANGES } from "./changes.js";
import { UpgradeError, upgradeModel } from "./upgrade.js";

const engine = nodeEngine({ threads: 1 });

async function run(source: Model | Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const program = await engine.load(source);
  const results = await program.run(feeds);
  await program.close();
  return results;
}

const operatorsOf = (nodes: readonly Node[]): readonly string[] => nodes.map(({ operator }) => operator);

describe("a node computes in operator set 20 what it did in its own:", () => {
  const title = ({ node, attributes: given = {}, inputs }: Case, i: number): string =>
    `${i}. ${node} of ${inputs.length} ${Object.keys(given)}`;
  test.each(CASES.map((c, i) => [title(c, i), c] as const))("%s", async (_, c) => {
    const { model, feeds } = modelOf(c);
    const expected = await run(model, feeds);
    const upgraded = upgradeModel(model);
    expect(upgraded.opsets).toEqual({ "": 20 });
    expect(upgraded.graph.nodes.map(strayAttribute)).toEqual(upgraded.graph.nodes.map(() => undefined));
    if (c.becomes) expect(operatorsOf(upgraded.graph.nodes)).toEqual(c.becomes);
    for (const source of [upgraded, upgraded.graph]) {
      const got = await run(source, feeds);
      for (const [name, { type, shape, data }] of Object.entries(expected)) {
        expect([got[name].type, got[name].shape]).toEqual([type, shape]);
        expect(sameNumbers(got[name].data, data, 2e-6), `${name}: ${got[name].data}, not ${data}`).toBe(true);
      }
    }
  });
});

test.each(BY_HAND.map((c) => [c.node, c] as const))("%s is what it was, by hand", async (_, c) => {
  const { model, feeds } = modelOf(c);
  const { y0 } = await run(upgradeModel(model), feeds);
  expect(sameNumbers(y0.data, c.expected, 1e-4), `${y0.data}, not ${c.expected}`).toBe(true);
});

const REFUSED: readonly (readonly [Case, string])[] = [
  [
    { node: "BatchNormalization@9", inputs: [nchw, [3], [3], [3], [3]], outputs: 3 },
    "BatchNormalization 'node' of operator set 9 cannot be written in 20: something reads the moments that it computes.",
  ],
  [
    { node: "Resize@10", inputs: [nchw, [4]] },
    "Resize 'node' of operator set 10 cannot be written in 20: its scales are computed, and it is not known whether they make axes smaller.",
  ],
  [
    { node: "AveragePool@6", inputs: [nchw], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
    "AveragePool 'node' of operator set 6 cannot be written in 20: that version does not say whether a mean counts padding.",
  ],
  [
    { node: "Attention@23", inputs: [nchw, nchw, nchw] },
    "Attention 'node' of operator set 23 cannot be written in 20: no operators of version 20 say it in a few words.",
  ],
  [
    { node: "DequantizeLinear@21", inputs: [[4], [2]], attributes: { block_size: 2 } },
    "DequantizeLinear 'node' of operator set 21 cannot be written in 20: its block_size is 2.",
  ],
  [{ node: "Gelu@13", inputs: [nchw] }, "Gelu 'node' came with operator set 20, and its model is of 13."],
  [
    { node: "Scan@8", inputs: ["", [2, 3, 1]] },
    "Scan 'node' of operator set 8 cannot be written in 20: its sequences have lengths of their own.",
  ],
  ...(["RotaryEmbedding@23", "TensorScatter@24"] as const).map((node): [Case, string] => [
    { node, inputs: [nchw] },
    `${node.replace("@", " 'node' of operator set ")} cannot be written in 20: no operators of version 20 say it in a few words.`,
  ]),
  [{ node: "Upsample@11", inputs: [nchw, [4]] }, "Upsample 'node' is no operator of set 11."],
  [{ node: "Convolve@11", inputs: [nchw] }, "Convolve 'node' is no operator of ONNX."],
  [
    { node: "Relu@27", inputs: [nchw] },
    "The graph 'Relu@27' is of operator set 27; the newest that is understood is 25.",
  ],
];

test.each(REFUSED)("%o is refused by name", (c, message) => {
  expect(() => upgradeModel(modelOf(c).model)).toThrow(new UpgradeError(message));
});

test("every version of every operator of ONNX is decided on", () => {
  const versions = Object.fromEntries(
    Object.entries(CHANGES).map(([operator, list]) => [operator, list.map((v) => (typeof v === "number" ? v : v[0]))]),
  );
  expect(versions).toEqual(schemas.versions);
});

test("what is no model, and a node without its inputs, are told", () => {
  expect(() => upgradeModel({ ...modelOf({ node: "Relu@9", inputs: [nchw] }).model, graph: JSON.parse("{}") })).toThrow(
    new TypeError("Invalid value for graph.inputs: expected a list, got nothing."),
  );
  const clip = modelOf({ node: "Clip@9", inputs: [] }).model;
  expect(() => upgradeModel(clip)).toThrow(new ShapeError("Clip 'node' has too few inputs."));
});

test("a node in a branch is upgraded there, by the constants and shapes around it", async () => {
  const made: Value = { name: "b", type: "float32", shape: undefined };
  const node = (operator: string, inputs: string[], outputs: string[]): Node => ({
    operator,
    domain: "",
    name: "",
    inputs,
    outputs,
    attributes: {},
  });
  const branch = (nodes: Node[]): Graph => ({
    name: "branch",
    inputs: [],
    outputs: [made],
    initializers: new Map(),
    nodes,
  });
  const attributes = {
    then_branch: {
      type: "graph",
      value: branch([node("Softmax", ["x"], ["s"]), node("Resize", ["s", "scales"], ["b"])]),
    },
    else_branch: { type: "graph", value: branch([node("Resize", ["x", "scales"], ["b"])]) },
  } as const;
  const graph: Graph = {
    name: "branches",
    inputs: [{ name: "x", type: "float32", shape: [1, 2, 2, 2] }],
    outputs: [{ ...made, name: "y", opaque: true }],
    initializers: new Map<string, Tensor>([
      ["c", tensor("bool", [], Uint8Array.of(1))],
      ["scales", float32([1, 1, 0.5, 2], [4])],
    ]),
    nodes: [{ ...node("If", ["c"], ["y"]), attributes }],
  };
  const model: Model = { irVersion: 5, opsets: { "": 10 }, graph };
  const feeds = { x: random([1, 2, 2, 2], 3) };
  const [expected, got] = [await run(model, feeds), await run(upgradeModel(model), feeds)];
  expect(got.y.shape).toEqual([1, 2, 1, 4]);
  expect(sameNumbers(got.y.data, expected.y.data, 1e-6)).toBe(true);
});

/** Whether a change is that an output may no longer lie where an input does. */
const isInPlace = (operator: string, version: number): boolean => {
  if (version !== 6) return false;
  const { model } = modelOf({
    node: `${operator}@1`,
    inputs: [
      [2, 3],
      [2, 3],
    ],
    attributes: { consumed_inputs: [0, 0] },
  });
  const { nodes } = upgradeModel(model).graph;
  return nodes.length === 1 && nodes[0].operator === operator && nodes[0].attributes.consumed_inputs === undefined;
};

test("each change has a case", () => {
  const nodes = [...CASES, ...BY_HAND, ...REFUSED.map(([c]) => c)].map(({ node }) => node.split("@"));
  const missing = Object.entries(CHANGES).flatMap(([operator, versions]) =>
    versions.flatMap((change) => {
      if (typeof change === "number") return [];
      const [version] = change;
      const tried = nodes.some(
        ([name, of]) => name === operator && (version > 20 ? Number(of) >= version : Number(of) < version),
      );
      return tried || isInPlace(operator, version) ? [] : [`${operator}@${version}`];
    }),
  );
  expect(missing).toEqual([]);
});
