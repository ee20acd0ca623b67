import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { diskCode } from "./disk-error.js";
import { statIfExists } from "./exists-file.js";
import { endOfLinks } from "./link-file.js";

/**
 * Makes a folder and those above it, where they are not there, and where symbolic links lead. Node's own way never ends where a folder is there and none can be made in it, as
 * in /proc.
 *
 * @returns the first folder that was made; undefined where all were there
 * @throws the system's error
 */
export async function makeFolders(folder: string): Promise<string | undefined> {
  const path = resolve(folder);
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if ((await statIfExists(path))?.isDirectory()) return undefined;
    const end = await endOfLinks(path);
    if (end !== path) return makeFolders(end);
    const above = dirname(path);
    if (diskCode(error) !== "ENOENT" || above === path) throw error;
    const first = await makeFolders(above);
    await mkdir(path).catch(async (again: unknown) => {
      if ((await statIfExists(path))?.isDirectory()) return;
      throw diskCode(again) === "ENOENT" ? new Error("no folder can be made there", { cause: again }) : again;
    });
    return first ?? path;
  }
}
