/** Data sets of which each class is a folder of pictures. */

import { basename, dirname, join, resolve } from "node:path";
import { readText } from "../../files/text-file.js";
import { defined } from "../../values/defined.js";
import { isSound, namesOf, PICTURES_ALONE } from "../pictures/formats/formats-file.js";
import { holdsCifarPictures } from "./cifar-file.js";
import { orderClasses } from "./class-order.js";
import { classProblems } from "./class-problems.js";
import { type Dataset, type DatasetItem, fewOf, type Part, type Problem, sameName } from "./dataset.js";
import { type FolderReader, folderReader, type Listing } from "./folder-file.js";
import { type LeftOut, leftOut } from "./left-out.js";
import { findParts, folderOfParts, partsBelow } from "./parts.js";
import { BACKGROUND, COMMAND_LISTS, speechCommands, spokenDigits } from "./sound-layouts.js";

/** A picture in a folder. */
interface Found {
  readonly path: string;
  /** that of its class */
  readonly name: string;
  /** how many folders lead to those that belong to the class */
  readonly depth: number;
  readonly split?: Part;
  /** who speaks, where the layout says it */
  readonly group?: string;
}

/**
 * Finds the pictures in folders: the first folder below the root is the class, folders below it are part of the class. Where
 * folders at the top are called train, val and test, and classes are inside, they are the parts of a split; see {@link findParts}.
 *
 * @param groupOf the group of a picture, from its path
 * @throws Error when there is no picture at all
 */
export async function openFolders(root: string, groupOf?: (path: string) => string | undefined): Promise<Dataset> {
  const left = leftOut();
  const read = folderReader(root, left);
  const top = await read(".");
  const isCommands = Object.values(COMMAND_LISTS).every((name) => top.files.includes(name));
  const { found: all, problems } = await findPictures(root, isCommands ? withoutNoise(top, left) : top, read, left);
  if (all.length === 0) throw new Error(`${root} holds no data set: ${whyEmpty(top, left)}.`);
  const found = await laidOut(root, ofOneKind(all, left), isCommands);
  const classes = orderClasses(new Set(found.map(({ name }) => name)));
  const labels = new Map(classes.map((name, i) => [name, i]));
  const items = found.map(({ path, name, split, group }): DatasetItem => {
    return { path, label: labels.get(name) ?? 0, ...defined({ group: groupOf ? groupOf(path) : group, split }) };
  });
  const nested = groupOf ? [] : nestingOf(found);
  return {
    root,
    format: "folders",
    classes,
    items,
    problems: [...problems, ...nested, ...left.problems(), ...classProblems(classes)],
  };
}

/** Pictures without the sounds that lie among them, such as a film's; sounds where there is nothing else. */
function ofOneKind(found: readonly Found[], left: LeftOut): readonly Found[] {
  const sounds = found.filter(({ path }) => isSound(path));
  if (sounds.length === found.length) return found;
  for (const { path } of sounds) left.note("left out: a sound among pictures", path);
  return found.filter(({ path }) => !isSound(path));
}

/** What the names of published data sets of sounds say beside their folders. */
async function laidOut(root: string, found: readonly Found[], isCommands: boolean): Promise<readonly Found[]> {
  if (!found.every(({ path }) => isSound(path))) return found;
  if (isCommands) {
    const [validation, test] = [COMMAND_LISTS.validation, COMMAND_LISTS.test].map((name) => readText(join(root, name)));
    const of = speechCommands({ validation: await validation, test: await test });
    return found.map((one) => ({ ...one, ...of(one.path) }));
  }
  if (new Set(found.map(({ name }) => name)).size > 1) return found;
  const digits = spokenDigits(found.map(({ path }) => path));
  return digits ? found.map((one, i) => ({ ...one, ...digits[i] })) : found;
}

/** Google's Speech Commands without the folder of noise, and without its lists. */
function withoutNoise({ folders, files }: Listing, left: LeftOut): Listing {
  if (folders.includes(BACKGROUND)) left.note("left out: noise, which is no class", BACKGROUND);
  const lists: readonly string[] = Object.values(COMMAND_LISTS);
  return {
    folders: folders.filter((folder) => folder !== BACKGROUND),
    files: files.filter((file) => !lists.includes(file)),
  };
}

