/** Where in the image the features of each layer look. */

import type { Field } from "../blocks/block.js";
import { blockOf } from "../blocks/layer.js";
import type { Window } from "../graph/window.js";
import type { Network } from "./network.js";

/** The square of image pixels that one feature depends on, as it moves with the feature. */
export type ReceptiveField = Field;

/** The receptive field of a pixel of the image itself. */
export const PIXEL_FIELD: ReceptiveField = { size: [1, 1], stride: [1, 1], offset: [0, 0] };

/** The field of a window on the layer below: it reaches r = d·(s − 1) + 1 pixels, and lies in the middle of them. */
function windowField({ support, dilation, stride, pad }: Window): Field {
  const gap = (axis: 0 | 1): number => dilation[axis] * (support[axis] - 1);
  const offset = (axis: 0 | 1): number => gap(axis) / 2 - pad[2 * axis];
  return { size: [gap(0) + 1, gap(1) + 1], stride, offset: [offset(0), offset(1)] };
}

/** A field on a layer as a field on what that layer looks at. */
function composed(upper: Field, lower: Field): Field {
  const along = (axis: 0 | 1) => ({
    size: lower.size[axis] + (upper.size[axis] - 1) * lower.stride[axis],
    stride: upper.stride[axis] * lower.stride[axis],
    offset: lower.offset[axis] + upper.offset[axis] * lower.stride[axis],
  });
  const [down, across] = [along(0), along(1)];
  return {
    size: [down.size, across.size],
    stride: [down.stride, across.stride],
    offset: [down.offset, across.offset],
  };
}

/** The smallest field that holds several, which move alike. */
function united(fields: readonly Field[]): Field {
  const along = (axis: 0 | 1) => {
    const low = Math.min(...fields.map(({ size, offset }) => offset[axis] - (size[axis] - 1) / 2));
    const high = Math.max(...fields.map(({ size, offset }) => offset[axis] + (size[axis] - 1) / 2));
    return { size: high - low + 1, offset: (low + high) / 2 };
  };
  const [down, across] = [along(0), along(1)];
  return { size: [down.size, across.size], stride: fields[0].stride, offset: [down.offset, across.offset] };
}

/**
 * The receptive field of each layer, on each axis. With support s, dilation d, stride t and the pad p before the first
 * pixel, a window that reaches r = d·(s − 1) + 1 turns the field of its input into
 *
 *   size' = size + (r − 1)·stride      offset' = offset + ((r − 1)/2 − p)·stride      stride' = t·stride
 *
 * as MatConvNet's `vl_simplenn_display` composes it. Where a layer reads several variables, its field holds all of theirs.
 *
 * @returns one field for each layer, in order
 * @example
 * receptiveFields(ocr()).map((field) => field.size[0]); // [5, 6, 14, 16, 28, 28, 32, 32]
 */
export function receptiveFields(network: Network): ReceptiveField[] {
  const fields = new Map(network.inputs.map(({ name }) => [name, PIXEL_FIELD]));
  return network.layers.map(({ layer, inputs, output }) => {
    const block = blockOf(layer);
    const [{ shape }] = inputs;
    const own = block.field?.(layer, shape) ?? windowField(block.window(layer, shape));
    const below = united(inputs.map(({ name }) => fields.get(name) ?? PIXEL_FIELD));
    const field = composed(own, below);
    fields.set(output.name, field);
    return field;
  });
}
