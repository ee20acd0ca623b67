/** Data sets of IDX files, such as MNIST, Fashion-MNIST and EMNIST. */

import { join } from "node:path";
import { defined } from "../../values/defined.js";
import { readClassNames } from "./class-names-file.js";
import { classProblems } from "./class-problems.js";
import { type Dataset, type DatasetItem, fewOf, PARTS, type Part, type Problem, partNamed } from "./dataset.js";
import { readIdx } from "./read-idx-file.js";
import { recordReader } from "./record-reader.js";

// browsers number what they load once more: "train-images-idx3-ubyte (1).gz"
const IMAGES = /^(.*?)[-_. ]?images[-_. ]idx3[-_. ]ubyte(?: ?\(\d+\))?(?:\.gz)?(?: ?\(\d+\))?$/i;
const LABELS = /^(.*?)[-_. ]?labels[-_. ]idx1[-_. ]ubyte(?: ?\(\d+\))?(?:\.gz)?(?: ?\(\d+\))?$/i;
/** Whatever else looks like such a file. */
const ALIKE = /idx[13]/i;
/** A file that may stand beside IDX files: the name of each class on a line of its own. */
const NAMES = "classes.txt";

/** Whether a folder's files are those of an IDX data set. */
export const holdsIdx = (names: readonly string[]): boolean =>
  names.some((name) => IMAGES.test(name) || LABELS.test(name));

/** Files of pictures and of their labels: "emnist-letters-train" is the part for training of the set "emnist-letters". */
interface Pair {
  readonly set: string;
  readonly part: Part | undefined;
  readonly images: string;
  readonly labels: string;
}

/** Reads the pairs of images and labels of a folder; `train`, `t10k` and the like in their names say which parts of a split they are. */
export async function openIdx(root: string, names: readonly string[]): Promise<Dataset> {
  const { pairs, problems } = findPairs(root, names);
  const items: DatasetItem[] = [];
  const files = new Map<string, Uint8Array>();
  let size: readonly number[] | undefined;
  for (const { part, ...pair } of pairs) {
    const images = await readIdx(join(root, pair.images), 3);
    const labels = await readIdx(join(root, pair.labels), 1);
    const [count, height, width] = images.sizes;
    if (labels.sizes[0] !== count) {
      throw new Error(
        `${join(root, pair.labels)}: expected ${count} labels, as many as ${pair.images} has pictures, got ${labels.sizes[0]}.`,
      );
    }
    if (height === 0 || width === 0)
      throw new Error(`${join(root, pair.images)}: its pictures are ${width}×${height}.`);
    if (size && (size[0] !== height || size[1] !== width)) {
      throw new Error(
        `${join(root, pair.images)}: expected pictures of ${size[1]}×${size[0]} as in the other files, got ${width}×${height}.`,
      );
    }
    size = [height, width];
    files.set(pair.images, images.data);
    for (let index = 0; index < count; index++) {
      items.push({ path: pair.images, index, label: labels.data[index], ...defined({ split: part }) });
    }
  }
  if (items.length === 0)
    throw new Error(`${root} has no pictures in its files ${fewOf(pairs.map(({ images }) => images))}.`);
  const [height, width] = size ?? [0, 0];
  const named = names.includes(NAMES) ? await readClassNames(join(root, NAMES)) : [];
  const classes = classesFor(items, named, join(root, NAMES));
  return {
    root,
    format: "idx",
    classes,
    items,
    problems: [...problems, ...classProblems(classes)],
    packed: { shape: { channels: 1, height, width }, read: recordReader(files, 0, height * width) },
  };
}

/**
 * The pairs of a folder in the order training, validation, test, and what has no other half.
 *
 * @throws Error when there is no pair, or there are those of several data sets
 */
