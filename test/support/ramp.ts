/** A picture that a page and Node make alike. */

import { PREPROCESSING } from "../../src/values/preprocessing.js";

/** The pixels of a picture, as ImageData has them: red grows to the right, green downwards, blue with both. */
export const ramp = (width: number, height: number): Uint8ClampedArray<ArrayBuffer> =>
  Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => {
    const [x, y] = [(i >> 2) % width, Math.floor((i >> 2) / width)];
    return [5 * x, 7 * y, 3 * (x + y), 255][i % 4];
  });

export const PREPARED = PREPROCESSING.make({ width: 20, height: 16, channels: 3, fit: "crop" });
