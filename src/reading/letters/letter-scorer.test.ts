import { describe, expect, it } from "vitest";
import { conv } from "../../blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { globalAveragePool } from "../../blocks/pooling/global-pool.js";
import { nodeEngine } from "../../engine/node.js";
import { float32 } from "../../graph/tensor.js";
import type { TrainedModel } from "../../network/model/model.js";
import { parametersOf, sequential } from "../../network/network.js";
import { stream } from "../../random/stream.js";
import { letterScorer } from "./letter-scorer.js";

const SIDE = 8;
const engine = nodeEngine({ threads: 1 });

/** A model of two signs with random weights. */
function model(layers: Parameters<typeof sequential>[2], channels: number, mean: readonly number[]): TrainedModel {
  const network = sequential("signs", { channels, height: SIDE, width: SIDE }, layers);
  const random = stream(1, "weights");
  const parameters = new Map(
    parametersOf(network).map(({ name, shape }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [
        name,
        float32(
          Array.from({ length: size }, () => 0.1 * random.normal()),
          shape,
        ),
      ];
    }),
  );
  return { network, parameters, classes: ["1", "2"], normalization: { mean, scale: 1 / 255 }, history: null };
}

const random = stream(2, "line");
const line = { width: 32, height: SIDE, data: Float32Array.from({ length: 32 * SIDE }, () => random.uniform()) };

/** Columns x … x + 7 of the line. */
const windowAt = (x: number): Float32Array =>
  Float32Array.from({ length: SIDE * SIDE }, (_, i) => line.data[Math.floor(i / SIDE) * line.width + x + (i % SIDE)]);

describe("letterScorer", () => {
  it.each<[string, Parameters<typeof sequential>[2], number]>([
    ["slides", [conv(8, 2), softmaxLogLoss()], 1],
    [
      "is shown windows, since its last layer takes all places together",
      [conv(3, 2), globalAveragePool(), softmaxLogLoss()],
      1,
    ],
    ["has three channels", [conv(8, 2), softmaxLogLoss()], 3],
  ])("gives a line the scores of its windows where a network %s", async (_, layers, channels) => {
    const scorer = await letterScorer(engine, model(layers, channels, new Array<number>(channels).fill(200)));
    const { count, stride, values, offset } = await scorer.slide(line, true);
    expect(offset).toBe(3.5);
    expect(count).toBe(Math.floor((line.width - SIDE) / stride) + 1);
    for (const column of [0, 1, count - 1]) {
      const alone = await scorer.each(windowAt(column * stride));
      expect(values[column]).toBeCloseTo(alone[0], 4);
      expect(values[count + column]).toBeCloseTo(alone[1], 4);
    }
    await scorer.close();
  });

  it("shows light signs on dark to a network whose mean is dark", async () => {
    const sum = (mean: number): TrainedModel => {
      const bright = model([conv(8, 2), softmaxLogLoss()], 1, [mean]);
      const [filters, biases] = [float32(new Array<number>(128).fill(1), [2, 1, 8, 8]), float32([0, 0], [2])];
      return {
        ...bright,
        parameters: new Map([
          ["conv1/filters", filters],
          ["conv1/biases", biases],
        ]),
      };
    };
    for (const [mean, paper] of [
      [235, 255],
      [33, 0],
    ] as const) {
      const scorer = await letterScorer(engine, sum(mean));
      const [score] = await scorer.each(new Float32Array(SIDE * SIDE));
      // 64 pixels of paper: (byte − mean) / 255
      expect(score).toBeCloseTo((64 * (paper - mean)) / 255, 3);
      await scorer.close();
    }
  });
});
