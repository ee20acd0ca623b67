/** Where the decoded pictures of a data set are kept. */

import { join, resolve } from "node:path";
import { atOnce } from "../../files/at-once.js";
import { diskReason } from "../../files/disk-error.js";
import { statIfExists } from "../../files/exists-file.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import { type Dataset, keyOf } from "../sources/dataset.js";
import { BrokenPicture } from "./broken-picture.js";
import { decodingOf } from "./formats/decoder.js";
import { cutNote } from "./numbers/data-ranges-file.js";
import { readPicture } from "./read-picture-file.js";
import { cacheFolder, fileStore, gigabyteText, memoryStore, type PictureStore, passingStore } from "./store-file.js";

/** How decoded pictures are kept; see `PictureOptions`. */
export interface KeepingOptions {
  readonly memory?: number;
  readonly cache?: string;
  readonly lazy?: boolean;
}

/** The pictures of a data set by their numbers, each decoded once. */
export interface KeptPictures {
  /** they lie decoded in the data set's own files */
  readonly isPacked: boolean;
  readonly decodedCount: number;
  readonly warnings: readonly string[];
  /** Sees to it that a picture can be read. @throws BrokenPicture when it cannot be decoded */
  bring(this: void, index: number): Promise<void>;
  /** Copies C×H×W bytes. @throws Error when the picture was not brought */
  read(index: number, into: Uint8Array, offset: number): void;
  /** Other pictures are wanted: those that are kept for a few calls only may go. */
  next(): void;
  close(this: void): Promise<void>;
}

/**
 * Decodes pictures when they are asked for, and keeps them: in memory where all fit, else in a file; where the disk takes no more, for a
 * few calls (lazy), or not at all.
 *
 * @param breaks is told the number and the reason of each picture that cannot be decoded
 * @throws Error when the file has no space
 */
export async function keepPictures(
  dataset: Dataset,
  preprocessing: Preprocessing,
  { memory = 2 ** 30, cache, lazy = false }: KeepingOptions,
  breaks: (index: number, reason: string) => void,
): Promise<KeptPictures> {
  const { items, packed } = dataset;
  const { channels, height, width } = preprocessing;
  if (packed && isAsPacked(packed.shape, preprocessing)) return packedPictures(dataset, packed);
  const bytes = channels * height * width;
  const warnings: string[] = [];
  let decodedCount = 0;
  let cutCount = 0;
  const decoding = { ...decodingOf(preprocessing), onCut: () => cutCount++ };
  const where = cache ?? cacheFolder();
  const inFile = cache !== undefined || items.length * bytes > memory;
  const set = JSON.stringify([resolve(dataset.root), preprocessing]);
  const store: PictureStore = inFile
    ? await fileStore(where, { set, state: await stateOf(dataset) }, items.length, bytes)
    : memoryStore(items.length, bytes);
  let passing: ReturnType<typeof passingStore> | undefined;
  const pending = new Map<number, Promise<void>>();

  const decode = async (i: number): Promise<Uint8Array> => {
    try {
      const { data } = await readPicture(dataset, items[i], decoding);
      decodedCount++;
      return data;
    } catch (error) {
      if (error instanceof BrokenPicture) breaks(i, error.reason);
      throw error;
    }
  };
  const fetch = async (i: number): Promise<void> => {
    if ((await passing?.fetch(i)) || (await store.fetch(i))) return;
    const data = await decode(i);
    if (passing) return passing.keep(i, data);
    try {
      await store.keep(i, data);
    } catch (error) {
      const reason = diskReason(error);
      if (!lazy) {
        throw new Error(
          `The decoded pictures, ${gigabyteText(items.length * bytes)}, cannot be kept in ${where}: ${reason}. Choose a smaller size, or another folder for them.`,
          { cause: error },
        );
      }
      if (!passing)
        warnings.push(`Pictures are decoded anew in each epoch: they cannot be kept in ${where} (${reason}).`);
      passing ??= passingStore();
      await passing.keep(i, data);
    }
  };
  return {
    isPacked: false,
    get warnings() {
      return cutCount > 0 ? [...warnings, cutNote(cutCount)] : warnings;
    },
    get decodedCount() {
      return decodedCount;
    },
    bring(i) {
      const running = pending.get(i) ?? fetch(i).finally(() => pending.delete(i));
      pending.set(i, running);
      return running;
    },
    read(i, into, offset) {
      if (passing?.read(i, into, offset) || store.read(i, into, offset)) return;
      throw new Error(
        `The picture ${keyOf(items[i])} is not decoded yet: call prepare before read, or open without lazy.`,
      );
    },
    next: () => passing?.next(),
    async close() {
      await Promise.allSettled(pending.values());
      await store.close();
    },
  };
}

/** Pictures that lie decoded in the data set's files, in their own size. */
const packedPictures = ({ items }: Dataset, packed: NonNullable<Dataset["packed"]>): KeptPictures => ({
  isPacked: true,
  decodedCount: 0,
  warnings: [],
  bring: async () => undefined,
  read: (i, into, offset) => into.set(packed.read(items[i]), offset),
  next: () => undefined,
  close: async () => undefined,
});

/** Whether a network takes packed pictures as they are. */
const isAsPacked = (own: ImageShape, { width, height, channels, border = [0, 0], order }: Preprocessing): boolean =>
  own.width === width && own.height === height && own.channels === channels && !border.some(Boolean) && order !== "bgr";

/** What decoded pictures depend on: each one's file with its size and time of change, and its place in it. */
async function stateOf({ items, root }: Dataset): Promise<string> {
  const files = new Map<string, string>();
  await atOnce([...new Set(items.map(({ path }) => path))], 32, async (path) => {
    const found = await statIfExists(join(root, path));
    files.set(path, `${found?.size} ${found?.mtimeMs}`);
  });
  return items.map((item) => `${keyOf(item)} ${files.get(item.path)}`).join("\n");
}
