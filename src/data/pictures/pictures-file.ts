import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { atOnce } from "../../files/at-once.js";
import { errorText } from "../../values/error-text.js";
import type { ImageShape } from "../../values/image-shape.js";
import { expectWhole } from "../../values/range.js";
import type { Samples } from "../samples.js";
import { type Dataset, type DatasetItem, fewOf, keyOf, type Problem } from "../sources/dataset.js";
import type { Fit } from "./formats/decoder.js";
import { decoderOf } from "./formats/formats-file.js";
import { explainUnreadable } from "./image-file.js";
import { proposeSize, type Size } from "./picture-size.js";
import { BrokenPicture, certainReason, readPicture } from "./read-picture-file.js";
import { cacheFolder, fileStore, gigabytes, memoryStore, type PictureStore, passingStore } from "./store-file.js";

/** The options of {@link openPictures}; every one has a default. */
export interface PictureOptions {
  /** what the pictures are made to; their own size, or one proposed from their sizes by {@link proposeSize} */
  readonly size?: Size;
  /** how a picture comes to a size of other proportions; "squash" */
  readonly fit?: Fit;
  /** 1 (grey) where all files say that they are grey, else 3 */
  readonly channels?: 1 | 3;
  /** how many bytes of decoded pictures are kept in memory; 2³⁰. More of them go into a file. */
  readonly memory?: number;
  /**
   * A folder for a file of decoded pictures. Where it is given, the file is used however few pictures there are, so that the next
   * run decodes nothing; otherwise it is used for what does not fit into memory, in the user's folder for caches.
   */
  readonly cache?: string;
  /** decode pictures only when they are needed: `prepare` must be called before they are read. By default all are decoded at once. */
  readonly lazy?: boolean;
  /** is told how many of how many pictures were decoded */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Pictures of a data set to train or test on. */
export interface PictureSamples extends Samples {
  /** where each picture comes from */
  readonly items: readonly DatasetItem[];
  /** a number for each picture; those of a group have the same */
  readonly groups: ArrayLike<number>;
  prepare(indices: ArrayLike<number>, epoch: number): Promise<void>;
}

/** The pictures of a data set, decoded, all of one size. */
export interface Pictures {
  readonly shape: ImageShape & { readonly channels: 1 | 3 };
  /** the pictures that cannot be decoded, and why; found so far, where decoding is lazy */
  readonly broken: readonly Problem[];
  /** what the user should know, such as a full disk */
  readonly warnings: readonly string[];
  /** how many pictures were decoded, and not found in the cache */
  readonly decodedCount: number;
  /**
   * Pictures as samples, without those known to be broken.
   *
   * @param indices items of the data set, such as a part of a split; all unless given
   */
  samples(indices?: ArrayLike<number>): PictureSamples;
  /** Closes the cache file; samples can then no longer be read. */
  close(): Promise<void>;
}

/**
 * Decodes the pictures of a data set to one size, and keeps them decoded: in memory where all fit, else in a file.
 *
 * Decoding is done by the threads of Node's pool, beside whatever else runs; there are four of them unless the environment variable
 * UV_THREADPOOL_SIZE says otherwise. Pictures that cannot be decoded are left out and listed in `broken`.
 *
 * @throws RangeError when an option is out of range; Error when the cache has no space, or no picture can be decoded
 * @example
 * const dataset = await openDataset("animals");
 * const { training, validation } = splitDataset(dataset);
 * const pictures = await openPictures(dataset, { size: { width: 32, height: 24 } });
 * const samples = pictures.samples(training);
 * samples.shape; // {"channels": 3, "height": 24, "width": 32}
 * samples.count; // 8
 */
export async function openPictures(dataset: Dataset, options: PictureOptions = {}): Promise<Pictures> {
  const { fit = "squash", memory = 2 ** 30, cache, lazy = false, onProgress = () => undefined } = options;
  const { items, packed, root } = dataset;
  if (options.size) expectWhole("the size of the pictures", [options.size.width, options.size.height], 1);
  const broken = new Map<number, Problem>();
  const breaks = (i: number, reason: string): void => void broken.set(i, { path: keyOf(items[i]), reason });
  /** Those that are broken, in the order of the data set, whichever was found first. */
  const problems = (): Problem[] => [...broken].sort(([a], [b]) => a - b).map(([, problem]) => problem);
  const { width, height, channels } = await decision(dataset, options, breaks);
  const bytes = channels * height * width;
  const native =
    packed && packed.shape.width === width && packed.shape.height === height && packed.shape.channels === channels;
  const warnings: string[] = [];
  let decodedCount = 0;

  const decode = async (i: number): Promise<Uint8Array> => {
    try {
      const { data } = await readPicture(dataset, items[i], { channels, size: { width, height, fit } });
      decodedCount++;
      return data;
    } catch (error) {
      if (error instanceof BrokenPicture) breaks(i, error.reason);
      throw error;
    }
  };

  const inFile = !native && (cache !== undefined || items.length * bytes > memory);
  let store: PictureStore | undefined;
  if (inFile) {
    const set = JSON.stringify([resolve(root), fit, channels, width, height]);
    store = await fileStore(cache ?? cacheFolder(), { set, state: await stateOf(dataset) }, items.length, bytes);
  } else if (!native) store = memoryStore(items.length, bytes);
  let passing: ReturnType<typeof passingStore> | undefined;
  const pending = new Map<number, Promise<void>>();

  /** Sees to it that a picture can be read. */
  const bring = async (i: number): Promise<void> => {
    if (native) return;
    if ((await passing?.fetch(i)) || (await store?.fetch(i))) return;
    const data = await decode(i);
    if (passing) return passing.keep(i, data);
    try {
      await store?.keep(i, data);
    } catch (error) {
      const reason = errorText(error);
      const where = cache ?? cacheFolder();
      if (!lazy) {
        throw new Error(
          `The decoded pictures, ${gigabytes(items.length * bytes)}, cannot be kept in ${where}: ${reason}. Allow more memory, a smaller size, or another folder.`,
          { cause: error },
        );
      }
      if (!passing)
        warnings.push(`Pictures are decoded anew in each epoch: they cannot be kept in ${where} (${reason}).`);
      passing ??= passingStore();
      await passing.keep(i, data);
    }
  };
  const once = (i: number): Promise<void> => {
    const running = pending.get(i) ?? bring(i).finally(() => pending.delete(i));
    pending.set(i, running);
    return running;
  };

  if (!lazy && !native) {
    let done = 0;
    await atOnce(items, 16, async (_, i) => {
      if (!broken.has(i)) {
        await bring(i).catch((error: unknown) => {
          if (!broken.has(i)) throw error;
        });
      }
      onProgress(++done, items.length);
    }).catch(async (error: unknown) => {
      await store?.close();
      throw error;
    });
  }
  if (!lazy) for (const [i, { reason }] of broken) breaks(i, await certainReason(dataset, items[i], reason));
  if (broken.size === items.length) {
    await store?.close();
    const { path, reason } = problems()[0] ?? { path: root, reason: "there is none" };
    throw new Error(`None of the ${items.length} pictures can be decoded. ${path}: ${reason}.`);
  }

  const shape = { channels, height, width };
  return {
    shape,
    warnings,
    get broken() {
      return problems();
    },
    get decodedCount() {
      return decodedCount;
    },
    samples(indices = items.map((_, i) => i)) {
      const chosen = Array.from(indices).filter((i) => !broken.has(i));
      const own = chosen.map((i) => items[i]);
      return {
        count: chosen.length,
        shape,
        classes: dataset.classes,
        items: own,
        labels: Int32Array.from(own, ({ label }) => label),
        groups: groupsOf(own),
        read(index, _epoch, into, offset) {
          const i = chosen[index];
          if (native) into.set(packed.read(items[i]), offset);
          else if (!passing?.read(i, into, offset) && !store?.read(i, into, offset)) {
            throw new Error(
              `The picture ${keyOf(items[i])} is not decoded yet: call prepare before read, or open without lazy.`,
            );
          }
        },
        async prepare(wanted) {
          passing?.next();
          await Promise.all([...new Set(Array.from(wanted, (index) => chosen[index]))].map(once));
        },
      };
    },
    async close() {
      await Promise.allSettled(pending.values());
      await store?.close();
    },
  };
}

/** The size and the channels: as asked for, or as the files' heads suggest. */
async function decision(
  { items, packed, root }: Dataset,
  { size, channels }: PictureOptions,
  breaks: (i: number, reason: string) => void,
): Promise<Size & { readonly channels: 1 | 3 }> {
  if (packed) return { ...packed.shape, ...size, channels: channels ?? packed.shape.channels };
  if (size && channels) return { ...size, channels };
  const sizes: Size[] = [];
  let coloured = 0;
  await atOnce(items, 16, async ({ path, box }, i) => {
    try {
      const { width, height, grey } = await decoderOf(path).metadata(join(root, path));
      sizes.push(box ?? { width, height });
      if (!grey) coloured++;
    } catch (error) {
      breaks(i, await explainUnreadable(join(root, path), error));
    }
  });
  if (sizes.length === 0) {
    throw new Error(
      `None of the ${items.length} pictures in ${root} can be opened: ${fewOf(items.map(({ path }) => path))}. The first one: ${await whyOf(join(root, items[0].path))}.`,
    );
  }
  return { ...(size ?? proposeSize(sizes)), channels: channels ?? (coloured === 0 ? 1 : 3) };
}

async function whyOf(path: string): Promise<string> {
  try {
    await decoderOf(path).metadata(path);
    return "it can be";
  } catch (error) {
    return explainUnreadable(path, error);
  }
}

/** What decoded pictures depend on: each one's file with its size and time of change, and its place in it. */
async function stateOf({ items, root }: Dataset): Promise<string> {
  const files = new Map<string, string>();
  await atOnce([...new Set(items.map(({ path }) => path))], 32, async (path) => {
    const found = await stat(join(root, path)).catch(() => undefined);
    files.set(path, `${found?.size} ${found?.mtimeMs}`);
  });
  return items.map((item) => `${keyOf(item)} ${files.get(item.path)}`).join("\n");
}

function groupsOf(items: readonly DatasetItem[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(items, ({ group }, i) => {
    const key = group === undefined ? `picture ${i}` : `group ${group}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  });
}
