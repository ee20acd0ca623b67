import { type Kind, whole } from "../../values/kind.js";
import { wrongKind } from "../../values/place.js";
import { record, required } from "../../values/record.js";

const FIELDS = record({ width: required(whole(1)), height: required(whole(1)) });

/** The width and height of a picture; on a command line 64, or 64x48. */
export const SIZE: Kind<Size> = {
  expected: "width and height, such as 64 or 64x48",
  parse(text) {
    const [width, height = width, ...more] = text.split("x").map((side) => whole().parse?.(side));
    return more.length > 0 ? text : { width, height };
  },
  take(value, at) {
    if (typeof value !== "object") throw wrongKind(at, SIZE.expected, value);
    return FIELDS.take(value, at);
  },
};

/** The width and height of a picture. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The longest side that is proposed: that of ImageNet's networks. */
const LONGEST = 224;

/**
 * Proposes one size for pictures of many: their own where they have one and it is at most 224 long; else the median width and the
 * median height, scaled down together so that neither is above 224, each rounded to a multiple of 8.
 *
 * @throws RangeError when there is no picture
 * @example
 * proposeSize([{ width: 28, height: 28 }]); // {"width": 28, "height": 28}
 * proposeSize([{ width: 640, height: 480 }, { width: 640, height: 480 }]); // {"width": 224, "height": 168}
 */
export function proposeSize(sizes: readonly Size[]): Size {
  if (sizes.length === 0) throw new RangeError("A size can be proposed only where there is a picture.");
  const [{ width, height }] = sizes;
  if (Math.max(width, height) <= LONGEST && sizes.every((s) => s.width === width && s.height === height)) {
    return { width, height };
  }
  const across = median(sizes.map((s) => s.width));
  const down = median(sizes.map((s) => s.height));
  const scale = Math.min(1, LONGEST / Math.max(across, down));
  const rounded = (side: number): number => Math.max(8, 8 * Math.round((side * scale) / 8));
  return { width: rounded(across), height: rounded(down) };
}

/** The middle one of the values; of two middle ones the lower. */
export function median(values: readonly number[]): number {
  return Float64Array.from(values).sort()[(values.length - 1) >> 1];
}
