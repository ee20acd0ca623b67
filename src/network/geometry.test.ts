import { expect, test } from "vitest";
import { relu } from "../blocks/activation/activation.js";
import { conv } from "../blocks/convolution/conv.js";
import { averagePool, maxPool } from "../blocks/pooling/pool.js";
import { receptiveFields, seenRange } from "./geometry.js";
import { type Network, sequential } from "./network.js";
import { ocr, vgg16 } from "./zoo/index.js";

const sizes = (network: Network): number[] => receptiveFields(network).map(({ size }) => size[0]);

test("the lecture's fields for letters: the last one is the whole image", () => {
  expect(sizes(ocr())).toEqual([5, 6, 14, 16, 28, 28, 32, 32]);
});

test("the lecture's fields for VGG-16", () => {
  const network = vgg16();
  const at = (name: string): number => sizes(network)[network.layers.findIndex((l) => l.name === name)];
  expect(["conv1_1", "conv1_2", "pool1", "conv2_1", "conv2_2", "pool2"].map(at)).toEqual([3, 5, 6, 10, 14, 16]);
  expect(["pool3", "pool4", "pool5", "fc6", "fc7", "prob"].map(at)).toEqual([44, 100, 212, 404, 404, 404]);
});

test("stride and offset: one column of scores every 4 pixels, the first over the middle of the first 32", () => {
  const last = receptiveFields(ocr()).at(-1);
  expect(last).toEqual({ size: [32, 32], stride: [4, 4], offset: [15.5, 15.5] });
});

test("padding moves the field up and left, and does not change its size", () => {
  const network = sequential("padded", { channels: 1, height: 9, width: 9 }, [
    conv(3, 1, { pad: [1, 0, 0, 1] }),
    averagePool(2, { stride: 2, pad: [1, 0, 0, 1] }),
  ]);
  expect(receptiveFields(network)).toEqual([
    // centre of the first window: (3 − 1)/2 − 1 vertically, (3 − 1)/2 − 0 horizontally
    { size: [3, 3], stride: [1, 1], offset: [0, 1] },
    // 0 + (1/2 − 1)·1 and 1 + (1/2 − 0)·1
    { size: [4, 4], stride: [2, 2], offset: [-0.5, 1.5] },
  ]);
});

test("a dilated filter sees as far as it reaches; each axis by itself", () => {
  const network = sequential("dilated", { channels: 1, height: 40, width: 40 }, [
    maxPool([2, 1], { stride: [2, 1] }),
    conv([3, 5], 1, { dilation: [4, 1], stride: [1, 3] }),
    relu(),
    conv([2, 2], 1),
  ]);
  expect(receptiveFields(network)).toEqual([
    { size: [2, 1], stride: [2, 1], offset: [0.5, 0] },
    // vertical 2 + 4·2·2 = 18, offset 0.5 + 4·2; horizontal 1 + 4·1 = 5, offset 0 + 2
    { size: [18, 5], stride: [2, 3], offset: [8.5, 2] },
    { size: [18, 5], stride: [2, 3], offset: [8.5, 2] },
    // vertical 18 + 1·2, offset 8.5 + 0.5·2; horizontal 5 + 1·3, offset 2 + 0.5·3
    { size: [20, 8], stride: [2, 3], offset: [9.5, 3.5] },
  ]);
});

test("a row sees the rows that the windows on its way reach, as far as they are there", () => {
  // conv 3 pad 1, pool 2/2, conv 3: row 0 of 4 sees pooled 0 to 2, which are convolved 0 to 5, which see 0 to 6; row 3 pooled 3 to 5, convolved 6 to 11, 5 to 11
  const network = sequential("rows", { channels: 1, height: 12, width: 12 }, [
    conv(3, 1, { pad: 1 }),
    maxPool(2, { stride: 2 }),
    conv(3, 1),
  ]);
  expect([0, 3].map((row) => seenRange(network, 2, 0, row))).toEqual([
    [0, 6],
    [5, 11],
  ]);
});
