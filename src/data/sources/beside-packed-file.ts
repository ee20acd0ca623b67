/** What stands beside files that hold many pictures each, and is not taken. */

import { formatByEnding } from "../pictures/formats/formats-file.js";
import type { Dataset, Problem } from "./dataset.js";
import { folderReader } from "./folder-file.js";
import { leftOut } from "./left-out.js";

/** Endings of files that may hold pictures or labels. */
const DATA = /\.(?:bin|csv|tsv|jsonl|ndjson|npy|npz|mat|pkl|parquet)$/i;

/** What is said of folders, pictures, lists and other files with data beside the packed files of a data set. */
export async function besidePacked({ root, items, problems }: Dataset): Promise<Problem[]> {
  const left = leftOut();
  const { folders, files } = await folderReader(root, left)(".");
  const known = new Set([...items.map(({ path }) => path), ...problems.map(({ path }) => path)]);
  const [example] = items;
  const reason = `left out: the pictures are read from files that hold many, such as ${example?.path}, and from nothing beside them`;
  for (const path of folders) left.note(reason, path);
  for (const path of files) {
    if (!known.has(path) && (formatByEnding(path) || DATA.test(path))) left.note(reason, path);
  }
  return left.problems();
}
