import type { ImageShape } from "../blocks/block.js";
import { hasLabels } from "../blocks/loss.js";
import { inputOf, lossesOf, type Network, outputOf } from "../network/network.js";

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

/**
 * Labels and images must fit the network, or errors would show up as nonsense much later.
 *
 * @param which "training", for messages
 * @throws RangeError saying what the network takes and what the samples have
 */
export function expectSamples(network: Network, samples: Samples, which: string): void {
  const { shape, classes, labels, count, arrays = {} } = samples;
  const sizeText = (s: ImageShape): string => `${s.channels}×${s.height}×${s.width}`;
  if (count < 1) throw new RangeError(`There are no ${which} samples.`);
  if (sizeText(shape) !== sizeText(inputOf(network))) {
    throw new RangeError(
      `The ${which} images are ${sizeText(shape)}, network '${network.name}' takes ${sizeText(inputOf(network))}.`,
    );
  }
  for (const { name, shape: wanted } of network.inputs.slice(1)) expectArray(samples, name, sizeText(wanted), which);
  let labelled = false;
  for (const { layer, inputs } of lossesOf(network)) {
    const { channels, height, width } = inputs[0].shape;
    if (!hasLabels(layer)) expectArray(samples, layer.target, `${channels}×${height}×${width}`, which);
    else if (height > 1 || width > 1) {
      if (!Object.hasOwn(arrays, layer.target)) {
        throw new RangeError(
          `Network '${network.name}' gives ${height}×${width} columns of scores for its ${inputOf(network).height}×${inputOf(network).width} input; a label belongs to one image, so training needs 1×1, or a map of labels '${layer.target}' for each image.`,
        );
      }
      expectArray(samples, layer.target, `1×${height}×${width}`, which);
    } else if (layer.target !== "labels") expectArray(samples, layer.target, "1×1×1", which);
    else labelled = true;
  }
  if (!labelled) return;
  const scores = outputOf(network).channels;
  // One score is enough for two classes.
  if (classes.length !== scores && !(classes.length === 2 && scores === 1)) {
    throw new RangeError(
      `The ${which} samples have ${classes.length} classes, network '${network.name}' gives ${scores} scores.`,
    );
  }
  for (let i = 0; i < count; i++) {
    const label = labels[i];
    if (!Number.isInteger(label) || label < 0 || label >= classes.length) {
      throw new RangeError(
        `Sample ${i} of the ${which} samples has label ${label}; expected 0 to ${classes.length - 1}.`,
      );
    }
  }
}

function expectArray({ arrays = {} }: Samples, name: string, wanted: string, which: string): void {
  const got = Object.hasOwn(arrays, name) ? arrays[name].shape.join("×") : "nothing";
  if (got !== wanted) {
    throw new RangeError(
      `The network needs an array '${name}' of ${wanted} for each image; the ${which} samples have ${got}.`,
    );
  }
}
