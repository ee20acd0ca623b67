/** How the ink of a line of writing is spread over its rows. */

import type { Ink } from "./ink.js";

// Thousandths of the ink in each of 32 rows, for letters as they are trained on: six means (k-means) over the 595 typefaces of
// the training part of the packaged set, letters weighted by the root of their frequency in English.
const PROFILES: readonly (readonly number[])[] = [
  [0, 0, 3, 9, 10, 9, 9, 10, 30, 72, 80, 65, 54, 50, 52, 58, 57, 50, 47, 50, 54, 64, 78, 60, 6, 3, 4, 5, 6, 4, 0, 0],
  [0, 0, 4, 11, 12, 11, 11, 10, 10, 11, 44, 89, 76, 69, 65, 66, 68, 63, 62, 63, 69, 77, 60, 18, 5, 5, 5, 6, 7, 4, 0, 0],
  [0, 0, 4, 11, 11, 10, 9, 9, 12, 71, 90, 70, 59, 56, 58, 62, 58, 54, 52, 56, 65, 83, 68, 5, 4, 4, 4, 6, 6, 2, 0, 0],
  [0, 0, 3, 8, 10, 10, 9, 9, 10, 23, 45, 48, 54, 65, 64, 57, 59, 59, 56, 51, 53, 57, 64, 74, 68, 20, 7, 6, 7, 5, 0, 0],
  [0, 0, 8, 13, 12, 11, 11, 17, 51, 87, 79, 66, 59, 59, 64, 60, 58, 59, 60, 62, 74, 56, 6, 4, 5, 4, 5, 5, 4, 1, 0, 0],
  [0, 1, 8, 10, 10, 9, 8, 13, 71, 87, 67, 57, 52, 50, 60, 59, 50, 48, 51, 55, 64, 79, 62, 4, 4, 4, 5, 6, 5, 1, 0, 0],
];

/**
 * How well the rows of a line fit letters that are as large and stand as high as those that are trained on: the logarithm of
 * the largest Bhattacharyya coefficient Σ √(p·q) with the row profiles q of six kinds of typefaces. 0 is a perfect fit, minus
 * infinity no ink in common; about −0.05 for a sentence in its place.
 */
export function profileFit({ width, height, data }: Ink): number {
  const rows = new Float64Array(32);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * 32) / height);
    for (let x = 0; x < width; x++) rows[row] += data[y * width + x];
  }
  const total = rows.reduce((sum, ink) => sum + ink, 0);
  const fits = PROFILES.map((profile) =>
    profile.reduce((sum, q, y) => sum + Math.sqrt((rows[y] / total) * (q / 1000)), 0),
  );
  return Math.log(Math.max(...fits));
}
