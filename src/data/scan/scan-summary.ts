import { defined } from "../../values/defined.js";
import { median, proposeSize, type Size } from "../pictures/picture-size.js";
import { type Dataset, keyOf, type Problem } from "../sources/dataset.js";
import { type ClassCount, countGroups, type DatasetScan, type DuplicateSet, type GroupCount } from "./scan.js";

/** How many pictures are of each kind, the most frequent first. */
export type Counts = readonly (readonly [kind: string, count: number])[];

/** Duplicates by the names of their pictures. */
export interface NamedDuplicates extends Omit<DuplicateSet, "items"> {
  /** the pictures and their classes */
  readonly pictures: readonly { readonly path: string; readonly class: string }[];
}

/** A set of duplicates by the names of its pictures. */
export const nameDuplicates = (
  { items, classes }: Pick<Dataset, "items" | "classes">,
  { items: indices, ...across }: DuplicateSet,
): NamedDuplicates => ({
  ...across,
  pictures: indices.map((i) => ({ path: keyOf(items[i]), class: classes[items[i].label] })),
});

/** What is in a data set, in numbers and names: what `bellpepper data --json` prints. */
export interface ScanSummary {
  readonly root: string;
  readonly format: Dataset["format"];
  /** the good ones */
  readonly pictures: number;
  readonly classes: readonly ClassCount[];
  /** how many times as many pictures the largest class has as the smallest one */
  readonly imbalance: number;
  /** how many pictures have each width and height, the most frequent first */
  readonly sizes: readonly (Size & { readonly count: number })[];
  readonly medianSize: Size;
  /** what the pictures would be made to for training, unless told otherwise */
  readonly proposed: Size & { readonly channels: 1 | 3 };
  readonly formats: Counts;
  readonly colours: Counts;
  readonly depths: Counts;
  /** how many may be transparent */
  readonly transparent: number;
  readonly broken: readonly Problem[];
  /** what was left out or may be a mistake */
  readonly problems: readonly Problem[];
  readonly exactDuplicates: readonly NamedDuplicates[];
  readonly nearDuplicates: readonly NamedDuplicates[];
  readonly groupsAcrossParts: readonly string[];
  /** how many groups there are, where pictures have any */
  readonly groups?: GroupCount;
  /** the pictures that are of one colour all over */
  readonly flat: readonly string[];
  /** the lowest and the highest value, 0 … 255, of all pictures */
  readonly range: readonly [low: number, high: number];
  /** the values that nearly all pictures lie between */
  readonly usualRange: readonly [low: number, high: number];
  /** how numbers that are no bytes are read, and of which pictures only a part is */
  readonly readings: readonly string[];
}

/** How many times as many pictures the largest class has as the smallest; classes without a picture do not count. */
export function imbalanceOf(classes: readonly Pick<ClassCount, "count">[]): number {
  const filled = classes.map(({ count }) => count).filter((count) => count > 0);
  return filled.reduce((a, b) => Math.max(a, b), 0) / filled.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

/**
 * What a scan found, in numbers and names.
 *
 * @example
 * const { pictures, medianSize } = summarizeScan(await scanDataset(await openDataset("animals")));
 * pictures; // 10
 * medianSize; // {"width": 96, "height": 72}
 */
export function summarizeScan(scan: DatasetScan): ScanSummary {
  const { dataset, classes, broken, exact, near, groupsAcrossParts, flat, range, usualRange } = scan;
  const good = scan.pictures.filter((picture) => picture !== undefined);
  const sizes = new Map<string, Size & { count: number }>();
  for (const { width, height } of good) {
    const known = sizes.get(`${width}×${height}`);
    if (known) known.count++;
    else sizes.set(`${width}×${height}`, { width, height, count: 1 });
  }
  const named = (set: DuplicateSet): NamedDuplicates => nameDuplicates(dataset, set);
  return {
    root: dataset.root,
    format: dataset.format,
    pictures: good.length,
    classes,
    imbalance: imbalanceOf(classes),
    sizes: [...sizes.values()].sort((a, b) => b.count - a.count),
    medianSize: { width: median(good.map(({ width }) => width)), height: median(good.map(({ height }) => height)) },
    proposed: { ...proposeSize(good), channels: good.every(({ colour }) => colour === "grey") ? 1 : 3 },
    formats: countValues(good.map(({ format }) => format)),
    colours: countValues(good.map(({ colour }) => colour)),
    depths: countValues(good.map(({ depth }) => `${depth} bits`)),
    transparent: good.filter(({ alpha }) => alpha).length,
    broken,
    problems: [...withoutTraining(dataset), ...dataset.problems],
    exactDuplicates: exact.map(named),
    nearDuplicates: near.map(named),
    groupsAcrossParts,
    ...defined({ groups: countGroups(dataset.items) }),
    flat: flat.map((i) => keyOf(dataset.items[i])),
    range,
    usualRange,
    readings: scan.numbers.notes,
  };
}

/** What is said where every picture has a part, and none is for training. */
function withoutTraining({ root, items }: Dataset): Problem[] {
  if (items.some(({ split }) => split === undefined || split === "training")) return [];
  const found = [...new Set(items.map(({ split }) => split))].join(" and ");
  const reason = `no picture is for training, all are for ${found}: a network can be measured by them, and none trained`;
  return [{ path: root, reason }];
}

function countValues(kinds: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}
