import { readdir } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { expectNoFolder } from "../../files/atomic-file.js";
import { diskReason } from "../../files/disk-error.js";
import { errorText } from "../../values/error-text.js";
import { drawLigatures } from "./draw-ligatures.js";
import { type Font, openFont } from "./font-file.js";
import { LETTER_BLANK as BLANK, LETTER_EXTENT, LETTERS, LETTER_SIDE as SIDE, type Typeface } from "./letters.js";
import { writeLetters } from "./letters-file.js";
import type { Ligature } from "./ligatures.js";

/** Signs that are no letters a–z, and do not look like one either: no I, l and |. Those that a font has are drawn beside its letters. */
const SIGNS = [..."0123456789ABCDEFGHJKLMNOPQRSTUVWXYZ!?.,:;'\"()-&%$€@#/+*=<>{}[]_äöüßéçñ"];

const EXTENSIONS = [".ttf", ".otf", ".woff", ".woff2"];

/** A font file that was left out, and why. */
export interface SkippedFont {
  readonly file: string;
  readonly reason: string;
}

/** What {@link drawLetters} made. */
export interface DrawnLetters {
  /** the typefaces in the set, alphabetically by family, then style */
  readonly typefaces: readonly Typeface[];
  readonly skipped: readonly SkippedFont[];
}

/**
 * Draws a letters set from font files, the way the packaged one was drawn: a–z of each typeface on 32×32 pixels, black
 * on white, at the size where ascent and descent over a–z, or the widest letter, measure 28 pixels; each letter's ink
 * is centred from left to right, all letters stand on one baseline. The digits, capitals and other signs of a typeface are drawn beside
 * them, so that a network can learn what is no letter, and letters that touch ({@link drawLigatures}).
 *
 * Left out, and listed with the reason, are files that are no fonts, fonts without all of a–z, fonts that draw a blank,
 * and a second file of the same family and style, or with exactly the same pictures. Paths are tried in alphabetical order.
 *
 * @param fontsFolder a folder of .ttf, .otf, .woff and .woff2 files, in folders of any depth
 * @param setFolder the folder to make; it appears whole or not at all
 * @param options progress: called after each file with the number of files tried and their total
 * @throws Error when the fonts' folder cannot be read, has no fonts or none that can be used, or the set's folder is
 * not empty
 * @example
 * const { typefaces, skipped } = await drawLetters("fonts", "set-of-my-fonts");
 */
export async function drawLetters(
  fontsFolder: string,
  setFolder: string,
  options: { readonly progress?: (done: number, total: number) => void } = {},
): Promise<DrawnLetters> {
  await expectNoFolder(setFolder);
  const files = await fontFiles(fontsFolder);
  const drawn: (Omit<DrawnTypeface, "family" | "style"> & { typeface: Typeface })[] = [];
  const skipped: SkippedFont[] = [];
  for (const [i, file] of files.entries()) {
    try {
      const { family, style, ...pictures } = await drawTypeface(join(fontsFolder, file));
      const { pixels } = pictures;
      const typeface = { family: family || file, style, source: file.replace(/[\p{Cc}\s]+/gu, " ") };
      const named = drawn.find((d) => d.typeface.family === typeface.family && d.typeface.style === style);
      if (named !== undefined) throw new Error(`it has the same family and style as ${named.typeface.source}`);
      const same = drawn.find((d) => Buffer.compare(d.pixels, pixels) === 0);
      if (same !== undefined) throw new Error(`it draws the same letters as ${same.typeface.source}`);
      drawn.push({ typeface, ...pictures });
    } catch (error) {
      skipped.push({ file, reason: errorText(error) });
    }
    options.progress?.(i + 1, files.length);
  }
  if (drawn.length === 0) {
    const reasons = skipped.slice(0, 3).map(({ file, reason }) => `${file}: ${reason}`);
    throw new Error(`None of the ${files.length} fonts in ${fontsFolder} can be used. ${reasons.join(" ")}`);
  }
  const letters = drawn.toSorted((a, b) => alphabetical(a.typeface, b.typeface));
  const typefaces = letters.map(({ typeface }) => typeface);
  const pixels = new Uint8Array(Buffer.concat(letters.map((letter) => letter.pixels)));
  const signs = new Uint8Array(Buffer.concat(letters.map((letter) => letter.signs)));
  const some = signs.length > 0 ? { signs } : {};
  const drawnLigatures = letters.flatMap((letter) => letter.ligatures);
  const ligatures = {
    list: drawnLigatures.map(({ letters: name, cuts }) => ({ letters: name, cuts })),
    pixels: new Uint8Array(Buffer.concat(drawnLigatures.map((ligature) => ligature.pixels))),
  };
  const more = drawnLigatures.length > 0 ? { ligatures } : {};
  await writeLetters(setFolder, { typefaces, height: SIDE, width: SIDE, pixels, ...some, ...more });
  return { typefaces, skipped };
}

