import type { Image } from "../pictures/image.js";
import { type Dataset, type DatasetItem, PARTS, type Part, type Problem } from "../sources/dataset.js";

/** What one picture's file is. */
export interface ScannedPicture {
  readonly width: number;
  readonly height: number;
  /** "jpeg", "png", …, or "idx", "cifar" */
  readonly format: string;
  /** bits of a channel */
  readonly depth: number;
  /** "grey" where the file says so, "coloured" where its pixels are; "grey as RGB" where only its pixels tell */
  readonly colour: "grey" | "grey as RGB" | "coloured";
  /** whether parts of it may be transparent */
  readonly alpha: boolean;
}

/** Pictures that are the same, or look the same. */
export interface DuplicateSet {
  /** indices into the data set's items, ascending; two at least */
  readonly items: readonly number[];
  /** whether they are of more than one class */
  readonly acrossClasses: boolean;
  /** whether they are in more than one part of the data set's own split */
  readonly acrossParts: boolean;
}

/** A class and how many good pictures it has. */
export interface ClassCount {
  readonly name: string;
  readonly count: number;
  /** how many of them are in each part, where the data set says so */
  readonly parts: Readonly<Partial<Record<Part, number>>>;
}

/** What is in a data set; {@link scanDataset} finds it. */
export interface DatasetScan {
  readonly dataset: Dataset;
  /** for each item what it is; undefined where it is broken */
  readonly pictures: readonly (ScannedPicture | undefined)[];
  readonly broken: readonly Problem[];
  readonly classes: readonly ClassCount[];
  /** pictures with the same bytes (and the same box) */
  readonly exact: readonly DuplicateSet[];
  /** pictures with other bytes that look the same; of exact duplicates only the first counts */
  readonly near: readonly DuplicateSet[];
  /** groups with pictures in more than one part of the data set's own split */
  readonly groupsAcrossParts: readonly string[];
  /** the mean of all pictures, squashed to one size, as an image */
  readonly mean: Image;
  /** the mean of each class with pictures, by label; empty where there are more than 40 classes */
  readonly classMeans: ReadonlyMap<number, Image>;
  /** how long it took */
  readonly seconds: number;
}

/** A set of duplicates with what is notable about it. */
export function describeDuplicates(items: readonly DatasetItem[], indices: readonly number[]): DuplicateSet {
  return {
    items: indices,
    acrossClasses: new Set(indices.map((i) => items[i].label)).size > 1,
    acrossParts: new Set(indices.map((i) => items[i].split)).size > 1,
  };
}

/** How many pictures of each class are good, and in which parts. */
export function countClasses({ classes, items }: Dataset, isGood: (index: number) => boolean): ClassCount[] {
  const counts = classes.map(() => ({ all: 0, parts: { training: 0, validation: 0, test: 0 } }));
  items.forEach(({ label, split }, i) => {
    if (!isGood(i)) return;
    counts[label].all++;
    if (split) counts[label].parts[split]++;
  });
  const stated = PARTS.filter((part) => items.some(({ split }) => split === part));
  return counts.map(({ all, parts }, label) => ({
    name: classes[label],
    count: all,
    parts: Object.fromEntries(stated.map((part) => [part, parts[part]])),
  }));
}

/** The groups that are in more than one part, in the order of their first pictures. */
export function findGroupsAcrossParts(items: readonly DatasetItem[]): string[] {
  const parts = new Map<string, Set<Part | undefined>>();
  for (const { group, split } of items) {
    if (group === undefined) continue;
    const own = parts.get(group);
    if (own) own.add(split);
    else parts.set(group, new Set([split]));
  }
  return [...parts].filter(([, own]) => own.size > 1).map(([group]) => group);
}