/** The pictures below a folder, with their classes and parts. */
async function findPictures(
  root: string,
  top: Listing,
  read: FolderReader,
  left: LeftOut,
): Promise<{ readonly found: readonly Found[]; readonly problems: readonly Problem[] }> {
  const found: Found[] = [];
  const problems: Problem[] = [];
  const picturesBelow = async (folder: string): Promise<string[]> => {
    const { folders, files } = await read(folder);
    const paths = files.filter(left.isPicture);
    for (const inner of folders) for (const path of await picturesBelow(inner)) paths.push(path);
    return paths;
  };
  const addClasses = async (folders: readonly string[], split?: Part, className?: string): Promise<void> => {
    for (const folder of folders) {
      const name = className ?? sameName(basename(folder));
      const paths = await picturesBelow(folder);
      for (const path of paths) found.push({ path, name, depth: folder.split("/").length, ...defined({ split }) });
      if (paths.length === 0 && !left.explains(folder)) left.note("left out: a class without a picture", folder);
    }
  };
  const leaveLoose = (files: readonly string[], where: string): void => {
    const pictures = files.filter(left.isPicture);
    if (pictures.length === 0) return;
    problems.push({ path: where, reason: `left out: pictures outside of a class's folder (${fewOf(pictures)})` });
  };

  const { parts, others, problems: partProblems } = await findParts(top, read);
  const inner = parts.length === 0 ? await folderOfParts(top, read) : undefined;
  if (inner !== undefined) {
    const deeper = await findPictures(root, await read(inner), read, left);
    const reason = "the only folder with pictures; there are parts of a split in it, which are taken";
    return { found: deeper.found, problems: [{ path: inner, reason }, ...deeper.problems] };
  }
  problems.push(...partProblems);
  for (const { folder, part, inside } of parts) {
    leaveLoose(inside.files, folder);
    await addClasses(inside.folders, part);
  }
  if (parts.length > 0) {
    for (const folder of others) {
      const count = (await picturesBelow(folder)).length;
      const what = count === 0 ? "no picture" : `${count} ${count === 1 ? "picture" : "pictures"}`;
      problems.push({
        path: folder,
        reason: `left out: it is no part of the split (train, val or test), and holds ${what}`,
      });
    }
    leaveLoose(top.files, ".");
    return { found, problems };
  }
  const below = await partsBelow(top.folders, read);
  for (const [folder, own] of below ?? []) {
    for (const { folder: inner, part } of own) await addClasses([inner], part, sameName(basename(folder)));
  }
  if (below) {
    const [[, own]] = below;
    const path = fewOf(own.map(({ folder }) => folder));
    problems.push({ path, reason: "folders inside of the classes are taken for the parts of a split" });
  } else await addClasses(top.folders);
  // pictures without any folder of a class are one class
  if (found.length > 0) leaveLoose(top.files, ".");
  else {
    const name = sameName(basename(resolve(root)));
    for (const path of top.files) if (left.isPicture(path)) found.push({ path, name, depth: 0 });
  }
  return { found, problems };
}

/** What is said of folders inside of those of classes. */
function nestingOf(found: readonly Found[]): Problem[] {
  const folders = new Map<string, string>();
  for (const { path, name, depth } of found) {
    const places = path.split("/").slice(depth, -1);
    if (places.length > 0 && !folders.has(name)) folders.set(name, dirname(path));
  }
  if (folders.size === 0) return [];
  const reason = `folders inside of a class's folder belong to the class (in ${folders.size} ${folders.size === 1 ? "class" : "classes"})`;
  return [{ path: fewOf([...folders.values()], 2), reason }];
}

/** Why there is no picture in a folder. */
function whyEmpty({ folders, files }: Listing, left: LeftOut): string {
  const mute = left.unreadSounds();
  if (mute !== "") return `expected sounds as WAV, but there is only ${mute}`;
  const unread = left.unreadPictures();
  if (unread !== "") return `expected ${namesOf(PICTURES_ALONE)} pictures, but there is only ${unread}`;
  const bare = left.withoutEnding();
  if (bare.length > 0) {
    const endings = PICTURES_ALONE.flatMap(({ endings: own }) => own.slice(0, 1)).join(", ");
    return `pictures are known by the endings of their files (${endings} …), and there is none, but ${bare.length} without an ending (${fewOf(bare)})`;
  }
  const holds = [...folders, ...files].map((path) => basename(path));
  if (holdsCifarPictures(holds)) {
    return `beside ${fewOf(holds)}, as CIFAR has them, expected the names of the classes, a line each: batches.meta.txt of CIFAR-10, or fine_label_names.txt of CIFAR-100`;
  }
  const [ours] = left.problems().filter(({ reason }) => reason.includes("Bell Pepper"));
  const found = holds.length === 0 ? "it is empty" : `there is only ${fewOf(holds)}`;
  const made = ours ? ` (${ours.path} was ${ours.reason.replace("left out: ", "")})` : "";
  return `expected a folder of pictures for each class (or of sounds, WAV), a list (CSV, JSON Lines), or the files of MNIST or CIFAR, but ${found}${made}`;
}
