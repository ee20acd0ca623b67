import { permutation, type Stream, stream } from "../../random/stream.js";
import { expectWhole } from "../../values/range.js";
import { type Dataset, type DatasetItem, fewOf, PARTS, type Part } from "./dataset.js";

/** Which items of a data set are in which part: indices into {@link Dataset.items}, ascending. */
export type Split = Readonly<Record<Part, readonly number[]>>;

/** How pictures are divided; every option has a default. */
export interface DivisionOptions {
  /**
   * "group": all pictures of one group go to the same side (a picture without a group is one of its own); "picture": each by itself.
   * "group" where any picture has one.
   */
  readonly by?: "group" | "picture";
  /** decides what goes where; 1 */
  readonly seed?: number;
}

/** The options of {@link splitDataset}; every one has a default. */
export interface SplitOptions extends DivisionOptions {
  /** the share of the pictures for validation, from 0, below 1; 0.2 */
  readonly validation?: number;
  /** the share of the pictures for the test, from 0; 0 */
  readonly test?: number;
}

/**
 * Splits a data set into training, validation and test, stratified: each class has about the same shares in each part.
 *
 * By picture, a class of n pictures has round(share · n) of them in a part, and at least 1 as far as there is enough. By group,
 * the groups, largest first, each go to where the shares of its classes then differ least from those asked for (the sum of squares).
 *
 * What a data set says itself about its pictures holds: they stay in their parts. Where it has a test part, or a validation part, no
 * other pictures go there; so validation is taken from the training part of MNIST, and its test part stays what it is.
 *
 * @throws RangeError when a share is out of range, or a part would be empty
 * @example
 * const dataset = await openDataset("animals"); // five cats, then five dogs
 * const split = splitDataset(dataset, { validation: 0.2, seed: 1 });
 * [split.training.length, split.validation.length, split.test.length]; // [8, 2, 0]
 */
export function splitDataset(dataset: Dataset, options: SplitOptions = {}): Split {
  const { validation = 0.2, test = 0 } = options;
  for (const [name, share] of Object.entries({ validation, test })) {
    if (!(share >= 0 && share < 1)) {
      throw new RangeError(`Invalid value for the share of the ${name}: expected 0 or more, below 1, got ${share}.`);
    }
  }
  if (validation + test >= 1) {
    throw new RangeError(
      `Expected something left for training, got ${validation} for validation and ${test} for the test.`,
    );
  }
  const { items } = dataset;
  const states = (part: Part): boolean => items.some(({ split }) => split === part);
  const shares = [
    1 - (states("validation") ? 0 : validation) - (states("test") ? 0 : test),
    states("validation") ? 0 : validation,
    states("test") ? 0 : test,
  ];
  const free = allOf(items).filter((i) => items[i].split === undefined || items[i].split === "training");
  const placed = divided(dataset, free, shares, options);
  const parts: Record<Part, number[]> = { training: [], validation: [], test: [] };
  items.forEach(({ split }, i) => {
    const own = split === undefined || split === "training" ? PARTS[placed[i]] : split;
    parts[own].push(i);
  });
  PARTS.forEach((part, p) => {
    if (parts[part].length === 0 && (shares[p] > 0 || part === "training")) {
      throw new RangeError(emptyPart(part, dataset, options));
    }
  });
  return parts;
}

/**
 * Divides a data set into k parts of about equal size, stratified or by group as {@link splitDataset} does it, for cross-validation:
 * each of the k splits has another part for validation, and the others for training. What the data set itself calls test stays apart.
 *
 * @param k how many, at least 2
 * @throws RangeError when k is too small, or a part would be empty
 * @example
 * const dataset = await openDataset("animals");
 * folds(dataset, 5).map(({ training, validation }) => [training.length, validation.length]); // [[8, 2], [8, 2], [8, 2], [8, 2], [8, 2]]
 */
export function folds(dataset: Dataset, k: number, options: DivisionOptions = {}): Split[] {
  expectWhole("the number of folds", [k], 2);
  const all = allOf(dataset.items);
  const test = all.filter((i) => dataset.items[i].split === "test");
  const free = all.filter((i) => dataset.items[i].split !== "test");
  const shares = Array.from({ length: k }, () => 1 / k);
  const filled = (placed: Int32Array): number => new Set(free.map((i) => placed[i])).size;
  const usual = divided(dataset, free, shares, options);
  // Where classes have fewer pictures than there are folds, each begins with the first fold that is empty.
  const placed = filled(usual) === k ? usual : divided(dataset, free, shares, options, true);
  return Array.from({ length: k }, (_, fold) => {
    const validation = free.filter((i) => placed[i] === fold);
    if (validation.length > 0) return { training: free.filter((i) => placed[i] !== fold), validation, test };
    const most = filled(placed);
    const unit = dividesByGroup(dataset, options.by) ? "group" : "picture";
    const much = most > 1 ? ` Expected at most ${most} folds. Each needs a ${unit} of its own.` : "";
    throw new RangeError(`${emptyPart(`fold ${fold + 1} of ${k}`, dataset, options)}${much}`);
  });
}

const allOf = (items: readonly DatasetItem[]): number[] => items.map((_, i) => i);

