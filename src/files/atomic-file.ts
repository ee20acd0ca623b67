import { randomUUID } from "node:crypto";
import { appendFile, open, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { errorText } from "../values/error-text.js";
import { diskCode, diskReason } from "./disk-error.js";
import { takeStep } from "./disk-steps.js";
import { exists, statIfExists } from "./exists-file.js";
import { holdNew } from "./hold-folder-file.js";
import { endOfLinks } from "./link-file.js";
import { makeFolders } from "./make-folder-file.js";

/** What is in a file: as a whole, or text piece by piece, where all of it would take much memory. */
export type Content = Uint8Array | string | Iterable<string>;

const isWhole = (content: Content): content is Uint8Array | string =>
  typeof content === "string" || content instanceof Uint8Array;

/** Text in pieces of some size, so that the disk is not asked for every line. */
function* inPieces(lines: Iterable<string>): Generator<string, void, undefined> {
  let piece = "";
  for (const line of lines) {
    piece += line;
    if (piece.length < 2 ** 18) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}

/**
 * Writes a file so that at any instant its path holds the old content or the new one, never a part: a new file beside
 * it, fsync, rename. Missing folders are made. Of a symbolic link, the file that it leads to is written, also where that is not there yet.
 *
 * @throws the system's error (no space, no permission) with the file's path; the old file is then untouched and the new one removed. Error when a
 *   device or a pipe is at the path, which a rename would replace
 */
export async function writeFileAtomically(path: string, content: Content): Promise<void> {
  const found = await statIfExists(path);
  if (found && !found.isFile() && !found.isDirectory()) {
    throw new Error(`${path}: expected the path of a file, got that of a device or a pipe.`);
  }
  const end = await endOfLinks(path);
  const temporary = beside(end);
  await makeFolder(dirname(end)).catch((error: unknown) => {
    if (diskCode(error) !== undefined) throw about(dirname(end), error);
    throw new Error(`${dirname(end)}: ${errorText(error)}.`, { cause: error });
  });
  try {
    await writeAndSync(temporary, content);
    await takeStep("rename", path, () => rename(temporary, end));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw isNowhere(error) ? unwritable(path, error) : about(path, error);
  }
}

/** That there is no such file, said of one that is to be made: in a folder of the system's own, such as /proc. */
const isNowhere = (error: unknown): boolean => diskCode(error) === "ENOENT";

const unwritable = (path: string, error: unknown): Error =>
  new Error(`${path} cannot be written: ${isNowhere(error) ? "no file can be made there" : diskReason(error)}.`, {
    cause: error,
  });

/**
 * Tries, before long work, whether a file can be written: makes an empty one beside it, or in the nearest folder above it that is there, and removes it.
 *
 * @throws Error with the path and the reason
 */
export async function expectWritable(path: string): Promise<void> {
  const end = await endOfLinks(resolve(path));
  let above = dirname(end);
  while (!(await exists(above)) && above !== dirname(above)) above = dirname(above);
  const trial = join(above, basename(beside(end)));
  try {
    if ((await statIfExists(end))?.isDirectory()) throw new Error("it is a folder");
    await writeFile(trial, "", { flag: "wx" });
    await rm(trial, { force: true });
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Adds to the end of a file; where the program ends meanwhile, a part may be added. @throws the system's error with the file's path */
export async function appendToFile(path: string, text: string): Promise<void> {
  await takeStep("append", path, () => appendFile(path, text)).catch((error: unknown) => {
    throw about(path, error);
  });
}

/** Removes a file, or a folder with all that is in it, where it is there. */
export const removeFile = (path: string): Promise<void> =>
  takeStep("remove", path, () => rm(path, { recursive: true, force: true }));

/** Makes a folder and those above it, where they are not there. */
export const makeFolder = (folder: string): Promise<string | undefined> =>
  takeStep("make folder", folder, () => makeFolders(folder));

/**
 * Makes a folder of files that appears whole or not at all.
 *
 * @param files the content of each file, by its name
 * @throws Error when the folder exists and is not empty
 */
export async function writeFolderAtomically(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<void> {
  await makeFolderAtomically(folder, async (temporary) => {
    for (const [name, content] of Object.entries(files)) await writeAndSync(join(temporary, name), content);
  });
}

/**
 * Makes a folder that appears whole or not at all; of a symbolic link, the one that it leads to. What a program left behind that made the same folder and came to no end is removed.
 *
 * @param fill writes what is to be in it, into a folder that is given the name only afterwards
 * @throws Error when the folder exists and is not empty, or another process is making it; what `fill` throws
 */
export async function makeFolderAtomically(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  await expectNoFolder(folder);
  const end = resolve(await endOfLinks(folder));
  const held = await holdNew(end);
  const temporary = beside(end);
  try {
    await sweepTemporaries(dirname(end), basename(end));
    await makeFolder(temporary);
    await fill(temporary);
    // Windows does not rename onto a folder, not even an empty one
    await rmdir(end).catch(() => undefined);
    await takeStep("rename", folder, () => rename(temporary, end));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw diskCode(error) === undefined ? error : about(folder, error);
  } finally {
    await held.close();
  }
}

/** @throws Error when something other than an empty folder is at the path */
export async function expectNoFolder(folder: string): Promise<void> {
  const content = await readdir(folder).catch((error: unknown) => {
    if (diskCode(error) === "ENOENT") return [];
    throw about(folder, error);
  });
  if (content.length > 0) {
    throw new Error(`${folder}: expected a new or empty folder, but it holds ${content.slice(0, 3).join(", ")}.`);
  }
}

/** What {@link writeFileAtomically} and {@link makeFolderAtomically} call what is not whole yet. */
const TEMPORARY = /^\.(.+)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const beside = (path: string): string => join(dirname(path), `.${basename(path)}.${randomUUID()}`);

/** Whether a file of this name is one that was being written when a program ended. */
export const isTemporary = (name: string): boolean => TEMPORARY.test(name);

/**
 * Removes from a folder what programs left behind that ended while they wrote. Only who alone writes there may call it.
 *
 * @param only what was to become of it; anything unless given
 */
export async function sweepTemporaries(folder: string, only?: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, final] = TEMPORARY.exec(name) ?? [];
    if (final !== undefined && (only === undefined || only === final)) await removeFile(join(folder, name));
  }
}

/** The system's error as one about this path: those of open files have none, and a temporary name says nothing. */
const about = (path: string, error: unknown): unknown =>
  diskCode(error) === undefined || !(error instanceof Error) ? error : Object.assign(error, { path });

async function writeAndSync(path: string, content: Content): Promise<void> {
  const file = await takeStep("create", path, () => open(path, "wx"));
  try {
    await takeStep("write", path, () =>
      isWhole(content) ? file.writeFile(content) : writeFile(file, inPieces(content)),
    );
    await takeStep("sync", path, () => file.sync());
  } finally {
    await file.close();
  }
}
