import type { Samples } from "../../data/samples.js";
import type { Program, Values } from "../../engine/engine.js";
import { tensor, zeros } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { Batch } from "./batches.js";

/** Turns batches of indices into the inputs of a program. */
export interface Feeder {
  /** Begins to fetch the images of a batch, while something else is computed. */
  ahead(batch: Batch, epoch: number): void;
  /** The inputs of a batch, and the seconds that it took to have them. The tensors are used again for the next batch. */
  take(batch: Batch, epoch: number): Promise<{ readonly inputs: Values; readonly seconds: number }>;
}

/** A feeder of images, labels, weights and the samples' further arrays, as far as the program takes them. */
export function batchFeeder({ inputs }: Program, samples: Samples, batchSize: number): Feeder {
  const taken = new Set(inputs.map(({ name }) => name));
  const { channels, height, width } = samples.shape;
  const images = zeros("uint8", [batchSize, channels, height, width]);
  const labels = zeros("int64", [batchSize]);
  const size = channels * height * width;
  const arrays = Object.entries(samples.arrays ?? {}).map(([name, { type, shape }]) => {
    const value: Tensor<"float32" | "int64"> = zeros(type, [batchSize, ...shape]);
    return [name, value] as const;
  });
  const read = ({ indices, weights }: Batch, epoch: number): Values => {
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
  let fetched: { readonly indices: Int32Array; readonly ready: Promise<void> | undefined } | undefined;
  const ahead = (batch: Batch, epoch: number): void => {
    const ready = samples.prepare?.(batch.indices, epoch);
    // Whoever takes the batch is told what went wrong; until then nobody is listening.
    ready?.catch(() => undefined);
    fetched = { indices: batch.indices, ready };
  };
  return {
    ahead,
    async take(batch, epoch) {
      const started = performance.now();
      if (!fetched || batch.indices.some((index, i) => index !== fetched?.indices[i])) ahead(batch, epoch);
      await fetched?.ready;
      const values = read(batch, epoch);
      return { inputs: values, seconds: (performance.now() - started) / 1000 };
    },
  };
}
