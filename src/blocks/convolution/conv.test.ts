import { describe, expect, test } from "vitest";
import { runGraph } from "../../../test/support/run-graph.js";
import { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import { FOR_USE } from "../block.js";
import { type Conv, type ConvOptions, conv, convBlock } from "./conv.js";

const shapeOf = (layer: Conv, channels: number, height: number, width: number): number[] => {
  const output = convBlock.outputShape(layer, { channels, height, width });
  return [output.channels, output.height, output.width];
};

describe("the output's size, ⌊(size + pads − (d·(support − 1) + 1)) / stride⌋ + 1", () => {
  test("is 28×28 for 5×5 on 32×32", () => {
    expect(shapeOf(conv(5, 20), 1, 32, 32)).toEqual([20, 28, 28]);
  });

  test("stays with 3×3 and one pixel of padding", () => {
    expect(shapeOf(conv(3, 64, { pad: 1 }), 3, 224, 224)).toEqual([64, 224, 224]);
  });

  test("leaves out the pixels that a stride does not reach", () => {
    // ⌊(7 + 2 − 3) / 2⌋ + 1 = 4 and ⌊(8 + 2 − 3) / 2⌋ + 1 = 4
    expect(shapeOf(conv(3, 4, { stride: 2, pad: 1 }), 3, 7, 8)).toEqual([4, 4, 4]);
  });

  test("takes support, stride and pads of each axis", () => {
    // vertical (6 + 0 + 1 − 3) / 1 + 1 = 5; horizontal ⌊(10 + 2 + 3 − 5) / 3⌋ + 1 = 4
    expect(shapeOf(conv([3, 5], 4, { pad: [0, 1, 2, 3], stride: [1, 3] }), 2, 6, 10)).toEqual([4, 5, 4]);
  });

  test("counts the reach of a dilated filter", () => {
    // three taps 2 apart reach over 5 pixels, 3 apart over 7
    expect(shapeOf(conv(3, 1, { dilation: 2 }), 1, 9, 9)).toEqual([1, 5, 5]);
    expect(shapeOf(conv(3, 1, { dilation: [3, 1] }), 1, 9, 9)).toEqual([1, 3, 7]);
  });

  test("is 1×1 when the support is the whole image", () => {
    expect(shapeOf(conv(7, 4096), 512, 7, 7)).toEqual([4096, 1, 1]);
  });
});

describe("what does not fit is refused", () => {
  test.each<[string, Conv, string]>([
    ["a support larger than the image", conv(6, 1), "support 6×6 does not fit its 5×5 input"],
    ["along one axis", conv([1, 6], 1), "support 1×6 does not fit its 5×5 input"],
    ["even padded", conv(8, 1, { pad: 1 }), "support 8×8 does not fit its 5×5 input, padded by 1, 1, 1, 1"],
    ["by its dilation", conv(3, 1, { dilation: 3 }), "support 3×3 with dilation 3×3 does not fit its 5×5 input"],
    ["groups and channels", conv(3, 6, { groups: 3 }), "3 groups do not divide its 4 input channels"],
    ["groups and filters", conv(3, 5, { groups: 2 }), "2 groups do not divide its 5 filters"],
  ])("%s", (_, layer, message) => {
    expect(() => shapeOf(layer, 4, 5, 5)).toThrow(new ShapeError(message));
  });

  test.each<[string, number, number, ConvOptions]>([
    ["support: expected a whole number of at least 1, got 0", 0, 1, {}],
    ["support: expected a whole number of at least 1, got 2.5", 2.5, 1, {}],
    ["filters: expected a whole number of at least 1, got -3", 3, -3, {}],
    ["stride[1]: expected a whole number of at least 1, got 0", 3, 1, { stride: [1, 0] }],
    ["pad[2]: expected a whole number of at least 0, got -1", 3, 1, { pad: [0, 0, -1, 0] }],
    ["pad: expected a whole number of at least 0, got 0.5", 3, 1, { pad: 0.5 }],
    ["dilation: expected a whole number of at least 1, got 0", 3, 1, { dilation: 0 }],
    ["groups: expected a whole number of at least 1, got NaN", 3, 1, { groups: Number.NaN }],
  ])("%s", (message, support, filters, options) => {
    expect(() => conv(support, filters, options)).toThrow(new RangeError(`Invalid value for ${message}.`));
  });
});

test("each group has filters of its share of the channels, and as many multiply-adds", () => {
  const layer = conv(3, 6, { groups: 2, learningRate: [1, 2], weightDecay: [1, 0] });
  const input = { channels: 4, height: 5, width: 5 };
  expect(convBlock.parameters(layer, input)).toEqual([
    {
      name: "filters",
      shape: [6, 2, 3, 3],
      initialization: { type: "gaussian", deviation: 0.01 },
      update: "gradient",
      learningRate: 1,
      weightDecay: 1,
    },
    {
      name: "biases",
      shape: [6],
      initialization: { type: "zeros" },
      update: "gradient",
      learningRate: 2,
      weightDecay: 0,
    },
  ]);
  // 3·3 positions × 6 filters × 2 channels × 3·3 taps
  expect(convBlock.multiplyAdds(layer, input)).toBe(972);
});

test("a convolution without biases has filters only", () => {
  const names = convBlock.parameters(conv(3, 6, { biases: false }), { channels: 4, height: 5, width: 5 });
  expect(names.map(({ name }) => name)).toEqual(["filters"]);
});

/** A layer's output on ONNX Runtime, row by row. */
async function outputOf(layer: Conv, image: number[], shape: number[], filters: number[], biases?: number[]) {
  const [channels, height, width] = shape;
  const specs = convBlock.parameters(layer, { channels, height, width });
  const g = new GraphBuilder("one convolution");
  const x = g.input("x", "float32", [1, ...shape]);
  const parameters = {
    filters: g.initializer("filters", float32(filters, specs[0].shape)),
    biases: biases ? g.initializer("biases", float32(biases, specs[1].shape)) : "",
  };
  g.output("y", convBlock.build(g, layer, [x], parameters, FOR_USE));
  return (await runGraph(g.build(), { x: { shape: [1, ...shape], data: image } })).y.data;
}

describe("its values", () => {
  const ramp = [1, 2, 3, 4, 5, 6];

  test("are a correlation: the filter is not flipped", async () => {
    // 1·0 + 10·1 + 100·3 + 1000·4 + 0.5, and so on to the right
    const y = await outputOf(conv(2, 1), [0, 1, 2, 3, 4, 5], [1, 2, 3], [1, 10, 100, 1000], [0.5]);
    expect(y).toEqual([4310.5, 5421.5]);
  });

  test("keep top, bottom, left and right apart", async () => {
    const filter = ramp; // 2×3
    const at = (pad: [number, number, number, number]) =>
      outputOf(conv([2, 3], 1, { pad, biases: false }), [1], [1, 1, 1], filter);
    // one pixel, 1, in a corner of the window
    expect(await at([0, 1, 0, 2])).toEqual([1]);
    expect(await at([0, 1, 2, 0])).toEqual([3]);
    expect(await at([1, 0, 0, 2])).toEqual([4]);
    expect(await at([1, 0, 1, 1])).toEqual([5]);
  });

  test("take taps `dilation` apart, windows `stride` apart", async () => {
    const row = [1, 2, 3, 4, 5, 6, 7];
    // x[0] + 10·x[3], x[2] + 10·x[5]
    const layer = conv([1, 2], 1, { dilation: [1, 3], stride: [1, 2], biases: false });
    expect(await outputOf(layer, row, [1, 1, 7], [1, 10])).toEqual([41, 63]);
  });

  test("of a group come from its own channels", async () => {
    const layer = conv(1, 4, { groups: 2 });
    // two filters on channels 1 and 2, two on channels 3 and 4
    const filters = [1, 1, 1, -1, 1, 1, 1, -1];
    const y = await outputOf(layer, [1, 2, 30, 40], [4, 1, 1], filters, [0, 0, 0, 100]);
    expect(y).toEqual([3, -1, 70, 90]);
  });
});
