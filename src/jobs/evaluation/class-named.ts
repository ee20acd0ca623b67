import { fewOf } from "../../data/sources/dataset.js";
import { nearestName } from "../../values/nearest.js";
import { optionName } from "../../values/option-name.js";
import { UsageError } from "../../values/usage-error.js";
import { placesOf } from "../pictures/origins.js";

/**
 * The number of the class that is asked about, by its name: in any letters, by one of its synonyms, or by its number in WordNet.
 *
 * @param classes in the model's order
 * @param ids their numbers in WordNet, where they are known
 * @throws UsageError for a class that the model has not, with the nearest that it has
 */
export function classNamed(name: string, classes: readonly string[], ids: readonly string[] = []): number {
  // a number alone is a place in a data set's folders, and here no name
  const isName = !/^\d+$/.test(name) || classes.includes(name);
  const [k] = isName ? placesOf([name], classes, ids).numbers : [-1];
  if (k >= 0) return k;
  const near = nearestName(
    name,
    classes.flatMap((each) => each.split(", ")),
  );
  const hint = near === undefined ? "" : ` Did you mean '${near}'?`;
  throw new UsageError(
    `${optionName("whyNot")} ${name}: the model has no such class.${hint} It knows ${fewOf(
      classes.map((each) => `'${each}'`),
      5,
    )}.`,
  );
}
