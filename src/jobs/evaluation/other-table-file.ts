/** The table of another model, to compare with. */

import type { PictureSamples } from "../../data/pictures/pictures-file.js";
import { fewOf } from "../../data/sources/dataset.js";
import { orderTable } from "../../evaluation/table/class-order.js";
import { readPredictions } from "../../evaluation/table/predictions-file.js";
import { subset } from "../../evaluation/table/subset.js";
import type { OtherModel } from "../../report/evaluation/sections/other-model-section.js";
import { originsOf } from "../pictures/origins.js";

/**
 * What another model has said, read before this one computes, with the classes in this order.
 *
 * @throws Error that names the file where it is none, or of other classes
 */
export async function readOther(path: string, classes: readonly string[]): Promise<OtherModel> {
  const table = await readPredictions(path, "classes");
  const isSame = table.classes.length === classes.length && table.classes.every((name) => classes.includes(name));
  if (!isSame) {
    throw new RangeError(
      `${path} is of other classes than the model: ${fewOf(table.classes, 5)}; the model knows ${fewOf(classes, 5)}.`,
    );
  }
  return { name: path, table: orderTable(table, classes) };
}

/**
 * What another model has said of the same pictures, in their order.
 *
 * @throws RangeError when its table is of other pictures, or has other labels for them
 */
export function alignedWith({ name, table }: OtherModel, samples: PictureSamples): OtherModel {
  const { paths = [] } = originsOf(samples);
  const places = new Map((table.paths ?? paths).map((path, i) => [path, i]));
  const known = new Set(paths);
  const [gone, added] = [
    [...places.keys()].filter((path) => !known.has(path)),
    paths.filter((path) => !places.has(path)),
  ];
  const refuse = (what: string): never => {
    throw new RangeError(`${name} is of other pictures: ${what}. Models are compared on the same ones.`);
  };
  if (gone.length > 0) refuse(`${gone.length} of it are not measured now (${fewOf(gone)})`);
  if (added.length > 0) refuse(`${added.length} that are measured now are not in it (${fewOf(added)})`);
  if (table.labels.length !== paths.length)
    refuse(`it has ${table.labels.length}, and ${paths.length} are measured now`);
  const order = paths.map((path) => places.get(path) ?? -1);
  const { labels } = samples.target;
  const moved = paths.filter((_, i) => table.labels[order[i]] !== labels[i]);
  if (moved.length > 0) refuse(`${moved.length} have another label in it (${fewOf(moved)})`);
  return { name, table: subset(table, order) };
}
