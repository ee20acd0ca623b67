import { join } from "node:path";
import { atOnce } from "../../files/at-once.js";
import { defined } from "../../values/defined.js";
import type { ImageShape } from "../../values/image-shape.js";
import { type Fit, PREPROCESSING, type Preprocessing } from "../../values/preprocessing.js";
import { expectWhole } from "../../values/range.js";
import { UsageError } from "../../values/usage-error.js";
import type { Samples } from "../samples.js";
import { type Dataset, type DatasetItem, fewOf, keyOf, type Problem } from "../sources/dataset.js";
import { type ClassTarget, classTarget } from "../target.js";
import { decideSounds } from "./decide-sounds-file.js";
import { expectOneKind } from "./expect-one-kind-file.js";
import { decoderOf } from "./formats/formats-file.js";
import { explainUnreadable } from "./image-file.js";
import { type KeptPictures, keepPictures } from "./kept-pictures-file.js";
import { findRanges } from "./numbers/data-ranges-file.js";
import type { TellPass } from "./passes.js";
import { proposeSize, type Size } from "./picture-size.js";
import { confirmReason } from "./read-picture-file.js";

/** The options of {@link openPictures}; every one has a default. */
export interface PictureOptions {
  /** what the pictures are made to; their own size, or one proposed from their sizes by {@link proposeSize} */
  readonly size?: Size;
  /** how a picture comes to a size of other proportions; "squash" */
  readonly fit?: Fit;
  /** 1 (grey) where all files say that they are grey, else 3 */
  readonly channels?: 1 | 3;
  /** of sounds: samples a second; their own, at most 16000 */
  readonly rate?: number;
  /** of sounds: how long they are made: the middle of longer ones, and silence around shorter ones; what 95 of 100 fit in, at most 5 */
  readonly seconds?: number;
  /** all of this as a model has it, whose pictures they are to be; in place of the five above */
  readonly preprocessing?: Preprocessing;
  /** how many bytes of decoded pictures are kept in memory; 2³⁰. More of them go into a file. */
  readonly memory?: number;
  /**
   * A folder for a file of decoded pictures. Where it is given, the file is used however few pictures there are, so that the next
   * run decodes nothing; otherwise it is used for what does not fit into memory, in the user's folder for caches.
   */
  readonly cache?: string;
  /** decode pictures only when they are needed: `prepare` must be called before they are read. By default all are decoded at once. */
  readonly lazy?: boolean;
  /** is told how many of how many pictures were opened, looked at for the range of their numbers, or decoded */
  readonly onProgress?: TellPass;
  /** ends the decoding; what is in the cache by then stays there */
  readonly signal?: AbortSignal;
}

/** Pictures of a data set to train or test on. */
export interface PictureSamples extends Samples<ClassTarget> {
  /** where each picture comes from */
  readonly items: readonly DatasetItem[];
  /** a number for each picture; those of a group have the same */
  readonly groups: ArrayLike<number>;
  prepare(indices: ArrayLike<number>, epoch: number): Promise<void>;
}

