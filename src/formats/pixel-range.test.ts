import { expect, test } from "vitest";
import { scale } from "../blocks/combining/scale.js";
import { conv } from "../blocks/convolution/conv.js";
import { float32 } from "../graph/tensor.js";
import { sequential } from "../network/network.js";
import { pixelRangeOf } from "./pixel-range.js";

/** ImageNet's, of pixels from 0 to 1 */
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

test.each<[string, readonly [gain: readonly number[], bias: readonly number[]][], "bytes" | "unit" | undefined]>([
  [
    "(x − m) / d",
    [
      [[1, 1, 1], MEAN.map((m) => -m)],
      [DEVIATION.map((d) => 1 / d), [0, 0, 0]],
    ],
    "unit",
  ],
  ["(x − 255 m) / 255 d", [[DEVIATION.map((d) => 1 / d / 255), MEAN.map((m, c) => -m / DEVIATION[c])]], "bytes"],
  [
    "x / 255",
    [
      [
        [1 / 255, 1 / 255, 1 / 255],
        [0, 0, 0],
      ],
    ],
    "bytes",
  ],
  [
    "x / 127.5 − 1",
    [
      [
        [1 / 127.5, 1 / 127.5, 1 / 127.5],
        [-1, -1, -1],
      ],
    ],
    "bytes",
  ],
  [
    "2 x − 1",
    [
      [
        [2, 2, 2],
        [0, 0, 0],
      ],
      [
        [1, 1, 1],
        [-1, -1, -1],
      ],
    ],
    "unit",
  ],
  ["x − 255 m", [[[1, 1, 1], MEAN.map((m) => -255 * m)]], "bytes"],
  [
    "255 x",
    [
      [
        [255, 255, 255],
        [0, 0, 0],
      ],
    ],
    "unit",
  ],
  ["nothing", [], undefined],
  [
    "what is normalised already",
    [
      [
        [1.1, 0.9, 1],
        [0.05, 0, -0.05],
      ],
    ],
    undefined,
  ],
])("a network that begins with %s", (_, steps, expected) => {
  const layers = [...steps.map(() => scale({ bias: true })), conv(1, 2)];
  const parameters = steps.flatMap(([gain, bias], i) => [
    [`scale${i + 1}/gain`, float32([...gain], [3])] as const,
    [`scale${i + 1}/bias`, float32([...bias], [3])] as const,
  ]);
  const network = sequential("n", { channels: 3, height: 2, width: 2 }, layers);
  expect(pixelRangeOf(network, new Map(parameters))).toBe(expected);
});
