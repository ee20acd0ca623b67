import { encodePng, encodeWebp } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";

/**
 * An image as PNG.
 *
 * @param opaque row × column: 0 where nothing is to be seen of the image, 255 where all is; everywhere unless given
 */
export const pngOf = (image: Image, opaque?: Uint8Array): Promise<Uint8Array> => encodePng(image, { opaque });

/** An image as WebP, which photographs are far smaller in; see {@link pngOf}. */
export const webpOf = (image: Image, opaque?: Uint8Array, lossless = false): Promise<Uint8Array> =>
  encodeWebp(image, { opaque, lossless });

/** A picture's file as an address that holds it whole. */
export const dataUri = (file: Uint8Array, format: "png" | "webp" = "png"): string =>
  `data:image/${format};base64,${Buffer.from(file).toString("base64")}`;
