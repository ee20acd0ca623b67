/** Graphs that are none are refused with a ShapeError that names the node or the tensor, and never take the process down. */

import { describe, expect, test } from "vitest";
import { cpu } from "../../../test/devices.js";
import { EngineError } from "../../engine/engine.js";
import { lower } from "../../lowering/lower.js";
import { attributes } from "../attributes.js";
import type { Graph, Node, Tensor } from "../types.js";
import { inferShapes, ShapeError } from "./infer.js";

const node = (operator: string, inputs: readonly string[], output: string, given = {}): Node => ({
  operator,
  domain: "",
  name: `the ${operator}`,
  inputs,
  outputs: [output],
  attributes: attributes(given),
});

const graphOf = (nodes: readonly Node[], constants: Readonly<Record<string, Tensor>> = {}): Graph => ({
  name: "malformed",
  inputs: [{ name: "x", type: "float32", shape: [2, 3] }],
  outputs: [{ name: "y", type: "float32", shape: undefined }],
  initializers: new Map(Object.entries(constants)),
  nodes,
});

const LOWERED: readonly (readonly [string, Graph, string])[] = [
  [
    "a circle",
    graphOf([node("Add", ["x", "y"], "a"), node("Neg", ["a"], "y")]),
    "The lowered graph has no value 'y' yet.",
  ],
  [
    "nodes in no order",
    graphOf([node("Neg", ["a"], "y"), node("Abs", ["x"], "a")]),
    "The lowered graph has no value 'a' yet.",
  ],
  ["an output that nothing makes", graphOf([]), "The lowered graph has no value 'y' yet."],
  [
    "two values of a name",
    graphOf([node("Neg", ["x"], "y"), node("Abs", ["x"], "y")]),
    "The graph 'malformed' already has a value 'y'.",
  ],
];

const INFERRED: readonly (readonly [string, Graph, string])[] = [
  [
    "an attribute of another kind",
    graphOf([node("Concat", ["x", "x"], "y", { axis: "last" })]),
    "Concat 'the Concat': attribute 'axis' should be an int, got string.",
  ],
  [
    "a tensor of fewer elements than its shape says",
    graphOf([node("Add", ["x", "w"], "y")], { w: { type: "float32", shape: [2, 3], data: new Float32Array(5) } }),
    "The tensor 'w' is of shape 2×3, and has 5 elements.",
  ],
  // These took the process down, whatever ran in it.
  [
    "a Split into one part for two outputs",
    graphOf([{ ...node("Split", ["x"], "y", { axis: 1, num_outputs: 1 }), outputs: ["y", "z"] }]),
    "Split 'the Split': num_outputs is 1, and it has 2 outputs.",
  ],
  [
    "a Split into 2³¹ parts",
    graphOf([node("Split", ["x"], "y", { num_outputs: 2 ** 31 })]),
    "Split 'the Split': num_outputs is 2147483648, and it has 1 outputs.",
  ],
  ["a mean of nothing", graphOf([node("Mean", ["x", ""], "y")]), "Mean 'the Mean': input 1 of 2 is left out."],
];

describe("a graph that is none", () => {
  test.each([...LOWERED, ...INFERRED])("%s: refused by lower, and by an engine", async (_, graph, message) => {
    for (const layout of ["batch-first", "batch-last"] as const) {
      expect(() => lower(graph, layout)).toThrow(new ShapeError(message));
    }
    await expect(cpu.engine.load(graph)).rejects.toThrow(
      new EngineError(`The graph 'malformed' does not run on cpu: ${message}`),
    );
  });

  test.each(INFERRED)("%s: refused by shape inference", (_, graph, message) => {
    expect(() => inferShapes(graph)).toThrow(new ShapeError(message));
  });

  test("inside a branch: refused", () => {
    const inner = graphOf([node("Split", ["x"], "y", { num_outputs: 1 })]);
    const branch: Graph = { ...inner, nodes: [{ ...inner.nodes[0], outputs: ["y", "z"] }] };
    const both = { type: "graph", value: branch } as const;
    const condition = { type: "bool", shape: [], data: Uint8Array.of(1) } as const;
    const graph = graphOf([node("If", ["yes"], "y", { then_branch: both, else_branch: both })], { yes: condition });
    expect(() => lower(graph, "batch-first")).toThrow("Split 'the Split': num_outputs is 1, and it has 2 outputs.");
  });
});
