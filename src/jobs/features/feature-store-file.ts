/** Features of pictures in a file, so that the next run need not compute them. */

import { appendFile, type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { makeFolder } from "../../files/atomic-file.js";
import { diskReason } from "../../files/disk-error.js";
import { takeStep } from "../../files/disk-steps.js";
import { statIfExists } from "../../files/exists-file.js";

/** What stands before the numbers of a picture: the first 8 bytes of the SHA-256 of its pixels, and the CRC-32 of its numbers. */
const KEY = 8;
const HEAD = KEY + 4;

/** Features by the keys of pictures, 16 hexadecimal digits. */
export interface FeatureStore {
  /** where it lies */
  readonly path: string;
  /** Gives what is there of some pictures; what was cut off, or changed, is as if it were not there. */
  load(take: (key: string, numbers: Float32Array) => void): Promise<void>;
  /** Adds pictures. @returns why the disk does not take them; undefined where it does */
  keep(entries: readonly (readonly [key: string, numbers: Float32Array])[]): Promise<string | undefined>;
}

/**
 * The features of one network in a folder: a file of entries one after the other, in any order, each with a checksum. Several programs may add to it.
 *
 * @param digest says what computes them
 * @param size how many numbers a picture has
 */
export function featureStore(folder: string, digest: string, size: number): FeatureStore {
  const path = join(folder, `${digest}.features`);
  const entry = HEAD + 4 * size;
  return {
    path,
    async load(take) {
      const found = await statIfExists(path);
      if (!found?.isFile()) return;
      const file = await open(path, "r+").catch(() => undefined);
      if (!file) return;
      try {
        const good = await readEntries(file, entry, take);
        // What follows a broken entry would never be found.
        if (good < found.size) await takeStep("write", path, () => file.truncate(good));
      } catch {
        // A cache that cannot be read is none.
      } finally {
        await file.close();
      }
    },
    async keep(entries) {
      const all = new Uint8Array(entries.length * entry);
      entries.forEach(([key, numbers], i) => {
        const data = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
        all.set(Buffer.from(key, "hex"), i * entry);
        new DataView(all.buffer).setUint32(i * entry + KEY, crc32(data));
        all.set(data, i * entry + HEAD);
      });
      try {
        await makeFolder(folder);
        await takeStep("append", path, () => appendFile(path, all));
        return undefined;
      } catch (error) {
        return diskReason(error);
      }
    },
  };
}

/** So many bytes are read at a time, or one entry. */
const BLOCK = 2 ** 22;

/** Reads entries up to the first that is broken. @returns where that begins, or the end of the last one */
async function readEntries(
  file: FileHandle,
  entry: number,
  take: (key: string, numbers: Float32Array) => void,
): Promise<number> {
  const block = Buffer.alloc(entry * Math.max(1, Math.floor(BLOCK / entry)));
  for (let good = 0; ; ) {
    const { bytesRead } = await file.read(block, 0, block.length, good);
    for (let at = 0; at + entry <= bytesRead; at += entry) {
      const data = Uint8Array.from(block.subarray(at + HEAD, at + entry));
      if (block.readUint32BE(at + KEY) !== crc32(data)) return good;
      take(block.toString("hex", at, at + KEY), new Float32Array(data.buffer));
      good += entry;
    }
    if (bytesRead < block.length) return good;
  }
}
