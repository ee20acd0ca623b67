/** Pictures that are too large to be decoded as a whole. */

import { readdir } from "node:fs/promises";
import { statIfExists } from "../../files/exists-file.js";
import { NUMBER_KINDS, type NumberKind, type Ranges } from "../../values/number-ranges.js";
import { decoderOf, formatByEnding, formatByName, formatsWhere, namesOf } from "../pictures/formats/formats-file.js";
import { extremesOfSixteenBits } from "../pictures/formats/sharp-file.js";
import type { Image } from "../pictures/image.js";
import { explainUnreadable } from "../pictures/image-file.js";
import { type Extremes, withDeepPicture } from "../pictures/numbers/deep-file.js";
import { lookAtNumbers } from "../pictures/numbers/look-file.js";
import { PixelError } from "../pictures/numbers/pixel-error.js";
import { type Box, fewOf, naturally } from "../sources/dataset.js";
import { clipBox, gatherBoxes } from "./patch-place.js";
import { findSlidePages, isScaledCopy, type SlidePage } from "./slide-pages-file.js";

/** How many pixels are decoded at once: 50 megabytes of colour. */
const AT_ONCE = 2 ** 24;
/** Aperio's ending; what is in such a file is a TIFF. */
const SCANNED = /\.svs$/i;
/** Files in tiles are read in squares of this side, so that only those tiles are decoded that are needed. */
const SQUARE = 2048;

/** The numbers of a slide that are no bytes. */
export interface SlideNumbers {
  readonly kind: NumberKind;
  readonly extremes: Extremes;
  /** whether parts of it can be decoded; else it is decoded as a whole */
  readonly inParts: boolean;
}

