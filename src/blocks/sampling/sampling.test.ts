/** Transposed convolution, bilinear sampling with its grids and the pooling of regions, by hand. */

import { describe, expect, test } from "vitest";
import { cpu, runOn } from "../../../test/devices.js";
import { gradients } from "../../autodiff/differentiate.js";
import { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import type { Dimension, Tensor } from "../../graph/types.js";
import { receptiveFields } from "../../network/geometry.js";
import { sequential } from "../../network/network.js";
import type { ImageShape } from "../../values/image-shape.js";
import { FOR_USE } from "../block.js";
import { conv } from "../convolution/conv.js";
import { convTranspose } from "../convolution/conv-transpose.js";
import { blockOf, type Layer } from "../layer.js";
import { type RoiPoolOptions, roiPool } from "../pooling/roi-pool.js";
import { bilinearSampler } from "./bilinear-sampler.js";
import { affineGrid, scalingGrid } from "./grid.js";

/** What a layer makes of its inputs; their batch, height and width are only named in the graph where `free`. */
async function outputOf(
  layer: Layer,
  inputs: readonly Tensor[],
  parameters: Readonly<Record<string, Tensor>> = {},
  free = false,
): Promise<number[]> {
  const g = new GraphBuilder("one layer");
  const sizes = ({ shape }: Tensor, i: number): readonly Dimension[] =>
    free ? [`N${i}`, shape[1], `H${i}`, `W${i}`] : shape;
  const values = inputs.map((input, i) => g.input(`x${i}`, "float32", sizes(input, i)));
  const own = Object.entries(parameters).map(([name, value]) => [name, g.initializer(name, value)]);
  g.output("y", blockOf(layer).build(g, layer, values, Object.fromEntries(own), FOR_USE));
  const feeds = Object.fromEntries(inputs.map((input, i) => [`x${i}`, input]));
  return Array.from((await runOn(cpu, g.build(), feeds)).y.data, Number);
}

const map = (height: number, width: number, ...data: number[]): Tensor => float32(data, [1, 1, height, width]);

const numbers = (...data: number[]): Tensor => float32(data, [1, data.length, 1, 1]);

const shapeOf = (layer: Layer, ...inputs: readonly [ImageShape, ...ImageShape[]]): ImageShape =>
  blockOf(layer).outputShape(layer, ...inputs);

describe("a transposed convolution", () => {
  const filters = map(2, 2, 1, 10, 100, 1000);

  test("puts filters down and adds where they overlap", async () => {
    // x = 1 2: 1 10 | 100 1000 from column 0, twice that from column 1
    const layer = convTranspose(2, 1, { biases: false });
    expect(await outputOf(layer, [map(1, 2, 1, 2)], { filters })).toEqual([1, 12, 20, 100, 1200, 2000]);
  });

  test("leaves gaps where it moves farther than the filter reaches", async () => {
    const layer = convTranspose(2, 1, { biases: false, upsample: [1, 3] });
    expect(await outputOf(layer, [map(1, 2, 1, 2)], { filters })).toEqual([1, 10, 0, 2, 20, 100, 1000, 0, 200, 2000]);
  });

  test("cuts off each side what it is told, and adds the bias", async () => {
    // of 1 12 20 | 100 1200 2000 the top row and the right column
    const layer = convTranspose(2, 1, { crop: [1, 0, 0, 1] });
    const biases = float32([0.5], [1]);
    expect(await outputOf(layer, [map(1, 2, 1, 2)], { filters, biases })).toEqual([100.5, 1200.5]);
  });

  test("is the transpose of the convolution: ⟨conv x, y⟩ = ⟨x, convTranspose y⟩", async () => {
    const window = { support: [3, 2], channels: 2, filters: 3 } as const;
    const draw = (...shape: number[]): Tensor => {
      const count = shape.reduce((a, b) => a * b, 1);
      return float32(
        Array.from({ length: count }, (_, k) => ((k * 7) % 11) - 5),
        shape,
      );
    };
    const bank = draw(window.filters, window.channels, ...window.support);
    const x = draw(1, window.channels, 7, 6);
    const forward = conv([3, 2], window.filters, { stride: [2, 2], pad: [1, 1, 2, 0], biases: false });
    const back = convTranspose([3, 2], window.channels, { upsample: [2, 2], crop: [1, 1, 2, 0], biases: false });
    const size = shapeOf(forward, { channels: 2, height: 7, width: 6 });
    const y = draw(1, size.channels, size.height, size.width);
    expect(shapeOf(back, size)).toEqual({ channels: 2, height: 7, width: 6 });
    const dot = (a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number =>
      Array.from(a, Number).reduce((sum, value, k) => sum + value * Number(b[k]), 0);
    const left = dot(await outputOf(forward, [x], { filters: bank }), y.data);
    expect(left).not.toBe(0);
    expect(dot(await outputOf(back, [y], { filters: bank }), x.data)).toBe(left);
  });

  test("sees a part of a pixel more: size (F − 1)/U + 1, stride 1/U, offset (2·crop − F + 1)/2U", () => {
    // 4×5, 2×3 times: sizes 3/2 + 1 and 4/3 + 1; offsets (2 − 3)/4 and (0 − 4)/6
    const layers = [convTranspose([4, 5], 1, { upsample: [2, 3], crop: [1, 0, 0, 0] })];
    const [field] = receptiveFields(sequential("one", { channels: 1, height: 4, width: 4 }, layers));
    expect(field.size).toEqual([2.5, 4 / 3 + 1]);
    expect(field.stride).toEqual([1 / 2, 1 / 3]);
    expect(field.offset).toEqual([-1 / 4, -2 / 3]);
  });

  test("undoes the stride of a convolution", () => {
    const layers = [conv(4, 1, { stride: 2, pad: 1 }), convTranspose(4, 1, { upsample: 2, crop: 1 })];
    const network = sequential("there and back", { channels: 1, height: 8, width: 8 }, layers);
    const [, field] = receptiveFields(network);
    expect([field.stride, field.offset]).toEqual([
      [1, 1],
      [0, 0],
    ]);
    expect(network.layers[1].output.shape).toEqual({ channels: 1, height: 8, width: 8 });
  });

  test("that does not fit is refused", () => {
    const input = { channels: 3, height: 2, width: 2 };
    expect(() => shapeOf(convTranspose(2, 4, { groups: 2 }), input)).toThrow(
      new ShapeError("2 groups do not divide its 3 input channels"),
    );
    expect(() => shapeOf(convTranspose(2, 4, { groups: 3 }), input)).toThrow(
      new ShapeError("3 groups do not divide its 4 filters"),
    );
    expect(() => shapeOf(convTranspose(2, 4, { crop: [1, 2, 0, 0] }), input)).toThrow(
      new ShapeError("nothing is left when 1, 2, 0, 0 pixels are cut off"),
    );
    expect(() => convTranspose(2, 4, { upsample: 0 })).toThrow(
      new RangeError("Invalid value for upsample: expected a whole number of at least 1, got 0."),
    );
  });
});

describe("a grid", () => {
  test("of an affine map: rows of the matrix are the vertical and the horizontal coordinate", async () => {
    // v = −1, 1; u = −1, 0, 1; vertical 2v + 3u + 5, horizontal 7v + 11u + 13
    expect(await outputOf(affineGrid({ height: 2, width: 3 }), [numbers(2, 3, 5, 7, 11, 13)])).toEqual([
      ...[0, 3, 6, 4, 7, 10],
      ...[-5, 6, 17, 9, 20, 31],
    ]);
  });

  test("of the whole image, for every size of batch", async () => {
    const whole = [-1, -1, 1, 1, -1, 1, -1, 1];
    const batch = float32([1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0], [2, 6, 1, 1]);
    expect(await outputOf(affineGrid({ height: 2, width: 2 }), [batch], {}, true)).toEqual([...whole, ...whole]);
  });

  test("of a scale and a shift: scale, vertical, horizontal", async () => {
    // 0.5·(−1, 1) + 0.25 and 0.5·(−1, 1) − 1
    const scaled = await outputOf(scalingGrid({ height: 2, width: 2 }), [numbers(0.5, 0.25, -1)]);
    expect(scaled).toEqual([-0.25, -0.25, 0.75, 0.75, -1.5, -0.5, -1.5, -0.5]);
  });

  test("of one point lies in the middle", async () => {
    expect(await outputOf(scalingGrid({ height: 1, width: 1 }), [numbers(3, 0.5, -0.5)])).toEqual([0.5, -0.5]);
  });

  test("from another number of channels is refused", () => {
    expect(() => shapeOf(affineGrid({ height: 2, width: 2 }), { channels: 3, height: 1, width: 1 })).toThrow(
      new ShapeError("a grid is made from 6×1×1, not from 3×1×1"),
    );
    expect(() => scalingGrid({ height: 0, width: 1 })).toThrow(
      new RangeError("Invalid value for height: expected a whole number of at least 1, got 0."),
    );
  });
});

describe("a bilinear sampler", () => {
  const image = map(2, 3, 0, 10, 20, 30, 40, 50);
  /** Points by their vertical and horizontal coordinates. */
  const points = (...pairs: [number, number][]): Tensor =>
    float32([...pairs.map(([v]) => v), ...pairs.map(([, u]) => u)], [1, 2, 1, pairs.length]);

  test.each([false, true])("reads between pixels; sizes only named: %s", async (free) => {
    // the corners; the middle (10 + 40)/2; row ½, column ½: (0 + 10 + 30 + 40)/4
    const grid = points([-1, -1], [-1, 1], [1, -1], [1, 1], [0, 0], [0, -0.5]);
    expect(await outputOf(bilinearSampler(), [image, grid], {}, free)).toEqual([0, 20, 30, 50, 25, 20]);
  });

  test("finds zeros around the image", async () => {
    // half a row above the first, at column 1: 10/2; half a column behind the last, in row 1: 50/2; far away
    const grid = points([-2, 0], [1, 1.5], [9, 9]);
    expect(await outputOf(bilinearSampler(), [image, grid])).toEqual([5, 25, 0]);
  });

  test("passes gradients to the pixels by their shares, and to the grid by the slope there", async () => {
    const g = new GraphBuilder("gradient");
    const [x, grid] = [g.input("x", "float32", [1, 1, 2, 3]), g.input("grid", "float32", [1, 2, 1, 1])];
    const y = blockOf(bilinearSampler()).build(g, bilinearSampler(), [x, grid], {}, FOR_USE);
    const found = gradients(g, g.op("ReduceSum", [y], { keepdims: 0 }), [x, grid]);
    for (const value of [x, grid]) g.output(`d${value}`, found.get(value) ?? "");
    // row ¼ (v = −½), column ½ (u = −½)
    const { dx, dgrid } = await runOn(cpu, g.build(), { x: image, grid: points([-0.5, -0.5]) });
    expect(Array.from(dx.data, Number)).toEqual([3 / 8, 3 / 8, 0, 1 / 8, 1 / 8, 0]);
    // a row is 30 more and half of the grid's 2, a column 10 more and the whole of its 1
    expect(Array.from(dgrid.data, Number)).toEqual([15, 10]);
  });

  test("with a grid of other than two channels is refused", () => {
    const size = { channels: 3, height: 4, width: 4 };
    expect(() => shapeOf(bilinearSampler(), size, size)).toThrow(
      new ShapeError("its grid has 3 channels instead of 2"),
    );
  });
});

describe("regions", () => {
  // 0 1 2 3 | 4 5 6 7 | 8 9 10 11
  const image = map(3, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  const pooled = (options: RoiPoolOptions, ...region: number[]): Promise<number[]> =>
    outputOf(roiPool(options), [image, numbers(...region)]);

  test("include their last pixel: image, then columns before rows", async () => {
    expect(await pooled({}, 0, 1, 0, 2, 1)).toEqual([6]);
    expect(await pooled({ method: "average" }, 0, 1, 0, 2, 1)).toEqual([(1 + 2 + 5 + 6) / 4]);
  });

  test("are cut into bins that overlap where the size does not divide", async () => {
    // 3 rows in 2 bins: rows 0 and 1, rows 1 and 2; 4 columns in 2: 0 and 1, 2 and 3
    expect(await pooled({ subdivisions: 2 }, 0, 0, 0, 3, 2)).toEqual([5, 7, 9, 11]);
    expect(await pooled({ subdivisions: 2, method: "average" }, 0, 0, 0, 3, 2)).toEqual([2.5, 4.5, 6.5, 8.5]);
  });

  test("are clipped to the image; what is empty is 0", async () => {
    // rows 2 and 3 of 3 rows, columns 3 and 4 of 4: one pixel, and three bins beside the image
    expect(await pooled({ subdivisions: 2 }, 0, 3, 2, 4, 3)).toEqual([11, 0, 0, 0]);
    expect(await pooled({ subdivisions: 2, method: "average" }, 0, 3, 2, 4, 3)).toEqual([11, 0, 0, 0]);
  });

  test("may be written in the pixels of a larger image", async () => {
    // halves are rounded up: columns 1.5 → 2 to 3, rows 0.25 → 0 to 1
    expect(await pooled({ transform: [0.25, 0.5] }, 0, 3, 1, 6, 4)).toEqual([7]);
  });

  test.each(["max", "average"] as const)("of images whose size is only named, %s", async (method) => {
    const options = { method, subdivisions: [1, 2] } as const;
    const two = float32(
      [...image.data, ...image.data].map((v, i) => Number(v) + (i < 12 ? 0 : 100)),
      [2, 1, 3, 4],
    );
    const regions = float32([1, 0, 0, 3, 0, 0, 0, 0, 3, 0, 1, 0, 2, 3, 2], [3, 5, 1, 1]);
    const expected = method === "max" ? [101, 103, 1, 3, 109, 111] : [100.5, 102.5, 0.5, 2.5, 108.5, 110.5];
    expect(await outputOf(roiPool(options), [two, regions], {}, true)).toEqual(expected);
  });

  test("of other than five numbers are refused", () => {
    const size = { channels: 3, height: 4, width: 4 };
    expect(() => shapeOf(roiPool(), size, { channels: 4, height: 1, width: 1 })).toThrow(
      new ShapeError("its regions are 4×1×1 instead of 5×1×1"),
    );
    expect(() => roiPool({ transform: [1, 0] })).toThrow(
      new RangeError("Invalid value for transform[1]: expected a number above 0, got 0."),
    );
  });
});
