import { readFile } from "node:fs/promises";
import { Canvas, GlobalFonts } from "@napi-rs/canvas";
import { diskReason } from "../../files/disk-error.js";
import { errorText } from "../../values/error-text.js";
import { type Image, planesFromPixels } from "../pictures/image.js";
import { parseFont } from "./font-tables-file.js";
import { LETTERS } from "./letters.js";

/** The extent of drawn text in pixels, from the point where it begins on its baseline. All grow outwards. */
export interface TextExtent {
  readonly left: number;
  readonly right: number;
  readonly ascent: number;
  readonly descent: number;
  /** from where the text begins to where the next would, to the right */
  readonly advance: number;
}

/** Where and how text is drawn. */
export interface TextPlace {
  readonly width: number;
  readonly height: number;
  /** pixels per em */
  readonly size: number;
  /** where the text begins, in pixels from the left */
  readonly x: number;
  /** the baseline, in pixels from the top; Skia moves it to a whole row */
  readonly baseline: number;
  /** CSS colours; black on white */
  readonly color?: string;
  readonly background?: string;
}

/** A font file that is open for drawing. */
export interface Font {
  readonly path: string;
  readonly family: string;
  readonly style: string;
  /** those of the characters that the font has no glyph for */
  missing(characters: Iterable<string>): string[];
  /** the extent of text, drawn at so many pixels per em */
  measure(text: string, size: number): TextExtent;
  /**
   * The size at which the highest ascent and the deepest descent over a–z together measure so many pixels, or the
   * widest letter, where it is wider than that; and the ascent and descent at this size.
   *
   * @throws Error when a–z have no extent
   */
  fit(pixels: number): { readonly size: number; readonly ascent: number; readonly descent: number };
  /** Draws text as three channels. */
  draw(text: string, place: TextPlace): Image;
  /** Gives the font's memory back. It cannot draw afterwards. */
  close(): void;
}

let opened = 0;

/**
 * Opens a TrueType, OpenType, WOFF or WOFF2 file for drawing.
 *
 * The rasteriser knows the font by a name of its own, so a font that is installed on the machine, or another file with
 * the same family, is never drawn instead.
 *
 * @throws Error that names the path when the file cannot be read or is no font
 */
export async function openFont(path: string): Promise<Font> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new Error(`Cannot read the font ${path}: ${diskReason(error)}.`, { cause: error });
  });
  let tables: ReturnType<typeof parseFont>;
  try {
    tables = parseFont(bytes);
  } catch (error) {
    throw new Error(`Cannot read the font ${path}: ${errorText(error)}.`, { cause: error });
  }
  const alias = `bellpepper-${process.pid}-${opened++}`;
  const key = GlobalFonts.register(bytes, alias);
  if (key === null) throw new Error(`Cannot read the font ${path}: the rasteriser does not accept it.`);
  const context = new Canvas(1, 1).getContext("2d");
  const font = (size: number): string => `${size}px "${alias}"`;
  const measure = (text: string, size: number): TextExtent => {
    context.font = font(size);
    const m = context.measureText(text);
    return {
      left: m.actualBoundingBoxLeft,
      right: m.actualBoundingBoxRight,
      ascent: m.actualBoundingBoxAscent,
      descent: m.actualBoundingBoxDescent,
      advance: m.width,
    };
  };
  return {
    path,
    family: tables.family,
    style: tables.style,
    missing: (characters) => [...characters].filter((c) => !tables.has(c)),
    measure,
    fit(pixels) {
      const extents = LETTERS.map((letter) => measure(letter, MEASURED_AT));
      const most = (of: (extent: TextExtent) => number): number => Math.max(...extents.map(of));
      const [ascent, descent] = [most((e) => e.ascent), most((e) => e.descent)];
      const scale =
        pixels /
        Math.max(
          ascent + descent,
          most((e) => e.left + e.right),
        );
      if (!(scale > 0 && Number.isFinite(scale))) throw new Error(`${path}: its letters a–z have no extent.`);
      return { size: MEASURED_AT * scale, ascent: ascent * scale, descent: descent * scale };
    },
    draw(text, { width, height, size, x, baseline, color = "#000000", background = "#ffffff" }) {
      const canvas = new Canvas(width, height);
      const page = canvas.getContext("2d");
      page.fillStyle = background;
      page.fillRect(0, 0, width, height);
      page.fillStyle = color;
      page.font = font(size);
      page.fillText(text, x, baseline);
      const planes = planesFromPixels(new Uint8Array(page.getImageData(0, 0, width, height).data), 4);
      return { width, height, channels: 3, data: planes.subarray(0, 3 * width * height) };
    },
    close: () => {
      GlobalFonts.remove(key);
    },
  };
}

// Skia gives extents in whole pixels. The packaged letters were measured at this size.
const MEASURED_AT = 100;
