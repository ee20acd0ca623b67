/** Units of a network, and what of a picture each of them sees. */

import type { Box } from "../../data/sources/dataset.js";
import { PIXEL_FIELD, type Range, type ReceptiveField, receptiveFields, seenRange } from "../../network/geometry.js";
import { resultOf, type TrainedModel } from "../../network/model/model.js";
import { inputOf, outputOf, withoutLoss } from "../../network/network.js";
import type { ImageShape } from "../../values/image-shape.js";

/** What a layer makes of a picture: channels, which are its units, at places; and what each place sees. */
export interface Units {
  readonly shape: ImageShape;
  /** as it moves from place to place, if it went on over the edges of the picture */
  readonly field: ReceptiveField;
  /** The part of a picture that a place sees. */
  seen(place: Place): Box;
}

/** A place in the map of a unit: its row and its column. */
export type Place = readonly [row: number, column: number];

/** The place of a number in a map that is read row by row. */
export const placeOf = (at: number, width: number): Place => [Math.floor(at / width), at % width];

/**
 * The units of a layer, or of "image", "scores" and "probabilities".
 *
 * @example
 * unitsOf(model, "conv1").seen([3, 0]); // {"x": 0, "y": 3, "width": 5, "height": 5}
 */
export function unitsOf(model: TrainedModel, layer: string): Units {
  const body = withoutLoss(model.network);
  const scores = resultOf(model.network).name;
  // a layer that is called as one of these is not meant by it
  const at = body.layers.findIndex(({ name, output }) =>
    isResult(layer) ? output.name === scores : name === layer && layer !== "image",
  );
  if (at < 0) {
    const shape = isResult(layer) ? outputOf(model.network) : inputOf(model.network);
    return { shape, field: PIXEL_FIELD, seen: ([y, x]) => ({ x, y, width: 1, height: 1 }) };
  }
  const ranges = new Map<string, Range>();
  const range = (axis: 0 | 1, place: number): Range => {
    const key = `${axis}/${place}`;
    // what sees nothing but its padding is shown with the first pixel
    const found = ranges.get(key) ?? seenRange(body, at, axis, place) ?? [0, 0];
    ranges.set(key, found);
    return found;
  };
  return {
    shape: body.layers[at].output.shape,
    field: receptiveFields(body)[at],
    seen([row, column]) {
      const [[top, bottom], [left, right]] = [range(0, row), range(1, column)];
      return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
    },
  };
}

const isResult = (layer: string): boolean => layer === "scores" || layer === "probabilities";

/** The place in the middle of a map. */
export const middleOf = ({ height, width }: ImageShape): Place => [Math.floor(height / 2), Math.floor(width / 2)];
