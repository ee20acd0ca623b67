import { permutation, stream } from "../../random/stream.js";
import { expectWhole } from "../../values/range.js";

/** Which samples are in a batch. */
export interface Batch {
  /** the number of each sample; as many as a batch has places */
  readonly indices: Int32Array;
  /** 1 for a sample, 0 for one that only fills the last batch */
  readonly weights: Float32Array;
}

/**
 * Divides the samples of one epoch into batches of equal size.
 *
 * Each sample comes exactly once with weight 1. Where the last batch is not full, the epoch's first samples fill it,
 * again and again if need be, with weight 0.
 *
 * @param count the number of samples
 * @param batchSize the number of places in a batch
 * @param seed the run's seed; with the epoch it decides the order, whatever else runs
 * @param epoch which pass over the data
 * @param shuffle false: in the order 0 … count − 1, as for validation
 * @throws RangeError when count or batchSize is not a whole number of at least 1
 * @example
 * const [first, last] = batches(3, 2, 1, 0, false);
 * first.indices; // [0, 1]
 * last; // sample 0 fills up: {"indices": [2, 0], "weights": [1, 0]}
 */
export function* batches(
  count: number,
  batchSize: number,
  seed: number,
  epoch: number,
  shuffle: boolean,
): Generator<Batch> {
  expectWhole("the number of samples", [count], 1);
  expectWhole("the batch size", [batchSize], 1);
  const order = shuffle
    ? permutation(count, stream(seed, "shuffle", epoch))
    : Int32Array.from({ length: count }, (_, i) => i);
  for (let start = 0; start < count; start += batchSize) {
    yield {
      indices: Int32Array.from({ length: batchSize }, (_, i) => order[(start + i) % count]),
      weights: Float32Array.from({ length: batchSize }, (_, i) => (start + i < count ? 1 : 0)),
    };
  }
}

/**
 * Divides a batch into parts of equal size: each sample is in one of them. Where the parts do not come out even, the last one is filled
 * with samples of weight 0; parts without any sample of weight 1 are left out.
 *
 * @param count how many parts there are to be
 * @param all whether the parts without such a sample stay
 * @example
 * const [batch] = batches(5, 5, 1, 0, false);
 * divideBatch(batch, 2).map(({ indices }) => [...indices]); // [[0, 1, 2], [3, 4, 0]]
 */
export function divideBatch({ indices, weights }: Batch, count: number, all = false): Batch[] {
  const size = Math.ceil(indices.length / count);
  const parts = Array.from({ length: count }, (_, part) => {
    const places = Array.from({ length: size }, (_, i) => part * size + i);
    return {
      indices: Int32Array.from(places, (place) => indices[place % indices.length]),
      weights: Float32Array.from(places, (place) => (place < indices.length ? weights[place] : 0)),
    };
  });
  return parts.filter((part) => all || part.weights.some((weight) => weight > 0));
}
