import type { ImageShape } from "../values/image-shape.js";
import type { Target } from "./target.js";

/** An array of numbers of one type. */
export interface ArrayOf<Type, Numbers> {
  /** whole numbers, int64, are labels: from 0, below 0 for what does not count */
  readonly type: Type;
  /** for one sample, C×H×W */
  readonly shape: readonly [number, number, number];
  /** Writes the array of one sample; arguments as those of {@link Samples.read}. */
  read(index: number, epoch: number, into: Numbers, offset: number): void;
}

/** An array that samples have beside their image and their target: a further input of the network, or what a further loss is compared with. */
export type SampleArray = ArrayOf<"float32", Float32Array> | ArrayOf<"int64", BigInt64Array>;

/** Images that a network is trained or tested on, and what they should be recognised as. Images stay bytes until they are in a batch. */
export interface Samples<T extends Target = Target> {
  readonly count: number;
  readonly shape: ImageShape;
  /** what each of them should be recognised as */
  readonly target: T;
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
  /** the order of the channels of coloured images, where it is not red, green, blue: pages turn it back to show them */
  readonly order?: "rgb" | "bgr" | undefined;
  /** of sounds, whose images are two rows of bytes: samples a second. Pages show their spectrograms, and play them. */
  readonly rate?: number | undefined;
  /** Further arrays by name: the network's further inputs, and what losses are compared with beside the target. */
  readonly arrays?: Readonly<Record<string, SampleArray>>;
}
