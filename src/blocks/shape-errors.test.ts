/** Layers that do not fit: the message names the layer and says why. */

import { expect, test } from "vitest";
import { ShapeError } from "../graph/infer/infer.js";
import { dag } from "../network/network.js";
import type { ImageShape } from "../values/image-shape.js";
import * as blocks from "./index.js";
import type { Layer } from "./layer.js";

const shape = (channels: number, height: number, width: number): ImageShape => ({ channels, height, width });
const image = shape(6, 5, 4);
const pair = { inputs: ["image", "other"] };
const grid = { height: 3, width: 3 };

test.each<[string, Layer[], ImageShape?]>([
  ["layer 1 'conv1': support 6×1 does not fit its 5×4 input", [blocks.conv([6, 1], 2)]],
  ["layer 2 'conv1': support 3×3 does not fit its 3×2 input", [blocks.maxPool(3), blocks.conv(3, 2)]],
  [
    "layer 1 'conv1': support 7×7 does not fit its 5×4 input, padded by 0, 1, 0, 1",
    [blocks.conv(7, 2, { pad: [0, 1, 0, 1] })],
  ],
  ["layer 1 'conv1': support 3×3 with dilation 2×2 does not fit its 5×4 input", [blocks.conv(3, 2, { dilation: 2 })]],
  ["layer 1 'conv1': 4 groups do not divide its 6 input channels", [blocks.conv(1, 4, { groups: 4 })]],
  ["layer 1 'conv1': 3 groups do not divide its 4 filters", [blocks.conv(1, 4, { groups: 3 })]],
  [
    "layer 1 'convTranspose1': 4 groups do not divide its 6 input channels",
    [blocks.convTranspose(2, 4, { groups: 4 })],
  ],
  ["layer 1 'pool1': support 2×5 does not fit its 5×4 input", [blocks.averagePool([2, 5])]],
  ["layer 1 'last': support 9×9 does not fit its 5×4 input", [blocks.maxPool(9, { name: "last" })]],
  ["layer 1 'relu1': expected 1 input, got 2", [blocks.relu(pair)], image],
  ["layer 1 'softmax1': expected 1 input, got 2", [blocks.softmax(pair)], image],
  ["layer 1 'globalPool1': expected 1 input, got 2", [blocks.globalMaxPool(pair)], image],
  ["layer 1 'sum1': expected at least 2 inputs, got 1", [blocks.sum()]],
  ["layer 1 'sum1': cannot add inputs of 6×5×4 and 6×5×3", [blocks.sum(pair)], shape(6, 5, 3)],
  ["layer 1 'concat1': expected at least 2 inputs, got 1", [blocks.concat()]],
  [
    "layer 1 'concat1': cannot join inputs of 6×5×4 and 6×4×4 along the channels",
    [blocks.concat("channels", pair)],
    shape(6, 4, 4),
  ],
  ["layer 1 'scale1': cannot multiply 6×5×4 by 5×1×1", [blocks.scale(pair)], shape(5, 1, 1)],
  [
    "layer 1 'pairwiseDistance1': there is no distance from 6×5×4 to 6×5×3",
    [blocks.pairwiseDistance(pair)],
    shape(6, 5, 3),
  ],
  ["layer 1 'crop1': nothing is left of its 5×4 input", [blocks.crop([0, 0, 2, 2])]],
  ["layer 1 'cropLike1': cannot cut 6×5×4 out of 6×5×4 at 1, 0", [blocks.cropLike([1, 0], pair)], image],
  ["layer 1 'affineGrid1': a grid is made from 6×1×1, not from 6×5×4", [blocks.affineGrid(grid)]],
  ["layer 1 'scalingGrid1': a grid is made from 3×1×1, not from 6×5×4", [blocks.scalingGrid(grid)]],
  ["layer 1 'bilinearSampler1': its grid has 3 channels instead of 2", [blocks.bilinearSampler(pair)], shape(3, 2, 2)],
  ["layer 1 'roiPool1': its regions are 4×1×1 instead of 5×1×1", [blocks.roiPool(pair)], shape(4, 1, 1)],
  [
    "layer 2 'loss1': 3 class weights for 6 channels of scores",
    [blocks.relu(), blocks.softmaxLogLoss({ classWeights: [1, 2, 3] })],
  ],
  ["layer 1 'loss1': expected 1 input, got 2", [blocks.l2Loss(pair)], image],
])("%s", (message, layers, other) => {
  expect(() => dag("net", other ? { image, other } : { image }, layers)).toThrow(new ShapeError(message));
});