/** A slide that was looked at, not read. */
export interface Slide {
  readonly path: string;
  /** the size that coordinates are in: that of the slide's largest page, after a camera's rotation */
  readonly width: number;
  readonly height: number;
  /** how large the page that pixels come from is beside the largest */
  readonly ratio: number;
  /** 1 where the file says that it is grey, else 3 */
  readonly channels: 1 | 3;
  /** what its numbers are, where they are no bytes */
  readonly numbers: SlideNumbers | undefined;
  /** whether it has a number more for each pixel than its colours, which is no opacity and not read */
  readonly hasExtra: boolean;
  /** which page is the largest, from 0 */
  readonly page: number;
  /** pages that are neither smaller copies of the slide nor labels and their like; they are not read */
  readonly strangers: number;
  /** Reads parts of the page, each of them once; boxes are in its pixels, those that are near each other come together. */
  read(
    boxes: readonly Box[],
    ranges: Ranges,
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
    .filter(
      (name) =>
        (formatByEnding(name)?.slides || SCANNED.test(name)) && !name.split("/").some((part) => part.startsWith(".")),
    )
    .sort(naturally);
  if (names.length === 0) {
    const holds = files.length === 0 ? "it is empty" : `it has only ${fewOf(files)}`;
    const expected = namesOf(formatsWhere(({ slides }) => slides));
    throw new Error(`${path} has no slides: expected ${expected} pictures, but ${holds}.`);
  }
  return { root: path, names };
}

/**
 * Looks at a slide. Of a TIFF that holds the same picture in several sizes (a pyramid), the smallest page is taken that still has all the pixels
 * that the scale asks for; what is a label, an overview or another layer is never taken (see {@link findSlidePages}).
 *
 * @param scale pixels wanted for each pixel of the slide
 * @param page takes this page instead
 * @throws Error when it is no picture, has no such page, or that page has other proportions than the slide
 */
export async function openSlide(path: string, scale: number, page?: number): Promise<Slide> {
  const decoder = decoderOf(path);
  const unreadable = async (error: unknown): Promise<never> => {
    throw new Error(`Cannot read the slide ${path}: ${await explainUnreadable(path, error)}.`, { cause: error });
  };
  const head = await decoder.metadata(path, { huge: true }).catch(unreadable);
  const { format } = head;
  if (head.inPasses && head.width * head.height > MOST_IN_PASSES) {
    throw new Error(
      `Cannot read the slide ${path}: it is interlaced and measures ${head.width}×${head.height}, and would have to be in memory as a whole: save it without interlacing, or as a TIFF in tiles.`,
    );
  }
  const tiled = formatByName(format)?.tiled ?? false;
  const { levels, slide, all, strangers } = await findSlidePages(path, decoder).catch(unreadable);
  const [first] = levels;
  const { width, height } = first;
  const own = slide === 0 ? head : await decoder.metadata(path, { ...first.opening, huge: true }).catch(unreadable);
  const channels = own.grey ? 1 : 3;
  if (page !== undefined && page >= all.length) {
    throw new Error(`${path} has ${all.length} ${all.length === 1 ? "page" : "pages"}, counted from 0; got ${page}.`);
  }
  if (page !== undefined && !isScaledCopy(all[page], first)) {
    const { width: w, height: h } = all[page];
    throw new Error(
      `${path}: page ${page} measures ${w}×${h}, which is no scaled copy of the ${slide === 0 ? "first" : `slide, page ${slide}`}, ${width}×${height}.`,
    );
  }
  const smallest = levels.reduce((best, level) => (level.width < best.width ? level : best), first);
  const numbers = await numbersOf(path, smallest, slide).catch(unreadable);
  const chosen = numbers && !numbers.inParts ? first : page === undefined ? chooseLevel(levels, scale) : all[page];
  const opening = { ...chosen.opening, huge: true };
  const cell = tiled
    ? { width: SQUARE, height: SQUARE }
    : // other formats are decoded from top to bottom, all of each row
      { width: Number.MAX_SAFE_INTEGER, height: Math.max(1, Math.floor(AT_ONCE / chosen.width)) };
  return {
    path,
    width,
    height,
    ratio: chosen.width / width,
    channels,
    numbers,
    hasExtra: (await lookAtNumbers(path, slide).catch(unreadable)).hasExtra ?? false,
    page: slide,
    strangers: page === undefined ? strangers : 0,
    async read(boxes, ranges, use) {
      const within = boxes.map((box) => clipBox(box, chosen));
      for (const { numbers: inside, around } of gatherBoxes(within, cell)) {
        const image = await decoder.decode(path, { channels, box: around, ranges }, opening).catch(unreadable);
        await use(image, around, inside);
      }
    },
  };
}

/** The smallest level that has as many pixels as the scale asks for. */
function chooseLevel(levels: readonly SlidePage[], scale: number): SlidePage {
  const [first] = levels;
  const wanted = Math.floor(first.width * Math.min(scale, 1));
  return levels.reduce((best, level) => (level.width >= wanted && level.width < best.width ? level : best), first);
}

/** A slide that comes in passes may have so many pixels, as any picture may. */
const MOST_IN_PASSES = 2 ** 28;
/** A slide whose numbers are floating, of 32 bits or with a sign is decoded as a whole, and may have so many pixels. */
const MOST_WHOLE = 2 ** 26;

/** The kind of a slide's numbers, and the least and the largest of them; of 16 bits those of the smallest level. */
async function numbersOf(path: string, smallest: SlidePage, page: number): Promise<SlideNumbers | undefined> {
  const look = await lookAtNumbers(path, page);
  const { kind, isInverted, hasExtra: bare = false } = look;
  if (kind === undefined) return undefined;
  if (kind === "uint16" && !isInverted) {
    const extremes = await extremesOfSixteenBits(path, { ...smallest.opening, huge: true, bare });
    return { kind, extremes, inParts: true };
  }
  if (page > 0) {
    throw new PixelError(
      `it has ${NUMBER_KINDS[kind]} in page ${page}: expected them in the first, or bytes or 16 bits`,
    );
  }
  if (smallest.width * smallest.height > MOST_WHOLE) {
    throw new PixelError(`it has ${NUMBER_KINDS[kind]}, and more than ${MOST_WHOLE} pixels: expected bytes or 16 bits`);
  }
  return { kind, extremes: await withDeepPicture(path, look, undefined, (p) => p.extremes()), inParts: false };
}
