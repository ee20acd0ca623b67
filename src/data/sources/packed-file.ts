/** Data sets of which a file holds many pictures: IDX (MNIST, Fashion-MNIST) and the binary form of CIFAR. */

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { classProblems } from "./class-problems.js";
import { type Dataset, type DatasetItem, type Part, type Problem, partNamed } from "./dataset.js";
import { parseIdx } from "./idx.js";

const IMAGES = /^(.*?)[-_.]?images[-_.]idx3[-_.]ubyte(?:\.gz)?$/i;
const LABELS = /^(.*?)[-_.]?labels[-_.]idx1[-_.]ubyte(?:\.gz)?$/i;
/** A file that may stand beside IDX files: the name of each class on a line of its own. */
const NAMES = "classes.txt";

/** Whether a folder's files are those of an IDX data set. */
export const holdsIdx = (names: readonly string[]): boolean => names.some((name) => IMAGES.test(name));

/** Reads the pairs of images and labels of a folder; those named `train-…` and `t10k-…` are the parts that they say. */
export async function openIdx(root: string, names: readonly string[]): Promise<Dataset> {
  const items: DatasetItem[] = [];
  const problems: Problem[] = [];
  const files = new Map<string, Uint8Array>();
  let size: readonly [number, number] | undefined;
  for (const imagesFile of pairs(names)) {
    const prefix = IMAGES.exec(imagesFile)?.[1] ?? "";
    const labelsFile = names.find((name) => LABELS.exec(name)?.[1] === prefix);
    if (labelsFile === undefined) {
      problems.push({ path: imagesFile, reason: `left out: it has no labels (${prefix}-labels-idx1-ubyte) beside it` });
      continue;
    }
    const images = parseIdxFile(join(root, imagesFile), await unpacked(join(root, imagesFile)), 3);
    const labels = parseIdxFile(join(root, labelsFile), await unpacked(join(root, labelsFile)), 1);
    const [count, height, width] = images.sizes;
    if (labels.sizes[0] !== count) {
      throw new Error(
        `${join(root, labelsFile)}: expected ${count} labels, as many as ${imagesFile} has pictures, got ${labels.sizes[0]}.`,
      );
    }
    if (height === 0 || width === 0) throw new Error(`${join(root, imagesFile)}: its pictures are ${width}×${height}.`);
    if (size && (size[0] !== height || size[1] !== width)) {
      throw new Error(
        `${join(root, imagesFile)}: expected pictures of ${size[1]}×${size[0]} as in the other files, got ${width}×${height}.`,
      );
    }
    size = [height, width];
    const split = prefix.toLowerCase() === "t10k" ? "test" : partNamed(prefix);
    files.set(imagesFile, images.data);
    for (let index = 0; index < count; index++) {
      items.push({ path: imagesFile, index, label: labels.data[index], ...defined({ split }) });
    }
  }
  const [height, width] = size ?? [0, 0];
  const named = names.includes(NAMES) ? await linesOf(join(root, NAMES)) : [];
  const classes = classesFor(items, named, join(root, NAMES));
  return {
    root,
    format: "idx",
    classes,
    items,
    problems: [...problems, ...classProblems(classes)],
    packed: { shape: { channels: 1, height, width }, read: reader(files, 0, height * width) },
  };
}

/** One file of each pair, packed or not, in the order training, test. */
function pairs(names: readonly string[]): string[] {
  const byPrefix = new Map<string, string>();
  for (const name of [...names].sort().reverse()) {
    const prefix = IMAGES.exec(name)?.[1];
    // "…-ubyte" comes after "…-ubyte.gz" here, and needs no unpacking
    if (prefix !== undefined) byPrefix.set(prefix.toLowerCase(), name);
  }
  const last = (prefix: string): boolean => prefix === "t10k" || partNamed(prefix) === "test";
  return [...byPrefix]
    .sort(([a], [b]) => Number(last(a)) - Number(last(b)) || (a < b ? -1 : 1))
    .map(([, name]) => name);
}

