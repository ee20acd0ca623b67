/** Data sets in the binary form of CIFAR-10 and CIFAR-100. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readClassNames } from "./class-names-file.js";
import { classProblems } from "./class-problems.js";
import { type Dataset, type DatasetItem, fewOf, type Part } from "./dataset.js";
import { recordReader } from "./record-reader.js";

const TRAINING = /^(?:.*[-_. ])?(?:data_batch(?:_\d+)?|train)\.bin$/i;
const VALIDATION = /^(?:.*[-_. ])?(?:val|valid|validation|dev)(?:_batch)?\.bin$/i;
const TEST = /^(?:.*[-_. ])?test(?:_batch)?\.bin$/i;
/** The files of each part, in the order of the pictures. */
const FILES: readonly (readonly [Part, RegExp])[] = [
  ["training", TRAINING],
  ["validation", VALIDATION],
  ["test", TEST],
];
/** The names of the classes of CIFAR-10 and of CIFAR-100. */
const NAMES = { ten: /^(?:.*[-_. ])?batches\.meta\.txt$/i, hundred: /^(?:.*[-_. ])?fine_label_names\.txt$/i };
const SIDE = 32;

/** Whether there are CIFAR's pictures; their classes' names may be missing. */
export const holdsCifarPictures = (names: readonly string[]): boolean =>
  names.some((name) => TRAINING.test(name) || TEST.test(name));

/** Whether a folder's files are those of CIFAR-10 or CIFAR-100 in the binary form. */
export const holdsCifar = (names: readonly string[]): boolean =>
  holdsCifarPictures(names) && names.some((name) => NAMES.ten.test(name) || NAMES.hundred.test(name));

/**
 * Reads the binary form of CIFAR-10 (records of a label and 3×32×32 bytes) or of CIFAR-100 (a coarse label, a fine one, and the
 * bytes; the fine one is the class).
 */
export async function openCifar(root: string, names: readonly string[]): Promise<Dataset> {
  const meta = names.filter((name) => NAMES.ten.test(name) || NAMES.hundred.test(name));
  if (meta.length > 1)
    throw new Error(`${root} holds several data sets (${fewOf(meta)}): put each into a folder of its own.`);
  const classes = await readClassNames(join(root, meta[0]));
  const head = NAMES.hundred.test(meta[0]) ? 2 : 1;
  const record = head + 3 * SIDE * SIDE;
  const items: DatasetItem[] = [];
  const files = new Map<string, Uint8Array>();
  const sorted = [...names].sort();
  const found = FILES.flatMap(([split, kind]) => sorted.flatMap((path) => (kind.test(path) ? [{ path, split }] : [])));
  for (const { path, split } of found) {
    const bytes = await readFile(join(root, path));
    if (bytes.length === 0 || bytes.length % record !== 0) {
      throw new Error(
        `${join(root, path)}: expected records of ${record} bytes (${head === 1 ? "a label" : "two labels"} and 3×32×32), got ${bytes.length} bytes.`,
      );
    }
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
    packed: { shape: { channels: 3, height: SIDE, width: SIDE }, read: recordReader(files, head, 3 * SIDE * SIDE) },
  };
}
