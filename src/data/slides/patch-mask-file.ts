import { basename, dirname, extname, join } from "node:path";
import { statIfExists } from "../../files/exists-file.js";
import { decoderOf, filesNamed, formatByName, formatsWhere, namesOf } from "../pictures/formats/formats-file.js";
import { explainUnreadable } from "../pictures/image-file.js";
import { type PatchPlace, rulingValue } from "./patch-place.js";

/** How many pixels of a mask are decoded at once. */
const AT_ONCE = 2 ** 25;

/** The formats of which a mask is looked for by its slide's name. */
const SOUGHT = formatsWhere(({ masks }) => masks === "found");

/** Where windows of a mask have one class. */
export interface MaskWindows {
  /** side and step of the windows, in pixels */
  readonly side: number;
  readonly stride: number;
  /** the share of a window that must have its class */
  readonly cover: number;
  /** the class of a grey value; undefined where it has none */
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

/**
 * The windows of a grid that have one class, as the places of patches without their group. The mask is read in bands.
 *
 * @throws Error when the mask is of another size than the slide, or anything but grey values of 8 bits without loss
 */
export async function findMaskPlaces(
  path: string,
  slide: { readonly path: string; readonly width: number; readonly height: number },
  { side, stride, cover, nameOf }: MaskWindows,
): Promise<Omit<PatchPlace, "group">[]> {
  const decoder = decoderOf(path);
  const unreadable = async (error: unknown): Promise<never> => {
    throw new Error(`Cannot read the mask ${path}: ${await explainUnreadable(path, error)}.`, { cause: error });
  };
  const { format, depth, width, height } = await decoder.metadata(path, { huge: true }).catch(unreadable);
  const facts = formatByName(format);
  if (facts?.masks === "never") {
    throw new Error(`The mask ${path} is a ${facts.name}, which changes values at edges: expected ${namesOf(SOUGHT)}.`);
  }
  if (depth !== 8) throw new Error(`The mask ${path} has values of ${depth} bits: expected 8 bits.`);
  if (width !== slide.width || height !== slide.height) {
    throw new Error(
      `The mask ${path} measures ${width}×${height}, its slide ${slide.path} ${slide.width}×${slide.height}: expected the same size.`,
    );
  }
  const places: Omit<PatchPlace, "group">[] = [];
  const rows = Math.max(0, Math.floor((height - side) / stride) + 1);
  // rows of windows that a band holds
  const together = Math.max(1, Math.floor((AT_ONCE / width - side) / stride) + 1);
  for (let row = 0; row < rows; row += together) {
    const last = Math.min(rows, row + together) - 1;
    const top = row * stride;
    const band = { x: 0, y: top, width, height: last * stride + side - top };
    const { data } = await decoder.decode(path, { channels: 3, box: band }, { huge: true }).catch(unreadable);
    const area = width * band.height;
    const [red, green, blue] = [0, 1, 2].map((c) => data.subarray(c * area, (c + 1) * area));
    const coloured = red.findIndex((value, i) => value !== green[i] || value !== blue[i]);
    if (coloured >= 0) {
      const at = `x ${coloured % width}, y ${top + Math.floor(coloured / width)}`;
      throw new Error(
        `The mask ${path} has a colour (${red[coloured]} ${green[coloured]} ${blue[coloured]} at ${at}): expected one grey value for each class.`,
      );
    }
    for (let r = row; r <= last; r++) {
      for (let x = 0; x + side <= width; x += stride) {
        const value = rulingValue(red, width, { x, y: r * stride - top, width: side, height: side }, cover);
        const label = value === undefined ? undefined : nameOf(value);
        if (label !== undefined) places.push({ x: x + side / 2, y: r * stride + side / 2, label });
      }
    }
  }
  return places;
}
