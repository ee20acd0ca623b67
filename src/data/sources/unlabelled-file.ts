import { readdir } from "node:fs/promises";
import { relative } from "node:path";
import { statIfExists } from "../../files/exists-file.js";
import { picturePaths } from "../pictures/picture-paths-file.js";
import { holdsCifar } from "./cifar-file.js";
import { type Dataset, type DatasetItem, partNamed } from "./dataset.js";
import { holdsIdx } from "./idx-file.js";
import { openDataset } from "./open-dataset-file.js";

/** What pictures are called of which nobody has said what they are. */
export const UNLABELLED = "picture";

/**
 * Opens pictures without asking what they are: all in a folder and the folders in it, wherever they lie; those of a list; those in the files of MNIST or CIFAR. All are of
 * one class, "picture". What folders or files call the test stays the test.
 *
 * @throws Error when there is no picture at the path
 * @example
 * const { classes, items } = await openUnlabelled("animals");
 * classes; // ["picture"]
 * items[9]; // {"path": "dog/5.png", "label": 0}
 */
export async function openUnlabelled(path: string): Promise<Dataset> {
  const found = await statIfExists(path);
  const names = found?.isDirectory() ? await readdir(path) : undefined;
  if (!names || holdsIdx(names) || holdsCifar(names)) {
    const dataset = await openDataset(path);
    return { ...dataset, classes: [UNLABELLED], items: dataset.items.map((item) => ({ ...item, label: 0 })) };
  }
  const items = (await picturePaths([path])).map((file): DatasetItem => {
    const own = relative(path, file).replaceAll("\\", "/");
    const folders = own.split("/").slice(0, -1);
    const split = folders.map(partNamed).find((part) => part !== undefined);
    return { path: own, label: 0, ...(split ? { split } : {}) };
  });
  return { root: path, format: "folders", classes: [UNLABELLED], items, problems: [] };
}
