/** Where in the image the features of each layer look. */

import type { Field } from "../blocks/block.js";
import { blockOf } from "../blocks/layer.js";
import type { Window } from "../graph/window.js";
import type { ImageShape } from "../values/image-shape.js";
import type { Network, PlacedLayer } from "./network.js";

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

/** A field on a variable, and the variable's shape. */
interface PlacedField {
  readonly field: Field;
  readonly shape: ImageShape;
}

/** The smallest field that holds several at the first place; it moves as that of the largest image does. */
function united(fields: readonly PlacedField[]): Field {
  const along = (axis: 0 | 1) => {
    const own = fields.map(({ field: { size, offset, stride }, shape }) => ({
      low: offset[axis] - (size[axis] - 1) / 2,
      high: offset[axis] + (size[axis] - 1) / 2,
      stride: stride[axis],
      places: axis === 0 ? shape.height : shape.width,
    }));
    const low = Math.min(...own.map((one) => one.low));
    const high = Math.max(...own.map((one) => one.high));
    const { stride } = own.reduce((a, b) => (b.places > a.places ? b : a));
    return { size: high - low + 1, offset: (low + high) / 2, stride };
  };
  const [down, across] = [along(0), along(1)];
  return {
    size: [down.size, across.size],
    stride: [down.stride, across.stride],
    offset: [down.offset, across.offset],
  };
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
  return network.layers.map((placed) => {
    const below = united(placed.inputs.map(({ name, shape }) => ({ field: fields.get(name) ?? PIXEL_FIELD, shape })));
    const field = composed(ownField(placed), below);
    fields.set(placed.output.name, field);
    return field;
  });
}

/** The field of a layer on what it reads. */
function ownField({ layer, inputs: [{ shape }] }: PlacedLayer): Field {
  const block = blockOf(layer);
  return block.field?.(layer, shape) ?? windowField(block.window(layer, shape));
}

/** Rows, or columns: the first and the last. */
export type Range = readonly [first: number, last: number];

/**
 * Which rows of the first input a row of a layer's output depends on, or which columns a column: exactly, layer by layer from the output back, as far as they lie in what each reads. Where
 * ways of different lengths meet, and where a layer sees everything, this is less than what {@link receptiveFields} says, which moves evenly and goes over the edge.
 *
 * @param layer its place in the network, from 0
 * @param axis 0 for rows, 1 for columns
 * @returns undefined where it depends on nothing of the input
 * @example
 * seenRange(ocr(), 0, 0, 3); // [3, 7]: the first convolution, of 5×5
 */
export function seenRange(network: Network, layer: number, axis: 0 | 1, at: number): Range | undefined {
  const seen = new Map<string, Range>([[network.layers[layer].output.name, [at, at]]]);
  for (const placed of network.layers.slice(0, layer + 1).reverse()) {
    const above = seen.get(placed.output.name);
    if (!above) continue;
    for (const { name, shape } of placed.inputs) {
      const range = below(ownField(placed), axis, above, axis === 0 ? shape.height : shape.width);
      const known = seen.get(name);
      if (range) seen.set(name, known ? [Math.min(known[0], range[0]), Math.max(known[1], range[1])] : range);
    }
  }
  return seen.get(network.inputs[0].name);
}

/** Fields that are parts of a pixel are not exact to the last digit. */
const ROUNDING = 1e-6;

/** What of an input of some rows a range of rows sees; undefined where that is only the padding. */
function below({ size, stride, offset }: Field, axis: 0 | 1, [first, last]: Range, rows: number): Range | undefined {
  // one row for all, such as a gate, or a layer that sees all of each of its inputs
  if (rows === 1 || stride[axis] === 0) return [0, rows - 1];
  const reach = (size[axis] - 1) / 2 + ROUNDING;
  const low = Math.max(0, Math.ceil(offset[axis] + first * stride[axis] - reach));
  const high = Math.min(rows - 1, Math.floor(offset[axis] + last * stride[axis] + reach));
  return low <= high ? [low, high] : undefined;
}