/** The pictures of a data set, decoded, all of one size. */
export interface Pictures {
  readonly shape: ImageShape & { readonly channels: 1 | 3 };
  /** how they became what they are: what a model that is trained on them has to know */
  readonly preprocessing: Preprocessing;
  /** the pictures that cannot be decoded, and why; found so far, where decoding is lazy */
  readonly broken: readonly Problem[];
  /** what the user should know, such as which numbers are black and white, or a full disk */
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
 * @throws RangeError when an option is out of range; Error when the cache has no space, or no picture can be decoded; the signal's reason
 * @example
 * const dataset = await openDataset("animals");
 * const { training, validation } = splitDataset(dataset);
 * const pictures = await openPictures(dataset, { size: { width: 32, height: 24 } });
 * const samples = pictures.samples(training);
 * samples.shape; // {"channels": 3, "height": 24, "width": 32}
 * samples.count; // 8
 */
export async function openPictures(dataset: Dataset, options: PictureOptions = {}): Promise<Pictures> {
  const { items, root } = dataset;
  const { size, lazy = false } = options;
  if (size) expectWhole("the size of the pictures", [size.width, size.height], 1);
  const broken = new Map<number, Problem>();
  const breaks = (i: number, reason: string): void => void broken.set(i, { path: keyOf(items[i]), reason });
  /** Those that are broken, in the order of the data set, whichever was found first. */
  const problems = (): Problem[] => [...broken].sort(([a], [b]) => a - b).map(([, problem]) => problem);
  const { preprocessing, notes } = await decidePreprocessing(dataset, options, breaks);
  const { width, height, channels, order, rate } = preprocessing;
  const shape = { channels, height, width };
  const kept = await keepPictures(dataset, preprocessing, options, breaks);
  try {
    if (!lazy) {
      await decodeAll(kept, items.length, broken, options);
      for (const [i, { reason }] of broken) breaks(i, await confirmReason(dataset, items[i], reason));
    }
    if (broken.size === items.length) {
      const { path, reason } = problems()[0] ?? { path: root, reason: "there is none" };
      throw new Error(`None of the ${items.length} pictures can be decoded. ${path}: ${reason}.`);
    }
  } catch (error) {
    await kept.close();
    throw error;
  }
  return {
    shape,
    preprocessing,
    get warnings() {
      return [...notes, ...kept.warnings];
    },
    get broken() {
      return problems();
    },
    get decodedCount() {
      return kept.decodedCount;
    },
    samples(indices = items.map((_, i) => i)) {
      const whole = Array.from(indices).filter((i) => !broken.has(i));
      return { ...samplesOf(dataset, shape, kept, whole), ...defined({ order, rate }) };
    },
    close: kept.close,
  };
}

/** Decodes every picture that is not known to be broken. */
async function decodeAll(
  kept: KeptPictures,
  count: number,
  broken: ReadonlyMap<number, Problem>,
  { onProgress, signal }: PictureOptions,
): Promise<void> {
  if (kept.isPacked) return;
  let done = 0;
  await atOnce(Array.from({ length: count }), 16, async (_, i) => {
    signal?.throwIfAborted();
    if (!broken.has(i)) {
      await kept.bring(i).catch((error: unknown) => {
        if (!broken.has(i)) throw error;
      });
    }
    onProgress?.(++done, count, "decoded");
  });
}

/** Pictures of a data set as samples. */
function samplesOf(
  dataset: Dataset,
  shape: Pictures["shape"],
  kept: KeptPictures,
  indices: readonly number[],
): PictureSamples {
  const items = indices.map((i) => dataset.items[i]);
  return {
    count: indices.length,
    shape,
    target: classTarget(
      dataset.classes,
      Int32Array.from(items, ({ label }) => label),
    ),
    items,
    groups: groupsOf(items),
    read: (index, _epoch, into, offset) => kept.read(indices[index], into, offset),
    async prepare(wanted) {
      kept.next();
      await Promise.all([...new Set(Array.from(wanted, (index) => indices[index]))].map(kept.bring));
    },
  };
}

/** How the pictures become samples: as a model says it, or else as asked for, or as the files suggest; and what is to be said of it. */
async function decidePreprocessing(
  dataset: Dataset,
  { preprocessing, ...options }: PictureOptions,
  breaks: (i: number, reason: string) => void,
): Promise<{ readonly preprocessing: Preprocessing; readonly notes: readonly string[] }> {
  const { size, fit, channels, rate, seconds, signal, onProgress } = options;
  const watch = { signal, onProgress };
  const areSounds = expectOneKind(dataset, preprocessing);
  if (preprocessing) {
    if (size ?? fit ?? channels ?? rate ?? seconds)
      throw new RangeError("Give either preprocessing, or size, fit, channels, rate and seconds: it has them.");
    if (areSounds) return { preprocessing, notes: [] };
    const { ranges, notes } = await findRanges(dataset, { known: preprocessing.ranges, ...watch });
    return { preprocessing: { ...preprocessing, ranges }, notes };
  }
  if (areSounds) return decideSounds(dataset, options, breaks);
  const given = rate === undefined ? (seconds === undefined ? undefined : "seconds") : "rate";
  if (given !== undefined) throw new UsageError(`${given} is of sounds, and ${dataset.root} holds pictures.`);
  const { shape, suspects } = await decideShape(dataset, options, breaks);
  const { ranges, notes } = await findRanges(dataset, { suspects, ...watch });
  return { preprocessing: PREPROCESSING.make({ ...shape, fit: fit ?? "squash", ranges }), notes };
}

/** What is known of the pictures before they are decoded. */
interface DecidedShape {
  readonly shape: Pictures["shape"];
  /** the files that may have other numbers than bytes, or several pages; unknown where no head was read */
  readonly suspects?: ReadonlySet<string>;
}

/** The size and the channels: as asked for, or as the files' heads suggest. */
async function decideShape(
  { items, packed, root }: Dataset,
  { size, channels, signal, onProgress }: PictureOptions,
  breaks: (i: number, reason: string) => void,
): Promise<DecidedShape> {
  const shape = ({ width, height }: Size, of: 1 | 3): DecidedShape => ({
    shape: { channels: channels ?? of, height, width },
  });
  if (packed) return shape(size ?? packed.shape, packed.shape.channels);
  if (size && channels) return shape(size, channels);
  const sizes: Size[] = [];
  let coloured = 0;
  const suspects = new Set<string>();
  let done = 0;
  await atOnce(items, 16, async ({ path, box }, i) => {
    signal?.throwIfAborted();
    onProgress?.(++done, items.length, "opened");
    try {
      const { width, height, grey, format, depth, pages } = await decoderOf(path).metadata(join(root, path));
      if (format === "tiff" || depth !== 8 || pages > 1) suspects.add(path);
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
  return { ...shape(size ?? proposeSize(sizes), coloured === 0 ? 1 : 3), suspects };
}

async function whyOf(path: string): Promise<string> {
  try {
    await decoderOf(path).metadata(path);
    return "it can be";
  } catch (error) {
    return explainUnreadable(path, error);
  }
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
