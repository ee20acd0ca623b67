import { writeFileAtomically } from "../../files/atomic-file.js";
import { readText } from "../../files/text-file.js";
import { errorText } from "../../values/error-text.js";
import { byName, list, text, type ValueOf, word } from "../../values/kind.js";
import { optional, record, required } from "../../values/record.js";
import { type Dataset, fewOf, keyOf, PARTS, type Part, sameName } from "./dataset.js";
import type { Split } from "./split.js";

const FORMAT = "bellpepper split 1";

/** The pictures of one part by the names of their classes. */
const NAMES = byName(list(text()));
type Names = ValueOf<typeof NAMES>;

/** What a split's file has. */
const CONTENT = record({
  format: required(word([FORMAT])),
  classes: optional(list(text())),
  training: required(NAMES),
  validation: required(NAMES),
  test: required(NAMES),
});

/**
 * Writes a split as JSON: for each part and each class the pictures, by their paths. The file appears whole or not at all.
 *
 * @throws RangeError when the split names an item that the data set does not have; the system's error when it cannot be written
 * @example
 * const dataset = await openDataset("animals");
 * await writeSplit("split.json", dataset, splitDataset(dataset));
 * await readSplit("split.json", dataset); // equals splitDataset(dataset)
 */
export async function writeSplit(path: string, dataset: Dataset, split: Split): Promise<void> {
  await writeFileAtomically(path, splitText(dataset, split));
}

/** What {@link writeSplit} writes. @throws RangeError when the split names an item that the data set does not have */
export function splitText(dataset: Dataset, split: Split): string {
  const parts = PARTS.map((part): [string, Names] => {
    const names: Record<string, string[]> = Object.fromEntries(dataset.classes.map((name) => [name, []]));
    for (const i of split[part]) {
      const item = dataset.items[i];
      if (item === undefined)
        throw new RangeError(`The ${part} part has item ${i}; there are ${dataset.items.length}.`);
      names[dataset.classes[item.label]].push(keyOf(item));
    }
    return [part, names];
  });
  const content = { format: FORMAT, classes: dataset.classes, ...Object.fromEntries(parts) };
  return `${JSON.stringify(content, null, 1)}\n`;
}

/**
 * Reads a split that {@link writeSplit} wrote, for the same data set.
 *
 * @throws Error when it is none, or the data set has changed since: it names the pictures that are gone, new, or of another class
 * @example
 * const { training } = await readSplit("animals.split.json", await openDataset("animals"));
 */
export async function readSplit(path: string, dataset: Dataset): Promise<Split> {
  const parts = partsOf(path, await readText(path));
  // a Mac may have written the file, or the names of the pictures, in the other Unicode form
  const forms = new Map(dataset.items.map((item, i) => [sameName(keyOf(item)), i]));
  const places = new Map(dataset.items.map((item, i) => [keyOf(item), i]));
  const split: Record<Part, number[]> = { training: [], validation: [], test: [] };
  const [gone, moved, twice]: [string[], string[], string[]] = [[], [], []];
  const seen = new Set<number>();
  for (const part of PARTS) {
    for (const [name, keys] of Object.entries(parts[part])) {
      for (const key of keys) {
        const i = places.get(key) ?? forms.get(sameName(key));
        if (i === undefined) {
          gone.push(key);
          continue;
        }
        if (seen.has(i)) twice.push(key);
        seen.add(i);
        const now = dataset.classes[dataset.items[i].label];
        if (now !== sameName(name)) moved.push(`${key}: ${now}, was ${name}`);
        split[part].push(i);
      }
    }
    split[part].sort((a, b) => a - b);
  }
  const added = [...places].flatMap(([key, i]) => (seen.has(i) ? [] : key));
  const differences = [
    [gone, "gone"],
    [added, "new"],
    [moved, "of another class"],
    [twice, "in it twice"],
  ] as const;
  const said = differences
    .filter(([keys]) => keys.length > 0)
    .map(([keys, what]) => `${keys.length} ${what} (${fewOf(keys)})`);
  if (said.length > 0) {
    throw new Error(`${path} does not fit the data set in ${dataset.root}. Of its pictures are ${said.join(", ")}.`);
  }
  return split;
}

function partsOf(path: string, content: string): Readonly<Record<Part, Names>> {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    throw new Error(`${path} is no split: ${errorText(error)}.`, { cause: error });
  }
  return CONTENT.read(value, `${path} is no split`);
}
