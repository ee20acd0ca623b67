/** Which folders at the top of a data set are the parts of a split, and which are classes. */

import { basename } from "node:path";
import { formatByEnding } from "../pictures/formats/formats-file.js";
import { fewOf, PARTS, type Part, type Problem, partNamed } from "./dataset.js";
import type { FolderReader, Listing } from "./folder-file.js";

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
 *   pictures, or the same folders as the one for training (cat, dog).
 */
export async function findParts(top: Listing, read: FolderReader): Promise<FoundParts> {
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
  const problems = named.flatMap(({ folder, part }): Problem[] => {
    const first = named.find((other) => other.part === part && other.folder < folder);
    if (first === undefined) return [];
    return [{ path: folder, reason: `a second folder for ${part} beside '${first.folder}'; both are used` }];
  });
  return { parts: named.sort((a, b) => PARTS.indexOf(a.part) - PARTS.indexOf(b.part)), others, problems };
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
