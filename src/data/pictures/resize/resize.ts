import type { Resampling } from "../../../values/preprocessing.js";
import type { Image } from "../image.js";
import type { Size } from "../picture-size.js";
import { type OWN, RESIZE_RULES } from "./rules.js";
import type { Taps } from "./taps.js";

/**
 * An image in another size, as another toolbox resizes it, equal to a 255th: a pixel of the result is Σ w·p over pixels p around its place in the
 * source, along one axis and then along the other. What w is, what stands beyond the edge, and what is rounded when, is the rule's.
 *
 * @param rule `Image.resize` of Pillow ("pil-…"), `tf.image.resize` of TensorFlow 2, MATLAB's `imresize`, `cv2.resize` of OpenCV
 * @example
 * const image = { width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 100, 100, 0) } as const;
 * resizeImage(image, { width: 2, height: 1 }, "pil-bilinear").data; // [57, 57]
 * resizeImage(image, { width: 2, height: 1 }, "opencv-area").data; // [50, 50]
 */
export function resizeImage(image: Image, { width, height }: Size, rule: Exclude<Resampling, typeof OWN>): Image {
  const { channels } = image;
  const { tapsFor, round, roundsBetween, ...order } = RESIZE_RULES[rule];
  const find = tapsFor(width <= image.width && height <= image.height);
  const across = width === image.width ? undefined : find(image.width, width);
  const down = height === image.height ? undefined : find(image.height, height);
  const rowsFirst = order.rowsFirst(image, { width, height });
  const byte = (value: number): number => Math.min(255, Math.max(0, round(value)));
  const between = roundsBetween ? byte : (value: number): number => value;
  const area = image.width * image.height;
  const data = new Uint8Array(channels * width * height);
  for (let c = 0; c < channels; c++) {
    const plane: Plane = {
      width: image.width,
      height: image.height,
      data: image.data.subarray(c * area, (c + 1) * area),
    };
    const half = rowsFirst ? alongRows(plane, across, between) : alongColumns(plane, down, between);
    const whole = rowsFirst ? alongColumns(half, down, byte) : alongRows(half, across, byte);
    for (let i = 0; i < width * height; i++) data[c * width * height + i] = byte(whole.data[i]);
  }
  return { width, height, channels, data };
}

interface Plane extends Size {
  readonly data: Uint8Array | Float64Array;
}

function alongRows(plane: Plane, taps: Taps | undefined, round: (value: number) => number): Plane {
  if (!taps) return plane;
  const { count, indices, weights } = taps;
  const width = indices.length / count;
  const data = new Float64Array(width * plane.height);
  for (let y = 0; y < plane.height; y++) {
    const row = y * plane.width;
    for (let x = 0; x < width; x++) {
      let total = 0;
      for (let k = x * count; k < (x + 1) * count; k++) total += weights[k] * plane.data[row + indices[k]];
      data[y * width + x] = round(total);
    }
  }
  return { width, height: plane.height, data };
}

function alongColumns(plane: Plane, taps: Taps | undefined, round: (value: number) => number): Plane {
  if (!taps) return plane;
  const { count, indices, weights } = taps;
  const { width } = plane;
  const height = indices.length / count;
  const data = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const into = data.subarray(y * width, (y + 1) * width);
    // row by row, so that memory is read in its order
    for (let k = y * count; k < (y + 1) * count; k++) {
      const [weight, from] = [weights[k], indices[k] * width];
      if (weight === 0) continue;
      for (let x = 0; x < width; x++) into[x] += weight * plane.data[from + x];
    }
    for (let x = 0; x < width; x++) into[x] = round(into[x]);
  }
  return { width, height, data };
}