const TRAINING = /^(?:data_batch(?:_\d+)?|train)\.bin$/;
const TEST = /^test(?:_batch)?\.bin$/;
const SIDE = 32;

/** Whether a folder's files are those of CIFAR-10 or CIFAR-100 in the binary form. */
export const holdsCifar = (names: readonly string[]): boolean =>
  names.some((name) => TRAINING.test(name) || TEST.test(name)) &&
  ["batches.meta.txt", "fine_label_names.txt"].some((name) => names.includes(name));

/**
 * Reads the binary form of CIFAR-10 (records of a label and 3×32×32 bytes) or of CIFAR-100 (a coarse label, a fine one, and the
 * bytes; the fine one is the class).
 */
export async function openCifar(root: string, names: readonly string[]): Promise<Dataset> {
  const hundred = names.includes("fine_label_names.txt");
  const classes = await linesOf(join(root, hundred ? "fine_label_names.txt" : "batches.meta.txt"));
  const head = hundred ? 2 : 1;
  const record = head + 3 * SIDE * SIDE;
  const items: DatasetItem[] = [];
  const files = new Map<string, Uint8Array>();
  const found = names.filter((name) => TRAINING.test(name) || TEST.test(name)).sort();
  for (const path of [...found.filter((name) => TRAINING.test(name)), ...found.filter((name) => TEST.test(name))]) {
    const bytes = await readFile(join(root, path));
    if (bytes.length === 0 || bytes.length % record !== 0) {
      throw new Error(
        `${join(root, path)}: expected records of ${record} bytes (${head === 1 ? "a label" : "two labels"} and 3×32×32), got ${bytes.length} bytes.`,
      );
    }
    const split: Part = TEST.test(path) ? "test" : "training";
    files.set(path, bytes);
    for (let index = 0; index * record < bytes.length; index++) {
      const label = bytes[index * record + head - 1];
      if (label >= classes.length) {
        throw new Error(
          `${join(root, path)}: expected labels 0 to ${classes.length - 1}, got ${label} in record ${index}.`,
        );
      }
      items.push({ path, index, label, split });
    }
  }
  return {
    root,
    format: "cifar",
    classes,
    items,
    problems: classProblems(classes),
    packed: { shape: { channels: 3, height: SIDE, width: SIDE }, read: reader(files, head, 3 * SIDE * SIDE) },
  };
}

/** Finds the pictures of files that hold records of `head` bytes and a picture. */
function reader(files: ReadonlyMap<string, Uint8Array>, head: number, size: number) {
  return ({ path, index = 0 }: DatasetItem): Uint8Array => {
    const start = index * (head + size) + head;
    const bytes = files.get(path)?.subarray(start, start + size);
    if (bytes?.length !== size) throw new RangeError(`There is no picture ${path}#${index} in the data set.`);
    return bytes;
  };
}

function classesFor(items: readonly DatasetItem[], named: readonly string[], file: string): string[] {
  let count = 0;
  for (const { label } of items) count = Math.max(count, label + 1);
  if (named.length > 0 && named.length < count) {
    throw new Error(`${file}: expected ${count} names, one for each label, got ${named.length}.`);
  }
  return named.length > 0 ? [...named] : Array.from({ length: count }, (_, i) => `${i}`);
}

async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** More than this is no data set that fits into memory. */
const MOST_BYTES = 2 ** 32 - 1;

async function unpacked(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  if (!basename(path).toLowerCase().endsWith(".gz")) return bytes;
  return promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES }).catch((error: unknown) => {
    const reason = errorText(error);
    throw new Error(`${path}: it is cut off or no gzip (${reason}).`, { cause: error });
  });
}

function parseIdxFile(path: string, bytes: Uint8Array, dimensions: number) {
  try {
    return parseIdx(bytes, dimensions);
  } catch (error) {
    throw new Error(`${path}: ${errorText(error)}.`, { cause: error });
  }
}
