import { expect, test } from "vitest";
import { describeDevices, runOn } from "../../../test/devices.js";
import { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { FOR_USE } from "../block.js";
import { blockOf, type Layer } from "../layer.js";
import { localResponseNorm, spatialNorm } from "./local-norm.js";
import { lpNorm, normOffset } from "./norm.js";

type Numbers = readonly number[];

/** By hand: layer, shape C×H×W, x, y. */
const CASES: readonly (readonly [string, Layer, Numbers, Numbers, Numbers])[] = [
  // L = 1 + 1 + 4, 1 + 4 + 9, 1 + 9 + 0, 1 + 0: of two channels the second is the one after
  [
    "of two channels",
    localResponseNorm({ size: 2, kappa: 1, alpha: 1, beta: 1 }),
    [4, 1, 1],
    [1, 2, 3, 0],
    [1 / 6, 2 / 14, 3 / 10, 0],
  ],
  // L = 1 + 1 + 4, 1 + 1 + 4 + 9, 1 + 4 + 9 + 0, 1 + 9 + 0
  [
    "of three channels",
    localResponseNorm({ size: 3, kappa: 1, alpha: 1, beta: 1 }),
    [4, 1, 1],
    [1, 2, 3, 0],
    [1 / 6, 2 / 15, 3 / 14, 0],
  ],
  // MatConvNet's test: of all channels, κ = 0, α = 1, β = ½ give the length 1; 9 + 16 + 144 = 13²
  [
    "of all channels, to length 1",
    localResponseNorm({ size: 20, kappa: 0, alpha: 1, beta: 0.5 }),
    [3, 1, 1],
    [3, 4, -12],
    [3 / 13, 4 / 13, -12 / 13],
  ],
  // (1 + (1 + 4)/2), (1 + (4 + 9)/2), and at the border 1 + 9
  [
    "of two pixels, the second after",
    spatialNorm({ support: [1, 2], alpha: 1, beta: 1 }),
    [1, 1, 3],
    [1, 2, 3],
    [1 / 3.5, 2 / 7.5, 3 / 10],
  ],
  // rows (1, 3) and (2, 5): 1 + 4·(1 + 9)/2 = 21 …, each column by itself; β = ½
  [
    "of two rows",
    spatialNorm({ support: [2, 1], alpha: 4, beta: 0.5 }),
    [1, 2, 2],
    [1, 2, 3, 5],
    [1 / Math.sqrt(21), 2 / Math.sqrt(59), 3 / Math.sqrt(37), 5 / Math.sqrt(101)],
  ],
  // √(9 + 16 + 75) = 10
  ["by the L2 norm", lpNorm({ epsilon: 75 }), [2, 1, 1], [3, 4], [0.3, 0.4]],
  // ⁴√(1 + 16 + 64) = 3
  ["by the L4 norm", lpNorm({ p: 4, epsilon: 64 }), [2, 1, 1], [1, -2], [1 / 3, -2 / 3]],
  // each channel: √(9 + 16 + 11) = 6, √(0 + 25 + 11) = 6
  ["by the norm of a channel", lpNorm({ epsilon: 11, spatial: true }), [2, 1, 2], [3, 4, 0, 5], [0.5, 4 / 6, 0, 5 / 6]],
  // 2·√(9 + 16) = 10 at one pixel, 2·√10⁻⁸ at the other
  ["less a norm", normOffset({ alpha: 2 }), [2, 1, 2], [3, 0, 4, 0], [-7, -0.0002, -6, -0.0002]],
];

describeDevices("normalisation by hand", (device) => {
  test.each(CASES)("%s", async (_, layer, shape, data, expected) => {
    const g = new GraphBuilder("norm");
    const x = g.input("x", "float32", ["N", shape[0], "H", "W"]);
    g.output("y", blockOf(layer).build(g, layer, [x], {}, FOR_USE));
    const { y } = await runOn(device, g.build(), { x: float32(data, [1, ...shape]) });
    expected.forEach((value, i) => {
      expect(y.data[i]).toBeCloseTo(value, 5);
    });
  });
});

test("the defaults are MatConvNet's", () => {
  expect(localResponseNorm()).toEqual({ type: "localResponseNorm", size: 5, kappa: 1, alpha: 0.00002, beta: 0.75 });
  expect(spatialNorm()).toEqual({ type: "spatialNorm", support: [2, 2], alpha: 10, beta: 2 });
  expect(lpNorm()).toEqual({ type: "lpNorm", p: 2, epsilon: 0.01, spatial: false });
  expect(normOffset()).toEqual({ type: "normOffset", alpha: 1, beta: 0.5 });
});

test("a window of an even number of pixels reaches one farther after its own than before", () => {
  const layer = spatialNorm({ support: [4, 3] });
  const window = blockOf(layer).window(layer, { channels: 1, height: 9, width: 9 });
  expect(window).toEqual({ support: [4, 3], stride: [1, 1], pad: [1, 2, 1, 1], dilation: [1, 1] });
});

test.each([
  ["size: expected a whole number of at least 1, got 0", () => localResponseNorm({ size: 0 })],
  ["kappa: expected a number of at least 0, got -1", () => localResponseNorm({ kappa: -1 })],
  ["alpha: expected a number of at least 0, got NaN", () => localResponseNorm({ alpha: Number.NaN })],
  ["beta: expected a finite number, got Infinity", () => localResponseNorm({ beta: Number.POSITIVE_INFINITY })],
  ["support: expected a whole number of at least 1, got 0.5", () => spatialNorm({ support: 0.5 })],
  ["alpha: expected a number of at least 0, got -0.1", () => spatialNorm({ alpha: -0.1 })],
  ["p: expected a multiple of 2 of at least 2, got 3", () => lpNorm({ p: 3 })],
  ["p: expected a multiple of 2 of at least 2, got 0", () => lpNorm({ p: 0 })],
  ["epsilon: expected a number above 0, got 0", () => lpNorm({ epsilon: 0 })],
  ["alpha: expected a finite number, got NaN", () => normOffset({ alpha: Number.NaN })],
])("refuses %s", (message, make) => {
  expect(make).toThrow(new RangeError(`Invalid value for ${message}.`));
});
