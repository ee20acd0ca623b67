import { readFile, stat } from "node:fs/promises";
import sharp from "sharp";
import { writeFileAtomically } from "./atomic-file.js";
import { greyFromColour, type Image, pixelsFromPlanes, planesFromPixels } from "./image.js";

const FORMATS = "a PNG, JPEG, WebP, TIFF or GIF picture";

/**
 * Decodes a picture file: PNG, JPEG, WebP, TIFF, GIF (its first frame) of 8 or 16 bits.
 *
 * Transparent parts become white, a camera's rotation (EXIF) is applied, 16 bits become 8, other colour spaces become
 * sRGB; one channel is 0.299 R + 0.587 G + 0.114 B.
 *
 * @param options channels: 1 for grey, 3 for red, green, blue
 * @throws Error that names the path and what was found there, when it is missing, a folder, no picture or cut off
 * @example
 * const { width, height, data } = await readImage("sentence.png", { channels: 1 }); // height × width bytes
 */
export async function readImage(path: string, options: { readonly channels: 1 | 3 }): Promise<Image> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, `it cannot be opened (${reason(error)})`, error);
  });
  if (found.isDirectory()) throw unreadable(path, "it is a folder");
  if (found.size === 0) throw unreadable(path, "the file is empty");
  // not the path: libvips would remember a file that has changed since
  const { data, info } = await sharp(await readFile(path), { failOn: "error" })
    .autoOrient()
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw unreadable(path, `its ${found.size} bytes cannot be decoded (${reason(error)})`, error);
    });
  const { width, height } = info;
  // sharp may leave a grey picture at one channel
  const planes =
    info.channels === 1 ? new Uint8Array(Buffer.concat([data, data, data])) : planesFromPixels(data, info.channels);
  return { width, height, channels: options.channels, data: options.channels === 3 ? planes : greyFromColour(planes) };
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
  const pixels = pixelsFromPlanes(data, channels);
  const picture = sharp(pixels, { raw: { width, height, channels } });
  // without this sharp writes grey as RGB
  const png = channels === 1 ? picture.toColourspace("b-w") : picture;
  await writeFileAtomically(path, await png.png({ compressionLevel: 9 }).toBuffer());
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n")[0];

const unreadable = (path: string, found: string, cause?: unknown): Error =>
  new Error(`Cannot read the picture ${path}: expected ${FORMATS}, but ${found}.`, { cause });
