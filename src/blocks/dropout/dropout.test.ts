import { expect, test } from "vitest";
import { describeDevices, runOn } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32, tensor } from "../../graph/tensor.js";
import type { Graph } from "../../graph/types.js";
import { buildNetwork } from "../../network/build-network.js";
import { descriptionOf, networkFrom } from "../../network/description.js";
import { sequential } from "../../network/network.js";
import { type BuildMode, FOR_USE } from "../block.js";
import { conv } from "../convolution/conv.js";
import { type Dropout, dropout } from "./dropout.js";

const SHAPE = [20, 5, 4, 4] as const;
const IMAGE = { channels: 5, height: 4, width: 4 };

/** Layers of dropout, all on x, in training: the value of each, and the gradient of the sum of the first. */
function graphOf(...layers: readonly Dropout[]): Graph {
  const g = new GraphBuilder("dropout");
  const x = g.input("x", "float32", SHAPE);
  const seed = g.input("seed", "int32", []);
  const mode: BuildMode = { ...FOR_USE, training: true, randomSeed: () => seed };
  const network = sequential(
    "dropout",
    IMAGE,
    layers.map((layer) => ({ ...layer, inputs: ["image"] })),
  );
  const values = buildNetwork(g, network, { image: x }, mode);
  const made = network.layers.map(({ output }) => values.get(output.name) ?? "");
  made.forEach((value, i) => {
    g.output(`y${i}`, value);
  });
  const sum = g.op("ReduceSum", [made[0]], { keepdims: 0 });
  g.output("dx", gradients(g, sum, [x]).get(x) ?? "");
  return g.build();
}

const feedsOf = (seed: number) => ({
  x: float32(new Float32Array(1600).fill(3), SHAPE),
  seed: tensor("int32", [], Int32Array.of(seed)),
});

describeDevices("dropout", (device) => {
  test("leaves out, or keeps and enlarges; the gradient goes the same ways", async () => {
    const { y0, dx } = await runOn(device, graphOf(dropout(0.25)), feedsOf(5));
    // 3 / (1 − 1/4) = 4; of 1600 numbers 400 are left out, ± 4·√(1600·¼·¾) = 69
    const values = Array.from(y0.data, Number);
    expect(new Set(values)).toEqual(new Set([0, 4]));
    expect(Math.abs(values.filter((y) => y === 0).length - 400)).toBeLessThan(69);
    const factor = Math.fround(4 / 3);
    expect(Array.from(dx.data, Number)).toEqual(values.map((y) => (y === 0 ? 0 : factor)));
  });

  test("each layer and each step has a mask of its own", async () => {
    const graph = graphOf(dropout(), dropout());
    const [first, again, second] = [
      await runOn(device, graph, feedsOf(5)),
      await runOn(device, graph, feedsOf(5)),
      await runOn(device, graph, feedsOf(6)),
    ];
    expect(again.y0.data).toEqual(first.y0.data);
    // Half of 1600 numbers agree by chance, ± 4·√400 = 80.
    const agreements = (a: ArrayLike<unknown>, b: ArrayLike<unknown>): number =>
      Array.from(a).filter((value, i) => value === b[i]).length;
    expect(Math.abs(agreements(first.y0.data, first.y1.data) - 800)).toBeLessThan(80);
    expect(Math.abs(agreements(first.y0.data, second.y0.data) - 800)).toBeLessThan(80);
  });
});

test("where nothing is left out, nothing is done and no seed is asked for", () => {
  const network = sequential("dropout", IMAGE, [dropout(0), dropout(0.5, { frozen: true })]);
  const g = new GraphBuilder("dropout");
  const x = g.input("x", "float32", SHAPE);
  const training: BuildMode = { ...FOR_USE, training: true };
  expect(buildNetwork(g, network, { image: x }, training).get("dropout2")).toBe(x);
  expect(g.nodes).toEqual([]);
});

test("a network with one survives JSON", () => {
  const network = sequential("dropout", IMAGE, [dropout(0.3, { name: "drop" }), conv(4, 2)]);
  expect(networkFrom(JSON.parse(JSON.stringify(descriptionOf(network))))).toEqual(network);
});

test.each([-0.1, 1, Number.NaN])("refuses a rate of %d", (rate) => {
  expect(() => dropout(rate)).toThrow(
    new RangeError(`Invalid value for rate: expected a number of at least 0 and below 1, got ${rate}.`),
  );
});
