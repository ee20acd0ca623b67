/** Which pages of a slide's file are the slide, in several sizes, and which are something else: a label, an overview, another layer. */

import type { Decoder, Opening } from "../pictures/formats/decoder.js";
import { openTiff, type TiffDirectory, type TiffFile } from "../pictures/numbers/tiff-file.js";
import type { Size } from "../pictures/picture-size.js";

/** A page that can be read. */
export interface SlidePage extends Size {
  readonly opening: Opening;
}

/** The pages of a slide. */
export interface SlidePages {
  /** the slide itself, then smaller copies of it that say so */
  readonly levels: readonly SlidePage[];
  /** which page the slide itself is */
  readonly slide: number;
  /** all pages that follow each other, by their number */
  readonly all: readonly SlidePage[];
  /** how many pages are neither: other layers, or pictures of nothing that is known */
  readonly strangers: number;
}

/** What scanners write into the description of a page that is no level: the slide's paper label, its photograph, a thumbnail, a mask. */
const ASIDE = /\b(?:label|macro|overview|thumbnail|map|barcode)\b/i;
/** A file without tiles that has no more pixels is compared, too. */
const AT_ONCE = 2 ** 24;
/** Pages are compared as they are. */
const FULL = { uint16: [0, 65535] } as const;
/** Bits of tag 254: a smaller copy; a mask; what Aperio calls a macro. */
const [SMALLER, MASK, MACRO] = [1, 4, 8];

/**
 * Looks at the pages of a TIFF. The slide is the largest page that is no label, macro, thumbnail or mask by its tags, the first of equal ones: some
 * programs put the label before it. A level has the slide's proportions, is smaller, is none of these, and says that it is a smaller copy (tag 254),
 * lies inside the slide's page, or is divided into tiles as that is; and it shows the same.
 *
 * @throws Error when it is no picture
 */
export async function findSlidePages(path: string, decoder: Decoder): Promise<SlidePages> {
  const sizeOf = async (opening: Opening): Promise<SlidePage & { readonly pages: number }> => {
    const { width, height, pages } = await decoder.metadata(path, { ...opening, huge: true });
    return { width, height, opening, pages };
  };
  const front = await sizeOf({});
  const tiff = await openTiff(path).catch(() => undefined);
  if (!tiff) return { levels: [front], slide: 0, all: [front], strangers: 0 };
  try {
    const directories = tiff.pages;
    const all: SlidePage[] = [front];
    for (let page = 1; page < Math.min(front.pages, directories.length); page++) all.push(await sizeOf({ page }));
    const slide = await largestOf(all, directories);
    const first = all[slide];
    const levels: SlidePage[] = [first];
    let strangers = 0;
    const isTiled = await tiled(directories[slide]);
    for (const [number, page] of all.entries()) {
      if (number === slide) continue;
      const kind = await kindOf(directories[number], isTiled);
      if (kind === "level" && isSmallerCopy(page, first)) levels.push(page);
      else if (kind !== "aside") strangers++;
    }
    for (const inside of await insidesOf(tiff, directories[slide], isTiled)) {
      const page = await sizeOf({ inside });
      if (isSmallerCopy(page, first)) levels.push(page);
    }
    // whatever a page says of itself, it must show what the slide shows
    const shows = isTiled || first.width * first.height <= AT_ONCE;
    const alike = await Promise.all(
      // one that cannot be read is none, as is one of numbers that only the first page is read of
      levels.map(async (level) => !shows || looksAlike(path, decoder, first, level).catch(() => false)),
    );
    const real = levels.filter((_, i) => alike[i]);
    return { levels: real, slide, all, strangers: strangers + levels.length - real.length };
  } finally {
    await tiff.close();
  }
}

/** The number of the largest page that is nothing beside a slide; 0 where each is. */
async function largestOf(pages: readonly SlidePage[], directories: readonly TiffDirectory[]): Promise<number> {
  const area = ({ width, height }: Size): number => width * height;
  let best: number | undefined;
  for (const [number, page] of pages.entries()) {
    if (best !== undefined && area(page) <= area(pages[best])) continue;
    if ((await kindOf(directories[number], false)) !== "aside") best = number;
  }
  return best ?? 0;
}

const tiled = async (page: TiffDirectory): Promise<boolean> => (await page.number("tileWidth", 0)) > 0;

/** What a page's tags say that it is. */
async function kindOf(page: TiffDirectory, firstIsTiled: boolean): Promise<"level" | "aside" | "unknown"> {
  const type = await page.number("newSubfileType", 0);
  if ((type & (MASK | MACRO)) !== 0 || ASIDE.test(await page.text("description"))) return "aside";
  const saysSo = (type & SMALLER) !== 0;
  return saysSo || (firstIsTiled && (await tiled(page))) ? "level" : "unknown";
}

/** The numbers of those pages inside the first that may be levels. */
async function insidesOf(tiff: TiffFile, first: TiffDirectory, isTiled: boolean): Promise<number[]> {
  const pages = await tiff.inside(first);
  const kinds = await Promise.all(pages.map((page) => kindOf(page, isTiled)));
  return kinds.flatMap((kind, i) => (kind === "aside" ? [] : [i]));
}

/** Places that are compared, as shares of the width and of the height; and how far their bytes may be apart, on average. */
const PLACES = [1 / 6, 1 / 2, 5 / 6];
const APART = 24;

/** Whether a page shows the same as the first: squares of it, shrunk to 8×8 pixels, differ little. */
async function looksAlike(path: string, decoder: Decoder, first: SlidePage, page: SlidePage): Promise<boolean> {
  if (page === first) return true;
  const side = Math.max(8, Math.min(256, Math.round((1024 * page.width) / first.width)));
  const look = async ({ opening, width, height }: SlidePage, x: number, y: number): Promise<Uint8Array> => {
    const across = Math.min(width, Math.round((side * width) / page.width));
    const down = Math.min(height, Math.round((side * height) / page.height));
    const box = {
      x: Math.round(x * (width - across)),
      y: Math.round(y * (height - down)),
      width: across,
      height: down,
    };
    const size = { width: 8, height: 8, fit: "squash" } as const;
    return (await decoder.decode(path, { channels: 3, box, size, ranges: FULL }, { ...opening, huge: true })).data;
  };
  for (const y of PLACES) {
    for (const x of PLACES) {
      const [one, other] = [await look(first, x, y), await look(page, x, y)];
      const apart = one.reduce((sum, byte, i) => sum + Math.abs(byte - other[i]), 0) / one.length;
      if (apart > APART) return false;
    }
  }
  return true;
}

/** Whether a page has the proportions of the first, rounded to whole pixels, and is smaller. */
export const isScaledCopy = (page: Size, first: Size): boolean =>
  Math.abs(page.width * first.height - page.height * first.width) <= first.width + first.height;

const isSmallerCopy = (page: Size, first: Size): boolean =>
  page.width < first.width && page.height < first.height && isScaledCopy(page, first);
