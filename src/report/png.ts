import sharp from "sharp";
import { type Image, pixelsFromPlanes } from "../data/image.js";

/**
 * A picture as PNG.
 *
 * @param opaque row × column: 0 where nothing is to be seen of the picture, 255 where all is; everywhere unless given
 */
export async function pngOf(image: Image, opaque?: Uint8Array): Promise<Uint8Array> {
  const { width, height, channels, data } = image;
  if (opaque === undefined) {
    const picture = sharp(pixelsFromPlanes(data, channels), { raw: { width, height, channels } });
    // without this sharp writes grey as RGB
    return (channels === 1 ? picture.toColourspace("b-w") : picture).png({ compressionLevel: 9 }).toBuffer();
  }
  const area = width * height;
  const planes = new Uint8Array((channels + 1) * area);
  planes.set(data);
  planes.set(opaque, channels * area);
  const raw = { width, height, channels: channels === 1 ? (2 as const) : (4 as const) };
  const picture = sharp(pixelsFromPlanes(planes, raw.channels), { raw });
  return (channels === 1 ? picture.toColourspace("b-w") : picture).png({ compressionLevel: 9 }).toBuffer();
}

/** A PNG as an address that holds it whole. */
export const dataUri = (png: Uint8Array): string => `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
