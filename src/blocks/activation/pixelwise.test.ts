import { expect, test } from "vitest";
import { runGraph } from "../../../test/support/run-graph.js";
import { GraphBuilder } from "../../graph/builder.js";
import { FOR_USE } from "../block.js";
import { blockOf, type Layer } from "../layer.js";
import { relu, softmax } from "./activation.js";

const outputOf = async (layer: Layer, shape: number[], data: number[]): Promise<readonly number[]> => {
  const g = new GraphBuilder("one layer");
  g.output("y", blockOf(layer).build(g, layer, [g.input("x", "float32", shape)], {}, FOR_USE));
  return (await runGraph(g.build(), { x: { shape, data } })).y.data;
};

test("relu keeps what is positive", async () => {
  expect(await outputOf(relu(), [1, 1, 1, 4], [-2, -0.5, 0, 3])).toEqual([0, 0, 0, 3]);
});

test("softmax is over the channels, at each pixel", async () => {
  // pixel 1: e^0 : e^ln3 = 1 : 3; pixel 2: equal
  const y = await outputOf(softmax(), [1, 2, 1, 2], [0, 7, Math.log(3), 7]);
  for (const [i, expected] of [0.25, 0.5, 0.75, 0.5].entries()) expect(y[i]).toBeCloseTo(expected, 6);
});

test("softmax does not overflow", async () => {
  const y = await outputOf(softmax(), [1, 2, 1, 1], [1000, 1000 - Math.log(4)]);
  expect(y[0]).toBeCloseTo(0.8, 4);
});

test("they leave the shape alone and look through one pixel", () => {
  const shape = { channels: 3, height: 4, width: 5 };
  for (const layer of [relu(), softmax()]) {
    expect(blockOf(layer).outputShape(layer, shape)).toEqual(shape);
    expect(blockOf(layer).window(layer, shape).support).toEqual([1, 1]);
    expect(blockOf(layer).parameters(layer, shape)).toEqual([]);
  }
});
