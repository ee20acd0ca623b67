import { expect, test } from "vitest";
import { elementCount } from "../../graph/tensor.js";
import { networkTable } from "../display/table.js";
import { type Network, outputOf, parametersOf } from "../network.js";
import { cifarQuick, cifarVgg, compact, lenet, networkNamed, ocr, resnet20, vgg16 } from "./index.js";

const parameterCount = (network: Network): number =>
  parametersOf(network).reduce((sum, { shape }) => sum + elementCount(shape), 0);
const heights = (network: Network): number[] => network.layers.map(({ output }) => output.shape.height);

test("the lecture's network for letters: 478 096 parameters, 32 → 28 → 14 → 10 → 5 → 2 → 2 → 1", () => {
  expect(parameterCount(ocr())).toBe(478096);
  expect(heights(ocr())).toEqual([28, 14, 10, 5, 2, 2, 1, 1]);
  expect(outputOf(ocr())).toEqual({ channels: 26, height: 1, width: 1 });
});

test("LeNet: 28 → 24 → 12 → 8 → 4 → 1 → 1 → 1", () => {
  // 20·25 + 20, 50·20·25 + 50, 500·50·16 + 500, 10·500 + 10
  expect(parameterCount(lenet())).toBe(520 + 25050 + 400500 + 5010);
  expect(heights(lenet())).toEqual([24, 12, 8, 4, 1, 1, 1, 1]);
  expect(outputOf(lenet()).channels).toBe(10);
});

test("VGG-16: 138 357 544 parameters, with the names of MatConvNet's file", () => {
  expect(parameterCount(vgg16())).toBe(138357544);
  expect(
    vgg16()
      .layers.map(({ name }) => name)
      .join(" "),
  ).toBe(
    "conv1_1 relu1_1 conv1_2 relu1_2 pool1 conv2_1 relu2_1 conv2_2 relu2_2 pool2 " +
      "conv3_1 relu3_1 conv3_2 relu3_2 conv3_3 relu3_3 pool3 conv4_1 relu4_1 conv4_2 relu4_2 conv4_3 relu4_3 pool4 " +
      "conv5_1 relu5_1 conv5_2 relu5_2 conv5_3 relu5_3 pool5 fc6 relu6 fc7 relu7 fc8 prob",
  );
});

test("the networks for CIFAR-10", () => {
  // 32·75 + 32, 32·800 + 32, 64·800 + 64, 64·1024 + 64, 10·64 + 10
  expect(parameterCount(cifarQuick())).toBe(2432 + 25632 + 51264 + 65600 + 650);
  expect(heights(cifarQuick())).toEqual([32, 16, 16, 16, 16, 8, 8, 8, 4, 1, 1, 1, 1]);
  // 64·27 + 64·576 + 128·576 + 128·1152, a gain and a bias for each of 384 filters, 10·8192 + 10
  expect(networkTable(cifarVgg()).totals.parameters).toBe(1728 + 36864 + 73728 + 147456 + 768 + 81930);
});

test("the residual network has the size and the depth of the paper's", () => {
  const network = resnet20();
  // the paper's table 6 says 0.27 M: filters of the three stages, gains and biases of 688 maps, 10·64 + 10
  expect(networkTable(network).totals.parameters).toBe(432 + 13824 + 50688 + 202752 + 1376 + 650);
  expect(network.layers.filter(({ layer }) => layer.type === "conv")).toHaveLength(20);
  expect(network.layers.find(({ name }) => name === "3c_relu2")?.output.shape).toEqual({
    channels: 64,
    height: 8,
    width: 8,
  });
});

test("compact halves pictures until their shorter side is below 8, and doubles its filters", () => {
  const network = compact({ channels: 1, height: 28, width: 40 }, 10);
  const stages = network.layers.flatMap(({ layer, output }) =>
    layer.type === "pool" ? [`${output.shape.channels}×${output.shape.height}×${output.shape.width}`] : [],
  );
  expect(stages).toEqual(["16×14×20", "32×7×10"]);
  // filters 16·9 + 16·144 + 32·144 + 32·288 + 64·288 + 64·576, a gain and a bias for each of 224 maps, 10·64 + 10
  expect(networkTable(network).totals.parameters).toBe(144 + 2304 + 4608 + 9216 + 18432 + 36864 + 448 + 650);
  expect(outputOf(compact({ channels: 3, height: 224, width: 300 }, 7))).toEqual({ channels: 7, height: 1, width: 1 });
  expect(outputOf(compact({ channels: 1, height: 1, width: 1 }, 2, { dropout: 0.5 })).channels).toBe(2);
});

test("another number of classes changes the last convolution", () => {
  expect(outputOf(ocr(36)).channels).toBe(36);
  expect(outputOf(vgg16(7)).channels).toBe(7);
});

test("a name that nobody has is answered with those there are", () => {
  expect(networkNamed("vgg16").name).toBe("vgg16");
  for (const name of ["vgg", "toString"]) {
    expect(() => networkNamed(name)).toThrow(
      new RangeError(
        `Invalid value for network: expected one of ocr, lenet, cifarQuick, cifarVgg, resnet20, vgg16, got '${name}'.`,
      ),
    );
  }
});
