/** Several views of each picture, whose results are averaged. */

import type { Samples } from "../samples.js";
import type { Target } from "../target.js";
import type { Size } from "./picture-size.js";

/** A part of an image that is as large as what a network takes, as it is or mirrored. */
export interface View {
  readonly left: number;
  readonly top: number;
  /** left and right changed places */
  readonly mirrored: boolean;
}

/**
 * The five views of Krizhevsky, Sutskever and Hinton (2012), section 4.1: the corners (upper left, upper right, lower left, lower right) and the middle; and, ten in all, the
 * same of the mirrored image, in the order of torchvision's `TenCrop`. There as here images are cut to one size before; torchvision's recipes take the corners of a whole picture, whose longer side is left.
 *
 * @param whole the size of the images
 * @param part that of a view
 * @param count 1 for the middle alone
 * @throws RangeError when the view is larger than the image
 * @example
 * cropViews({ width: 256, height: 256 }, { width: 224, height: 224 }, 1); // [{ left: 16, top: 16, mirrored: false }]
 */
export function cropViews(whole: Size, part: Size, count: 1 | 10): readonly View[] {
  const [across, down] = [whole.width - part.width, whole.height - part.height];
  if (across < 0 || down < 0) {
    throw new RangeError(
      `A view of ${part.width}×${part.height} pixels does not fit into ${whole.width}×${whole.height}.`,
    );
  }
  const middle = { left: half(across), top: half(down), mirrored: false };
  if (count === 1) return [middle];
  const corners = [0, down].flatMap((top) => [0, across].map((left) => ({ left, top, mirrored: false })));
  const five = [...corners, middle];
  return [...five, ...five.map((view) => ({ ...view, left: across - view.left, mirrored: true }))];
}

/** As Python rounds it: what lies in the middle of two whole numbers becomes the even one. */
const half = (pixels: number): number => (pixels % 2 === 0 ? pixels / 2 : 2 * Math.round(pixels / 4));

/** Samples of which only a view is seen. */
export function viewedSamples<T extends Target>(
  samples: Samples<T>,
  part: Size,
  { left, top, mirrored }: View,
): Samples<T> {
  const { channels, width, height } = samples.shape;
  const whole = new Uint8Array(channels * width * height);
  return {
    ...samples,
    shape: { channels, ...part },
    read(index, epoch, into, offset) {
      samples.read(index, epoch, whole, 0);
      for (let c = 0; c < channels; c++) {
        for (let y = 0; y < part.height; y++) {
          const from = (c * height + y + top) * width + left;
          const to = offset + (c * part.height + y) * part.width;
          const row = into.subarray(to, to + part.width);
          row.set(whole.subarray(from, from + part.width));
          if (mirrored) row.reverse();
        }
      }
    },
  };
}
