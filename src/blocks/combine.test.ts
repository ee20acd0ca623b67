import { describe, expect, test } from "vitest";
import { describeDevices, runOn, type TestDevice } from "../../test/devices.js";
import { gradients } from "../autodiff/differentiate.js";
import { GraphBuilder } from "../graph/builder.js";
import { ShapeError } from "../graph/infer.js";
import { float32 } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { dag } from "../network/network.js";
import { FOR_USE } from "./block.js";
import { padChannels } from "./border.js";
import { concat, sum } from "./combine.js";
import { globalAveragePool, globalMaxPool } from "./global-pool.js";
import { blockOf, type Layer } from "./layer.js";
import { maxPool } from "./pool.js";

/** What a layer makes of its inputs, and the gradient to each for a given gradient to the output. */
async function through(
  device: TestDevice,
  layer: Layer,
  inputs: readonly Tensor[],
  dy: readonly number[],
): Promise<number[][]> {
  const g = new GraphBuilder("one layer");
  const values = inputs.map(({ shape }, i) => g.input(`x${i}`, "float32", shape));
  const y = blockOf(layer).build(g, layer, values, {}, FOR_USE);
  const projected = g.op("Mul", [y, g.constant(float32(dy, g.shape(y)))]);
  const found = gradients(g, g.op("ReduceSum", [projected], { keepdims: 0 }), values);
  g.output("y", y);
  for (const value of values) g.output(`d${value}`, found.get(value) ?? "");
  const results = await runOn(device, g.build(), Object.fromEntries(inputs.map((input, i) => [`x${i}`, input])));
  return ["y", ...values.map((value) => `d${value}`)].map((name) => Array.from(results[name].data, Number));
}

const map = (data: readonly number[], ...shape: [number, number, number, number]): Tensor => float32(data, shape);

describeDevices("forward and backward", (device) => {
  test("a sum: each input gets dy", async () => {
    const inputs = [map([1, 2], 1, 1, 1, 2), map([10, 20], 1, 1, 1, 2), map([100, 200], 1, 1, 1, 2)];
    expect(await through(device, sum(), inputs, [3, 4])).toEqual([
      [111, 222],
      [3, 4],
      [3, 4],
      [3, 4],
    ]);
  });

  test("joined channels: each input gets its part, image by image", async () => {
    const inputs = [map([1, 2], 2, 1, 1, 1), map([3, 4, 5, 6], 2, 2, 1, 1)];
    expect(await through(device, concat(), inputs, [10, 20, 30, 40, 50, 60])).toEqual([
      [1, 3, 4, 2, 5, 6],
      [10, 40],
      [20, 30, 50, 60],
    ]);
  });

  test("joined columns", async () => {
    const inputs = [map([1, 2], 1, 1, 2, 1), map([3, 4, 5, 6], 1, 1, 2, 2)];
    expect(await through(device, concat("width"), inputs, [10, 20, 30, 40, 50, 60])).toEqual([
      [1, 3, 4, 2, 5, 6],
      [10, 40],
      [20, 30, 50, 60],
    ]);
  });

  test("the mean of a channel: dy is shared by its pixels", async () => {
    const x = map([1, 2, 3, 6, -1, -1, -1, -5], 1, 2, 2, 2);
    expect(await through(device, globalAveragePool(), [x], [4, 8])).toEqual([
      [3, -2],
      [1, 1, 1, 1, 2, 2, 2, 2],
    ]);
  });

  test("the largest pixel of a channel: of several, the first column by column gets dy", async () => {
    // 1 7    0 0
    // 7 2    0 0
    const x = map([1, 7, 7, 2, 0, 0, 0, 0], 1, 2, 2, 2);
    expect(await through(device, globalMaxPool(), [x], [5, 6])).toEqual([
      [7, 0],
      [0, 0, 5, 0, 6, 0, 0, 0],
    ]);
  });

  test("channels of zeros pass nothing on", async () => {
    const x = map([1, 2], 2, 1, 1, 1);
    expect(await through(device, padChannels({ before: 1, after: 2 }), [x], [1, 2, 3, 4, 5, 6, 7, 8])).toEqual([
      [0, 1, 0, 0, 0, 2, 0, 0],
      [2, 6],
    ]);
  });

  test("every second pixel: a pooling of one pixel", async () => {
    const x = map([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
    expect(await through(device, maxPool(1, { stride: 2 }), [x], [1, 2, 3, 4])).toEqual([
      [1, 3, 7, 9],
      [1, 0, 2, 0, 0, 0, 3, 0, 4],
    ]);
  });
});

describe("what fits", () => {
  const input = { channels: 2, height: 3, width: 4 };
  const shapes = (layer: Layer, ...others: (typeof input)[]): unknown =>
    blockOf(layer).outputShape(layer, input, ...others);

  test("shapes", () => {
    expect(shapes(sum(), input)).toEqual(input);
    expect(shapes(concat(), { ...input, channels: 5 }, input)).toEqual({ ...input, channels: 9 });
    expect(shapes(concat("height"), { ...input, height: 1 })).toEqual({ ...input, height: 4 });
    expect(shapes(concat("width"), input)).toEqual({ ...input, width: 8 });
    expect(shapes(globalMaxPool())).toEqual({ channels: 2, height: 1, width: 1 });
    expect(shapes(padChannels({ before: 1 }))).toEqual({ ...input, channels: 3 });
  });

  test("what does not is refused", () => {
    const narrow = { ...input, width: 3 };
    expect(() => shapes(sum(), narrow)).toThrow(new ShapeError("cannot add inputs of 2×3×4 and 2×3×3"));
    expect(() => shapes(concat(), narrow)).toThrow(
      new ShapeError("cannot join inputs of 2×3×4 and 2×3×3 along the channels"),
    );
    expect(() => dag("one", { x: input }, [sum({ name: "s" })])).toThrow(
      new ShapeError("layer 1 's': expected at least 2 inputs, got 1"),
    );
    expect(() => concat("depth" as "width")).toThrow(
      new RangeError(`Invalid value for axis: expected one of "channels", "height", "width", got "depth".`),
    );
    expect(() => padChannels({ before: -1 })).toThrow(
      new RangeError("Invalid value for before: expected a whole number of at least 0, got -1."),
    );
  });
});
