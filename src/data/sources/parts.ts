/** Which folders at the top of a data set are the parts of a split, and which are classes. */

import { basename } from "node:path";
import { formatByEnding } from "../pictures/formats/formats-file.js";
import { fewOf, PARTS, type Part, type Problem, partNamed } from "./dataset.js";
import type { FolderReader, Listing } from "./folder-file.js";
import { partWithin } from "./part-words.js";

/** Folders that are no class beside the parts of a split. */
const BESIDE = /^(?:un[-_ ]?label+ed|unsup(?:ervised)?|extra|hold[-_ ]?out|eval(?:uation)?|predict(?:ion)?s?)$/i;

/** A folder that is a part, and what is in it. */
export interface PartFolder {
  readonly folder: string;
  readonly part: Part;
  readonly inside: Listing;
}

/** How the folders at the top are taken. */
export interface FoundParts {
  /** those that are parts, in the order training, validation, test; none where all folders are classes */
  readonly parts: readonly PartFolder[];
  /** those beside them */
  readonly others: readonly string[];
  /** what should be said about that */
  readonly problems: readonly Problem[];
}

/**
 * Finds the parts of a split among the folders at the top. Folders with the name of a part are parts where there are folders in them, the
 * classes, and
 *
 * - there is no other folder, or
 * - one of them is for training, and two parts are named, or the others are no classes: their names say so (unlabelled), they hold no
 *   pictures, or the same folders as the one for training (cat, dog), or
 * - all have the word for a part in their names (seg_train, 02_test, tr), and the same folders inside.
 */
export async function findParts(top: Listing, read: FolderReader): Promise<FoundParts> {
  const worded = await wordedParts(top, read);
  if (worded) return worded;
  const named: PartFolder[] = [];
  for (const folder of top.folders) {
    const part = partNamed(basename(folder));
    if (part !== undefined) named.push({ folder, part, inside: await read(folder) });
  }
  const others = top.folders.filter((folder) => !named.some((one) => one.folder === folder));
  const classes = named.filter(({ inside }) => inside.folders.length > 0);
  const none = (why: string): FoundParts => {
    const path = fewOf(named.map(({ folder }) => folder));
    return {
      parts: [],
      others: [],
      problems: [{ path, reason: `taken for a class, not for a part of a split: ${why}` }],
    };
  };
  const kinds = new Set(named.map(({ part }) => part));
  if (classes.length === 0) {
    if (kinds.size > 1) return none("there are no folders of classes inside");
    return { parts: [], others: [], problems: [] };
  }
  const training = classes.filter(({ part }) => part === "training");
  if (others.length > 0 && (training.length === 0 || (kinds.size < 2 && (await areClasses(others, training, read))))) {
    return none(`there is also ${fewOf(others.map((folder) => basename(folder)))}`);
  }
  return { parts: inOrder(named), others, problems: secondOnes(named) };
}

const inOrder = (parts: readonly PartFolder[]): PartFolder[] =>
  [...parts].sort((a, b) => PARTS.indexOf(a.part) - PARTS.indexOf(b.part));

/** What is said of two folders for one part. */
const secondOnes = (named: readonly PartFolder[]): Problem[] =>
  named.flatMap(({ folder, part }): Problem[] => {
    const first = named.find((other) => other.part === part && other.folder < folder);
    if (first === undefined) return [];
    return [{ path: folder, reason: `a second folder for ${part} beside '${first.folder}'; both are used` }];
  });

