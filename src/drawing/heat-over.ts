import { greyFromColour, type Image } from "../data/pictures/image.js";
import { float32 } from "../graph/tensor.js";
import { enlarge } from "../inspection/attribution/maps.js";
import { type Colours, coloursOf, placesIn } from "./colour-map.js";

/** How {@link heatOver} lays a map over a picture; every option has a default. */
export interface HeatOptions {
  /** "diverging", so that what speaks for something is red wherever it stands, and what speaks against it blue */
  readonly colours?: Colours;
  /** the values of the first colour and of the last; from 0, or as far below it, to the size that one number of a hundred is above, as single pixels would make all others pale */
  readonly range?: readonly [low: number, high: number];
  /** how much of the strongest colour covers the picture, from 0 to 1; 0.8 */
  readonly alpha?: number;
}

/** Of the numbers of a map so many are below the last colour. */
const BELOW = 0.99;
/** How far black is from white under a map. */
const CONTRAST = 0.6;

/**
 * A map of numbers over a picture, brought to its size smoothly (`enlarge`): the picture in a pale grey, on which colours are seen where it is black, too, covered by the map's
 * colours. A colour covers
 *
 *   α·√(|value| / largest)
 *
 * so that where nothing was found, the picture alone is seen.
 *
 * @param values row × column
 * @throws RangeError when there are not rows × columns finite numbers
 * @example
 * const picture = { width: 4, height: 4, channels: 1, data: new Uint8Array(16).fill(255) } as const;
 * heatOver(picture, Float32Array.of(0, 0, 0, 1), 2, 2).channels; // 3
 */
export function heatOver(
  picture: Image,
  values: Float32Array,
  rows: number,
  columns: number,
  { colours = "diverging", range, alpha = 0.8 }: HeatOptions = {},
): Image {
  if (values.length !== rows * columns || !values.every(Number.isFinite)) {
    throw new RangeError(`A map of ${rows}×${columns} needs as many finite numbers, got ${values.length}.`);
  }
  const sizes = Float32Array.from(values, Math.abs).sort();
  const most = sizes[Math.ceil(BELOW * (sizes.length - 1))] || sizes[sizes.length - 1];
  const shown = range ?? (colours === "diverging" ? [-most, most] : [0, most]);
  const strongest = Math.max(Math.abs(shown[0]), Math.abs(shown[1]));
  const { width, height } = picture;
  const area = width * height;
  const { data: large } = enlarge(float32(values, [1, 1, rows, columns]), picture);
  const places = placesIn(colours, large, shown);
  const map = coloursOf(colours);
  const grey = picture.channels === 3 ? greyFromColour(picture.data) : picture.data;
  const data = new Uint8Array(3 * area);
  for (let i = 0; i < area; i++) {
    const cover = strongest > 0 ? alpha * Math.sqrt(Math.min(1, Math.abs(large[i]) / strongest)) : 0;
    const below = 255 - CONTRAST * (255 - grey[i]);
    for (let c = 0; c < 3; c++) {
      data[c * area + i] = Math.round((1 - cover) * below + cover * map[3 * places[i] + c]);
    }
  }
  return { width, height, channels: 3, data };
}
