import type { Image } from "../data/pictures/image.js";
import { type Colours, coloursOf, placesIn } from "./colour-map.js";

/** A matrix of numbers as a picture, and what its colours mean. */
export interface ValueImage {
  readonly image: Image;
  /** the value of the first colour */
  readonly lowest: number;
  /** the value of the last colour */
  readonly highest: number;
}

/** The options of {@link valueImage}; every one has a default. */
export interface ValueImageOptions {
  /** "sequential" */
  readonly colours?: Colours;
  /** the values of the first colour and of the last; the matrix's own range, of diverging colours as far on both sides of zero */
  readonly range?: readonly [low: number, high: number];
}

/**
 * A matrix as a picture with one pixel for each number, as MATLAB's `imagesc` shows it: the colours go from its lowest
 * number (almost black) to its highest (light yellow). Where all are equal they are dark. Diverging colours are blue below zero and red above.
 *
 * @param values row × column
 * @throws RangeError when there are not rows × columns finite numbers, or none
 * @example
 * valueImage(Float32Array.of(-1, 0, 1), 1, 3, { colours: "grey" }).image.data; // [0, 128, 255]
 */
export function valueImage(
  values: Float32Array,
  rows: number,
  columns: number,
  { colours = "sequential", range }: ValueImageOptions = {},
): ValueImage {
  if (values.length !== rows * columns || values.length === 0) {
    throw new RangeError(`A picture of ${rows}×${columns} numbers needs as many, at least one; got ${values.length}.`);
  }
  const own = rangeOf(values);
  if (!own.every(Number.isFinite)) {
    throw new RangeError(`A picture of numbers needs finite ones, got ${own[0]} to ${own[1]}.`);
  }
  const most = Math.max(Math.abs(own[0]), Math.abs(own[1]));
  const shown = range ?? (colours === "diverging" ? [-most, most] : own);
  const area = rows * columns;
  const map = coloursOf(colours);
  const channels = colours === "grey" ? 1 : 3;
  const data = new Uint8Array(channels * area);
  for (const [i, place] of placesIn(colours, values, shown).entries()) {
    for (let c = 0; c < channels; c++) data[c * area + i] = map[3 * place + c];
  }
  return { image: { width: columns, height: rows, channels, data }, lowest: shown[0], highest: shown[1] };
}

/** The lowest and the highest of some numbers; NaN where one is NaN. */
export function rangeOf(values: Float32Array): readonly [low: number, high: number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}

/** The colours of a map from low to high, one pixel high. */
export function colourBar(colours: Colours = "sequential"): Image {
  const values = Float32Array.from({ length: 256 }, (_, i) => i - (colours === "diverging" ? 128 : 0));
  return valueImage(values, 1, 256, { colours }).image;
}
