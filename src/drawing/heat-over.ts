import type { Image } from "../data/pictures/image.js";
import type { Size } from "../data/pictures/picture-size.js";
import { type Colours, coloursOf, placesIn } from "./colour-map.js";
import { rangeOf } from "./value-image.js";

/** How {@link heatOver} lays a map over a picture; every option has a default. */
export interface HeatOptions {
  /** "sequential" where nothing is negative, else "diverging" */
  readonly colours?: Colours;
  /** the values of the first colour and of the last; from 0 to the largest, or as far on both sides of 0 */
  readonly range?: readonly [low: number, high: number];
  /** how much of the strongest colour covers the picture, from 0 to 1; 0.65 */
  readonly alpha?: number;
}

/**
 * A map of numbers over a picture, brought to its size smoothly ({@link enlargeMap}): the picture in grey, covered by the map's colours. A colour covers
 *
 *   α·√(|value| / largest)
 *
 * so that where nothing was found, the picture is seen as it is.
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
  { colours, range, alpha = 0.65 }: HeatOptions = {},
): Image {
  if (values.length !== rows * columns || !values.every(Number.isFinite)) {
    throw new RangeError(`A map of ${rows}×${columns} needs as many finite numbers, got ${values.length}.`);
  }
  const [low, high] = rangeOf(values);
  const used = colours ?? (low < 0 ? "diverging" : "sequential");
  const most = Math.max(Math.abs(low), Math.abs(high));
  const shown = range ?? (used === "diverging" ? [-most, most] : [0, most]);
  const strongest = Math.max(Math.abs(shown[0]), Math.abs(shown[1]));
  const { width, height } = picture;
  const area = width * height;
  const large = enlargeMap(values, rows, columns, picture);
  const places = placesIn(used, large, shown);
  const map = coloursOf(used);
  const data = new Uint8Array(3 * area);
  for (let i = 0; i < area; i++) {
    const cover = strongest > 0 ? alpha * Math.sqrt(Math.min(1, Math.abs(large[i]) / strongest)) : 0;
    for (let c = 0; c < 3; c++) {
      const below = picture.data[picture.channels === 3 ? c * area + i : i];
      data[c * area + i] = Math.round((1 - cover) * below + cover * map[3 * places[i] + c]);
    }
  }
  return { width, height, channels: 3, data };
}

/**
 * A map in another size, each of its numbers the square of pixels below it: between the squares' middles on straight lines (bilinear), beyond the outermost middles as there.
 * The same as `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`.
 *
 * @param values row × column
 * @example
 * enlargeMap(Float32Array.of(0, 4), 1, 2, { width: 4, height: 1 }); // [0, 1, 3, 4]
 */
export function enlargeMap(values: Float32Array, rows: number, columns: number, { width, height }: Size): Float32Array {
  const across = Array.from({ length: width }, (_, x) => between(x, width, columns));
  const large = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const [top, bottom, down] = between(y, height, rows);
    for (let x = 0; x < width; x++) {
      const [left, right, share] = across[x];
      const upper = values[top * columns + left] * (1 - share) + values[top * columns + right] * share;
      const lower = values[bottom * columns + left] * (1 - share) + values[bottom * columns + right] * share;
      large[y * width + x] = upper * (1 - down) + lower * down;
    }
  }
  return large;
}

/** Between which places of a shorter axis a pixel lies, and how far from the first. */
function between(
  pixel: number,
  length: number,
  count: number,
): readonly [first: number, second: number, share: number] {
  const at = Math.min(count - 1, Math.max(0, ((pixel + 0.5) * count) / length - 0.5));
  const first = Math.floor(at);
  return [first, Math.min(count - 1, first + 1), at - first];
}
