import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { atOnce } from "../../files/at-once.js";
import { defined } from "../../values/defined.js";
import type { PictureMetadata } from "../pictures/formats/decoder.js";
import { decoderOf } from "../pictures/formats/formats-file.js";
import { resampleImage } from "../pictures/formats/sharp-file.js";
import { greyFromColour, type Image } from "../pictures/image.js";
import { explainUnreadable } from "../pictures/image-file.js";
import { findRanges } from "../pictures/numbers/data-ranges-file.js";
import type { TellPass } from "../pictures/passes.js";
import { proposeSize } from "../pictures/picture-size.js";
import { confirmReason } from "../pictures/read-picture-file.js";
import { type Dataset, keyOf, type Problem } from "../sources/dataset.js";
import { enlargePlanes, LOOK, rangeOf, rangeOfAll, shrinkLook, usualRange, type ValueRange } from "./look.js";
import { COPY_SIDE, differenceHash, findNearDuplicates } from "./near-duplicates.js";
import {
  countClasses,
  type DatasetScan,
  describeDuplicates,
  findGroupsAcrossParts,
  type ScannedPicture,
} from "./scan.js";

/** The options of {@link scanDataset}; every one has a default. */
export interface ScanOptions {
  /** is told how many of how many pictures were looked at: for the range of their numbers, and then for all else */
  readonly onProgress?: TellPass;
}

/** Up to so many classes, each has its mean image. */
const CLASS_MEANS_UP_TO = 40;

/**
 * Looks at every picture of a data set: what its file is, whether it can be decoded, whether it is there twice, and the mean image.
 *
 * Exact duplicates have the same bytes (SHA-256). Near duplicates have difference hashes (64 bits) that differ in at most 4 bits and
 * 16×16 copies that differ on average by at most 1 of 255 and 5 % of the contrast: other sizes and compressions of one picture;
 * turned, mirrored or cropped ones are not found.
 *
 * @throws Error when none of the pictures can be decoded
 * @example
 * const scan = await scanDataset(await openDataset("animals"));
 * scan.classes[0]; // {"name": "cat", "count": 5, "parts": {}}
 * scan.broken; // []
 */