/** The parts where each folder has a word for one in its name, and not each is called as parts are; undefined where that is not so. */
async function wordedParts(top: Listing, read: FolderReader): Promise<FoundParts | undefined> {
  const [named, others]: [PartFolder[], string[]] = [[], []];
  for (const folder of top.folders) {
    const name = basename(folder);
    const part = partWithin(name, true);
    if (part !== undefined) named.push({ folder, part, inside: await classesIn(folder, read) });
    else if (isBeside(name) || !(await holdsPicture(folder, read))) others.push(folder);
    else return undefined;
  }
  if (named.every(({ folder }) => partNamed(basename(folder)) !== undefined)) return undefined;
  if (new Set(named.map(({ part }) => part)).size < 2 || !named.some(({ part }) => part === "training"))
    return undefined;
  const path = fewOf(named.map(({ folder }) => folder));
  const known = new Set(
    named.flatMap(({ part, inside }) => (part === "training" ? inside.folders.map((inner) => basename(inner)) : [])),
  );
  if (!named.every(({ inside }) => inside.folders.some((inner) => known.has(basename(inner))))) {
    const reason = "taken for classes, not for parts of a split: there are not the same folders of classes inside";
    return { parts: [], others: [], problems: [{ path, reason }] };
  }
  const as = named.map(({ part }) => part).join(", ");
  const reason = `taken for the parts of a split that words in their names stand for (${as})`;
  return { parts: inOrder(named), others, problems: [{ path, reason }, ...secondOnes(named)] };
}

/** Whether words of a name say that a folder is no class. */
const isBeside = (name: string): boolean =>
  BESIDE.test(name) || name.split(/[-_. ]/).some((word) => BESIDE.test(word) || /^pred$/i.test(word));

/** What is in a part's folder, or in the one folder of about its name there, as archives have it. */
async function classesIn(folder: string, read: FolderReader): Promise<Listing> {
  const inside = await read(folder);
  const [only, ...more] = inside.folders;
  return only !== undefined && more.length === 0 && basename(only) === basename(folder) ? read(only) : inside;
}

/**
 * The parts where they are inside of the classes (cat/train, cat/test, dog/train): each class has nothing else, and its training part.
 *
 * @returns for each class its parts; undefined where that is not so
 */
export async function partsBelow(classes: readonly string[], read: FolderReader) {
  const found = new Map<string, readonly PartFolder[]>();
  const kinds = new Set<Part>();
  for (const folder of classes) {
    const { folders, files } = await read(folder);
    const parts: PartFolder[] = [];
    for (const inner of folders) {
      const part = partWithin(basename(inner), true);
      if (part === undefined) return undefined;
      kinds.add(part);
      parts.push({ folder: inner, part, inside: await read(inner) });
    }
    if (folders.length === 0 && files.length === 0) continue;
    if (files.some((path) => formatByEnding(path)) || !parts.some(({ part }) => part === "training")) return undefined;
    found.set(folder, inOrder(parts));
  }
  return kinds.size > 1 && found.size > 0 ? found : undefined;
}

/** The folder, at the end of folders that are alone, in which there are parts of a split, or classes with such; undefined if there is none. */
export async function folderOfParts(top: Listing, read: FolderReader): Promise<string | undefined> {
  const holding: string[] = [];
  for (const folder of top.folders) if (await holdsPicture(folder, read)) holding.push(folder);
  const [only, ...more] = holding;
  if (only === undefined || more.length > 0 || top.files.some((path) => formatByEnding(path))) return undefined;
  const inside = await read(only);
  const { parts } = await findParts(inside, read);
  if (parts.length > 0 || (await partsBelow(inside.folders, read))) return only;
  return folderOfParts(inside, read);
}

/** Whether any of the folders beside one for training looks like a class. */
async function areClasses(others: readonly string[], training: readonly PartFolder[], read: FolderReader) {
  const known = new Set(training.flatMap(({ inside }) => inside.folders.map((folder) => basename(folder))));
  for (const folder of others) {
    if (BESIDE.test(basename(folder))) continue;
    const { folders } = await read(folder);
    if (folders.some((inner) => known.has(basename(inner)))) continue;
    if (await holdsPicture(folder, read)) return true;
  }
  return false;
}

async function holdsPicture(folder: string, read: FolderReader): Promise<boolean> {
  const { folders, files } = await read(folder);
  if (files.some((path) => formatByEnding(path))) return true;
  for (const inner of folders) if (await holdsPicture(inner, read)) return true;
  return false;
}
