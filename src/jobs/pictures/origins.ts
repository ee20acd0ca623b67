/** Between the pictures of a data set and the rows of a table of predictions. */

import type { PictureSamples, Pictures } from "../../data/pictures/pictures-file.js";
import type { Samples } from "../../data/samples.js";
import { type Dataset, fewOf, keyOf, sameName } from "../../data/sources/dataset.js";
import { type ClassTarget, classTarget } from "../../data/target.js";
import type { Origins } from "../../evaluation/table/predictions.js";
import { plural } from "../../report/page/text/words.js";

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
 * Samples with the classes of a model: the same names, in the model's order; else the numbers of its classes in WordNet, as ImageNet's folders are called, or one of
 * several synonyms ("tench" of "tench, Tinca tinca"), in upper or lower case; else, where all are numbers, their places, from 0 and without a background. Classes that the
 * samples do not have are no harm.
 *
 * @param ids the numbers in WordNet of the model's classes, where they are known
 * @throws RangeError when the samples have a class that the model does not know, or two names that are one of its classes
 */
export function alignClasses<S extends Samples<ClassTarget>>(
  samples: S,
  classes: readonly string[],
  ids: readonly string[] = [],
): S {
  const { names, labels } = samples.target;
  const { numbers } = placesOf(names, classes, ids);
  const unknown = names.filter((_, k) => numbers[k] < 0);
  const beyond = names.every((name) => /^-?\d+$/.test(name)) ? names.filter((name) => !(Number(name) in classes)) : [];
  if (beyond.length > 0 && unknown.length > 0) {
    const which = `${beyond.length > 1 ? "numbers" : "number"} ${fewOf(beyond)}`;
    throw new RangeError(`The model has no class of the ${which}: expected 0 to ${classes.length - 1}.`);
  }
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

/** How {@link alignClasses} found classes otherwise than by their names, in a sentence each. */
export function alignmentNotes(
  names: readonly string[],
  classes: readonly string[],
  ids?: readonly string[],
): string[] {
  const { numbers, rules } = placesOf(names, classes, ids ?? []);
  return Object.entries(RULE_WORDS).flatMap(([rule, words]) => {
    const own = names.flatMap((name, i) => (rules[i] === rule ? `'${name}' is '${classes[numbers[i]]}'` : []));
    return own.length > 0
      ? [`${plural(own.length, "class", "classes")} of the data found by ${words}: ${fewOf(own)}.`]
      : [];
  });
}

/** By what a class is found, where it is called otherwise. */
const RULE_WORDS = {
  id: "the number in WordNet",
  synonym: "one of several names, or in other letters",
  place: "the place among the model's classes, from 0",
} as const;

/** Where each name is. */
interface Places {
  /** among a model's classes; −1 where it is none of them */
  readonly numbers: readonly number[];
  readonly rules: readonly (keyof typeof RULE_WORDS | undefined)[];
}

/** The place of each name among a model's classes. @throws RangeError when two names are one class */
export function placesOf(names: readonly string[], classes: readonly string[], ids: readonly string[]): Places {
  const own = new Map(classes.map((name, k) => [sameName(name), k]));
  const numbered = new Map(ids.map((id, k) => [id, k]));
  const synonyms = new Map<string, number>();
  for (const [k, name] of classes.entries()) {
    for (const word of [name, ...name.split(", ")].map(folded)) {
      // what names two classes names none
      synonyms.set(word, synonyms.get(word) === k || !synonyms.has(word) ? k : -1);
    }
  }
  const isOther = names.some((name) => !/^\d{1,6}$/.test(name) || own.has(sameName(name)));
  const offset = classes[0] === "background" ? 1 : 0;
  const found = names.map((name): readonly [number, keyof typeof RULE_WORDS | undefined] => {
    const same = own.get(sameName(name));
    if (same !== undefined) return [same, undefined];
    const id = numbered.get(name);
    if (id !== undefined) return [id, "id"];
    const place = Number(name) + offset;
    return isOther ? [synonyms.get(folded(name)) ?? -1, "synonym"] : [place < classes.length ? place : -1, "place"];
  });
  const numbers = found.map(([number]) => number);
  const second = numbers.findIndex((k, i) => k >= 0 && numbers.indexOf(k) < i);
  if (second >= 0) {
    const first = names[numbers.indexOf(numbers[second])];
    throw new RangeError(
      `'${first}' and '${names[second]}' are both the model's class '${classes[numbers[second]]}': expected one name for it.`,
    );
  }
  return { numbers, rules: found.map(([, rule]) => rule) };
}

const folded = (name: string): string => sameName(name).toLowerCase();
