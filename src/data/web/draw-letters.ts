import {
  LETTER_BLANK,
  LETTER_EXTENT,
  LETTER_SIDE,
  LETTERS,
  type LetterPictures,
  type Typeface,
} from "../letters/letters.js";
import { planesFromPixels } from "../pictures/image.js";

/** A font that the page has: its family, and what else CSS says of it, such as "italic 700". */
export interface PageFont {
  readonly family: string;
  readonly style?: string;
}

/** What {@link drawPageLetters} made. */
export interface PageLetters extends LetterPictures {
  /** fonts that were left out, and why */
  readonly skipped: readonly (PageFont & { readonly reason: string })[];
}

/** Extents are measured at this size, in pixels per em. */
const MEASURED_AT = 100;

/**
 * Draws a letters set with fonts that the page has, installed ones or those of `@font-face`, by the rule of `drawLetters`: a–z on 32×32 pixels, black on white, at
 * the size where ascent and descent over a–z, or the widest letter, measure 28 pixels; each letter's ink is centred from left to right, all stand on one
 * baseline. The browser's own rasteriser draws, so that pixels differ a little from Node's.
 *
 * Left out, and listed with the reason, are fonts that the page does not have, and those that draw a blank or the same as one before.
 *
 * @returns what {@link splitLetters} takes, in the order of the fonts
 * @throws Error when no font can be used
 * @example
 * const { training } = splitLetters(await drawPageLetters(["Georgia", { family: "Arial", style: "italic 700" }]));
 */
export async function drawPageLetters(fonts: readonly (string | PageFont)[]): Promise<PageLetters> {
  const drawn: { readonly typeface: Typeface; readonly pixels: Uint8Array }[] = [];
  const skipped: (PageFont & { readonly reason: string })[] = [];
  for (const font of fonts) {
    const { family, style = "normal" } = typeof font === "string" ? { family: font } : font;
    const css = (size: number, fallback = ""): string => `${style} ${size}px ${JSON.stringify(family)}${fallback}`;
    await globalFonts().load(css(MEASURED_AT), LETTERS.join(""));
    const pixels = isPresent(css) ? drawAlphabet(css) : undefined;
    const same = drawn.find((each) => each.pixels.every((p, i) => p === pixels?.[i]));
    const reason =
      pixels === undefined
        ? "the page has no such font"
        : isBlank(pixels)
          ? "it draws nothing for some of a–z"
          : same && `it draws the same letters as ${same.typeface.family} (${same.typeface.style})`;
    if (pixels === undefined || reason !== undefined) skipped.push({ family, style, reason: reason ?? "" });
    else drawn.push({ typeface: { family, style, source: "the page" }, pixels });
  }
  if (drawn.length === 0) {
    const why = skipped.map(({ family, reason }) => `${family}: ${reason}`).join("; ");
    throw new Error(`None of ${fonts.length} fonts can be used: ${why || "none was given"}.`);
  }
  const size = LETTERS.length * LETTER_SIDE ** 2;
  const pixels = new Uint8Array(drawn.length * size);
  for (const [i, each] of drawn.entries()) pixels.set(each.pixels, i * size);
  const typefaces = drawn.map(({ typeface }) => typeface);
  return { typefaces, height: LETTER_SIDE, width: LETTER_SIDE, pixels, skipped };
}

/** The fonts of the page, or of the worker. */
const globalFonts = (): FontFaceSet => ("document" in globalThis ? document.fonts : Reflect.get(globalThis, "fonts"));

function contextOf(side: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("There is no canvas to draw letters on.");
  return context;
}

/** Whether the page has a font: else text is as wide as in what takes its place. */
function isPresent(css: (size: number, fallback?: string) => string): boolean {
  const context = contextOf(1);
  const widths = ["monospace", "serif"].map((fallback) => {
    const widthIn = (font: string): number => {
      context.font = font;
      return context.measureText(LETTERS.join("")).width;
    };
    return [widthIn(css(MEASURED_AT, `, ${fallback}`)), widthIn(`${MEASURED_AT}px ${fallback}`)];
  });
  return widths[0][0] === widths[1][0] && widths.some(([own, other]) => own !== other);
}

/** a–z of a font: letter × row × column. */
function drawAlphabet(css: (size: number) => string): Uint8Array {
  const context = contextOf(LETTER_SIDE);
  const extentsAt = (size: number): TextMetrics[] => {
    context.font = css(size);
    return LETTERS.map((letter) => context.measureText(letter));
  };
  const extents = extentsAt(MEASURED_AT);
  const ascent = Math.max(...extents.map((e) => e.actualBoundingBoxAscent));
  const descent = Math.max(...extents.map((e) => e.actualBoundingBoxDescent));
  const width = Math.max(...extents.map((e) => e.actualBoundingBoxLeft + e.actualBoundingBoxRight));
  const scale = LETTER_EXTENT / Math.max(ascent + descent, width);
  // Skia moves a baseline to a whole row
  const baseline = Math.round((LETTER_SIDE - (ascent + descent) * scale) / 2 + ascent * scale);
  const area = LETTER_SIDE ** 2;
  const pixels = new Uint8Array(LETTERS.length * area);
  for (const [i, own] of extentsAt(MEASURED_AT * scale).entries()) {
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, LETTER_SIDE, LETTER_SIDE);
    context.fillStyle = "#000000";
    const middle = (own.actualBoundingBoxRight - own.actualBoundingBoxLeft) / 2;
    context.fillText(LETTERS[i], LETTER_SIDE / 2 - middle, baseline);
    const { data } = context.getImageData(0, 0, LETTER_SIDE, LETTER_SIDE);
    pixels.set(planesFromPixels(new Uint8Array(data.buffer), 4).subarray(0, area), i * area);
  }
  return pixels;
}

/** Whether one of the letters shows next to nothing. */
function isBlank(pixels: Uint8Array): boolean {
  const area = LETTER_SIDE ** 2;
  return LETTERS.some((_, i) => pixels.subarray(i * area, (i + 1) * area).every((p) => p > LETTER_BLANK));
}
