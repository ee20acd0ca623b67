/** A picture brought to the size that a model takes: fitted, resized and cut. */

import type { Resampling } from "../../../values/preprocessing.js";
import type { Arrangement, Decoding } from "../formats/decoder.js";
import type { Image } from "../image.js";
import type { Size } from "../picture-size.js";
import { resizeImage } from "./resize.js";
import { OWN, RESIZE_RULES } from "./rules.js";

/**
 * Decodes a picture, and does with it what its decoder does not: resizes as another toolbox does, cuts a border off, and turns the order of the channels.
 *
 * @param decode what decodes it, in its own size, or resized by libvips
 */
export async function arrangeBy(decoding: Decoding, decode: Decode): Promise<Image> {
  const image = await sized(decoding, decode);
  return decoding.order === "bgr" ? fromLast(image) : image;
}

type Decode = (decoding: Decoding) => Promise<Image>;

async function sized({ size, ...inOwnSize }: Decoding, decode: Decode): Promise<Image> {
  if (!size) return decode(inOwnSize);
  const { width, height, border: [rows, columns] = [0, 0], resampling = OWN } = size;
  if (resampling !== OWN) {
    return arrangeImage(await decode(inOwnSize), { ...size, resampling }, inOwnSize.ground === "#000000" ? 0 : 255);
  }
  if (rows + columns === 0) return decode({ ...inOwnSize, size });
  const image = await decode({ ...inOwnSize, size: { ...size, width: width + columns, height: height + rows } });
  return cut(image, { left: columns >> 1, top: rows >> 1, width, height });
}

/** An image fitted to a size, by the rule of another toolbox. @param ground what stands beside it where it is padded */
export function arrangeImage(
  image: Image,
  {
    width,
    height,
    fit,
    border: [rows, columns] = [0, 0],
    resampling,
  }: Arrangement & { readonly resampling: Exclude<Resampling, typeof OWN> },
  ground: number,
): Image {
  const { side, before } = RESIZE_RULES[resampling];
  const full = { width: width + columns, height: height + rows };
  const scaled = fit === "squash" ? full : inProportion(image, full, fit, side);
  const [left, top] = [before(scaled.width - width), before(scaled.height - height)];
  return cut(resizeImage(image, scaled, resampling), { left, top, width, height }, ground);
}

/** The size of a picture of its own proportions that covers a size ("crop"), or fits into it ("pad"). */
function inProportion(own: Size, to: Size, fit: "crop" | "pad", side: (side: number) => number): Size {
  const isWider = to.width * own.height > to.height * own.width;
  if (isWider === (fit === "crop")) {
    const height = side((own.height * to.width) / own.width);
    return { width: to.width, height: fit === "crop" ? Math.max(to.height, height) : Math.max(1, height) };
  }
  const width = side((own.width * to.height) / own.height);
  return { width: fit === "crop" ? Math.max(to.width, width) : Math.max(1, width), height: to.height };
}

/** A part of an image; what lies beyond it becomes `ground`. */
export function cut(
  image: Image,
  { left, top, width, height }: Size & { readonly left: number; readonly top: number },
  ground = 255,
): Image {
  if (left === 0 && top === 0 && width === image.width && height === image.height) return image;
  const data = new Uint8Array(image.channels * width * height).fill(ground);
  const [first, end] = [Math.max(0, -left), Math.min(width, image.width - left)];
  for (let c = 0; c < image.channels; c++) {
    for (let y = Math.max(0, -top); y < Math.min(height, image.height - top); y++) {
      const row = (c * image.height + y + top) * image.width + left;
      data.set(image.data.subarray(row + first, row + end), (c * height + y) * width + first);
    }
  }
  return { width, height, channels: image.channels, data };
}

/** The channels from last to first. */
export function fromLast(image: Image): Image {
  const area = image.width * image.height;
  const data = new Uint8Array(image.data.length);
  for (let c = 0; c < image.channels; c++) {
    data.set(image.data.subarray(c * area, (c + 1) * area), (image.channels - 1 - c) * area);
  }
  return { ...image, data };
}