async function fontFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((error: unknown) => {
    const reason = diskReason(error);
    throw new Error(`Cannot read the fonts' folder ${folder}: ${reason}.`, { cause: error });
  });
  const files = entries
    .filter((entry) => !entry.isDirectory() && EXTENSIONS.includes(extname(entry.name).toLowerCase()))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  if (files.length === 0) {
    throw new Error(`${folder} has no fonts: expected files that end in ${EXTENSIONS.join(", ")}, got none.`);
  }
  return files;
}

/** What is drawn of one font. */
interface DrawnTypeface {
  readonly family: string;
  readonly style: string;
  /** letter × row × column */
  readonly pixels: Uint8Array;
  /** sign × row × column */
  readonly signs: Uint8Array;
  readonly ligatures: readonly (Ligature & { readonly pixels: Uint8Array })[];
}

async function drawTypeface(path: string): Promise<DrawnTypeface> {
  const font = await openFont(path);
  try {
    const missing = font.missing(LETTERS);
    if (missing.length > 0) throw new Error(`it has no glyphs for ${missing.join(" ")}`);
    const pixels = drawSigns(font, LETTERS);
    const absent = new Set(font.missing(SIGNS));
    const signs = drawSigns(
      font,
      SIGNS.filter((sign) => !absent.has(sign)),
    );
    const blank = LETTERS.filter((_, i) =>
      pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE).every((p) => p > BLANK),
    );
    if (blank.length > 0) throw new Error(`it draws nothing for ${blank.join(" ")}`);
    const ligatures = drawLigatures((text) => drawSigns(font, [text]), font);
    return { family: font.family, style: font.style, pixels, signs: withoutBlanks(signs), ligatures };
  } finally {
    font.close();
  }
}

/** Signs without those that show next to nothing. */
function withoutBlanks(signs: Uint8Array): Uint8Array {
  const area = SIDE * SIDE;
  const pictures = Array.from({ length: signs.length / area }, (_, i) => signs.subarray(i * area, (i + 1) * area));
  return new Uint8Array(Buffer.concat(pictures.filter((picture) => picture.some((p) => p <= BLANK))));
}

function drawSigns(font: Font, signs: readonly string[]): Uint8Array {
  const { size, ascent, descent } = font.fit(LETTER_EXTENT);
  const baseline = (SIDE - ascent - descent) / 2 + ascent;
  const pixels = new Uint8Array(signs.length * SIDE * SIDE);
  for (const [i, sign] of signs.entries()) {
    const { left, right } = font.measure(sign, size);
    const image = font.draw(sign, { width: SIDE, height: SIDE, size, x: SIDE / 2 - (right - left) / 2, baseline });
    pixels.set(image.data.subarray(0, SIDE * SIDE), i * SIDE * SIDE);
  }
  return pixels;
}

function alphabetical(a: Typeface, b: Typeface): number {
  const [x, y] = [a, b].map(({ family, style }) => `${family}\n${style}`.toLowerCase());
  return x < y ? -1 : x > y ? 1 : 0;
}
