/** Pictures that are too large to be decoded as a whole. */

import { readdir } from "node:fs/promises";
import { statIfExists } from "../../files/exists-file.js";
import { decoderOf, formatByEnding, formatByName, formatsWhere, namesOf } from "../pictures/formats/formats-file.js";
import type { Image } from "../pictures/image.js";
import { explainUnreadable } from "../pictures/image-file.js";
import type { Size } from "../pictures/picture-size.js";
import { type Box, fewOf, naturally } from "../sources/dataset.js";
import { clipBox, gatherBoxes } from "./patch-place.js";

/** How many pixels are decoded at once: 50 megabytes of colour. */
const AT_ONCE = 2 ** 24;
/** Files in tiles are read in squares of this side, so that only those tiles are decoded that are needed. */
const SQUARE = 2048;

/** A slide that was looked at, not read. */
export interface Slide {
  readonly path: string;
  /** the size that coordinates are in: that of the first page, after a camera's rotation */
  readonly width: number;
  readonly height: number;
  /** the page that pixels come from, from 0, and how large it is beside the first */
  readonly page: number;
  readonly ratio: number;
  /** 1 where the file says that it is grey, else 3 */
  readonly channels: 1 | 3;
  /** Reads parts of the page, each of them once; boxes are in its pixels, those that are near each other come together. */
  read(
    boxes: readonly Box[],
    use: (image: Image, around: Box, numbers: readonly number[]) => Promise<void>,
  ): Promise<void>;
}

/** The slides at a path, relative to the folder: the file itself, or those in the folder and in folders inside, in natural order. */
export async function findSlides(path: string): Promise<{ readonly root: string; readonly names: readonly string[] }> {
  const found = await statIfExists(path);
  if (!found) throw new Error(`${path}: there is no such file or folder.`);
  if (!found.isDirectory()) {
    const name = path.split(/[\\/]/).at(-1) ?? path;
    return { root: path.slice(0, path.length - name.length), names: [name] };
  }
  const files = await readdir(path, { recursive: true });
  const names = files
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => formatByEnding(name)?.slides && !name.split("/").some((part) => part.startsWith(".")))
    .sort(naturally);
  if (names.length === 0) {
    const holds = files.length === 0 ? "it is empty" : `it has only ${fewOf(files)}`;
    const expected = namesOf(formatsWhere(({ slides }) => slides));
    throw new Error(`${path} has no slides: expected ${expected} pictures, but ${holds}.`);
  }
  return { root: path, names };
}

/**
 * Looks at a slide. Of a TIFF that holds the same picture in several sizes (a pyramid, page after page), the smallest page is taken that
 * still has all the pixels that the scale asks for.
 *
 * @param scale pixels wanted for each pixel of the slide
 * @param page takes this page instead
 * @throws Error when it is no picture, has no such page, or that page has other proportions than the first
 */
export async function openSlide(path: string, scale: number, page?: number): Promise<Slide> {
  const decoder = decoderOf(path);
  const sizes: Size[] = [];
  let tiled = false;
  let channels: 1 | 3 = 3;
  try {
    const first = await decoder.metadata(path, { huge: true });
    tiled = formatByName(first.format)?.tiled ?? false;
    if (first.grey) channels = 1;
    sizes.push(first);
    const pages = tiled ? first.pages : 1;
    for (let i = 1; i < pages; i++) sizes.push(await decoder.metadata(path, { page: i, huge: true }));
  } catch (error) {
    throw new Error(`Cannot read the slide ${path}: ${await explainUnreadable(path, error)}.`, { cause: error });
  }
  const [{ width, height }] = sizes;
  // pages of a pyramid are rounded to whole pixels
  const alike = sizes.map((s) => Math.abs(s.width * height - s.height * width) <= width + height);
  if (page !== undefined && page >= sizes.length) {
    throw new Error(
      `${path} has ${sizes.length} ${sizes.length === 1 ? "page" : "pages"}, counted from 0; got ${page}.`,
    );
  }
  if (page !== undefined && !alike[page]) {
    const { width: w, height: h } = sizes[page];
    throw new Error(
      `${path}: page ${page} measures ${w}×${h}, which is no scaled copy of the first, ${width}×${height}.`,
    );
  }
  const chosen = page ?? choosePage(sizes, alike, scale);
  const size = sizes[chosen];
  const cell = tiled
    ? { width: SQUARE, height: SQUARE }
    : // other formats are decoded from top to bottom, all of each row
      { width: Number.MAX_SAFE_INTEGER, height: Math.max(1, Math.floor(AT_ONCE / size.width)) };
  return {
    path,
    width,
    height,
    page: chosen,
    ratio: size.width / width,
    channels,
    async read(boxes, use) {
      const within = boxes.map((box) => clipBox(box, size));
      for (const { numbers, around } of gatherBoxes(within, cell)) {
        let image: Image;
        try {
          image = await decoder.decode(path, { channels, box: around }, { page: chosen, huge: true });
        } catch (error) {
          throw new Error(`Cannot read the slide ${path}: ${await explainUnreadable(path, error)}.`, { cause: error });
        }
        await use(image, around, numbers);
      }
    },
  };
}

function choosePage(sizes: readonly Size[], alike: readonly boolean[], scale: number): number {
  const [{ width }] = sizes;
  const enough = (i: number): boolean => alike[i] && sizes[i].width >= Math.floor(width * Math.min(scale, 1));
  return sizes.reduce((best, size, i) => (enough(i) && size.width < sizes[best].width ? i : best), 0);
}
