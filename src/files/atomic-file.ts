import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/**
 * Writes a file so that at any instant its path holds the old content or the new one, never a part: a new file beside
 * it, fsync, rename. Missing folders are made.
 *
 * @throws the system's error (no space, no permission); the old file is then untouched and the new one removed
 */
export async function writeFileAtomically(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = beside(path);
  try {
    await writeAndSync(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

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
 * Makes a folder that appears whole or not at all.
 *
 * @param fill writes what is to be in it, into a folder that is given the name only afterwards
 * @throws Error when the folder exists and is not empty; what `fill` throws
 */
export async function makeFolderAtomically(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  await expectNoFolder(folder);
  const temporary = beside(resolve(folder));
  await mkdir(temporary, { recursive: true });
  try {
    await fill(temporary);
    // Windows does not rename onto a folder, not even an empty one
    await rmdir(folder).catch(() => undefined);
    await rename(temporary, folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** @throws Error when something other than an empty folder is at the path */
export async function expectNoFolder(folder: string): Promise<void> {
  const content = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  if (content.length > 0) {
    throw new Error(`${folder}: expected a new or empty folder, but it holds ${content.slice(0, 3).join(", ")}.`);
  }
}

const beside = (path: string): string => join(dirname(path), `.${basename(path)}.${randomUUID()}`);

async function writeAndSync(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
