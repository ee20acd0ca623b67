import { expect, test } from "vitest";
import { cpu, runOn } from "../../test/devices.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { lower } from "./lower.js";

/** x·0.5 − n of x with these axes, and n with none or one */
function graphOf(shape: readonly number[], number: readonly number[]): Graph {
  const g = new GraphBuilder("numbers");
  const half = g.op("Mul", [g.input("x", "float32", shape), g.scalar(0.5)]);
  g.output("y", g.op("Sub", [half, g.input("n", "float32", number)]));
  return g.build();
}

test.each([
  [[2, 3, 1, 1], []],
  [[2, 3, 1, 1], [1]],
  [[6, 1], [1]],
  [[6], []],
  [[1, 1], []],
])("values of shape %j and a number of shape %j", async (shape, number) => {
  const count = shape.reduce((a, d) => a * d, 1);
  const xs = Array.from({ length: count }, (_, i) => 2 * i);
  const graph = graphOf(shape, number);
  const { y } = await runOn(cpu, graph, { x: float32(xs, shape), n: float32([3], number) });
  expect(y.shape).toEqual(shape);
  expect(Array.from(y.data, Number)).toEqual(xs.map((x) => x / 2 - 3));
});

test("numbers beside filters of 1×1 have four axes", () => {
  const { nodes, initializers } = lower(graphOf([2, 3, 1, 1], []), "batch-last");
  expect(nodes.map(({ operator }) => operator)).toEqual(["Mul", "Reshape", "Sub"]);
  expect(initializers.get(nodes[0].inputs[1])?.shape).toEqual([1, 1, 1, 1]);
});
