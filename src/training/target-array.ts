/** The samples' target as losses are given it. */

import type { SampleArray, Samples } from "../data/samples.js";
import type { Target } from "../data/target.js";

/** The names under which losses ask for the samples' target, by its kind; no loss is compared with boxes. */
export const TARGET_NAMES = {
  classes: "labels",
  labelMap: "labels",
  attributes: "attributes",
  values: "values",
  text: "text",
  boxes: undefined,
} as const satisfies Record<Target["kind"], string | undefined>;

/** All that samples have beside their images, by name: their target as losses ask for it, and their further arrays. */
export function arraysOf({ target, arrays = {} }: Samples): Readonly<Record<string, SampleArray>> {
  const [name, array] = [TARGET_NAMES[target.kind], targetArray(target)];
  return name && array ? { ...arrays, [name]: array } : arrays;
}

/**
 * The samples' target as an array, for losses whose `target` is its name in {@link TARGET_NAMES}: labels int64, 1×1×1 or 1×H×W, of a text 1×1×length; attributes and
 * values float32, K×1×1.
 *
 * @returns undefined for boxes
 */
export function targetArray(target: Target): SampleArray | undefined {
  switch (target.kind) {
    case "classes":
      return integers([1, 1, 1], (index) => [target.labels[index]]);
    case "labelMap":
      return integers([1, target.height, target.width], (index, epoch) => target.labelsOf(index, epoch));
    case "attributes":
      return rows(target.names.length, target.signs);
    case "values":
      return rows(target.names.length, target.values);
    case "text":
      return integers([1, 1, target.length], (index, epoch) => target.labelsOf(index, epoch));
    case "boxes":
      return undefined;
  }
}

function integers(
  shape: SampleArray["shape"],
  labelsOf: (index: number, epoch: number) => ArrayLike<number>,
): SampleArray {
  const size = shape[1] * shape[2];
  return {
    type: "int64",
    shape,
    read(index, epoch, into, offset) {
      const labels = labelsOf(index, epoch);
      if (labels.length !== size) throw new RangeError(`Sample ${index} has ${labels.length} labels, not ${size}.`);
      for (let i = 0; i < size; i++) into[offset + i] = BigInt(labels[i]);
    },
  };
}

function rows(size: number, numbers: ArrayLike<number>): SampleArray {
  return {
    type: "float32",
    shape: [size, 1, 1],
    read(index, _, into, offset) {
      for (let k = 0; k < size; k++) into[offset + k] = numbers[index * size + k];
    },
  };
}
