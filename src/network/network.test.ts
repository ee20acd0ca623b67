import { describe, expect, test } from "vitest";
import { relu } from "../blocks/activation/activation.js";
import { conv } from "../blocks/convolution/conv.js";
import type { Layer } from "../blocks/layer.js";
import { softmaxLogLoss } from "../blocks/loss/class-losses.js";
import { maxPool } from "../blocks/pooling/pool.js";
import { ShapeError } from "../graph/infer/infer.js";
import { outputOf, parametersOf, sequential, withoutLoss } from "./network.js";

const image = { channels: 1, height: 32, width: 32 };

describe("sequential", () => {
  test("names what has no name after its type, counted by type", () => {
    const layers = [
      conv(5, 4),
      relu(),
      conv(5, 4, { name: "mine" }),
      relu(),
      conv(5, 4),
      softmaxLogLoss({ name: "loss" }),
    ];
    const names = sequential("net", image, layers).layers.map(({ name }) => name);
    expect(names).toEqual(["conv1", "relu1", "mine", "relu2", "conv3", "loss"]);
  });

  test("hands each layer the shape of the one before it", () => {
    const { layers } = sequential("net", image, [conv(5, 20), maxPool(2, { stride: 2 }), conv(5, 50)]);
    expect(layers[1].inputs[0].shape).toEqual({ channels: 20, height: 28, width: 28 });
    expect(layers[2].inputs[0].shape).toEqual({ channels: 20, height: 14, width: 14 });
    expect(layers[2].output.shape).toEqual({ channels: 50, height: 10, width: 10 });
  });

  test.each<[string, Layer[]]>([
    [
      "layer 5 'conv3': support 6×6 does not fit its 5×5 input",
      [conv(5, 20), maxPool(2, { stride: 2 }), conv(5, 50), maxPool(2, { stride: 2 }), conv(6, 500)],
    ],
    ["layer 2 'pool1': support 40×40 does not fit its 28×28 input", [conv(5, 20), maxPool(40)]],
    [
      "layer 2 'split': 3 groups do not divide its 20 input channels",
      [conv(5, 20), conv(1, 3, { name: "split", groups: 3 })],
    ],
    ["layer 3 'a': another layer has the same name", [conv(5, 20, { name: "a" }), relu(), relu({ name: "a" })]],
    ["layer 2 'conv1': another layer has the same name", [conv(5, 20), relu({ name: "conv1" })]],
    [
      "layer 2 'relu1': it reads 'far', which neither an input nor a layer makes",
      [conv(5, 20), relu({ inputs: ["far"] })],
    ],
    ["layer 2 'relu1': it makes 'conv1', as layer 1 'conv1' does", [conv(5, 20), relu({ output: "conv1" })]],
    ["layer 1 'relu1': it makes 'image', which is an input of the network", [relu({ output: "image" })]],
    ["layer 1 'relu1': expected 1 input, got 2", [relu({ inputs: ["image", "image"] })]],
    ["layer 1 'relu1': it has no parameter 'filters'", [relu({ parameters: { filters: "f" } })]],
    [
      "layer 1 'a': it depends on itself: a → b → a",
      [relu({ name: "a", inputs: ["b"] }), relu({ name: "b", inputs: ["a"] })],
    ],
    [
      "layer 2 'conv2': it wants the shared parameter 'f' to be 4×4×3×3, another layer 4×1×3×3",
      [conv(3, 4, { parameters: { filters: "f" } }), conv(3, 4, { parameters: { filters: "f" } })],
    ],
  ])("%s", (message, layers) => {
    expect(() => sequential("net", image, layers)).toThrow(new ShapeError(message));
  });
});

test("parameters are named after their layers, in order", () => {
  const net = sequential("net", image, [conv(5, 20), relu(), conv(28, 3, { name: "out", biases: false })]);
  expect(parametersOf(net).map(({ name, shape }) => [name, shape])).toEqual([
    ["conv1/filters", [20, 1, 5, 5]],
    ["conv1/biases", [20]],
    ["out/filters", [3, 20, 28, 28]],
  ]);
});

test("without its loss, a network ends in scores", () => {
  const net = withoutLoss(sequential("net", image, [conv(32, 26), softmaxLogLoss()]));
  expect(net.layers.map(({ name }) => name)).toEqual(["conv1"]);
  expect(outputOf(net)).toEqual({ channels: 26, height: 1, width: 1 });
});

test("a network of no layers puts out its image", () => {
  expect(outputOf(sequential("nothing", image, []))).toEqual(image);
});
