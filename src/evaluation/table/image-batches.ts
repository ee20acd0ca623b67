import type { Samples } from "../../data/samples.js";
import type { Tensor } from "../../graph/types.js";
import { ALONE, type Ranks } from "../../training/step/ranks.js";
import { expectWhole } from "../../values/range.js";

/** Images of samples that go through a network together. */
export interface ImageBatch {
  readonly indices: readonly number[];
  /** N×C×H×W, pixels from 0 to 255 */
  readonly image: Tensor<"float32">;
}

/**
 * The images of samples, in their order and as they are in epoch 0.
 *
 * @param size how many are in a batch; the last one has those that are left
 * @param ranks of the batches, this process has those of its rank: each so-many-th
 * @throws RangeError unless it is a whole number of at least 1
 */
export async function* imageBatches(
  samples: Samples,
  size: number,
  ranks: Pick<Ranks, "rank" | "size"> = ALONE,
): AsyncGenerator<ImageBatch, void, undefined> {
  expectWhole("batchSize", [size], 1);
  const { channels, height, width } = samples.shape;
  const length = channels * height * width;
  const indicesFrom = (from: number): number[] =>
    Array.from({ length: Math.max(0, Math.min(size, samples.count - from)) }, (_, i) => from + i);
  const stride = size * ranks.size;
  const first = indicesFrom(size * ranks.rank);
  let ready = first.length > 0 ? samples.prepare?.(first, 0) : undefined;
  for (let from = size * ranks.rank; from < samples.count; from += stride) {
    const indices = indicesFrom(from);
    await ready;
    const bytes = new Uint8Array(indices.length * length);
    for (const [i, index] of indices.entries()) samples.read(index, 0, bytes, i * length);
    const next = indicesFrom(from + stride);
    ready = next.length > 0 ? samples.prepare?.(next, 0) : undefined;
    // it is awaited in the next turn, if there is one
    ready?.catch(() => undefined);
    const data = new Float32Array(bytes);
    yield { indices, image: { type: "float32", shape: [indices.length, channels, height, width], data } };
  }
}
