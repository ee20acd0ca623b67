import { describe, expect, test } from "vitest";
import { relu } from "../../blocks/activation/activation.js";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import { modelGraph, type TrainedModel } from "../../network/model/model.js";
import { sequential } from "../../network/network.js";
import { initialize } from "../../training/step/initialize.js";
import { PREPROCESSING } from "../../values/preprocessing.js";
import { evidenceModel } from "./class-evidence.js";
import { boxInPicture, evidenceBox } from "./evidence-box.js";

const image = { channels: 1, height: 6, width: 6 };
const modelOf = (...layers: Parameters<typeof sequential>[2]): TrainedModel => {
  const network = sequential("small", image, layers);
  return {
    ...{ network, parameters: initialize(network, 3), classes: ["a", "b"], history: null },
    normalization: { mean: [0], scale: 1 },
  };
};

describe("class activation maps", () => {
  test("the mean of a class's map and its bias are its score", async () => {
    const model = modelOf(conv(3, 4), relu(), globalAveragePool(), conv(1, 2), softmaxLogLoss());
    const biased = new Map(model.parameters).set("conv2/biases", float32([5, -3], [2]));
    const x = {
      image: float32(
        Array.from({ length: 36 }, (_, i) => (i * 7) % 11),
        [1, 1, 6, 6],
      ),
    };
    const engine = nodeEngine({ threads: 1 });
    const whole = await engine.load(modelGraph({ ...model, parameters: biased }));
    const open = await engine.load(modelGraph(evidenceModel({ ...model, parameters: biased })));
    const scores = Array.from((await whole.run(x)).scores.data, Number);
    const { scores: maps } = await open.run(x);
    expect(maps.shape).toEqual([1, 2, 4, 4]);
    const means = [0, 1].map(
      (k) =>
        Array.from(maps.data, Number)
          .slice(16 * k, 16 * (k + 1))
          .reduce((a, b) => a + b) / 16,
    );
    expect(means[0] + 5).toBeCloseTo(scores[0], 4);
    expect(means[1] - 3).toBeCloseTo(scores[1], 4);
  });

  test("a network that ends otherwise is refused, with what stands in the way", () => {
    expect(() => evidenceModel(modelOf(conv(6, 2), softmaxLogLoss()))).toThrow("'conv1' (conv) stands there");
    const twice = modelOf(conv(3, 4), globalAveragePool(), conv(1, 3), conv(1, 2), softmaxLogLoss());
    expect(() => evidenceModel(twice)).toThrow("'conv2' (conv) stands there");
  });
});

describe("a box from a map", () => {
  test("around the largest part above a fifth of the maximum", () => {
    const data = [0, 0, 0, 0, 9, 0, 2, 2, 0, 0, 0, 2, 1.7, 0, 0];
    // the 9 alone is one pixel; the four of at least 1.8 hang together, the 1.7 does not count
    expect(evidenceBox({ width: 5, height: 3, data }, { width: 5, height: 3 })).toEqual({
      x: 1,
      y: 1,
      width: 2,
      height: 2,
    });
    expect(evidenceBox({ width: 2, height: 1, data: [-1, 0] }, { width: 4, height: 2 })).toEqual({
      x: 0,
      y: 0,
      width: 4,
      height: 2,
    });
    // enlarged to 0, 0.25, 0.75, 1 along a row
    expect(evidenceBox({ width: 2, height: 1, data: [0, 1] }, { width: 4, height: 1 }, 0.5)).toEqual({
      x: 2,
      y: 0,
      width: 2,
      height: 1,
    });
  });

  test("in the picture's own pixels, for each rule", () => {
    const box = { x: 2, y: 4, width: 4, height: 2 };
    const of = (fit: "squash" | "crop" | "pad", border = 0) =>
      boxInPicture(box, PREPROCESSING.make({ width: 10, height: 10, channels: 3, fit, border }), {
        width: 40,
        height: 20,
      });
    expect(of("squash")).toEqual({ x: 8, y: 8, width: 16, height: 4 });
    // half as large: 20×10, of which the middle begins at 5
    expect(of("crop")).toEqual({ x: 14, y: 8, width: 8, height: 4 });
    // a quarter: 10×5, two and a half rows below the top
    expect(of("pad")).toEqual({ x: 8, y: 6, width: 16, height: 8 });
    // 20×20 and 5 pixels off each side: one pixel is 2×1
    expect(of("squash", 10)).toEqual({ x: 14, y: 9, width: 8, height: 2 });
  });
});
