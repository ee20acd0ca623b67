import { expect, test } from "vitest";
import { GraphBuilder } from "../graph/builder.js";
import { COMPOSITE } from "../graph/types.js";
import { hasSums } from "./normalization-of-parts.js";
import { stagesOf } from "./stages.js";

/** y is relu(x) eight times, · Σ (relu(x)·Σ relu(x)), where both sums are over all parts. */
function graphOfTwoSums() {
  const g = new GraphBuilder("two sums");
  const x = g.input("x", "float32", [4]);
  const positive = g.op("Relu", [x]);
  const wide = g.op("Tile", [positive, g.ints(8)]);
  const sumOfParts = (value: string): string => {
    const own = g.op("Cast", [g.op("ReduceSum", [value], { keepdims: 0 })], { to: 11 });
    return g.op("Cast", [g.op("SumOfParts", [own], {}, COMPOSITE)], { to: 1 });
  };
  const scaled = g.op("Mul", [positive, sumOfParts(positive)]);
  g.output("scaled", scaled);
  g.output("y", g.op("Mul", [wide, sumOfParts(scaled)]));
  return g.build();
}

test("a graph is cut at its sums, and hands on what is small", () => {
  const graph = graphOfTwoSums();
  expect(hasSums(graph)).toBe(true);
  const stages = stagesOf(graph);
  const operators = stages.map(({ graph: { nodes } }) => nodes.map(({ operator }) => operator));
  // the wide value is made where it is read: relu(x), of 16 bytes, is handed on in the place of its 128
  expect(operators).toEqual([
    ["Relu", "ReduceSum", "Cast"],
    ["Cast", "Mul", "ReduceSum", "Cast"],
    ["Tile", "Cast", "Mul"],
  ]);
  const names = stages.map(({ graph: { inputs, outputs } }) => [inputs.length, outputs.map(({ name }) => name)]);
  const [first, second] = stages.map(({ sums }) => sums[0]);
  expect(names).toEqual([
    [1, [graph.nodes[0].outputs[0], first.own]],
    [2, ["scaled", second.own]],
    [2, ["y"]],
  ]);
});
