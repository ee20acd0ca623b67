import type { GraphBuilder } from "../graph/builder.js";
import type { Window } from "../graph/window.js";

/**
 * Puts what windows saw back into images, along one axis (0 vertical, 1 horizontal), and adds it up where windows overlap.
 *
 * @param taps lines × support × positions × run numbers, in this order
 * @param image lines, the size of the image along the axis, and how many numbers lie side by side at each pixel
 * @returns 1 × lines × size × run
 */
export function putBack(
  g: GraphBuilder,
  { support, stride, pad, dilation }: Window,
  axis: 0 | 1,
  taps: string,
  [lines, size, run]: readonly [number, number, number],
): string {
  const columns = g.op("Reshape", [taps, g.ints(1, lines * support[axis], -1)]);
  return g.op("Col2Im", [columns, g.ints(size, run), g.ints(support[axis], 1)], {
    strides: [stride[axis], 1],
    dilations: [dilation[axis], 1],
    pads: [pad[2 * axis], 0, pad[2 * axis + 1], 0],
  });
}
