import { expect, test } from "vitest";
import { conv, globalAveragePool, relu, softmaxLogLoss, sum } from "../../blocks/index.js";
import { dag, resnet18 } from "../../network/index.js";
import { unitsOf } from "./units.js";

const image = { channels: 3, height: 8, width: 8 };

test("what works number by number stands with the layer before it, unless others read that, too", () => {
  const units = unitsOf(
    dag("small", { image }, [
      conv(3, 3, { name: "a", pad: 1 }),
      relu({ name: "b" }),
      conv([3, 1], 3, { name: "c", pad: [1, 1, 0, 0], groups: 3 }),
      sum({ name: "d", inputs: ["b", "c"] }),
      relu({ name: "e" }),
      sum({ name: "f", inputs: ["d", "e"] }),
      globalAveragePool({ name: "g" }),
      conv(1, 2, { name: "h" }),
      softmaxLogLoss(),
    ]),
  );
  expect(units.map(({ text, names, inputs }) => `${text}: ${names.join(" ")} <- ${inputs.join()}`)).toEqual([
    "image: image <- ",
    "conv 3×3: a b <- 0",
    "depthwise 3×1: c <- 1",
    "sum: d <- 1,2",
    "relu: e <- 3",
    "sum: f <- 3,4",
    "mean of all: g <- 5",
    "fully connected: h <- 6",
  ]);
});

test("receptive fields of ResNet-18's stages", () => {
  // Araujo, Norris and Sim 2019, table 1: 435 for the last convolution
  const units = unitsOf(resnet18());
  expect(units.filter(({ kind }) => kind === "convolution").at(-1)?.field).toEqual([435, 435]);
});
