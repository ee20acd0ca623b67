import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createGunzip, gzip } from "node:zlib";
import { writeFolderAtomically } from "../../files/atomic-file.js";
import { diskReason } from "../../files/disk-error.js";
import { errorText } from "../../values/error-text.js";
import { LETTERS, type LetterPictures, type LetterSplit, parseTypefaces, splitLetters } from "./letters.js";
import { type LigaturePictures, ligaturesText, parseLigatures } from "./ligatures.js";

/** The folder of the letters set that comes with Bell Pepper: a–z in 946 typefaces, 32×32. */
export const PACKAGED_LETTERS = fileURLToPath(new URL("../../../assets/letters/", import.meta.url));

const PIXELS_FILE = /^letters-(\d+)x(\d+)x(\d+)x(\d+)\.u8\.gz$/;
const SIGNS_FILE = /^signs-(\d+)x(\d+)x(\d+)\.u8\.gz$/;
const LIGATURES_FILE = /^ligatures-(\d+)x(\d+)x(\d+)\.u8\.gz$/;
/** What letters a ligature has, and where they begin. */
const LIGATURES_TSV = "ligatures.tsv";
const PIXELS_FORM = "letters-TYPEFACESx26xHEIGHTxWIDTH.u8.gz";

/**
 * Reads a letters set and splits it by typeface, see {@link splitLetters}.
 *
 * @param folder where it is; the packaged one unless given
 * @throws Error that names the folder or file and what is wrong with it
 * @example
 * const { training, validation, mean } = await loadLetters();
 * training.count; // 15470
 */
export async function loadLetters(
  folder: string = PACKAGED_LETTERS,
  options: { readonly heldOut?: readonly string[] } = {},
): Promise<LetterSplit> {
  return splitLetters(await readLetters(folder), options);
}

/**
 * Reads a letters set: a folder with `fonts.tsv` and one file `letters-TYPEFACESx26xHEIGHTxWIDTH.u8.gz`, the gzip of
 * bytes in the order typeface, letter, row, column. It may have `signs-COUNTxHEIGHTxWIDTH.u8.gz` too: digits, capitals and other signs; and
 * `ligatures-COUNTxHEIGHTxWIDTH.u8.gz` with `ligatures.tsv`: letters that touch.
 *
 * @throws Error when the folder is none, a file is missing, cut off, corrupt, or the two do not agree
 * @example
 * const { typefaces, pixels } = await readLetters();
 * typefaces.length; // 946
 */
export async function readLetters(folder: string = PACKAGED_LETTERS): Promise<LetterPictures> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw noLetters(folder, `it cannot be opened (${diskReason(error)})`, error);
  });
  const found = names.map((name) => PIXELS_FILE.exec(name)).filter((match) => match !== null);
  if (found.length !== 1 || !names.includes("fonts.tsv")) {
    const some = names.slice(0, 5).join(", ") || "nothing";
    throw noLetters(folder, `it holds ${some}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`);
  }
  const [name, ...sizes] = found[0];
  const [count, letters, height, width] = sizes.map(Number);
  if (letters !== LETTERS.length || height === 0 || width === 0) {
    throw new Error(
      `${join(folder, name)}: expected ${LETTERS.length} letters of at least 1×1, got ${sizes.join("×")}.`,
    );
  }
  const tsv = join(folder, "fonts.tsv");
  const text = await readFile(tsv, "utf8");
  const typefaces = explained(tsv, () => parseTypefaces(text));
  if (typefaces.length !== count) {
    throw new Error(`${tsv}: expected ${count} typefaces, as in ${name}, got ${typefaces.length}.`);
  }
  const pixels = await gunzipped(join(folder, name), count * letters * height * width);
  const signs = (await readMore(folder, names, SIGNS_FILE, "sign", { height, width }))?.pixels;
  const ligatures = await readLigatures(folder, names, { height, width });
  return { typefaces, height, width, pixels, ...(signs ? { signs } : {}), ...(ligatures ? { ligatures } : {}) };
}

