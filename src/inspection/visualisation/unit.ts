/** Units of a network, and what of a picture each of them sees. */

import type { Box } from "../../data/sources/dataset.js";
import { PIXEL_FIELD, type ReceptiveField, receptiveFields } from "../../network/geometry.js";
import { resultOf, type TrainedModel } from "../../network/model/model.js";
import { inputOf, outputOf, withoutLoss } from "../../network/network.js";
import type { ImageShape } from "../../values/image-shape.js";

/** What a layer makes of a picture: channels, which are its units, at places; and what each place sees. */
export interface Units {
  readonly shape: ImageShape;
  readonly field: ReceptiveField;
}

/** A place in the map of a unit: its row and its column. */
export type Place = readonly [row: number, column: number];

/** The place of a number in a map that is read row by row. */
export const placeOf = (at: number, width: number): Place => [Math.floor(at / width), at % width];

/** The units of a layer, or of "image", "scores" and "probabilities". */
export function unitsOf(model: TrainedModel, layer: string): Units {
  const body = withoutLoss(model.network);
  const scores = resultOf(model.network).name;
  const at = body.layers.findIndex(({ name, output }) => name === layer || (isResult(layer) && output.name === scores));
  if (at >= 0) return { shape: body.layers[at].output.shape, field: receptiveFields(body)[at] };
  return { shape: isResult(layer) ? outputOf(model.network) : inputOf(model.network), field: PIXEL_FIELD };
}

const isResult = (layer: string): boolean => layer === "scores" || layer === "probabilities";

/**
 * The part of a picture that a place of a layer sees, as far as it lies in the picture.
 *
 * @example
 * const field = { size: [5, 5], stride: [2, 2], offset: [1, 1] } as const; // from −1 to 3
 * fieldBox(field, [0, 1], { height: 32, width: 32 }); // {"x": 1, "y": 0, "width": 5, "height": 4}
 */
export function fieldBox(field: ReceptiveField, place: Place, { height, width }: Omit<ImageShape, "channels">): Box {
  const [[top, bottom], [left, right]] = [height, width].map((most, axis): [number, number] => {
    const middle = field.offset[axis] + place[axis] * field.stride[axis];
    const reach = (field.size[axis] - 1) / 2;
    return [Math.max(0, Math.floor(middle - reach)), Math.min(most, Math.ceil(middle + reach) + 1)];
  });
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The place in the middle of a map. */
export const middleOf = ({ height, width }: ImageShape): Place => [Math.floor(height / 2), Math.floor(width / 2)];
