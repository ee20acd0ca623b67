import { expect, test } from "vitest";
import { elementCount } from "../../graph/tensor.js";
import { networkTable } from "../display/table.js";
import { type Network, outputOf, parametersOf } from "../network.js";
import {
  alexnet,
  cifarQuick,
  cifarVgg,
  compact,
  lenet,
  mobilenetV1,
  networkInNetwork,
  networkNamed,
  ocr,
  resnet20,
  resnet56,
  vgg16,
  vggF,
  vggM,
  vggS,
  ZOO,
} from "./index.js";

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

test("networks that no other toolbox here has: their papers' figures", () => {
  // Lin et al. 2014: "0.97M"; He et al. 2016, table 6: "0.85M"; Howard et al. 2017, table 4: 4.2 million, 569 million multiply-adds
  expect(parameterCount(networkInNetwork())).toBe(966986);
  expect(networkTable(resnet56()).totals.parameters).toBe(853018);
  expect(networkTable(mobilenetV1()).totals.parameters / 1e6).toBeCloseTo(4.2, 1);
  // Caffe's file of Krizhevsky's network has 60 965 224; its maps are 55, 27, 13, 13, 13, 6 pixels wide
  expect(parameterCount(alexnet())).toBe(60965224);
  const sides = (network: Network): string =>
    network.layers
      .filter(({ layer }) => layer.type === "conv")
      .map(({ output }) => output.shape.width)
      .join(" ");
  expect(sides(alexnet())).toBe("55 27 13 13 13 1 1 1");
  // 64·363 + 64, 256·1600 + 256, 3 · (256·2304 + 256), 4096·9216 + 4096, 4096² + 4096, 1000·4096 + 1000
  expect(parameterCount(vggF())).toBe(23296 + 409856 + 3 * 590080 + 37752832 + 16781312 + 4097000);
  // 96·147 + 96, 256·2400 + 256, 512·2304 + 512, 2 · (512·4608 + 512), 4096·18432 + 4096 and as above
  const medium = 14208 + 614656 + 1180160 + 2 * 2359808 + 75501568 + 16781312 + 4097000;
  expect(parameterCount(vggM())).toBe(medium);
  expect(parameterCount(vggS())).toBe(medium);
  expect(sides(vggM())).toBe("109 26 13 13 13 1 1 1");
  expect(sides(vggS())).toBe("109 33 17 17 17 1 1 1");
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
      new RangeError(`Invalid value for network: expected one of ${Object.keys(ZOO).join(", ")}, got '${name}'.`),
    );
  }
});