interface PictureSize {
  readonly height: number;
  readonly width: number;
}

/** Pictures beside the letters of a set that has some. */
async function readMore(
  folder: string,
  names: readonly string[],
  form: RegExp,
  noun: string,
  { height, width }: PictureSize,
): Promise<{ readonly name: string; readonly count: number; readonly pixels: Uint8Array } | undefined> {
  const [found, ...more] = names.map((name) => form.exec(name)).filter((match) => match !== null);
  if (found === undefined) return undefined;
  const [name, ...sizes] = found;
  const [count, rows, columns] = sizes.map(Number);
  if (more.length > 0 || count === 0 || rows !== height || columns !== width) {
    throw new Error(
      `${join(folder, name)}: expected one file of at least one ${noun}, ${height}×${width} as the letters, got ${sizes.join("×")}.`,
    );
  }
  return { name, count, pixels: await gunzipped(join(folder, name), count * rows * columns) };
}

/** The ligatures of a set that has some. */
async function readLigatures(
  folder: string,
  names: readonly string[],
  size: PictureSize,
): Promise<LigaturePictures | undefined> {
  const found = await readMore(folder, names, LIGATURES_FILE, "ligature", size);
  if (found === undefined) return undefined;
  const tsv = join(folder, LIGATURES_TSV);
  const text = await readFile(tsv, "utf8");
  const list = explained(tsv, () => parseLigatures(text));
  if (list.length !== found.count) {
    throw new Error(`${tsv}: expected ${found.count} ligatures, as in ${found.name}, got ${list.length}.`);
  }
  return { list, pixels: found.pixels };
}

/**
 * Writes a letters set as a new folder, which appears whole or not at all.
 *
 * @throws Error when the folder exists and is not empty
 */
export async function writeLetters(folder: string, pictures: LetterPictures): Promise<void> {
  const { typefaces, height, width, pixels, signs, ligatures } = pictures;
  const packed = (bytes: Uint8Array): Promise<Buffer> => promisify(gzip)(bytes, { level: 9 });
  const lines = typefaces.map(({ family, style, source }) => `${family}\t${style}\t${source}\n`);
  await writeFolderAtomically(folder, {
    "fonts.tsv": `family\tstyle\tsource\n${lines.join("")}`,
    [`letters-${typefaces.length}x${LETTERS.length}x${height}x${width}.u8.gz`]: await packed(pixels),
    ...(signs ? { [`signs-${signs.length / (height * width)}x${height}x${width}.u8.gz`]: await packed(signs) } : {}),
    ...(ligatures
      ? {
          [LIGATURES_TSV]: ligaturesText(ligatures.list),
          [`ligatures-${ligatures.list.length}x${height}x${width}.u8.gz`]: await packed(ligatures.pixels),
        }
      : {}),
  });
}

/** Unpacks a file of which the unpacked size is known, and never more than that into memory. */
async function gunzipped(path: string, expected: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(expected);
  let length = 0;
  const wrong = (got: string): Error => new Error(`${path}: expected ${expected} bytes in the gzip, got ${got}.`);
  const unpacked = createReadStream(path)
    .on("error", (error) => unpacked.destroy(error))
    .pipe(createGunzip());
  try {
    for await (const chunk of unpacked) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError(`${path}: expected bytes, got ${typeof chunk}.`);
      if (length + chunk.length > expected) throw wrong("more");
      bytes.set(chunk, length);
      length += chunk.length;
    }
  } catch (error) {
    if (error instanceof Error && error.message.startsWith(path)) throw error;
    throw new Error(`${path}: it is cut off or no gzip (${errorText(error)}).`, { cause: error });
  }
  if (length !== expected) throw wrong(String(length));
  return bytes;
}

function explained<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`${path}, ${errorText(error)}.`, { cause: error });
  }
}

const noLetters = (folder: string, found: string, cause?: unknown): Error =>
  new Error(`${folder} is no letters set: expected a folder with fonts.tsv and one ${PIXELS_FORM}, but ${found}.`, {
    cause,
  });
