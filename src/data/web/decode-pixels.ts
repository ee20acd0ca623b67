import type { Preprocessing } from "../../values/preprocessing.js";
import type { Image } from "../pictures/image.js";
import { prepareImage } from "../pictures/prepare-image.js";

/** What is decoded in the worker, or in the page where there is none: a file, or a picture that has been decoded. */
export type Decodable = Blob | ImageBitmap;

/** Decodes a picture, with a camera's rotation applied. A bitmap is closed. */
export async function pixelsIn(source: Decodable): Promise<ImageData> {
  const bitmap = source instanceof Blob ? await createImageBitmap(source, { premultiplyAlpha: "none" }) : source;
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error(`there is no canvas of ${height}×${width}`);
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}

/** Decodes a picture, and prepares it as a model takes it. */
export const decodeInto = async (source: Decodable, preprocessing: Preprocessing): Promise<Image> =>
  prepareImage(await pixelsIn(source), preprocessing);

/** What the worker is asked. */
export interface Question {
  readonly id: number;
  readonly source: Decodable;
  readonly preprocessing: Preprocessing;
}

/** What it answers; without an id, that it is there. */
export type Answer =
  | { readonly id?: undefined }
  | { readonly id: number; readonly image: Image }
  | { readonly id: number; readonly reason: string };