function findPairs(root: string, names: readonly string[]) {
  const [images, labels] = [byPrefix(names, IMAGES), byPrefix(names, LABELS)];
  const problems: Problem[] = ignoredOf(names, [...images.values(), ...labels.values()]);
  const pairs: Pair[] = [];
  for (const [prefix, name] of images) {
    const other = labels.get(prefix);
    if (other !== undefined) pairs.push({ ...splitPrefix(prefix), images: name, labels: other });
    else problems.push(lacking(name, "labels", name.replace(/images([-_. ])idx3/i, "labels$1idx1")));
  }
  for (const [prefix, name] of labels) {
    if (images.has(prefix)) continue;
    problems.push(lacking(name, "pictures", name.replace(/labels([-_. ])idx1/i, "images$1idx3")));
  }
  if (pairs.length === 0) {
    const said = problems.map(({ path, reason }) => `${path}: ${reason.replace("left out: ", "")}`);
    throw new Error(`${root} has no pictures with labels. ${said.join("; ")}.`);
  }
  const twice = pairs.find(({ part }, i) => pairs.some((other, k) => k < i && other.part === part));
  const sets = new Set(pairs.flatMap(({ set, part }) => (part === undefined || set === "" ? [] : set)));
  if (twice || sets.size > 1) {
    const files = fewOf(
      pairs.map(({ images: name }) => name),
      6,
    );
    throw new Error(`${root} holds several data sets (${files}): put each into a folder of its own.`);
  }
  for (const { part, images: path } of pairs) {
    if (part !== undefined || pairs.length === 1) continue;
    problems.push({
      path,
      reason: "its name says no part (train, val, test or t10k): divided as those for training are",
    });
  }
  const turn = (part: Part | undefined): number => (part === undefined ? 0 : PARTS.indexOf(part));
  return { pairs: pairs.sort((a, b) => turn(a.part) - turn(b.part)), problems };
}

/** What is said of files that look like ones of pictures or labels, and are not taken; a packed file beside itself unpacked is none. */
const ignoredOf = (names: readonly string[], taken: readonly string[]): Problem[] =>
  names
    .filter((name) => ALIKE.test(name) && !taken.includes(name) && !taken.includes(name.replace(/\.gz$/i, "")))
    .map((path) => {
      const copy = IMAGES.test(path) || LABELS.test(path);
      const reason = copy
        ? "left out: another file of this name, but for a number, is taken"
        : "left out: its name does not end in images-idx3-ubyte or labels-idx1-ubyte, packed (.gz) or not";
      return { path, reason };
    });

const lacking = (path: string, what: string, name: string): Problem => ({
  path,
  reason: `left out: it has no ${what} (${name.replace(/\.gz$/i, "")}) beside it`,
});

/** The files of a kind by what stands before it, in small letters; of a packed file and an unpacked one, that which is not packed. */
function byPrefix(names: readonly string[], kind: RegExp): Map<string, string> {
  const found = new Map<string, string>();
  // "…-ubyte" comes after "…-ubyte.gz" here
  for (const name of [...names].sort().reverse()) {
    const prefix = kind.exec(name)?.[1];
    if (prefix !== undefined) found.set(prefix.toLowerCase(), name);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The set and the part that a prefix names: "emnist-letters-train" → "emnist-letters", training. */
function splitPrefix(prefix: string): Pick<Pair, "set" | "part"> {
  const words = prefix.split(/[-_. ]+/);
  const parts = words.map((word) => (word === "t10k" ? "test" : partNamed(word)));
  const at = parts.findLastIndex((part) => part !== undefined);
  return { set: words.filter((_, i) => i !== at).join("-"), part: parts[at] };
}

function classesFor(items: readonly DatasetItem[], named: readonly string[], file: string): string[] {
  let count = 0;
  for (const { label } of items) count = Math.max(count, label + 1);
  if (named.length > 0 && named.length < count) {
    throw new Error(`${file}: expected ${count} names, one for each label, got ${named.length}.`);
  }
  return named.length > 0 ? [...named] : Array.from({ length: count }, (_, i) => `${i}`);
}
