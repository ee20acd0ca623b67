/** Batches and parameters for tests of the training step. */

import type { Tensor } from "../src/graph/types.js";
import { inputOf, type Network, parametersOf } from "../src/network/network.js";
import { stream } from "../src/random/stream.js";

/** The inputs of a training graph that carry a batch. */
export type Batch = {
  readonly images: Tensor<"uint8">;
  readonly labels: Tensor<"int64">;
  readonly weights: Tensor<"float32">;
};

/** N random images and labels; those beyond `count` are padding: as random as the others, but of weight 0. */
export function randomBatch(network: Network, classes: number, batchSize: number, count = batchSize): Batch {
  const { channels, height, width } = inputOf(network);
  const size = channels * height * width;
  const images = new Uint8Array(batchSize * size);
  const labels = new BigInt64Array(batchSize);
  for (let n = 0; n < batchSize; n++) {
    const random = stream(1, n < count ? "sample" : "padding", n);
    labels[n] = BigInt(random.integer(0, classes - 1));
    for (let k = 0; k < size; k++) images[n * size + k] = random.integer(0, 255);
  }
  const weights = Float32Array.from({ length: batchSize }, (_, n) => (n < count ? 1 : 0));
  return {
    images: { type: "uint8", shape: [batchSize, channels, height, width], data: images },
    labels: { type: "int64", shape: [batchSize], data: labels },
    weights: { type: "float32", shape: [batchSize], data: weights },
  };
}

/** Parameters of which every layer keeps the size of its numbers: N(0, 2 / inputs of a filter); biases 0.1·N(0, 1). */
export function randomParameters(network: Network): Record<string, Tensor<"float32">> {
  return Object.fromEntries(
    parametersOf(network).map(({ name, shape }) => {
      const random = stream(1, name);
      const inputs = shape.slice(1).reduce((a, b) => a * b, 1);
      const deviation = shape.length === 1 ? 0.1 : Math.sqrt(2 / inputs);
      const data = Float32Array.from({ length: shape[0] * inputs }, () => deviation * random.normal());
      return [name, { type: "float32", shape, data }];
    }),
  );
}