const dividesByGroup = ({ items }: Dataset, by: DivisionOptions["by"]): boolean =>
  by === undefined ? items.some(({ group }) => group !== undefined) : by === "group";

function emptyPart(part: string, dataset: Dataset, { by }: DivisionOptions): string {
  const { items, problems } = dataset;
  const groups = new Set(items.map(({ group }) => group));
  const among = dividesByGroup(dataset, by) ? ` in ${groups.size} groups, which stay together` : "";
  const stated = PARTS.flatMap((own) => {
    const count = items.filter(({ split }) => split === own).length;
    return count > 0 ? `${count} of them in its ${own} part` : [];
  });
  const left = problems.filter(({ reason }) => reason.startsWith("left out")).map(({ path }) => path);
  const without = left.length > 0 ? `; left out: ${fewOf(left)}` : "";
  return `Nothing is left for ${part}: the data set has ${items.length} pictures${among}${stated.map((text) => `, ${text}`).join("")}${without}.`;
}

/**
 * The part of each item, an index into the shares; −1 for items that are not among those to divide.
 *
 * @param spread whether parts that are empty come first wherever that makes no class more uneven
 */
function divided(
  dataset: Dataset,
  free: readonly number[],
  shares: readonly number[],
  options: DivisionOptions,
  spread = false,
): Int32Array {
  const { by, seed = 1 } = options;
  const { items, classes } = dataset;
  const parts = new Int32Array(items.length).fill(-1);
  if (dividesByGroup(dataset, by)) byGroup(items, classes.length, free, shares, stream(seed, "split"), parts, spread);
  else byPicture(items, classes.length, free, shares, seed, parts, spread);
  return parts;
}

function byPicture(
  items: readonly DatasetItem[],
  classes: number,
  free: readonly number[],
  shares: readonly number[],
  seed: number,
  parts: Int32Array,
  spread: boolean,
): void {
  const members = Array.from({ length: classes }, (): number[] => []);
  for (const i of free) members[items[i].label].push(i);
  let before = 0;
  members.forEach((own, label) => {
    const order = permutation(own.length, stream(seed, "split", label));
    let at = 0;
    // where parts are equally large, another one comes first in each class, and has what cannot be shared out
    countsOf(own.length, shares, spread ? before : label).forEach((count, part) => {
      for (let n = 0; n < count; n++) parts[own[order[at++]]] = part;
    });
    before += own.length;
  });
}

/** A number of pictures by shares: the largest remainders are rounded up; none is empty as far as there is enough, larger ones first. */
function countsOf(total: number, shares: readonly number[], turn: number): number[] {
  const counts = shares.map((share) => Math.floor(share * total + 1e-9));
  const k = shares.length;
  const order = shares.map((_, i) => (i + turn) % k);
  const rest = (i: number): number => shares[i] * total - counts[i];
  const byRest = [...order].sort((a, b) => (Math.abs(rest(a) - rest(b)) < 1e-9 ? 0 : rest(b) - rest(a)));
  for (let left = total - counts.reduce((a, b) => a + b, 0), n = 0; left > 0; left--, n++) counts[byRest[n % k]]++;
  const needy = order.filter((i) => shares[i] > 0).sort((a, b) => shares[b] - shares[a]);
  for (const i of needy.slice(0, total)) {
    if (counts[i] > 0) continue;
    counts[counts.indexOf(Math.max(...counts))]--;
    counts[i]++;
  }
  return counts;
}

function byGroup(
  items: readonly DatasetItem[],
  classes: number,
  free: readonly number[],
  shares: readonly number[],
  random: Stream,
  parts: Int32Array,
  spread: boolean,
): void {
  const groups = new Map<string, number[]>();
  for (const i of free) {
    const { group } = items[i];
    const key = group === undefined ? `picture ${i}` : `group ${group}`;
    const members = groups.get(key);
    if (members) members.push(i);
    else groups.set(key, [i]);
  }
  const all = [...groups.values()];
  const order = [...permutation(all.length, random)].sort((a, b) => all[b].length - all[a].length);
  const totals = new Float64Array(classes);
  for (const i of free) totals[items[i].label]++;
  const have = shares.map(() => new Float64Array(classes));
  for (const g of order) {
    const counts = new Map<number, number>();
    for (const i of all[g]) counts.set(items[i].label, (counts.get(items[i].label) ?? 0) + 1);
    // (have + n − share·total)² − (have − share·total)², as shares of the class
    const cost = (p: number): number =>
      [...counts].reduce(
        (sum, [c, n]) => sum + (n * (2 * (have[p][c] - shares[p] * totals[c]) + n)) / totals[c] ** 2,
        0,
      );
    const open = shares.map((_, p) => p).filter((p) => shares[p] > 0);
    const best = open.reduce((a, b) => {
      const less = cost(a) - cost(b);
      const isEmptier = spread && Math.abs(less) <= 1e-12 && isEmpty(have[b]) && !isEmpty(have[a]);
      return less > 1e-12 || isEmptier ? b : a;
    });
    for (const [c, n] of counts) have[best][c] += n;
    for (const i of all[g]) parts[i] = best;
  }
}

const isEmpty = (counts: Float64Array): boolean => counts.every((count) => count === 0);
