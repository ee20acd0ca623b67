import type { ImageShape } from "../../values/image-shape.js";
import { classTarget } from "../target.js";
import type { GroupedSamples, LigatureSamples, SignPictures } from "./jitter-letters.js";
import type { LigaturePictures } from "./ligatures.js";

/** The classes of a letters set: a–z. */
export const LETTERS: readonly string[] = [..."abcdefghijklmnopqrstuvwxyz"];

/** The side of a letter's picture, in pixels. */
export const LETTER_SIDE = 32;
/** The extent that a typeface's letters are fitted to, in pixels. */
export const LETTER_EXTENT = 28;
/** A letter is blank when no pixel is darker than this. */
export const LETTER_BLANK = 224;

/** Where the letters of one typeface come from. */
export interface Typeface {
  readonly family: string;
  readonly style: string;
  /** the package or the file it was drawn from */
  readonly source: string;
}

/** Pictures of a–z in many typefaces. */
export interface LetterPictures {
  /** in the order of the pictures: alphabetical, as far as the split is concerned */
  readonly typefaces: readonly Typeface[];
  readonly height: number;
  readonly width: number;
  /** typeface × letter × row × column, 0 black … 255 white */
  readonly pixels: Uint8Array;
  /** digits, capitals and other signs that are no letters, sign × row × column; undefined where a set has none */
  readonly signs?: Uint8Array;
  /** letters that touch; undefined where a set has none */
  readonly ligatures?: LigaturePictures;
}

/** Letters to train or test on: 26 per typeface, a–z, typeface after typeface. */
export interface LetterSamples extends GroupedSamples {
  readonly typefaces: readonly Typeface[];
  /** the typeface of a sample. @throws RangeError when there is no such sample */
  typeface(index: number): Typeface;
  /** the letter of a sample. @throws RangeError when there is no such sample */
  letter(index: number): string;
}

/** A letters set, split by typeface. */
export interface LetterSplit {
  readonly training: LetterSamples;
  readonly validation: LetterSamples;
  /** the typefaces in neither of the two */
  readonly heldOut: LetterSamples;
  /** the mean byte, 0 … 255, over all pixels of all training images */
  readonly mean: number;
  /** signs that are no letters, where the set has some; see {@link jitterLetters} */
  readonly signs?: SignPictures;
  /** letters that touch, where the set has some */
  readonly ligatures?: LigatureSamples;
}

/**
 * Parses `fonts.tsv`: a heading, then a line per typeface of family, style and source, divided by tabulators.
 *
 * @throws Error with the number of the line that is not three fields
 */
export function parseTypefaces(tsv: string): Typeface[] {
  const lines = tsv.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const fields = lines.map((line) => line.split("\t"));
  const bad = fields.findIndex((f) => f.length !== 3);
  if (bad >= 0) {
    throw new Error(
      `line ${bad + 1}: expected 3 fields (family, style, source) divided by tabulators, got ${fields[bad].length}`,
    );
  }
  if (fields.length === 0 || fields[0][0] !== "family") {
    throw new Error(`line 1: expected the heading family, style, source, got "${lines.at(0) ?? ""}"`);
  }
  return fields.slice(1).map(([family, style, source]) => ({ family, style, source }));
}

/**
 * Splits a letters set by typeface, as the lecture does: the last 350 typefaces are for validation, the others for
 * training. A set of fewer than 700 typefaces has its last quarter for validation (rounded, at least one typeface).
 *
 * @param options heldOut: families left out of both parts, with all that begin with the same words ("Lato", "Lato
 * Black"); "Lato" unless given, because the lecture's sentence is set in it
 * @throws Error when no typeface is left for one of the parts
 * @example
 * const { training, validation, mean } = splitLetters(pictures); // 15 470 and 9 100 samples of the packaged set
 */
export function splitLetters(
  pictures: LetterPictures,
  options: { readonly heldOut?: readonly string[] } = {},
): LetterSplit {
  const { heldOut = ["Lato"] } = options;
  const count = pictures.typefaces.length;
  const isHeldOut = (i: number): boolean => heldOut.some((family) => beginsWith(pictures.typefaces[i].family, family));
  const first = count - validationCount(count);
  const all = pictures.typefaces.map((_, i) => i);
  const training = all.filter((i) => i < first && !isHeldOut(i));
  const validation = all.filter((i) => i >= first && !isHeldOut(i));
  if (training.length === 0 || validation.length === 0) {
    throw new Error(
      `A letters set of ${count} typefaces cannot be split: expected at least one to train and one to validate on ` +
        `besides ${heldOut.join(", ") || "none"}, got ${training.length} and ${validation.length}.`,
    );
  }
  const { signs, ligatures, height, width } = pictures;
  const area = height * width;
  return {
    training: samplesOf(pictures, training),
    validation: samplesOf(pictures, validation),
    heldOut: samplesOf(pictures, all.filter(isHeldOut)),
    mean: meanOf(pictures, training),
    ...(signs ? { signs: signsOf(signs, area) } : {}),
    ...(ligatures ? { ligatures: { ...signsOf(ligatures.pixels, area), list: ligatures.list } } : {}),
  };
}

/** The number of typefaces, of so many, that are for validation. */
export function validationCount(typefaces: number): number {
  return typefaces >= 700 ? 350 : Math.max(1, Math.round(typefaces / 4));
}

function beginsWith(family: string, words: string): boolean {
  const [a, b] = [family.toLowerCase(), words.toLowerCase()];
  return a === b || a.startsWith(`${b} `);
}

function samplesOf(pictures: LetterPictures, members: readonly number[]): LetterSamples {
  const { height, width, pixels } = pictures;
  const shape: ImageShape = { channels: 1, height, width };
  const area = height * width;
  const count = members.length * LETTERS.length;
  const typefaces = members.map((i) => pictures.typefaces[i]);
  const check = (index: number): number => {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(`There is no sample ${index}: expected 0 to ${count - 1}.`);
    }
    return index;
  };
  return {
    count,
    shape,
    target: classTarget(
      LETTERS,
      Uint8Array.from({ length: count }, (_, i) => i % LETTERS.length),
    ),
    groups: Int32Array.from({ length: count }, (_, i) => Math.floor(i / LETTERS.length)),
    typefaces,
    typeface: (index) => typefaces[Math.floor(check(index) / LETTERS.length)],
    letter: (index) => LETTERS[check(index) % LETTERS.length],
    read(index, _epoch, into, offset) {
      const letter = check(index) % LETTERS.length;
      const start = (members[(index - letter) / LETTERS.length] * LETTERS.length + letter) * area;
      into.set(pixels.subarray(start, start + area), offset);
    },
  };
}

const signsOf = (pixels: Uint8Array, area: number): SignPictures => ({
  count: pixels.length / area,
  read: (index, _epoch, into, offset) => into.set(pixels.subarray(index * area, (index + 1) * area), offset),
});

function meanOf({ pixels, height, width }: LetterPictures, members: readonly number[]): number {
  const size = LETTERS.length * height * width;
  let sum = 0;
  for (const i of members) {
    for (let p = i * size; p < (i + 1) * size; p++) sum += pixels[p];
  }
  return sum / (members.length * size);
}
