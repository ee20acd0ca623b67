/** Intersection over union of classes of pixels, as the Pascal VOC challenge measures segmentation. */

import { marginals } from "../class-metrics.js";
import type { ConfusionMatrix } from "../metrics.js";

/**
 * For each class its intersection over union, also called Jaccard index: n[k,k] / (row[k] + column[k] − n[k,k]); NaN for a class that neither
 * is there nor was predicted. The accuracy of the pixels is {@link accuracy}.
 *
 * From Everingham et al., The Pascal Visual Object Classes challenge: a retrospective, IJCV 111 (2015), section 3.3.
 *
 * @param matrix counts of pixels: {@link confusionMatrix} of a table of maps
 * @example
 * intersectionOverUnion({ classes: ["ground", "tissue"], counts: Int32Array.of(6, 1, 1, 8) }); // [0.75, 0.8]
 */
export function intersectionOverUnion(matrix: ConfusionMatrix): number[] {
  const { rows, columns } = marginals(matrix);
  return rows.map((row, k) => {
    const both = matrix.counts[k * rows.length + k];
    return both / (row + columns[k] - both);
  });
}

/**
 * The mean intersection over union of the classes that are there or were predicted; NaN for an empty matrix.
 *
 * @example
 * meanIntersectionOverUnion({ classes: ["a", "b"], counts: Int32Array.of(3, 1, 0, 4) }); // (3/4 + 4/5) / 2: 0.775
 */
export function meanIntersectionOverUnion(matrix: ConfusionMatrix): number {
  const known = intersectionOverUnion(matrix).filter((share) => !Number.isNaN(share));
  return known.reduce((sum, share) => sum + share, 0) / known.length;
}
