/** Between the pictures of a data set and the rows of a table of predictions. */

import type { PictureSamples, Pictures } from "../../data/pictures/pictures-file.js";
import type { Samples } from "../../data/samples.js";
import { type Dataset, fewOf, keyOf, sameName } from "../../data/sources/dataset.js";
import { type ClassTarget, classTarget } from "../../data/target.js";
import type { Origins } from "../../evaluation/table/predictions.js";

/** Where pictures come from, for a table of predictions: their names, and groups where any has one; the others are groups of one. */
export function originsOf({ items }: PictureSamples): Origins {
  const grouped = items.some(({ group }) => group !== undefined);
  const paths = items.map(keyOf);
  return { paths, ...(grouped ? { groups: items.map(({ group }, i) => group ?? paths[i]) } : {}) };
}

/** The pictures of a table of predictions, row by row. @throws RangeError when the data set has one of them no more */
export function pictureSamplesOf(dataset: Dataset, pictures: Pictures, { paths = [] }: Origins): PictureSamples {
  const places = new Map(dataset.items.map((item, i) => [keyOf(item), i]));
  return pictures.samples(
    paths.map((path) => {
      const place = places.get(path);
      if (place === undefined) throw new RangeError(`The data set has no picture '${path}' any more.`);
      return place;
    }),
  );
}

/**
 * Samples with the classes of a model: the same names, in the model's order. Classes that the samples do not have are no harm.
 *
 * @throws RangeError when the samples have a class that the model does not know
 */
export function alignClasses<S extends Samples<ClassTarget>>(samples: S, classes: readonly string[]): S {
  const { names, labels } = samples.target;
  const places = new Map(classes.map((name, k) => [sameName(name), k]));
  const numbers = names.map((name) => places.get(sameName(name)) ?? -1);
  const unknown = names.filter((_, k) => numbers[k] < 0);
  if (unknown.length > 0) {
    throw new RangeError(
      `The model does not know the class${unknown.length > 1 ? "es" : ""} ${fewOf(unknown)}; it knows ${fewOf(classes, 5)}. Folders are expected to be named after its classes; a folder of pictures alone is predicted, not measured.`,
    );
  }
  return {
    ...samples,
    target: classTarget(
      classes,
      Int32Array.from(labels, (label) => numbers[label]),
    ),
  };
}
