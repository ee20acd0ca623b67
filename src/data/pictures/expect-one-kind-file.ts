import type { Preprocessing } from "../../values/preprocessing.js";
import { UsageError } from "../../values/usage-error.js";
import type { Dataset } from "../sources/dataset.js";
import { isSound } from "./formats/formats-file.js";

/**
 * Whether a data set is one of sounds, of which then all are, and what a model is for.
 *
 * @throws UsageError when there are sounds and pictures, or a model takes the other
 */
export function expectOneKind({ root, items, packed }: Dataset, preprocessing?: Preprocessing): boolean {
  const sounds = packed ? [] : items.filter(({ path }) => isSound(path));
  if (sounds.length > 0 && sounds.length < items.length) {
    const picture = items.find(({ path }) => !isSound(path))?.path;
    throw new UsageError(
      `${root}: ${sounds[0].path} is a sound and ${picture} a picture: expected either sounds or pictures in a data set.`,
    );
  }
  const areSounds = sounds.length > 0;
  if (preprocessing && (preprocessing.rate !== undefined) !== areSounds) {
    const [takes, holds] = areSounds ? ["pictures", "sounds"] : ["sounds", "pictures"];
    throw new UsageError(`The model takes ${takes}, and ${root} holds ${holds}.`);
  }
  return areSounds;
}
