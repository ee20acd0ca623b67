import { describe, expect, test } from "vitest";
import { runGraph } from "../../../test/support/run-graph.js";
import { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { FOR_USE } from "../block.js";
import { averagePool, maxPool, type Pool, poolBlock } from "./pool.js";

const shapeOf = (layer: Pool, channels: number, height: number, width: number): number[] => {
  const output = poolBlock.outputShape(layer, { channels, height, width });
  return [output.channels, output.height, output.width];
};

describe("the output's size", () => {
  test("halves with 2×2 windows 2 apart; an odd row is left over", () => {
    expect(shapeOf(maxPool(2, { stride: 2 }), 20, 28, 28)).toEqual([20, 14, 14]);
    expect(shapeOf(maxPool(2, { stride: 2 }), 20, 5, 4)).toEqual([20, 2, 2]);
  });

  test("is MatConvNet's for CIFAR: 3×3, stride 2, padded below and to the right", () => {
    // ⌊(32 + 0 + 1 − 3) / 2⌋ + 1 = 16
    expect(shapeOf(maxPool(3, { stride: 2, pad: [0, 1, 0, 1] }), 32, 32, 32)).toEqual([32, 16, 16]);
  });

  test("takes each axis by itself", () => {
    // vertical (7 + 1 − 2) / 2 + 1 = 4; horizontal (9 + 4 − 3) / 5 + 1 = 3
    expect(shapeOf(averagePool([2, 3], { stride: [2, 5], pad: [1, 0, 2, 2] }), 1, 7, 9)).toEqual([1, 4, 3]);
  });
});

describe("what does not fit is refused", () => {
  test("a support larger than the image", () => {
    expect(() => shapeOf(maxPool(3), 1, 2, 8)).toThrow(new ShapeError("support 3×3 does not fit its 2×8 input"));
  });

  test("a pad as large as the support: a window could miss the image", () => {
    const message = (support: string, pad: string): RangeError =>
      new RangeError(`Invalid value for pad: expected numbers below those of the support, ${support}, got ${pad}.`);
    expect(() => maxPool(2, { pad: [0, 0, 0, 2] })).toThrow(message("2×2", "[0,0,0,2]"));
    expect(() => averagePool([3, 2], { pad: 2 })).toThrow(message("3×2", "[2,2,2,2]"));
    expect(maxPool([3, 2], { pad: [2, 2, 1, 1] }).pad).toEqual([2, 2, 1, 1]);
  });

  test.each([
    ["support: expected a whole number of at least 1, got 0", 0, {}],
    ["support: expected a whole number of at least 1, got 1.5", 1.5, {}],
    ["stride: expected a whole number of at least 1, got -1", 2, { stride: -1 }],
    ["pad: expected a whole number of at least 0, got -1", 2, { pad: -1 }],
  ])("%s", (message, support, options) => {
    expect(() => maxPool(support, options)).toThrow(new RangeError(`Invalid value for ${message}.`));
  });
});

describe("windows are clipped to the image", () => {
  const outputOf = async (layer: Pool, image: number[]): Promise<readonly number[]> => {
    const g = new GraphBuilder("one pooling");
    g.output("y", poolBlock.build(g, layer, [g.input("x", "float32", [1, 1, 3, 3])], {}, FOR_USE));
    return (await runGraph(g.build(), { x: { shape: [1, 1, 3, 3], data: image } })).y.data;
  };
  const square = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const options = { stride: 2, pad: [0, 1, 0, 1] } as const;

  test("the mean is over the pixels that are left", async () => {
    // (1+2+4+5)/4, (3+6)/2, (7+8)/2, 9
    expect(await outputOf(averagePool(2, options), square)).toEqual([3, 4.5, 7.5, 9]);
  });

  test("the padding is never the largest", async () => {
    expect(await outputOf(maxPool(2, options), square)).toEqual([5, 6, 8, 9]);
    const negative = square.map((v) => -v);
    expect(await outputOf(maxPool(2, options), negative)).toEqual([-1, -3, -7, -9]);
  });

  test("and the pads keep their sides", async () => {
    // padded above and to the left, the windows are 1 | 2 3 | 4 7 | 5 6 8 9
    expect(await outputOf(maxPool(2, { stride: 2, pad: [1, 0, 1, 0] }), square)).toEqual([1, 3, 7, 9]);
    // padded above only: [1 2], then [4 5 7 8]
    expect(await outputOf(maxPool(2, { stride: 2, pad: [1, 0, 0, 0] }), square)).toEqual([2, 8]);
  });
});
