/** Features of pictures in a file, so that the next run need not compute them. */

import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { makeFolder, writeFileAtomically } from "../../files/atomic-file.js";
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
      if (!(await statIfExists(path))) return;
      const bytes = await readFile(path).catch(() => new Uint8Array());
      let good = 0;
      for (; good + entry <= bytes.length; good += entry) {
        const data = bytes.slice(good + HEAD, good + entry);
        if (new DataView(bytes.buffer, bytes.byteOffset + good + KEY).getUint32(0) !== crc32(data)) break;
        take(
          Buffer.from(bytes.subarray(good, good + KEY)).toString("hex"),
          new Float32Array(data.buffer, data.byteOffset, size),
        );
      }
      // What follows a broken entry would never be found.
      if (good < bytes.length) await writeFileAtomically(path, bytes.subarray(0, good)).catch(() => undefined);
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
