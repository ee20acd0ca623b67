/** What is said of a list beside its lines. */

import { glob } from "tinyglobby";
import { formatByEnding } from "../pictures/formats/formats-file.js";
import { type DatasetItem, fewOf, naturally, type Problem } from "./dataset.js";

/** A line of a list that leads to a picture. */
interface Entry extends Omit<DatasetItem, "label"> {
  readonly line: number;
}

/** What is said of pictures that are not there; of ImageNet's lists, of all at once, as a part of the pictures is often all that one has. */
export function missingProblems(list: string, missing: ReadonlyMap<string, string>, isForeign: boolean): Problem[] {
  if (!isForeign || missing.size < 2)
    return [...missing].map(([path, reason]) => ({ path, reason: `left out: ${reason}` }));
  const reason = `left out: ${missing.size} of its pictures, which are not there (${fewOf([...missing.keys()])})`;
  return [{ path: list, reason }];
}

/** What is said where some pictures have a part and others have none. */
export function withoutPart(list: string, entries: readonly Entry[]): Problem[] {
  const without = entries.filter(({ split }) => split === undefined);
  if (without.length === 0 || without.length === entries.length) return [];
  const reason = `${without.length} of ${entries.length} pictures have no part in the column split (${fewOf(without.map(({ path }) => path))}): they are divided as those for training are`;
  return [{ path: `${list}:${without[0].line}`, reason }];
}

/** What is said where what is meant of some pictures is in a box, and others have none. */
export function withoutBox(list: string, entries: readonly Entry[]): Problem[] {
  const without = entries.filter(({ box }) => box === undefined);
  if (without.length === 0 || without.length === entries.length) return [];
  const reason = `${without.length} of ${entries.length} pictures have no box (${fewOf(without.map(({ path }) => path))}): they are whole`;
  return [{ path: `${list}:${without[0].line}`, reason }];
}

/** What is said of the pictures in a folder that its list does not have. @param listed the paths that it has */
export async function withoutLine(list: string, root: string, listed: readonly string[]): Promise<Problem[]> {
  const known = new Set(listed);
  const files = await glob("**/*", { cwd: root });
  const unlisted = files.filter((file) => formatByEnding(file) !== undefined && !known.has(file)).sort(naturally);
  if (unlisted.length === 0) return [];
  const what = unlisted.length === 1 ? "1 picture" : `${unlisted.length} pictures`;
  return [{ path: list, reason: `left out: ${what} in the folder for which it has no line (${fewOf(unlisted)})` }];
}
