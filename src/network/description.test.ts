import { describe, expect, test } from "vitest";
import { relu, softmax } from "../blocks/activation/activation.js";
import { conv } from "../blocks/convolution/conv.js";
import { dropout } from "../blocks/dropout/dropout.js";
import { classError, softmaxLogLoss } from "../blocks/loss/class-losses.js";
import { batchNorm } from "../blocks/normalization/batch-norm.js";
import { averagePool, maxPool } from "../blocks/pooling/pool.js";
import { ShapeError } from "../graph/infer/infer.js";
import { descriptionOf, networkFrom } from "./description.js";
import { type Network, sequential } from "./network.js";
import { lenet, ocr, vgg16 } from "./zoo/index.js";

const image = { channels: 4, height: 40, width: 50 };
const thereAndBack = (network: Network): Network => networkFrom(JSON.parse(JSON.stringify(descriptionOf(network))));

describe("every layer survives JSON", () => {
  test.each([
    ["conv by default", conv(5, 20)],
    [
      "conv with every option",
      conv([3, 5], 8, {
        name: "first",
        stride: [1, 2],
        pad: [0, 1, 2, 3],
        dilation: [2, 1],
        groups: 2,
        biases: false,
        initialization: { type: "gaussian", deviation: 0.05 },
        learningRate: [0.1, 2],
        weightDecay: [1, 0],
      }),
    ],
    ["conv that begins at zero", conv(1, 2, { initialization: { type: "zeros" } })],
    ["maxPool", maxPool([2, 3], { name: "shrink", stride: 2, pad: [0, 1, 0, 1] })],
    ["averagePool", averagePool(7)],
    ["relu", relu({ name: "r" })],
    ["softmax", softmax()],
    ["softmaxLogLoss", softmaxLogLoss({ name: "loss" })],
  ])("%s", (_, layer) => {
    const network = sequential("one layer", image, [layer]);
    expect(thereAndBack(network)).toEqual(network);
  });

  test.each([ocr(), lenet(), vgg16()])("$name", (network) => {
    expect(thereAndBack(network)).toEqual(network);
  });
});

test("a layer may leave out what has a default", () => {
  const layers = [
    { type: "conv", support: 5, filters: 20, pad: [1, 1, 2, 2] },
    { type: "batchNorm" },
    { type: "pool", method: "max", support: 2, stride: 2 },
    { type: "dropout" },
    { type: "loss", loss: "softmaxLog" },
    { type: "loss", loss: "classError", inputs: ["pool1"] },
  ];
  const made = [
    conv(5, 20, { pad: [1, 1, 2, 2] }),
    batchNorm(),
    maxPool(2, { stride: 2 }),
    dropout(),
    softmaxLogLoss(),
    classError({ inputs: ["pool1"] }),
  ];
  expect(networkFrom({ name: "short", inputs: { image }, layers })).toEqual(sequential("short", image, made));
});

describe("a description that does not hold is refused", () => {
  const described = (layer: object): unknown => ({ name: "n", inputs: { image }, layers: [relu(), layer] });
  test.each<[string, unknown]>([
    ["network: expected an object, got null.", null],
    ["network: layers: expected a list of layers, got nothing.", { name: "n", inputs: { image } }],
    ["network: inputs: expected an object, got 3.", { name: "n", inputs: 3, layers: [] }],
    [
      'network: inputs.image.width: expected a whole number of at least 1, got "8".',
      { name: "n", inputs: { image: { ...image, width: "8" } }, layers: [] },
    ],
    [
      'network: layer 2: support: expected a whole number of at least 1, or 2 of them, got "5".',
      described({ ...conv(5, 1), support: "5" }),
    ],
    [
      "network: layer 2: pad: expected a whole number of at least 0, or 4 of them, got [0,0].",
      described({ ...conv(5, 1), pad: [0, 0] }),
    ],
    ["network: layer 2: biases: expected true or false, got 1.", described({ ...conv(5, 1), biases: 1 })],
    [
      "network: layer 2: initialization.deviation: expected a finite number, got nothing.",
      described({ ...conv(5, 1), initialization: { type: "gaussian" } }),
    ],
    [
      'network: layer 2: method: expected "max" or "average", got "median".',
      described({ ...maxPool(2), method: "median" }),
    ],
    ["network: layer 2: name: expected a text, got 7.", described({ type: "relu", name: 7 })],
  ])("%s", (message, description) => {
    expect(() => networkFrom(description)).toThrow(message);
  });

  test("with the types that there are", () => {
    expect(() => networkFrom(described({ type: "warp" }))).toThrow(
      /^network: layer 2: type: expected one of conv, .*\bbatchNorm\b.*\bloss\b.*, got "warp"\.$/,
    );
  });

  test("with the ranges that the layers' functions check", () => {
    expect(() => networkFrom(described({ ...conv(5, 1), stride: [1, 0] }))).toThrow(
      new RangeError("network: layer 2: stride[1]: expected a whole number of at least 1, got 0."),
    );
  });

  test("and the shapes that a network checks", () => {
    expect(() => networkFrom(described(conv(41, 1)))).toThrow(
      new ShapeError("layer 2 'conv1': support 41×41 does not fit its 40×50 input"),
    );
  });
});
