/** The states of trainings in the page's own store of files (the origin private file system). */

import { errorText } from "../../values/error-text.js";
import { text } from "../../values/kind.js";
import {
  type Checkpoint,
  checkpointName,
  checkpointsAmong,
  decodeCheckpoint,
  outdatedCheckpoints,
} from "../checkpoint.js";
import type { TrainingState } from "../events.js";

/** What a worker has of a file, and a page has not: it reads and writes at once. */
interface SyncAccess {
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  flush(): void;
  close(): void;
}

/** All of it lies in this folder. */
const FOLDER = "bellpepper";

const NAME = text("a name without slashes, such as 'letters'", /^(?!\.{1,2}$)[^/\\]+$/);

/** @throws TypeError, RangeError when it is no name that a folder may have */
export const expectName = (name: string): string => NAME.take(name, { path: "checkpoints.name" });

/** @throws Error where the page has no store of files: only pages from https:// and localhost have one */
async function folders(create: boolean): Promise<FileSystemDirectoryHandle> {
  if (typeof navigator.storage?.getDirectory !== "function") {
    throw new Error(
      "Checkpoints need the browser's own store of files, which only pages from https:// and localhost have.",
    );
  }
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create });
}

/** The folder of a training; undefined where there is none and none is to be made. */
async function folderOf(name: string, create = false): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await (await folders(create)).getDirectoryHandle(name, { create });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const isMissing = (error: unknown): boolean => error instanceof DOMException && error.name === "NotFoundError";

async function namesIn(folder: FileSystemDirectoryHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names;
}

/** Writes a file to its end, and onto the disk. What is left of one that could not be written is taken away. */
async function write(folder: FileSystemDirectoryHandle, name: string, bytes: Uint8Array): Promise<void> {
  const file = await folder.getFileHandle(name, { create: true });
  const opened: Pick<FileSystemFileHandle, "name"> & { createSyncAccessHandle?(): Promise<SyncAccess> } = file;
  const access = await opened.createSyncAccessHandle?.();
  if (!access) throw new Error("this browser writes no files in a worker");
  try {
    access.truncate(0);
    for (let at = 0; at < bytes.length; ) {
      const written = access.write(bytes.subarray(at), { at });
      if (written === 0) throw new Error("there is no more space");
      at += written;
    }
    access.flush();
  } catch (error) {
    access.close();
    await folder.removeEntry(name);
    throw error;
  }
  access.close();
}

/**
 * Keeps a state: a file of its own with a checksum at its end, so that the one before stays good until this one is whole. The two newest stay.
 *
 * @throws Error when there is no space
 */
export async function keepCheckpoint(name: string, state: TrainingState, bytes: Uint8Array): Promise<void> {
  const folder = await folderOf(name, true);
  if (!folder) return;
  const file = checkpointName(state);
  await write(folder, file, bytes);
  for (const other of outdatedCheckpoints(await namesIn(folder), file)) await folder.removeEntry(other);
}

/**
 * The newest state that a training has kept in this browser, with the network, its classes and its normalization.
 *
 * @param name what the training calls its checkpoints
 * @param notes told of files that cannot be used
 * @returns undefined where there is none
 * @throws Error where the page has no store of files
 * @example
 * async function lastModel(): Promise<Uint8Array | undefined> {
 *   const kept = await readCheckpoint("letters");
 *   if (!kept) return undefined;
 *   const { frame, state } = kept;
 *   return toOnnx({ ...frame, parameters: modelParameters(state), history: state.history });
 * }
 */
export async function readCheckpoint(name: string, notes: string[] = []): Promise<Checkpoint | undefined> {
  const folder = await folderOf(expectName(name));
  if (!folder) return undefined;
  for (const file of checkpointsAmong(await namesIn(folder)).reverse()) {
    try {
      const bytes = await (await (await folder.getFileHandle(file)).getFile()).arrayBuffer();
      return decodeCheckpoint(new Uint8Array(bytes));
    } catch (error) {
      notes.push(`The checkpoint ${file} cannot be used (${errorText(error)}); trying the one before.`);
    }
  }
  return undefined;
}

/**
 * Removes all that a training has kept in this browser.
 *
 * @param name what the training calls its checkpoints
 * @throws Error where the page has no store of files, or the training runs
 * @example
 * const startAnew = (): Promise<void> => removeCheckpoints("letters");
 */
export async function removeCheckpoints(name: string): Promise<void> {
  const folder = await folderOf(expectName(name));
  if (folder) await (await folders(false)).removeEntry(name, { recursive: true });
}

/** A training in another tab has so many milliseconds to end: one that was just closed takes a moment. */
const PATIENCE = 5000;

/**
 * Holds the checkpoints of a name for this worker alone.
 *
 * @returns gives them free again
 * @throws Error when another tab has them
 */
export async function holdCheckpoints(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = new Promise<void>((release) => {
      navigator.locks
        .request(`${FOLDER}/${name}`, { signal: AbortSignal.timeout(PATIENCE) }, () => {
          resolve(release);
          return held;
        })
        .catch(() =>
          reject(new Error(`Another tab trains '${name}': close it, or give these checkpoints another name.`)),
        );
    });
  });
}
