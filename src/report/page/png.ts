import sharp, { type Sharp } from "sharp";
import { type Image, pixelsFromPlanes } from "../../data/pictures/image.js";

/**
 * A picture as PNG.
 *
 * @param opaque row × column: 0 where nothing is to be seen of the picture, 255 where all is; everywhere unless given
 */
export const pngOf = (image: Image, opaque?: Uint8Array): Promise<Uint8Array> =>
  opened(image, opaque).png({ compressionLevel: 9 }).toBuffer();

/** A picture as WebP, which photographs are far smaller in; see {@link pngOf}. */
export const webpOf = (image: Image, opaque?: Uint8Array, lossless = false): Promise<Uint8Array> =>
  opened(image, opaque).webp({ quality: 82, lossless }).toBuffer();

function opened({ width, height, channels, data }: Image, opaque?: Uint8Array): Sharp {
  const area = width * height;
  const planes = opaque === undefined ? data : new Uint8Array((channels + 1) * area);
  if (opaque !== undefined) {
    planes.set(data);
    planes.set(opaque, channels * area);
  }
  const all = opaque === undefined ? channels : channels === 1 ? (2 as const) : (4 as const);
  const picture = sharp(pixelsFromPlanes(planes, all), { raw: { width, height, channels: all } });
  // without this sharp writes grey as RGB
  return channels === 1 ? picture.toColourspace("b-w") : picture;
}

/** A picture's file as an address that holds it whole. */
export const dataUri = (file: Uint8Array, format: "png" | "webp" = "png"): string =>
  `data:image/${format};base64,${Buffer.from(file).toString("base64")}`;
