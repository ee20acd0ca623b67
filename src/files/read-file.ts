import { readFile, stat } from "node:fs/promises";
import { diskCode, diskReason } from "./disk-error.js";

/**
 * The bytes of a file.
 *
 * @throws Error that begins with the file's path and says in words why it cannot be read: it is a folder or a device, it is not there, permission is denied
 */
export async function readBytes(path: string): Promise<Buffer> {
  const found = await stat(path).catch(() => undefined);
  // it may have no end
  if (found?.isCharacterDevice() || found?.isBlockDevice()) throw new Error(`${path}: it is a device, not a file.`);
  try {
    return await readFile(path);
  } catch (error) {
    const reason = diskCode(error) === "ENOENT" ? "there is no such file" : diskReason(error);
    throw new Error(`${path}: ${reason}.`, { cause: error });
  }
}
