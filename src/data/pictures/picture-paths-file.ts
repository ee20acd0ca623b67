/** Pictures as a command is given them: files, folders, patterns. */

import { isAbsolute, relative } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { statIfExists } from "../../files/exists-file.js";
import { naturally } from "../sources/dataset.js";
import { formatByEnding } from "./formats/formats-file.js";

/**
 * The picture files that paths stand for, in their order, each once: a file as it is, whatever its ending; all pictures in a folder and in the folders in it, by name; those that a
 * pattern fits, as a shell has it: `photographs/**\/*.jpg`.
 *
 * @param others names that stand for pictures, and for no files
 * @throws Error for a path that is not there, a folder without pictures, and a pattern that fits none
 * @example
 * (await picturePaths(["animals/cat"]))[0]; // "animals/cat/1.png"
 */
export async function picturePaths(asked: readonly string[], others: readonly string[] = []): Promise<string[]> {
  const lists: (readonly string[])[] = [];
  for (const path of asked) lists.push(others.includes(path) ? [path] : await pathsOf(path));
  return [...new Set(lists.flat())];
}

async function pathsOf(path: string): Promise<readonly string[]> {
  const found = await statIfExists(path);
  if (found?.isDirectory()) {
    const files = await glob("**/*", { cwd: path, absolute: true });
    const pictures = sorted(files.filter((file) => formatByEnding(file) !== undefined));
    if (pictures.length === 0) throw new Error(`${path}: there is no picture in this folder, nor in those in it.`);
    const own = path.endsWith("/") ? path : `${path}/`;
    return pictures.map((file) => own + relative(path, file));
  }
  if (found || !isDynamicPattern(path)) {
    if (!found) throw new Error(`${path}: there is no such file or folder.`);
    return [path];
  }
  const files = sorted(
    (await glob(path, { absolute: isAbsolute(path) })).filter((file) => formatByEnding(file) !== undefined),
  );
  if (files.length === 0) throw new Error(`${path}: no picture fits this pattern.`);
  return files;
}

const sorted = (paths: readonly string[]): string[] => [...paths].sort(naturally);
