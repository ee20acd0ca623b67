import { expect, test } from "vitest";
import { GraphBuilder } from "./builder.js";
import { ShapeError } from "./shape-error.js";
import { sortNodes } from "./sort.js";
import type { Graph, Node } from "./types.js";

const node = (name: string, inputs: readonly string[], outputs: readonly string[], more: Partial<Node> = {}): Node => ({
  operator: "Sum",
  domain: "",
  name,
  inputs,
  outputs,
  attributes: {},
  ...more,
});

const graphOf = (...nodes: readonly Node[]): Graph => ({ ...new GraphBuilder("nodes").build(), nodes });
const names = (graph: Graph): string[] => graph.nodes.map(({ name }) => name);

test("nodes come after those whose values they read, else in the order that they have", () => {
  const graph = graphOf(
    node("last", ["a", "b"], ["y"]),
    node("first", ["x"], ["a"]),
    node("second", ["a"], ["b"]),
    node("other", ["x"], ["c"]),
  );
  expect(names(sortNodes(graph))).toEqual(["first", "second", "last", "other"]);
  expect(names(sortNodes(sortNodes(graph)))).toEqual(["first", "second", "last", "other"]);
});

test("what a graph inside a node reads comes before it; what has the same name inside does not", () => {
  const inner = {
    ...graphOf(node("inner", ["a"], ["y"])),
    outputs: [{ name: "y", type: "float32", shape: [] } as const],
  };
  const branch = node("if", ["condition"], ["y"], {
    operator: "If",
    attributes: { then_branch: { type: "graph", value: inner } },
  });
  expect(names(sortNodes(graphOf(branch, node("first", ["x"], ["a"]))))).toEqual(["first", "if"]);
});

test("nodes that read each other in a circle are named, without those around them", () => {
  const graph = graphOf(
    node("before", ["c"], ["y"]),
    node("one", ["c", "x"], ["a"]),
    node("two", ["a"], ["b"]),
    node("three", ["b"], ["c"]),
  );
  expect(() => sortNodes(graph)).toThrow(
    new ShapeError("These nodes read each other in a circle: Sum 'three', Sum 'two', Sum 'one'."),
  );
  expect(() => sortNodes(graphOf(node("self", ["a"], ["a"])))).toThrow(ShapeError);
});

test("a chain of many nodes backwards is put in order", () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => node(`${i}`, [`v${i}`], [`v${i + 1}`]));
  expect(names(sortNodes(graphOf(...chain.reverse()))).slice(0, 3)).toEqual(["0", "1", "2"]);
});

test("a value that is made twice is refused", () => {
  const graph = graphOf(node("one", ["x"], ["a"]), node("two", ["x"], ["a"]));
  expect(() => sortNodes(graph)).toThrow(new ShapeError("Sum 'two' makes 'a', which is there already."));
});
