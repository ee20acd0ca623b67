/** What simple methods make of the features of a frozen network: what training a new layer has to be better than. */

import type { Engine } from "../../engine/engine.js";
import { type Baseline, featureSet } from "../../evaluation/baselines/features.js";
import { logisticRegression } from "../../evaluation/baselines/logistic-regression.js";
import { nearestNeighbours } from "../../evaluation/baselines/nearest-neighbours.js";
import { originsOf } from "./origins.js";
import type { PicturesTask } from "./pictures-task-file.js";

/** So many training pictures are compared with, at most: they take a few seconds. */
const MOST = 5000;

/**
 * Nearest neighbours and logistic regression on what the frozen layers make of the pictures.
 *
 * @returns none where that is not the same in each epoch, is no single value, or there is nothing to measure by
 */
export async function baselinesOf(
  engine: Engine,
  { frozen, training, validation }: Pick<PicturesTask, "frozen" | "training" | "validation">,
): Promise<readonly Baseline[]> {
  const [name, ...more] = Object.keys(frozen?.training ?? {});
  if (!frozen || name === undefined || more.length > 0 || validation.count === 0) return [];
  const step = Math.ceil(training.count / MOST);
  const some = Array.from({ length: Math.ceil(training.count / step) }, (_, i) => i * step);
  const all = Array.from({ length: validation.count }, (_, i) => i);
  const known = featureSet({ ...training, arrays: frozen.training }, training.groups, name, some);
  const asked = featureSet({ ...validation, arrays: frozen.validation }, validation.groups, name, all);
  const origins = originsOf(validation);
  return [
    await nearestNeighbours(engine, known, asked, origins),
    await logisticRegression(engine, known, asked, origins),
  ];
}
