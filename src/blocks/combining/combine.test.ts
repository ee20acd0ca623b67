import { describe, expect, test } from "vitest";
import { cpu, describeDevices, runOn, type TestDevice } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { receptiveFields } from "../../network/geometry.js";
import { dag, sequential } from "../../network/network.js";
import { FOR_USE } from "../block.js";
import { conv } from "../convolution/conv.js";
import { blockOf, type Layer } from "../layer.js";
import { globalAveragePool, globalMaxPool } from "../pooling/global-pool.js";
import { maxPool } from "../pooling/pool.js";
import { concat, sum } from "./combine.js";
import { crop, cropLike } from "./crop.js";
import { padChannels } from "./pad-channels.js";
import { pairwiseDistance } from "./pairwise-distance.js";
import { scale } from "./scale.js";

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

  test("a crop: top, bottom, left, right; zeros around dy", async () => {
    // of 1 2 3 | 4 5 6 | 7 8 9 the upper two rows and the last column
    const x = map([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
    expect(await through(device, crop([0, 1, 2, 0]), [x], [10, 20])).toEqual([
      [3, 6],
      [0, 0, 10, 0, 0, 20, 0, 0, 0],
    ]);
  });

  test("a crop to the size of another input, which gets no gradient", async () => {
    const x = map([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
    expect(await through(device, cropLike([1, 0]), [x, map([0, 0], 1, 1, 1, 2)], [10, 20])).toEqual([
      [4, 5],
      [0, 0, 0, 10, 20, 0, 0, 0, 0],
      [0, 0],
    ]);
  });

  test("one input times a factor a channel: the factor gets the sum of x·dy", async () => {
    const inputs = [map([1, 2, 3, 4], 1, 2, 1, 2), map([10, 100], 1, 2, 1, 1)];
    expect(await through(device, scale(), inputs, [5, 6, 7, 8])).toEqual([
      [10, 20, 300, 400],
      [50, 60, 700, 800],
      [1 * 5 + 2 * 6, 3 * 7 + 4 * 8],
    ]);
  });

  test("distances: 5 for 3 and 4, and no gradient where there is no distance", async () => {
    // δ = (3, 4) at the first pixel, (0, 0) at the second
    const inputs = [map([4, 7, 6, 8], 1, 2, 1, 2), map([1, 7, 2, 8], 1, 2, 1, 2)];
    const [y, dx, dto] = await through(device, pairwiseDistance(), inputs, [10, 10]);
    [5, 0].forEach((value, i) => void expect(y[i]).toBeCloseTo(value, 4));
    [6, 0, 8, 0].forEach((value, i) => void expect(dx[i]).toBeCloseTo(value, 4));
    [-6, 0, -8, 0].forEach((value, i) => void expect(dto[i]).toBeCloseTo(value, 4));
  });

  test("sums of squares over the image, to one vector for all pixels", async () => {
    // δ = 1, 2, 3, and 2δ·dy
    const inputs = [map([2, 3, 4], 1, 1, 1, 3), map([1], 1, 1, 1, 1)];
    expect(await through(device, pairwiseDistance({ noRoot: true, aggregate: true }), inputs, [10])).toEqual([
      [14],
      [20, 40, 60],
      [-120],
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

test("a crop to the size of another input, where sizes are only named", async () => {
  const g = new GraphBuilder("free");
  const [x, like] = ["x", "like"].map((name) => g.input(name, "float32", ["N", 1, `H of ${name}`, `W of ${name}`]));
  const layer = cropLike([1, 1]);
  g.output("y", blockOf(layer).build(g, layer, [x, like], {}, FOR_USE));
  const inputs = { x: map([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3), like: map([0, 0], 1, 1, 1, 2) };
  expect((await runOn(cpu, g.build(), inputs)).y).toEqual(map([5, 6], 1, 1, 1, 2));
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
    expect(shapes(crop([1, 0, 2, 1]))).toEqual({ channels: 2, height: 2, width: 1 });
    expect(shapes(cropLike([1, 2]), { channels: 7, height: 2, width: 1 })).toEqual({
      channels: 2,
      height: 2,
      width: 1,
    });
    expect(shapes(pairwiseDistance(), { ...input, height: 1, width: 1 })).toEqual({ ...input, channels: 1 });
    expect(shapes(pairwiseDistance({ aggregate: true }), input)).toEqual({ channels: 1, height: 1, width: 1 });
  });

  test("only scaling learns: gains from 1, biases from 0, where no other input is the factor", () => {
    const starts = (layer: Layer, ...others: (typeof input)[]): unknown =>
      blockOf(layer)
        .parameters(layer, input, ...others)
        .map(({ name, shape, initialization }) => [name, shape, initialization]);
    const gain = ["gain", [2], { type: "constant", value: 1 }];
    const bias = ["bias", [2], { type: "constant", value: 0 }];
    expect(starts(scale())).toEqual([gain]);
    expect(starts(scale({ bias: true }))).toEqual([gain, bias]);
    expect(starts(scale({ bias: true }), input)).toEqual([bias]);
  });

  test("a crop moves the receptive field", () => {
    const network = sequential("cropped", input, [conv(3, 1, { stride: 2, pad: 1 }), crop([1, 0, 1, 0])]);
    expect(receptiveFields(network)[1]).toEqual({ size: [3, 3], stride: [2, 2], offset: [2, 2] });
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
    expect(() => shapes(crop([1, 2, 0, 0]))).toThrow(new ShapeError("nothing is left of its 3×4 input"));
    expect(() => shapes(cropLike([2, 0]), { ...input, height: 2 })).toThrow(
      new ShapeError("cannot cut 2×2×4 out of 2×3×4 at 2, 0"),
    );
    expect(() => shapes(scale(), narrow)).toThrow(new ShapeError("cannot multiply 2×3×4 by 2×3×3"));
    expect(() => shapes(pairwiseDistance(), narrow)).toThrow(
      new ShapeError("there is no distance from 2×3×4 to 2×3×3"),
    );
    expect(() => pairwiseDistance({ p: 0 })).toThrow(
      new RangeError("Invalid value for p: expected a number above 0, got 0."),
    );
    expect(() => scale({ learningRate: [1, -1] })).toThrow(
      new RangeError("Invalid value for learningRate[1]: expected a number of at least 0, got -1."),
    );
    expect(() => padChannels({ before: -1 })).toThrow(
      new RangeError("Invalid value for before: expected a whole number of at least 0, got -1."),
    );
  });
});
