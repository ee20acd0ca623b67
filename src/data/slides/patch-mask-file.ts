import { basename, dirname, extname, join } from "node:path";
import { statIfExists } from "../../files/exists-file.js";
import { openLabels } from "../labels/labels-file.js";
import { filesNamed, formatsWhere } from "../pictures/formats/formats-file.js";
import { type PatchPlace, rulingValue } from "./patch-place.js";

/** The formats of which a mask is looked for by its slide's name. */
const SOUGHT = formatsWhere(({ masks }) => masks);

/** Which windows of a mask are looked at, and what they are called. */
export interface MaskWindows {
  /** side and step of the windows, in pixels */
  readonly side: number;
  readonly stride: number;
  /** the share of a window that must have its class */
  readonly cover: number;
  /** the class of a value; undefined where it has none */
  readonly nameOf: (value: number) => string | undefined;
}

/**
 * The mask of a slide: the file itself, or in a folder the one of the slide's path and name, a PNG or TIFF.
 *
 * @throws Error when there is none
 */
export async function findMask(slide: string, mask: string, many: boolean): Promise<string> {
  const found = await statIfExists(mask);
  if (!found) throw new Error(`${mask}: there is no such file or folder.`);
  if (!found.isDirectory()) {
    if (many) throw new Error(`${mask} is one mask, but there are several slides: expected a folder of masks.`);
    return mask;
  }
  const name = join(dirname(slide), basename(slide, extname(slide)));
  for (const ending of SOUGHT.flatMap(({ endings }) => endings)) {
    const path = join(mask, `${name}${ending}`);
    if ((await statIfExists(path))?.isFile()) return path;
  }
  throw new Error(`${mask} has no mask for ${slide}: expected ${filesNamed(name, SOUGHT)}.`);
}

/** Where windows of a mask have one class. */
export interface MaskPlaces {
  /** the places of patches, without their group */
  readonly places: readonly Omit<PatchPlace, "group">[];
  /** the values that the mask has, in their order */
  readonly values: readonly number[];
}

/**
 * The windows of a grid that have one class. The values in the mask's file are what counts (see {@link readLabels}); of its rows only those of one
 * window are in memory.
 *
 * @throws Error when the mask is of another size than the slide, or has no values that can be labels
 */
export async function findMaskPlaces(
  path: string,
  slide: { readonly path: string; readonly width: number; readonly height: number },
  { side, stride, cover, nameOf }: MaskWindows,
): Promise<MaskPlaces> {
  const mask = await openLabels(path);
  try {
    const { width, height } = mask;
    if (width !== slide.width || height !== slide.height) {
      throw new Error(
        `The mask ${path} measures ${width}×${height}, its slide ${slide.path} ${slide.width}×${slide.height}: expected the same size.`,
      );
    }
    const places: Omit<PatchPlace, "group">[] = [];
    const present = new Uint8Array(65536);
    const rows: Uint16Array[] = [];
    let y = 0;
    for await (const row of mask.rows()) {
      for (const value of row) present[value] = 1;
      if (rows.push(row) > side) rows.shift();
      y++;
      if (rows.length < side || (y - side) % stride !== 0) continue;
      for (let x = 0; x + side <= width; x += stride) {
        const value = rulingValue(rows, x, side, cover);
        const label = value === undefined ? undefined : nameOf(value);
        if (label !== undefined) places.push({ x: x + side / 2, y: y - side / 2, label });
      }
    }
    return { places, values: Array.from(present.keys()).filter((value) => present[value] === 1) };
  } finally {
    await mask.close();
  }
}
