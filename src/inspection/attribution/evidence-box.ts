/** From a map of evidence to a box in a picture. */

import type { Size } from "../../data/pictures/picture-size.js";
import type { Box } from "../../data/sources/dataset.js";
import { float32 } from "../../graph/tensor.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import { enlarge } from "./maps.js";

/** A map of numbers, row by row. */
export interface EvidenceMap extends Size {
  readonly data: ArrayLike<number>;
}

/** From this share of the largest number on, a place belongs to the object (Zhou et al. 2016, section 3.2). */
export const THRESHOLD = 0.2;

/**
 * The box around the largest connected part of a map that is at least a share of its largest number. The map is brought to the size of the image before, pixels between
 * places bilinearly; parts are connected by their sides. Where nothing is above 0, it is the whole image.
 *
 * @param image the size of the image, in whose pixels the box is
 * @example
 * evidenceBox({ width: 2, height: 1, data: [0, 1] }, { width: 4, height: 2 }); // {"x": 1, "y": 0, "width": 3, "height": 2}
 */
export function evidenceBox(map: EvidenceMap, image: Size, threshold = THRESHOLD): Box {
  const { width, height, data } = map;
  const values = enlarge(float32(data, [1, 1, height, width]), image).data;
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  if (largest <= 0) return { x: 0, y: 0, ...image };
  return largestPart(
    Uint8Array.from(values, (value) => (value >= threshold * largest ? 1 : 0)),
    image,
  );
}

/** The box around the connected part with the most pixels. @param mask 1 where a pixel counts; it is emptied */
function largestPart(mask: Uint8Array, { width, height }: Size): Box {
  let best = { pixels: 0, left: 0, top: 0, right: width - 1, bottom: height - 1 };
  const open: number[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0) continue;
    const part = { pixels: 0, left: width, top: height, right: 0, bottom: 0 };
    mask[start] = 0;
    open.push(start);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      part.pixels++;
      part.left = Math.min(part.left, x);
      part.right = Math.max(part.right, x);
      part.top = Math.min(part.top, y);
      part.bottom = Math.max(part.bottom, y);
      const beside = [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width];
      for (const next of beside) {
        if (next < 0 || next >= mask.length || mask[next] === 0) continue;
        mask[next] = 0;
        open.push(next);
      }
    }
    if (part.pixels > best.pixels) best = part;
  }
  return { x: best.left, y: best.top, width: best.right - best.left + 1, height: best.bottom - best.top + 1 };
}

/**
 * A box of the image that a network takes, in the pixels of the picture that it was made of.
 *
 * @param preprocessing how the image was made
 * @param picture the picture's size, after a camera's rotation
 * @example
 * const preprocessing = { width: 10, height: 10, channels: 3, fit: "squash", resampling: "lanczos3", background: "white", ranges: {} } as const;
 * boxInPicture({ x: 0, y: 5, width: 5, height: 5 }, preprocessing, { width: 40, height: 20 }); // {"x": 0, "y": 10, "width": 20, "height": 10}
 */
export function boxInPicture(box: Box, preprocessing: Preprocessing, picture: Size): Box {
  const { width, height, fit, border: [rows, columns] = [0, 0] } = preprocessing;
  const [wide, high] = [(width + columns) / picture.width, (height + rows) / picture.height];
  const ratio = fit === "crop" ? Math.max(wide, high) : Math.min(wide, high);
  const [across, down] = fit === "squash" ? [wide, high] : [ratio, ratio];
  const [left, top] = [(picture.width * across - width) / 2, (picture.height * down - height) / 2];
  const clamp = (value: number, most: number): number => Math.min(most, Math.max(0, value));
  const [x, y] = [clamp((box.x + left) / across, picture.width), clamp((box.y + top) / down, picture.height)];
  const right = clamp((box.x + box.width + left) / across, picture.width);
  const bottom = clamp((box.y + box.height + top) / down, picture.height);
  return { x, y, width: right - x, height: bottom - y };
}
