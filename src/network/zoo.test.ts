import { expect, test } from "vitest";
import { elementCount } from "../graph/tensor.js";
import { type Network, outputOf, parametersOf } from "./network.js";
import { lenet, networkNamed, ocr, vgg16 } from "./zoo.js";

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

test("another number of classes changes the last convolution", () => {
  expect(outputOf(ocr(36)).channels).toBe(36);
  expect(outputOf(vgg16(7)).channels).toBe(7);
});

test("a name that nobody has is answered with those there are", () => {
  expect(networkNamed("vgg16").name).toBe("vgg16");
  for (const name of ["vgg", "toString"]) {
    expect(() => networkNamed(name)).toThrow(
      new RangeError(`Invalid value for network: expected one of ocr, lenet, vgg16, got '${name}'.`),
    );
  }
});
