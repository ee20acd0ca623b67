/** What simple methods make of features: what a network has to be better than. */

import type { Samples } from "../../data/samples.js";
import type { ClassTarget } from "../../data/target.js";
import type { ClassTable } from "../table/predictions.js";

/** Samples as vectors, with their classes. */
export interface FeatureSet {
  /** sample × feature */
  readonly features: Float32Array;
  /** how many features a sample has */
  readonly size: number;
  readonly target: ClassTarget;
  /** a number for each sample; those of a group have the same */
  readonly groups: ArrayLike<number>;
}

/** What a simple method says of samples that it has not seen. */
export interface Baseline {
  readonly name: string;
  /** what was chosen, and by what */
  readonly how: string;
  readonly table: ClassTable;
}

/**
 * An array of samples as vectors: of a map, the mean of each channel.
 *
 * @param name the array's
 * @param indices which samples
 */
export function featureSet(
  { arrays = {}, target }: Samples<ClassTarget>,
  groups: ArrayLike<number>,
  name: string,
  indices: readonly number[],
): FeatureSet {
  const array = arrays[name];
  if (array?.type !== "float32") throw new RangeError(`The samples have no features '${name}'.`);
  const [channels, height, width] = array.shape;
  const area = height * width;
  const features = new Float32Array(indices.length * channels);
  const row = new Float32Array(channels * area);
  indices.forEach((index, i) => {
    array.read(index, 0, row, 0);
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let p = c * area; p < (c + 1) * area; p++) sum += row[p];
      features[i * channels + c] = sum / area;
    }
  });
  return {
    ...{ features, size: channels },
    target: { ...target, labels: Int32Array.from(indices, (index) => target.labels[index]) },
    groups: Array.from(indices, (index) => groups[index]),
  };
}
