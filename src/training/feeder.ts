import type { Program, Values } from "../engine/engine.js";
import { tensor, zeros } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import type { Batch } from "./batches.js";
import type { Samples } from "./samples.js";

/**
 * What turns a batch of indices into the inputs of a program: those of images, labels, weights and the samples' further arrays that it
 * takes. The tensors are used again for the next batch.
 */
export function batchFeeder(
  { inputs }: Program,
  samples: Samples,
  batchSize: number,
): (batch: Batch, epoch: number) => Values {
  const taken = new Set(inputs.map(({ name }) => name));
  const { channels, height, width } = samples.shape;
  const images = zeros("uint8", [batchSize, channels, height, width]);
  const labels = zeros("int64", [batchSize]);
  const size = channels * height * width;
  const arrays = Object.entries(samples.arrays ?? {}).map(([name, { type, shape }]) => {
    const value: Tensor<"float32" | "int64"> = zeros(type, [batchSize, ...shape]);
    return [name, value] as const;
  });
  return ({ indices, weights }, epoch) => {
    for (let i = 0; i < batchSize; i++) {
      samples.read(indices[i], epoch, images.data, i * size);
      labels.data[i] = BigInt(samples.labels[indices[i]]);
    }
    for (const [name, { data }] of arrays) {
      const each = data.length / batchSize;
      for (let i = 0; i < batchSize; i++) samples.arrays?.[name].read(indices[i], epoch, data, i * each);
    }
    const all = { images, labels, weights: tensor("float32", [batchSize], weights), ...Object.fromEntries(arrays) };
    return Object.fromEntries(Object.entries(all).filter(([name]) => taken.has(name)));
  };
}
