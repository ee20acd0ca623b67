/** What jitter does to the geometry of a picture, for whatever belongs to it. */

import type { ImageShape } from "../../values/image-shape.js";
import type { Box } from "../sources/dataset.js";
import { drawGeometry, geometryStream, mappingOf, moveBox, movePoint } from "./geometry.js";
import { type Jitter, rangesOf } from "./jitter-description.js";
import { Sampling } from "./resample.js";

/** What jitter does to the geometry of one picture, to be done to whatever belongs to it. */
export interface JitterTransform {
  /** Where a point comes to: x to the right and y down in pixels from the top left corner, so that the first pixel's middle is (½, ½). */
  point(x: number, y: number): readonly [x: number, y: number];
  /** The smallest rectangle around the four corners of a box, as far as it is inside of the picture; undefined where nothing is. */
  box(box: Box): Box | undefined;
  /**
   * A map of H×W labels, moved with its picture: each pixel has the label of the one nearest to where it comes from.
   *
   * @param outside what is beyond the picture where the border is "constant"; −1, which does not count
   * @throws RangeError when the map does not have one label for each pixel
   */
  mask(labels: ArrayLike<number>, outside?: number): Int32Array;
}

/**
 * What {@link jitterPictures} does to the geometry of one picture in one epoch, for its masks, boxes and points.
 *
 * @param shape the picture's
 * @param seed the seed that `jitterPictures` was given
 * @throws RangeError naming the option when jitter is not as described
 * @example
 * const quarter = jitterTransform({ height: 32, width: 32 }, { rotate: [90, 90] }, 1, 0, 0);
 * quarter.box({ x: 20, y: 4, width: 8, height: 2 }); // counter-clockwise: {"x": 4, "y": 4, "width": 2, "height": 8}
 */
export function jitterTransform(
  shape: Pick<ImageShape, "height" | "width">,
  jitter: Jitter,
  seed: number,
  index: number,
  epoch: number,
): JitterTransform {
  const { height, width } = shape;
  const ranges = rangesOf(jitter);
  const mapping = mappingOf(drawGeometry(geometryStream(seed, epoch, index), ranges), shape, ranges.elasticSmoothness);
  return {
    point(x, y) {
      const [u, v] = movePoint(mapping, x / width, y / height);
      return [u * width, v * height];
    },
    box: (box) => moveBox(mapping, shape, box),
    mask(labels, outside = -1) {
      if (labels.length !== height * width) {
        throw new RangeError(`A mask of ${height}×${width} pixels has ${height * width} labels, got ${labels.length}.`);
      }
      const sampling = new Sampling({ channels: 1, height, width }, ranges.border);
      sampling.follow(mapping);
      const result = new Int32Array(labels.length);
      sampling.nearest(Int32Array.from(labels), result, 0, outside);
      return result;
    },
  };
}
