import type { PictureSamples } from "../pictures/pictures-file.js";
import { glancer } from "./glance.js";
import { rangeOf, rangeOfAll, usualRange, type ValueRange } from "./look.js";
import { COPY_SIDE, findNearDuplicates } from "./near-duplicates.js";

/** What is seen in pictures that are decoded already. */
export interface SampleLooks {
  /** sets of two and more samples that look the same, those of one colour left out */
  readonly alike: readonly (readonly number[])[];
  /** samples that are of one colour all over */
  readonly flat: readonly number[];
  /** the lowest and the highest value, 0 … 255, of all samples */
  readonly range: readonly [low: number, high: number];
  /** those that nearly all samples lie between */
  readonly usualRange: readonly [low: number, high: number];
}

/** Pictures that are prepared at a time. */
const BATCH = 256;

/**
 * Looks at decoded pictures, in one pass: which look the same (see {@link findNearDuplicates}), and the range of their values.
 *
 * @throws the signal's reason
 */
export async function lookAtSamples(
  { count, shape, read, prepare }: Pick<PictureSamples, "count" | "shape" | "read" | "prepare">,
  signal?: AbortSignal,
): Promise<SampleLooks> {
  const hashes = new Uint32Array(2 * count);
  const copies = new Uint8Array(COPY_SIDE * COPY_SIDE * count);
  const picture = new Uint8Array(shape.channels * shape.height * shape.width);
  const ranges: ValueRange[] = [];
  const glance = glancer(shape);
  for (let start = 0; start < count; start += BATCH) {
    signal?.throwIfAborted();
    const indices = Array.from({ length: Math.min(BATCH, count - start) }, (_, i) => start + i);
    await prepare(indices, 0);
    for (const i of indices) {
      read(i, 0, picture, 0);
      ranges.push(rangeOf(picture, shape.channels));
      const { hash, copy } = glance(picture);
      hashes.set(hash, 2 * i);
      copies.set(copy, COPY_SIDE * COPY_SIDE * i);
    }
  }
  const [flat, others] = [true, false].map((wanted) => ranges.flatMap((range, i) => (range.flat === wanted ? i : [])));
  return {
    alike: findNearDuplicates({ hashes, copies }, others),
    flat,
    range: rangeOfAll(ranges),
    usualRange: usualRange(ranges),
  };
}
