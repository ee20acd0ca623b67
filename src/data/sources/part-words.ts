import { type DatasetItem, fewOf, keyOf, type Part, type Problem, partNamed } from "./dataset.js";

/** Short forms, which mean something only beside each other. */
const SHORT: Readonly<Record<string, Part>> = {
  tr: "training",
  trn: "training",
  va: "validation",
  vl: "validation",
  te: "test",
  ts: "test",
  tst: "test",
};

/** The words of a name: "01_trainSet" → "train", "set" */
const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());

/**
 * The part that a word of a name stands for: "seg_train", "01_train", "train2" and "imagesTrain" are training.
 *
 * @param short whether "tr", "va" and "te" count
 * @returns undefined also where words of it stand for several
 */
export function partWithin(name: string, short = false): Part | undefined {
  const whole = partNamed(name);
  if (whole !== undefined) return whole;
  const parts = wordsOf(name).flatMap((word) => partNamed(word) ?? (short ? SHORT[word] : undefined) ?? []);
  return new Set(parts).size === 1 ? parts[0] : undefined;
}

/** What is said where paths have the names of parts, but no picture has a part. */
export function partsInPaths(items: readonly DatasetItem[]): Problem[] {
  if (items.some(({ split }) => split !== undefined)) return [];
  const named = new Map<Part, DatasetItem[]>();
  let count = 0;
  for (const item of items) {
    const part = item.path
      .replace(/\.[^./]*$/, "")
      .split("/")
      .map((place) => partWithin(place))
      .find((found) => found !== undefined);
    if (part === undefined) continue;
    count++;
    const same = named.get(part);
    if (same) same.push(item);
    else named.set(part, [item]);
  }
  if (!named.has("training") || named.size < 2 || count * 2 < items.length) return [];
  const counts = [...named].map(([part, own]) => `${part} ${own.length}`).join(", ");
  const examples = fewOf([...named.values()].map(([first]) => keyOf(first)));
  const reason = `the paths look like parts of a split (${counts}), which are not used: have folders train, val and test with the classes inside, or a list with a column 'split'`;
  return [{ path: examples, reason }];
}
