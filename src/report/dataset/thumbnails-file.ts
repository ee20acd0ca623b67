import type { Image } from "../../data/pictures/image.js";
import type { Size } from "../../data/pictures/picture-size.js";
import { readPicture } from "../../data/pictures/read-picture-file.js";
import type { DatasetScan, DuplicateSet } from "../../data/scan/scan.js";
import { keyOf } from "../../data/sources/dataset.js";
import { permutation, stream } from "../../random/stream.js";
import type { ClassPictures, DuplicateSets, PicturedDuplicates } from "./thumbnail.js";

/** So many sets of duplicates are shown, with so many pictures of each. */
const SETS = 20;
const OF_SET = 5;

/**
 * Reads some pictures of each class, chosen by chance; classes without any that can be read are left out.
 *
 * @param classes the classes to be shown: the first ones
 * @param count how many of each at most
 */
export async function readClassPictures(
  scan: DatasetScan,
  size: Size,
  classes: number,
  count: number,
): Promise<ClassPictures[]> {
  const { items } = scan.dataset;
  const names = scan.dataset.classes.slice(0, classes);
  const members = names.map((_, label) =>
    [...items.keys()].filter((i) => items[i].label === label && scan.pictures[i]),
  );
  const rows: ClassPictures[] = [];
  for (const [label, name] of names.entries()) {
    const own = members[label];
    const order = permutation(own.length, stream(1, "contact sheet", label));
    const chosen = Array.from(order.subarray(0, count), (n) => own[n]).sort((a, b) => a - b);
    const images = (await readThumbnails(scan, chosen, size)).map(({ image }) => image);
    if (images.length > 0) rows.push({ name, count: own.length, images });
  }
  return rows;
}

/** Reads the first pictures of sets of duplicates, those sets first that spoil a measurement. */
export async function readDuplicates(
  scan: DatasetScan,
  sets: readonly DuplicateSet[],
  size: Size,
): Promise<DuplicateSets> {
  const { classes, items } = scan.dataset;
  const harm = ({ acrossClasses, acrossParts }: DuplicateSet): number =>
    Number(acrossParts) * 2 + Number(acrossClasses);
  const shown: PicturedDuplicates[] = [];
  for (const { items: own, acrossClasses, acrossParts } of [...sets].sort((a, b) => harm(b) - harm(a)).slice(0, SETS)) {
    const copies = (await readThumbnails(scan, own.slice(0, OF_SET), size)).map(({ index, image }) => {
      const { label, split } = items[index];
      return { name: keyOf(items[index]), className: classes[label], part: split, image };
    });
    shown.push({ acrossClasses, acrossParts, count: own.length, copies });
  }
  return { count: sets.length, sets: shown };
}

/** Pictures at one size, whole; those that can no longer be read are left out. */
async function readThumbnails(
  { dataset, pictures, numbers }: DatasetScan,
  indices: readonly number[],
  { width, height }: Size,
): Promise<{ readonly index: number; readonly image: Image }[]> {
  const channels = pictures.every((picture) => picture === undefined || picture.colour === "grey") ? 1 : 3;
  const read = indices.map(async (index) => {
    const decoding = { channels, size: { width, height, fit: "pad" }, ranges: numbers.ranges } as const;
    const image = await readPicture(dataset, dataset.items[index], decoding).catch(() => undefined);
    return image ? [{ index, image }] : [];
  });
  return (await Promise.all(read)).flat();
}
