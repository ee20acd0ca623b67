import { readdir, stat } from "node:fs/promises";
import type { Dataset, DatasetOptions } from "./dataset.js";
import { openFolders } from "./folders-file.js";
import { openList } from "./list-file.js";
import { holdsCifar, holdsIdx, openCifar, openIdx } from "./packed-file.js";

const LIST = /\.(?:csv|tsv|jsonl|ndjson)$/i;

/**
 * Opens a data set of labelled pictures. What it is shows in what is there:
 *
 * - a folder with **a folder for each class**; folders inside those belong to the class. Where the folders at the top are called train,
 *   val (valid, validation, dev) and test, they are the parts of a split and have the classes inside.
 * - **a list**: a CSV file with a heading, or JSON Lines. `path` (relative to the list) and `label` must be there; `group`, `split`
 *   (train, val, test) and `box` ("x y width height" in pixels) may; slashes in paths may be backslashes.
 * - a folder with **IDX files** as MNIST and Fashion-MNIST have them, packed (.gz) or not. `train-…` and `t10k-…` are the parts of a
 *   split; `classes.txt`, a name on each line, names the classes.
 * - a folder with the binary files of **CIFAR-10 or CIFAR-100**.
 *
 * Pictures are not decoded yet; what was left out on the way is listed in `problems`.
 *
 * @throws Error when there is no data set at the path, saying what was found
 * @example
 * const { classes, items } = await openDataset("animals");
 * classes; // ["cat", "dog"]
 * items[0]; // {"path": "cat/1.png", "label": 0}
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const { groupOf, groupColumn } = options;
  const found = await stat(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new Error(`${path}: there is no such file or folder.`, { cause: error });
    }
    throw error;
  });
  if (!found.isDirectory()) {
    if (LIST.test(path)) return openList(path, options);
    throw new Error(`${path} is a file: expected a folder of pictures, or a list that ends in .csv, .tsv or .jsonl.`);
  }
  if (groupColumn !== undefined) {
    throw new Error(`${path} is a folder, and has no column '${groupColumn}': expected a list, .csv, .tsv or .jsonl.`);
  }
  const names = await readdir(path);
  if (holdsIdx(names)) return openIdx(path, names);
  if (holdsCifar(names)) return openCifar(path, names);
  return openFolders(path, groupOf);
}
