import { stat } from "node:fs/promises";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { diskReason } from "../../files/disk-error.js";
import { errorText } from "../../values/error-text.js";
import { expectPath } from "../../values/kind.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import type { Box } from "../sources/dataset.js";
import { BrokenPicture } from "./broken-picture.js";
import { type Decoding, decodingOf, type PictureFile } from "./formats/decoder.js";
import { decoderOf, isSound, namesOf, PICTURES_ALONE } from "./formats/formats-file.js";
import { encodePng } from "./formats/sharp-file.js";
import { soundDecoder } from "./formats/sound-decoder-file.js";
import type { Image } from "./image.js";

export type { Fit } from "../../values/preprocessing.js";
export type { Decoding } from "./formats/decoder.js";

/**
 * Decodes a picture file: PNG, JPEG, WebP, TIFF, GIF (its first frame or page).
 *
 * Transparent parts become white, a camera's rotation (EXIF) is applied, numbers that are no bytes (16 and 32 bits, with a sign, floating) become
 * bytes by the range of the picture's own unless `ranges` says it (see `openPictures`, which finds one for all), other colour spaces become sRGB;
 * one channel is 0.299 R + 0.587 G + 0.114 B.
 *
 * @param file its path, or its bytes
 * @throws BrokenPicture that names the path and what was found there, when it is missing, a folder, no picture or cut off
 * @example
 * const { width, height, data } = await readImage("sentence.png", { channels: 1 }); // height × width bytes
 * const small = await readImage("sentence.png", { channels: 1, size: { width: 32, height: 32, fit: "crop" } });
 */
export async function readImage(file: PictureFile, options: Decoding): Promise<Image> {
  const path = file instanceof Uint8Array ? BYTES : expectPath("path", file);
  try {
    return await (options.rate === undefined ? decoderOf(path) : soundDecoder).decode(file, options);
  } catch (error) {
    const [what, expected] =
      options.rate === undefined ? ["picture", `${namesOf(PICTURES_ALONE)} picture`] : ["sound", "WAV file"];
    const found = await explainUnreadable(file, error);
    const message = `Cannot read the ${what} ${path}: expected a ${expected}, but ${found}.`;
    throw new BrokenPicture(path, found, { message, cause: error });
  }
}

/** What bytes are called in messages. */
const BYTES = "in these bytes";

/**
 * Decodes a picture file for a model, as its preprocessing says.
 *
 * @param file its path, or its bytes
 * @param preprocessing that of the model: `model.preprocessing`, which a model of `trainPictures` has
 * @param box the part of it that is meant, after a camera's rotation; all of it unless given
 * @returns C×H×W bytes: what {@link modelGraph} takes, as float32 with one more dimension before them
 * @throws BrokenPicture as {@link readImage} does
 * @example
 * const preprocessing = { width: 32, height: 24, channels: 3, fit: "crop", resampling: "lanczos3", background: "white", ranges: {} } as const;
 * const { data } = await preparePicture("animals/cat/1.png", preprocessing);
 * const image = float32(data, [1, 3, 24, 32]); // const { probabilities } = await program.run({ image });
 */
export async function preparePicture(file: PictureFile, preprocessing: Preprocessing, box?: Box): Promise<Image> {
  if (preprocessing.rate === undefined && typeof file === "string" && isSound(file)) {
    throw new BrokenPicture(file, "it is a sound, and the model takes pictures");
  }
  return readImage(file, { ...decodingOf(preprocessing), ...(box ? { box } : {}) });
}

/** Why a file could not be decoded, as the end of a sentence. */
export async function explainUnreadable(file: PictureFile, error: unknown): Promise<string> {
  const found =
    typeof file === "string"
      ? await stat(file).catch((cause: unknown) => `it cannot be opened (${reason(cause)})`)
      : { size: file.byteLength, isDirectory: () => false };
  if (typeof found === "string") return found;
  if (found.isDirectory()) return "it is a folder";
  if (found.size === 0) return "the file is empty";
  if (error instanceof RangeError) return error.message;
  if (/exceeds pixel limit/i.test(errorText(error))) {
    const size = await decoderOf(typeof file === "string" ? file : "").metadata(file, { huge: true });
    return `it measures ${size.width}×${size.height}: expected at most 268 million pixels`;
  }
  const packed = /(\S+) compression support is not configured/.exec(errorText(error))?.[1];
  if (packed) return `it is packed by ${packed}, which is not read; save it without packing, or by LZW or Deflate`;
  return `its ${found.size} bytes cannot be decoded (${reason(error)})`;
}

/**
 * Writes an image as a PNG picture, 8 bits a channel; the file appears whole or not at all.
 *
 * @throws RangeError when the number of bytes is not channels × height × width
 * @example
 * await writePng("black.png", { width: 2, height: 1, channels: 1, data: Uint8Array.of(0, 0) });
 */
export async function writePng(path: string, image: Image): Promise<void> {
  const { width, height, channels, data } = image;
  if (data.length !== width * height * channels) {
    throw new RangeError(
      `${path}: an image of ${channels}×${height}×${width} has ${width * height * channels} bytes, got ${data.length}.`,
    );
  }
  await writeFileAtomically(path, await encodePng(image));
}

const reason = (error: unknown): string => diskReason(error).split("\n")[0];
