/** Where in the image the features of each layer look. */

import { blockOf } from "../blocks/layer.js";
import type { Network } from "./network.js";

/** The square of image pixels that one feature depends on, as it moves with the feature; vertical before horizontal. */
export interface ReceptiveField {
  /** its height and width, in image pixels; not clipped to the image */
  readonly size: readonly [number, number];
  /** how far it moves from one feature to the next, in image pixels */
  readonly stride: readonly [number, number];
  /**
   * where the centre of the first feature's field lies, in image pixels; 0 is the centre of the first pixel.
   * MatConvNet counts pixels from one, so that its `rf offset` is this plus one.
   */
  readonly offset: readonly [number, number];
}

/** The receptive field of a pixel of the image itself. */
export const PIXEL_FIELD: ReceptiveField = { size: [1, 1], stride: [1, 1], offset: [0, 0] };

/**
 * The receptive field of each layer, on each axis. With support s, dilation d, stride t and the pad p before the first
 * pixel, a window that reaches r = d·(s − 1) + 1 turns the field of its input into
 *
 *   size' = size + (r − 1)·stride      offset' = offset + ((r − 1)/2 − p)·stride      stride' = t·stride
 *
 * as MatConvNet's `vl_simplenn_display` composes it.
 *
 * @returns one field for each layer, in order
 * @example
 * receptiveFields(ocr()).map((field) => field.size[0]); // [5, 6, 14, 16, 28, 28, 32, 32]
 */
export function receptiveFields(network: Network): ReceptiveField[] {
  let field = PIXEL_FIELD;
  return network.layers.map(({ layer }) => {
    const { support, dilation, stride, pad } = blockOf(layer).window(layer);
    const { size, stride: step, offset } = field;
    const gap = (axis: 0 | 1): number => dilation[axis] * (support[axis] - 1);
    const grown = (axis: 0 | 1): number => size[axis] + gap(axis) * step[axis];
    const moved = (axis: 0 | 1): number => offset[axis] + (gap(axis) / 2 - pad[2 * axis]) * step[axis];
    field = {
      size: [grown(0), grown(1)],
      stride: [step[0] * stride[0], step[1] * stride[1]],
      offset: [moved(0), moved(1)],
    };
    return field;
  });
}
