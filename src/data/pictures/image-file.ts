import { stat } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { errorText } from "../../values/error-text.js";
import type { Box } from "../sources/dataset.js";
import { greyFromColour, type Image, pixelsFromPlanes, planesFromPixels } from "./image.js";

const FORMATS = "a PNG, JPEG, WebP, TIFF or GIF picture";

// libvips would remember files that have changed since
sharp.cache(false);

/**
 * How a picture comes to a size of other proportions. "squash": all of it, each direction by itself; "crop": its middle, as large as
 * fits; "pad": all of it, with white at two sides.
 */
export type Fit = "squash" | "crop" | "pad";

/** What becomes of a picture when it is decoded. */
export interface Decoding {
  /** 1 for grey, 3 for red, green, blue */
  readonly channels: 1 | 3;
  /** the part of it that is meant, after a camera's rotation; all of it unless given */
  readonly box?: Box;
  /** the size that it gets, by Lanczos resampling; its own unless given */
  readonly size?: { readonly width: number; readonly height: number; readonly fit: Fit };
}

/**
 * Decodes a picture file: PNG, JPEG, WebP, TIFF, GIF (its first frame) of 8 or 16 bits.
 *
 * Transparent parts become white, a camera's rotation (EXIF) is applied, 16 bits become 8, other colour spaces become
 * sRGB; one channel is 0.299 R + 0.587 G + 0.114 B.
 *
 * @throws Error that names the path and what was found there, when it is missing, a folder, no picture or cut off
 * @example
 * const { width, height, data } = await readImage("sentence.png", { channels: 1 }); // height × width bytes
 * const small = await readImage("sentence.png", { channels: 1, size: { width: 32, height: 32, fit: "crop" } });
 */
export async function readImage(path: string, options: Decoding): Promise<Image> {
  try {
    return await decoded(sharp(path, { failOn: "error" }), options);
  } catch (error) {
    throw new Error(`Cannot read the picture ${path}: expected ${FORMATS}, but ${await whyNot(path, error)}.`, {
      cause: error,
    });
  }
}

/**
 * Decodes a picture that was opened; see {@link readImage}.
 *
 * @throws the decoder's error; RangeError when the box reaches beyond the picture
 */
export async function decoded(picture: Sharp, decoding: Decoding): Promise<Image> {
  const { channels, box } = decoding;
  const { data, info } = await pixelsOf(picture, decoding).catch((error: unknown) => {
    if (box && /extract_area/.test(reason(error))) {
      throw new RangeError(`its box ${Object.values(box).join(" ")} reaches beyond it`, { cause: error });
    }
    throw error;
  });
  const { width, height } = info;
  // sharp may leave a grey picture at one channel
  if (info.channels === 1 && channels === 1) return { width, height, channels, data: new Uint8Array(data) };
  const planes =
    info.channels === 1 ? new Uint8Array(Buffer.concat([data, data, data])) : planesFromPixels(data, info.channels);
  return { width, height, channels, data: channels === 3 ? planes : greyFromColour(planes) };
}

function pixelsOf(picture: Sharp, { box, size }: Decoding) {
  let pipeline = picture.autoOrient();
  if (box) pipeline = pipeline.extract({ left: box.x, top: box.y, width: box.width, height: box.height });
  if (size) pipeline = pipeline.resize(size.width, size.height, { fit: FITS[size.fit], background: "#ffffff" });
  return pipeline
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
}

const FITS = { squash: "fill", crop: "cover", pad: "contain" } as const;

/** Why a file could not be decoded, as the end of a sentence. */
export async function whyNot(path: string, error: unknown): Promise<string> {
  const found = await stat(path).catch((cause: unknown) => `it cannot be opened (${reason(cause)})`);
  if (typeof found === "string") return found;
  if (found.isDirectory()) return "it is a folder";
  if (found.size === 0) return "the file is empty";
  if (error instanceof RangeError) return error.message;
  return `its ${found.size} bytes cannot be decoded (${reason(error)})`;
}

/**
 * Writes a picture as PNG, 8 bits a channel; the file appears whole or not at all.
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
  await writeFileAtomically(path, await pngOf(image));
}

/** A picture as the bytes of a PNG file, 8 bits a channel. */
export function pngOf({ width, height, channels, data }: Image): Promise<Buffer> {
  const picture = sharp(pixelsFromPlanes(data, channels), { raw: { width, height, channels } });
  // without this sharp writes grey as RGB
  const png = channels === 1 ? picture.toColourspace("b-w") : picture;
  return png.png({ compressionLevel: 9 }).toBuffer();
}

const reason = (error: unknown): string => errorText(error).split("\n")[0];
