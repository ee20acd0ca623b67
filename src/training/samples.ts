import type { ImageShape } from "../blocks/block.js";

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
}
