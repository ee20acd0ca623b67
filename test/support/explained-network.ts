/** The small network that Captum and pytorch-grad-cam have explained, and a picture; see test/fixtures/make-attribution.py. */

import { readFile } from "node:fs/promises";
import { relu } from "../../src/blocks/activation/activation.js";
import { conv } from "../../src/blocks/convolution/conv.js";
import { softmaxLogLoss } from "../../src/blocks/loss/class-losses.js";
import { globalAveragePool } from "../../src/blocks/pooling/global-pool.js";
import { maxPool } from "../../src/blocks/pooling/pool.js";
import { float32 } from "../../src/graph/tensor.js";
import type { TrainedModel } from "../../src/network/model/model.js";
import { parametersOf, sequential } from "../../src/network/network.js";

/** Numbers of a fixture. */
export interface Numbers {
  readonly shape: number[];
  readonly data: number[];
}
interface Fixture {
  readonly size: number;
  readonly mean: number[];
  readonly scale: number;
  readonly class: number;
  readonly picture: number[];
  readonly parameters: Numbers[];
  readonly scores: number[];
  readonly cases: Record<string, Numbers>;
}

export const fixture: Fixture = JSON.parse(
  await readFile(new URL("../fixtures/attribution.json", import.meta.url), "utf8"),
);
const { size, mean, scale } = fixture;

const network = sequential("fixture", { channels: 3, height: size, width: size }, [
  conv(3, 5, { name: "conv1", pad: 1 }),
  relu({ name: "relu1" }),
  maxPool(2, { name: "pool1", stride: 2 }),
  conv(3, 6, { name: "conv2", pad: 1 }),
  relu({ name: "relu2" }),
  globalAveragePool({ name: "mean" }),
  conv(1, 4, { name: "classes" }),
  softmaxLogLoss(),
]);

export const parameters = new Map(
  parametersOf(network).map(({ name, shape }, i) => [name, float32(fixture.parameters[i].data, shape)]),
);
export const model: TrainedModel = {
  ...{ network, parameters, classes: ["a", "b", "c", "d"], history: null },
  normalization: { mean, scale },
};
export const image = float32(fixture.picture, [1, 3, size, size]);
