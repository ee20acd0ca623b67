import { encodeWebp } from "../../data/pictures/formats/sharp-file.js";
import type { Image } from "../../data/pictures/image.js";
import { resizeImage } from "../../data/pictures/resize/resize.js";
import { montage } from "../../drawing/montage.js";
import { dataUri } from "../page/pictures/image-tag.js";

/** Many small pictures in one file: a page shows one of them as a part of the background. */
export interface PictureSheet {
  readonly address: string;
  /** of each picture, in pixels */
  readonly width: number;
  readonly height: number;
  /** where a picture begins: "-32px -64px" */
  placeOf(i: number): string;
}

/** The longest side of a picture of a sheet. */
const SIDE = 32;

/** @param images of one size */
export async function pictureSheet(images: readonly Image[]): Promise<PictureSheet> {
  const small = images.map(thumbnail);
  const [{ width, height }] = small;
  const columns = Math.ceil(Math.sqrt(small.length));
  const sheet = montage(small, { columns, spacing: 0 });
  return {
    address: dataUri(await encodeWebp(sheet), "webp"),
    ...{ width, height },
    placeOf: (i) => `${-width * (i % columns)}px ${-height * Math.floor(i / columns)}px`,
  };
}

function thumbnail(image: Image): Image {
  const scale = SIDE / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  return resizeImage(image, { width: side(image.width), height: side(image.height) }, "pil-bilinear");
}
