import type { Window } from "../../graph/window.js";

/**
 * How many pixels each window of an average pooling divides by, row by row: those of the image that it sees, the product of those
 * in each axis; with `all` its full size.
 */
export function windowCounts(
  { support, stride, pad, dilation }: Window,
  image: readonly [number, number],
  positions: readonly [number, number],
  all: boolean,
): number[] {
  const along = (axis: 0 | 1): number[] =>
    Array.from({ length: positions[axis] }, (_, at) => {
      const first = at * stride[axis] - pad[2 * axis];
      const taps = Array.from({ length: support[axis] }, (_, tap) => first + tap * dilation[axis]);
      return all ? support[axis] : taps.filter((pixel) => pixel >= 0 && pixel < image[axis]).length;
    });
  const across = along(1);
  return along(0).flatMap((down) => across.map((count) => down * count));
}
