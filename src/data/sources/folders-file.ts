/** Data sets of which each class is a folder of pictures. */

import { readdir, realpath } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { statIfExists } from "../../files/exists-file.js";
import { defined } from "../../values/defined.js";
import { formatByEnding } from "../pictures/formats/formats-file.js";
import {
  classProblems,
  type Dataset,
  type DatasetItem,
  fewOf,
  naturally,
  PARTS,
  type Part,
  type Problem,
  partNamed,
} from "./dataset.js";

const LIST = /\.(?:csv|tsv|jsonl|ndjson)$/i;
/** Files that systems leave behind, which nobody wants to hear of. */
const LITTER = /^(?:\..*|thumbs\.db|desktop\.ini|__MACOSX)$/i;

/** What is in a folder. */
interface Listing {
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

/**
 * Finds the pictures in folders: the first folder below the root is the class, folders below it are part of the class. Where
 * folders at the top are called train, val (valid, validation, dev) and test, and classes are inside, they are the parts of a split.
 *
 * @param groupOf the group of a picture, from its path
 * @throws Error when there is no picture at all
 */
export async function openFolders(
  root: string,
  groupOf: (path: string) => string | undefined = () => undefined,
): Promise<Dataset> {
  const problems: Problem[] = [];
  const others = new Map<string, string[]>();
  const found: { readonly path: string; readonly name: string; readonly split?: Part }[] = [];
  const names = new Set<string>();
  const visited = new Set<string>();
  const top = await listing(root, ".", problems, visited);

  const collect = async (folder: string, name: string, split?: Part): Promise<number> => {
    const { folders, files } = await listing(root, folder, problems, visited);
    let count = 0;
    for (const path of files) {
      if (!isPicture(path, others)) continue;
      found.push({ path, name, ...defined({ split }) });
      count++;
    }
    for (const inner of folders) count += await collect(inner, name, split);
    return count;
  };
  const classes = async (folders: readonly string[], split?: Part): Promise<void> => {
    for (const folder of folders) {
      const name = basename(folder);
      if ((await collect(folder, name, split)) > 0) names.add(name);
      else problems.push({ path: folder, reason: "left out: a class without a picture" });
    }
  };
  const loose = (files: readonly string[], where: string): void => {
    const pictures = files.filter((path) => isPicture(path, others));
    if (pictures.length === 0) return;
    problems.push({ path: where, reason: `left out: pictures outside of a class's folder (${fewOf(pictures)})` });
  };

  const parts = await partsOf(root, top, problems);
  if (parts) {
    for (const { folder, part } of parts) {
      const { folders, files } = await listing(root, folder, problems, visited);
      loose(files, folder);
      await classes(folders, part);
    }
    loose(top.files, ".");
  } else {
    await classes(top.folders);
    // pictures without any folder of a class are one class
    if (found.length > 0) loose(top.files, ".");
    else {
      const name = basename(resolve(root));
      for (const path of top.files) if (isPicture(path, others)) found.push({ path, name });
      if (found.length > 0) names.add(name);
    }
  }

  for (const [kind, paths] of others) {
    const what = LIST.test(kind) ? "a list; open it, not the folder, to use what it says" : `left out: no picture`;
    problems.push({ path: paths[0], reason: paths.length === 1 ? what : `${what} (${paths.length} files '${kind}')` });
  }
  if (found.length === 0) {
    const holds = [...top.folders, ...top.files].map((path) => basename(path));
    throw new Error(
      `${root} holds no data set: expected a folder of pictures for each class, a list (CSV, JSON Lines), or the files of MNIST or CIFAR, but ${holds.length === 0 ? "it is empty" : `there is only ${fewOf(holds)}`}.`,
    );
  }
  const ordered = [...names].sort(naturally);
  const labels = new Map(ordered.map((name, i) => [name, i]));
  const items = found.map(({ path, name, split }): DatasetItem => {
    const group = groupOf(path);
    return {
      path,
      label: labels.get(name) ?? 0,
      ...defined({ group, split }),
    };
  });
  return { root, format: "folders", classes: ordered, items, problems: [...problems, ...classProblems(ordered)] };
}

function isPicture(path: string, others: Map<string, string[]>): boolean {
  if (formatByEnding(path)) return true;
  const kind = extname(path).toLowerCase();
  const same = others.get(kind);
  if (same) same.push(path);
  else others.set(kind, [path]);
  return false;
}

/** The folders at the top that are parts of a split: all of them must be, and one must hold folders. */
async function partsOf(root: string, { folders }: Listing, problems: Problem[]) {
  const parts = folders.map((folder) => ({ folder, part: partNamed(folder) }));
  if (parts.length === 0) return undefined;
  const known: { readonly folder: string; readonly part: Part }[] = [];
  for (const { folder, part } of parts) {
    if (part === undefined) return undefined;
    known.push({ folder, part });
  }
  const inner = await Promise.all(known.map(({ folder }) => listing(root, folder, [], new Set())));
  if (inner.every((content) => content.folders.length === 0)) return undefined;
  for (const { folder, part } of known) {
    const other = known.find((k) => k.part === part && k.folder !== folder);
    if (other && other.folder < folder) {
      problems.push({ path: folder, reason: `a second folder for ${part} beside '${other.folder}'; both are used` });
    }
  }
  return known.sort((a, b) => PARTS.indexOf(a.part) - PARTS.indexOf(b.part));
}

/** The folders and files of a folder in natural order, links followed, each folder once. */
async function listing(root: string, folder: string, problems: Problem[], visited: Set<string>): Promise<Listing> {
  const real = await realpath(join(root, folder));
  if (visited.has(real)) {
    problems.push({ path: folder, reason: "left out: a link to a folder that was read already" });
    return { folders: [], files: [] };
  }
  visited.add(real);
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const [folders, files]: [string[], string[]] = [[], []];
  for (const entry of entries.sort((a, b) => naturally(a.name, b.name))) {
    if (LITTER.test(entry.name)) continue;
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await statIfExists(join(root, path)) : entry;
    if (kind?.isDirectory()) folders.push(path);
    else if (kind?.isFile()) files.push(path);
    else problems.push({ path, reason: "left out: neither a file nor a folder, or a link that leads nowhere" });
  }
  return { folders, files };
}