export async function scanDataset(dataset: Dataset, { onProgress }: ScanOptions = {}): Promise<DatasetScan> {
  const started = performance.now();
  const { items, packed } = dataset;
  const count = items.length;
  const pictures = new Array<ScannedPicture | undefined>(count);
  const reasons = new Map<number, string>();
  const digests = new Array<string>(count);
  const hashes = new Uint32Array(2 * count);
  const copies = new Uint8Array(COPY_SIDE * COPY_SIDE * count);
  const ranges = new Array<ValueRange | undefined>(count);
  const sums = sumPictures(dataset);
  const numbers = await findRanges(dataset, { onProgress });
  let done = 0;
  await atOnce(items, 16, async (item, i) => {
    const path = join(dataset.root, item.path);
    try {
      const bytes = packed ? packed.read(item) : await readFile(path);
      digests[i] = `${createHash("sha256").update(bytes).digest("base64")} ${Object.values(item.box ?? {}).join(" ")}`;
      const small = packed && packed.shape.width <= LOOK.width && packed.shape.height <= LOOK.height;
      const decoding = {
        channels: 3,
        size: { ...LOOK, fit: "squash" },
        ranges: numbers.ranges,
        ...defined({ box: item.box }),
      } as const;
      const decoder = decoderOf(path);
      const look = small
        ? enlargePlanes(bytes, packed.shape)
        : packed
          ? (await resampleImage({ ...packed.shape, data: bytes }, decoding)).data
          : (await decoder.decode(bytes, decoding)).data;
      const grey = greyFromColour(look);
      hashes.set(differenceHash(grey), 2 * i);
      copies.set(shrinkLook(grey), COPY_SIDE * COPY_SIDE * i);
      sums.add(item.label, packed ? bytes : look);
      ranges[i] = packed ? rangeOf(bytes, packed.shape.channels) : rangeOf(look, 3);
      pictures[i] = packed
        ? {
            ...packed.shape,
            format: dataset.format,
            depth: 8,
            colour: colourOf(look, packed.shape.channels === 1),
            alpha: false,
          }
        : describePicture(await decoder.metadata(bytes), look);
    } catch (error) {
      reasons.set(i, await explainUnreadable(path, error));
    }
    onProgress?.(++done, count, "compared");
  });
  for (const [i, reason] of reasons) reasons.set(i, await confirmReason(dataset, items[i], reason));
  const good = items.map((_, i) => i).filter((i) => !reasons.has(i));
  const broken = items.flatMap((item, i): Problem[] => {
    const reason = reasons.get(i);
    return reason === undefined ? [] : [{ path: keyOf(item), reason }];
  });
  if (good.length === 0) {
    throw new Error(`None of the ${count} pictures can be decoded. ${broken[0].path}: ${broken[0].reason}.`);
  }
  const same = new Map<string, number[]>();
  for (const i of good) {
    const set = same.get(digests[i]);
    if (set) set.push(i);
    else same.set(digests[i], [i]);
  }
  const exact = [...same.values()].filter((set) => set.length > 1);
  const flat = good.filter((i) => ranges[i]?.flat);
  const isFlat = new Set(flat);
  const firsts = [...same.values()].flatMap(([first]) => (isFlat.has(first) ? [] : first));
  const sizes = pictures.filter((picture) => picture !== undefined);
  return {
    dataset,
    numbers,
    pictures,
    broken,
    classes: countClasses(dataset, (i) => pictures[i] !== undefined),
    exact: exact.map((set) => describeDuplicates(items, set)),
    near: findNearDuplicates({ hashes, copies }, firsts).map((set) => describeDuplicates(items, set)),
    groupsAcrossParts: findGroupsAcrossParts(items),
    flat,
    range: rangeOfAll(ranges),
    usualRange: usualRange(ranges),
    ...(await sums.images(proposeSize(sizes))),
    seconds: (performance.now() - started) / 1000,
  };
}

function describePicture({ pages: _, grey, ...metadata }: PictureMetadata, look: Uint8Array): ScannedPicture {
  return { ...metadata, colour: colourOf(look, grey) };
}

function colourOf(planes: Uint8Array, saysGrey: boolean): ScannedPicture["colour"] {
  if (saysGrey) return "grey";
  const area = planes.length / 3;
  for (let i = 0; i < area; i++) {
    if (planes[i] !== planes[area + i] || planes[i] !== planes[2 * area + i]) return "coloured";
  }
  return "grey as RGB";
}

/** Sums up pictures, all of them and those of each class. Packed ones keep their size, others are summed up as they are looked at. */
function sumPictures({ classes, packed }: Dataset) {
  const { channels, height, width } = packed?.shape ?? { ...LOOK, channels: 3 as const };
  const size = channels * height * width;
  const empty = () => ({ count: 0, sums: new Float64Array(size) });
  const all = empty();
  const each = classes.length > CLASS_MEANS_UP_TO ? [] : classes.map(empty);
  const meanImage = async (
    { count, sums }: ReturnType<typeof empty>,
    to: { width: number; height: number },
  ): Promise<Image> => {
    const planes = Uint8Array.from(sums, (sum) => Math.round(sum / count));
    const squashed = { width: to.width, height: to.height, fit: "squash" } as const;
    return resampleImage({ width, height, channels, data: planes }, { channels, size: squashed });
  };
  return {
    add(label: number, bytes: Uint8Array): void {
      for (const sum of each.length > 0 ? [all, each[label]] : [all]) {
        sum.count++;
        for (let i = 0; i < size; i++) sum.sums[i] += bytes[i];
      }
    },
    async images(to: { width: number; height: number }): Promise<Pick<DatasetScan, "mean" | "classMeans">> {
      const classMeans = new Map<number, Image>();
      for (const [label, sum] of each.entries()) if (sum.count > 0) classMeans.set(label, await meanImage(sum, to));
      return { mean: await meanImage(all, to), classMeans };
    },
  };
}
