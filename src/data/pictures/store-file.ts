/** Where decoded pictures are kept: in memory, in a file, or only until they have been read. */

import { createHash } from "node:crypto";
import { readSync } from "node:fs";
import { type FileHandle, open, readdir, rm, statfs } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { diskReason } from "../../files/disk-error.js";
import { makeFolders } from "../../files/make-folder-file.js";

/** Decoded pictures of one size, by number. */
export interface PictureStore {
  /** Whether a picture is there; where that takes a look at a disk, it is near afterwards. */
  fetch(index: number): Promise<boolean>;
  keep(index: number, bytes: Uint8Array): Promise<void>;
  /** Writes a picture into an array. @returns false when it is not there */
  read(index: number, into: Uint8Array, offset: number): boolean;
  close(): Promise<void>;
}

/** Keeps all pictures in one array. */
export function memoryStore(count: number, size: number): PictureStore {
  const all = new Uint8Array(count * size);
  const present = new Uint8Array(count);
  return {
    fetch: async (index) => present[index] === 1,
    async keep(index, bytes) {
      all.set(bytes, index * size);
      present[index] = 1;
    },
    read(index, into, offset) {
      if (present[index] === 0) return false;
      into.set(all.subarray(index * size, (index + 1) * size), offset);
      return true;
    },
    async close() {},
  };
}

/** Keeps the pictures that were asked for last: as many calls of `next` as are looked back to. */
export function passingStore(calls = 3): PictureStore & { next(): void } {
  let generations: Map<number, Uint8Array>[] = [new Map()];
  return {
    next() {
      generations = [new Map<number, Uint8Array>(), ...generations.slice(0, calls - 1)];
    },
    async fetch(index) {
      const bytes = generations.find((one) => one.has(index))?.get(index);
      if (bytes) generations[0].set(index, bytes);
      return bytes !== undefined;
    },
    async keep(index, bytes) {
      generations[0].set(index, bytes);
    },
    read(index, into, offset) {
      const bytes = generations.find((one) => one.has(index))?.get(index);
      if (bytes) into.set(bytes, offset);
      return bytes !== undefined;
    },
    async close() {},
  };
}

/** The folder for caches of this user: $XDG_CACHE_HOME or ~/.cache, on Windows %LOCALAPPDATA%, and in it `bellpepper`. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), ".cache"), "bellpepper");
}

/** A checksum before each picture: what was not written, or not to its end, does not have it. */
const HEAD = 4;

/**
 * Keeps pictures in a file, picture after picture, each behind its checksum (CRC-32), so that a file from an earlier run, or from one
 * that was cut off, can be used as far as it is good. Files of the same set in an earlier state are removed.
 *
 * @param folder where the file is; made if need be
 * @param set what names the set and the decoding rule, whatever state the set is in
 * @param state what the pictures depend on: another state, another file
 * @throws Error when the folder cannot be used, or has not enough space
 */
export async function fileStore(
  folder: string,
  { set, state }: { readonly set: string; readonly state: string },
  count: number,
  size: number,
): Promise<PictureStore> {
  const record = HEAD + size;
  const [prefix, suffix] = [set, state].map((text) => createHash("sha256").update(text).digest("hex").slice(0, 16));
  const path = join(folder, `${prefix}-${suffix}.pictures`);
  const file = await openStore(folder, path, prefix, count * record);
  const fresh = (await file.stat()).size === 0;
  await file.truncate(count * record);
  const present = new Uint8Array(count);
  const written = new Uint8Array(count);
  return {
    async fetch(index) {
      if (fresh && written[index] === 0) return false;
      const bytes = new Uint8Array(record);
      const { bytesRead } = await file.read(bytes, 0, record, index * record);
      if (bytesRead === record && checksumIn(bytes) === crc32(bytes.subarray(HEAD))) present[index] = 1;
      return present[index] === 1;
    },
    async keep(index, bytes) {
      const all = new Uint8Array(record);
      new DataView(all.buffer).setUint32(0, crc32(bytes));
      all.set(bytes, HEAD);
      const { bytesWritten } = await file.write(all, 0, record, index * record);
      if (bytesWritten < record) throw new Error("the disk is full");
      [present[index], written[index]] = [1, 1];
    },
    read(index, into, offset) {
      if (present[index] === 0) return false;
      return readSync(file.fd, into, offset, size, index * record + HEAD) === size;
    },
    close: () => file.close(),
  };
}

const checksumIn = ({ buffer }: Uint8Array): number => new DataView(buffer).getUint32(0);

async function openStore(folder: string, path: string, prefix: string, needed: number): Promise<FileHandle> {
  try {
    await makeFolders(folder);
    for (const name of await readdir(folder)) {
      const other = join(folder, name);
      if (name.startsWith(`${prefix}-`) && other !== path) await rm(other, { force: true });
    }
    const file = await open(path, "a+").then(async (made) => {
      await made.close();
      return open(path, "r+");
    });
    const { bavail, bsize } = await statfs(folder);
    const { blocks } = await file.stat();
    const missing = needed - 512 * blocks - bavail * bsize;
    if (missing > 0) {
      await file.close();
      throw new Error(`it needs ${gigabyteText(needed)}, and ${gigabyteText(missing)} of that are not free`);
    }
    return file;
  } catch (error) {
    throw new Error(`The decoded pictures cannot be kept in ${folder}: ${diskReason(error)}.`, {
      cause: error,
    });
  }
}

export function gigabyteText(bytes: number): string {
  if (bytes >= 1e8) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e5 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1000)} kB`;
}
