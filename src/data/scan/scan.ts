import type { Image } from "../pictures/image.js";
import type { DataRanges } from "../pictures/numbers/data-ranges-file.js";
import { type Dataset, type DatasetItem, PARTS, type Part, type Problem } from "../sources/dataset.js";
import type { Split } from "../sources/split.js";

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
  /** which numbers are black and white where pictures are no bytes, and what is said of it and of further pages */
  readonly numbers: DataRanges;
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
  /** those that are of one colour all over: indices into the data set's items, ascending */
  readonly flat: readonly number[];
  /** the lowest and the highest value, 0 … 255, of all pictures */
  readonly range: readonly [low: number, high: number];
  /** the values that nearly all pictures lie between */
  readonly usualRange: readonly [low: number, high: number];
  /** the mean of all pictures, squashed to one size, as an image */
  readonly mean: Image;
  /** the mean of each class with pictures, by label; empty where there are more than 40 classes */
  readonly classMeans: ReadonlyMap<number, Image>;
  /** how long it took */
  readonly seconds: number;
}

/**
 * A set of duplicates with what is notable about it.
 *
 * @param sideOf the side of the split that each item is on; the data set's own parts unless given
 */
export function describeDuplicates(
  items: readonly DatasetItem[],
  indices: readonly number[],
  sideOf: SideOf = (i) => items[i].split,
): DuplicateSet {
  return {
    items: indices,
    acrossClasses: new Set(indices.map((i) => items[i].label)).size > 1,
    acrossParts: new Set(indices.map(sideOf)).size > 1,
  };
}

/** The side of a split, or the fold, that an item is on. */
export type SideOf = (index: number) => string | number | undefined;

/** How many pictures of each class are good, and in which parts: those of a split, or the data set's own. */
export function countClasses(
  { classes, items }: Dataset,
  isGood: (index: number) => boolean,
  split?: Split,
): ClassCount[] {
  const counts = classes.map(() => ({ all: 0, parts: { training: 0, validation: 0, test: 0 } }));
  const parts = partsOfItems(items, split);
  items.forEach(({ label }, i) => {
    if (!isGood(i)) return;
    counts[label].all++;
    const part = parts[i];
    if (part) counts[label].parts[part]++;
  });
  const stated = PARTS.filter((part) => parts.includes(part));
  return counts.map(({ all, parts }, label) => ({
    name: classes[label],
    count: all,
    parts: Object.fromEntries(stated.map((part) => [part, parts[part]])),
  }));
}

/** The part of each item: that of a split, or the one that the data set puts it into. */
export function partsOfItems(items: readonly DatasetItem[], split?: Split): (Part | undefined)[] {
  if (!split) return items.map((item) => item.split);
  const parts = new Array<Part | undefined>(items.length);
  for (const part of PARTS) for (const i of split[part]) parts[i] = part;
  return parts;
}

/** How many groups there are, and how large. */
export interface GroupCount {
  readonly count: number;
  /** how many pictures the smallest and the largest have */
  readonly least: number;
  readonly most: number;
  /** the name of the first */
  readonly example: string;
}

/** The groups of a data set; undefined where no picture has one. */
export function countGroups(items: readonly DatasetItem[]): GroupCount | undefined {
  const sizes = new Map<string, number>();
  for (const { group } of items) if (group !== undefined) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const [first] = sizes;
  if (first === undefined) return undefined;
  let [least, most] = [items.length, 0];
  for (const size of sizes.values()) [least, most] = [Math.min(least, size), Math.max(most, size)];
  return { count: sizes.size, least, most, example: first[0] };
}

/** The groups that are in more than one part, the data set's own or a split's, in the order of their first pictures. */
export function findGroupsAcrossParts(items: readonly DatasetItem[], split?: Split): string[] {
  const parts = new Map<string, Set<Part | undefined>>();
  const places = partsOfItems(items, split);
  items.forEach(({ group }, i) => {
    if (group === undefined) return;
    const own = parts.get(group);
    if (own) own.add(places[i]);
    else parts.set(group, new Set([places[i]]));
  });
  return [...parts].filter(([, own]) => own.size > 1).map(([group]) => group);
}
