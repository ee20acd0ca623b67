/** How much of a map of evidence lies where the cause is known to be. */

import type { Size } from "../../data/pictures/picture-size.js";
import type { Box } from "../../data/sources/dataset.js";
import type { Tensor } from "../../graph/types.js";
import { enlarge, perPixel } from "../attribution/maps.js";

/**
 * The share of the evidence for a class that lies in a box: the sum of what is above 0 there, of the sum in the whole picture. A map that is the same everywhere has there the share of the picture that the box is.
 *
 * @param map 1×C×h×w; the numbers of a pixel's channels are added
 * @param box in the picture's pixels; those whose middle it holds count
 * @param picture the picture's size
 * @returns from 0 to 1; 0 where nothing is above 0
 * @example
 * const map = float32([4, 0, -5, 1], [1, 1, 2, 2]);
 * evidenceShare(map, { x: 0, y: 0, width: 1, height: 1 }, { width: 2, height: 2 }); // 0.8
 */
export function evidenceShare(map: Tensor<"float32">, { x, y, width, height }: Box, picture: Size): number {
  const { data } = enlarge(perPixel(map, "sum"), picture);
  let [inside, all] = [0, 0];
  data.forEach((value, i) => {
    if (value <= 0) return;
    const [column, row] = [(i % picture.width) + 0.5, Math.floor(i / picture.width) + 0.5];
    if (column > x && column < x + width && row > y && row < y + height) inside += value;
    all += value;
  });
  return all > 0 ? inside / all : 0;
}
