import { readdir, stat } from "node:fs/promises";
import { readText } from "../../files/text-file.js";
import { defined } from "../../values/defined.js";
import { expectPath, objectOf } from "../../values/kind.js";
import { ARGUMENTS } from "../../values/place.js";
import { UsageError } from "../../values/usage-error.js";
import { besidePacked } from "./beside-packed-file.js";
import { holdsCifar, openCifar } from "./cifar-file.js";
import { chosenOrder } from "./class-order.js";
import { groupProblems } from "./class-problems.js";
import { type Dataset, type DatasetItem, type DatasetOptions, fewOf, keyOf } from "./dataset.js";
import { openFolders } from "./folders-file.js";
import { isLineList } from "./foreign-list.js";
import { type GroupRule, groupRule, noGroupsFound } from "./grouping.js";
import { holdsIdx, openIdx } from "./idx-file.js";
import { openList } from "./list-file.js";
import { partsInPaths } from "./part-words.js";

const LIST = /\.(?:csv|tsv|jsonl|ndjson|txt)$/i;

/** Whether a file is taken for a list of pictures. */
export const isList = (path: string): boolean => LIST.test(path);

/**
 * Opens a data set of labelled pictures. What it is shows in what is there:
 *
 * - a folder with **a folder for each class**; folders inside those belong to the class. Where the folders at the top are called train,
 *   val (valid, validation, dev) and test, they are the parts of a split and have the classes inside; so they are
 *   where a word of each name says it (seg_train, seg_test), one folder deeper, and inside of the classes.
 * - **a list**: a CSV file with a heading, or JSON Lines. `path` (relative to the list) and `label` must be there; `group`, `split`
 *   (train, val, test) and `box` ("x y width height" in pixels) may; slashes in paths may be backslashes.
 *   Also lists without a heading (.txt), as Caffe has them ("val/a.JPEG 65"), and ImageNet's `LOC_val_solution.csv`.
 * - a folder with **IDX files** as MNIST, Fashion-MNIST and EMNIST have them, packed (.gz) or not. `train`, `t10k` and the like in their
 *   names are the parts of a split; `classes.txt`, a name on each line, names the classes.
 * - a folder with the binary files of **CIFAR-10 or CIFAR-100**.
 *
 * Names of classes and groups that differ in their Unicode form only are the same.
 *
 * Pictures are not decoded yet; what was left out on the way is listed in `problems`.
 *
 * @throws Error when there is no data set at the path, saying what was found, or when no picture has a group by the rule that was given;
 * RangeError when the order is not one of its classes
 * @example
 * const { classes, items } = await openDataset("animals");
 * classes; // ["cat", "dog"]
 * items[0]; // {"path": "cat/1.png", "label": 0}
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  expectPath("path", path);
  objectOf(options, ARGUMENTS);
  const rule = groupRule(options.groupOf);
  const dataset = await openAt(path, options, rule);
  if (rule !== undefined && dataset.items.every(({ group }) => group === undefined)) {
    throw noGroupsFound(path, rule, dataset.items.map(keyOf));
  }
  return withOrder(withPathsSaid(withGroupsSaid(dataset)), options.order);
}

async function openAt(path: string, options: DatasetOptions, rule: GroupRule | undefined): Promise<Dataset> {
  const { groupColumn, boxColumns, list, boxes, synsets } = options;
  const listOptions = defined({ groupColumn, groupOf: rule?.of, boxColumns, boxes, synsets });
  const found = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new Error(`${path}: there is no such file or folder.`, { cause: error });
    }
    throw error;
  });
  if (list !== undefined) {
    if (!found.isDirectory()) throw new Error(`${path} is a file: expected the folder with the pictures of ${list}.`);
    return openList(list, { ...listOptions, folder: path });
  }
  if (!found.isDirectory()) {
    const isText = /\.txt$/i.test(path);
    if (isText ? isLineList(await readText(path)) : LIST.test(path)) return openList(path, listOptions);
    throw new Error(`${path} is a file: expected a folder of pictures, or a list that ends in .csv, .tsv or .jsonl.`);
  }
  const column = groupColumn ?? boxColumns?.[0];
  if (column !== undefined) {
    throw new UsageError(`${path} is a folder, and has no column '${column}': expected a list, .csv, .tsv or .jsonl.`);
  }
  const names = await readdir(path);
  const isPacked = holdsIdx(names) || holdsCifar(names);
  if (isPacked && rule) {
    throw new Error(
      `${path} has its pictures in packed files: they have no paths in which ${rule.text} could find groups.`,
    );
  }
  if (!isPacked) return openFolders(path, rule?.of);
  const packed = holdsIdx(names) ? await openIdx(path, names) : await openCifar(path, names);
  return { ...packed, problems: [...(await besidePacked(packed)), ...packed.problems] };
}

/** The data set, which says where only some pictures have a group, and which groups may be one. */
function withGroupsSaid(dataset: Dataset): Dataset {
  const groups = new Set(dataset.items.flatMap(({ group }) => group ?? []));
  return withoutGroupSaid({ ...dataset, problems: [...groupProblems(groups), ...dataset.problems] });
}

function withoutGroupSaid(dataset: Dataset): Dataset {
  const { items, problems } = dataset;
  const alone = items.filter(({ group }) => group === undefined);
  if (alone.length === 0 || alone.length === items.length) return dataset;
  const others = alone.length === 1 ? "" : `, as have ${alone.length - 1} others (${fewOf(alone.slice(1).map(keyOf))})`;
  const reason = `has no group${others}; ${items.length - alone.length} of ${items.length} pictures have one. Each without is a group of its own`;
  return { ...dataset, problems: [{ path: keyOf(alone[0]), reason }, ...problems] };
}

/** The data set, which says where paths look like parts of a split that it does not have, unless that is said already. */
function withPathsSaid(dataset: Dataset): Dataset {
  const { items, problems, packed } = dataset;
  if (packed || problems.some(({ reason }) => reason.includes("of a split"))) return dataset;
  return { ...dataset, problems: [...partsInPaths(items), ...problems] };
}

/** The data set with its classes in an order that somebody gave. */
function withOrder(dataset: Dataset, order: DatasetOptions["order"]): Dataset {
  if (order === undefined) return dataset;
  const classes = chosenOrder(dataset.classes, order);
  const places = dataset.classes.map((name) => classes.indexOf(name));
  const items = dataset.items.map((item): DatasetItem => ({ ...item, label: places[item.label] }));
  return { ...dataset, classes, items };
}
