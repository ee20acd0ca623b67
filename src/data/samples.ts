import type { ImageShape } from "../values/image-shape.js";

/** An array that samples have beside their image, such as a map of labels, or the values that a regression is to give. */
export interface SampleArray {
  /** whole numbers are labels: from 0, below 0 for what does not count */
  readonly type: "float32" | "int64";
  /** for one sample, C×H×W */
  readonly shape: readonly [number, number, number];
  /** Writes the array of one sample; arguments as those of {@link Samples.read}. */
  read(index: number, epoch: number, into: Float32Array | BigInt64Array, offset: number): void;
}

/** Labelled images that a network is trained or tested on. Images stay bytes until they are in a batch. */
export interface Samples {
  readonly count: number;
  readonly shape: ImageShape;
  /** the names of the classes; a label is an index into them */
  readonly classes: readonly string[];
  /** the class of each sample, 0 … classes − 1 */
  readonly labels: ArrayLike<number>;
  /**
   * Writes one image, C×H×W bytes of 0 … 255.
   *
   * @param index which sample
   * @param epoch which pass over the data: jitter, where there is any, differs from epoch to epoch
   * @param into where the image goes
   * @param offset the first byte to write
   */
  read(index: number, epoch: number, into: Uint8Array, offset: number): void;
  /**
   * Sees to it that images can be read without waiting, where they come from a disk: it is called a batch ahead, while the one before
   * it is computed.
   *
   * @param indices the samples that will be read next, in the given epoch
   * @throws Error that names the image, when one cannot be had
   */
  prepare?(indices: ArrayLike<number>, epoch: number): Promise<void>;
  /** Further arrays by name: the targets of losses, maps of labels in the place of `labels`, the network's further inputs. */
  readonly arrays?: Readonly<Record<string, SampleArray>>;
}
