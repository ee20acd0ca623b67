/** Colours for numbers, in even steps to the eye, also in grey and to the colour-blind. */

/** 256 colours from low to high, three bytes each: red, green, blue. */
type ColourMap = Uint8Array;

/** So many colours a map has. */
const COLOURS = 256;

/**
 * The maps of colours by what they are for:
 *
 * - "sequential": from almost black over purple and orange to light yellow, "magma" of matplotlib (van der Walt and Smith 2015), whose lightness grows evenly from 0 to 98. Given are
 *   17 of its colours; those between lie on straight lines, at most 3 of 255 from the original.
 * - "diverging": around zero, from dark blue over light grey to dark red, as light on one side as on the other (in CIELAB from 25 to 95.5, evenly). Those who see no difference
 *   between green and red tell blue from red.
 * - "grey": from black to white
 */
const MAPS = {
  sequential: mapThrough(
    "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 cf4070 e55064 f4695c fb8761 fea571 fec287 fde0a1 fcfdbf",
  ),
  diverging: mapThrough("103b72 2368a3 5e96c5 a1c5df f2f2f2 f5b099 df715b b83531 77101d"),
  grey: mapThrough("000000 ffffff"),
} as const;

/** A map of colours: for numbers from low to high ("sequential", "grey"), or for numbers around zero ("diverging"). */
export type Colours = keyof typeof MAPS;

/**
 * The 256 colours of a map, from low to high: three bytes each, red, green, blue.
 *
 * @example
 * coloursOf("grey").slice(0, 6); // [0, 0, 0, 1, 1, 1]
 */
export const coloursOf = (colours: Colours): ColourMap => MAPS[colours];

/**
 * The place in its map of each number of a range; the diverging map's middle, 128, is zero. Numbers out of the range have its end's colour.
 *
 * @example
 * placesIn("sequential", [0, 1, 9], [0, 5]); // [0, 51, 255]
 */
export function placesIn(
  colours: Colours,
  values: ArrayLike<number>,
  [low, high]: readonly [number, number],
): Uint8Array {
  const places = new Uint8Array(values.length);
  const most = Math.max(Math.abs(low), Math.abs(high));
  for (let i = 0; i < values.length; i++) {
    const place =
      colours === "diverging"
        ? 128 + (most > 0 ? Math.round((127 * values[i]) / most) : 0)
        : high > low
          ? Math.round((255 * (values[i] - low)) / (high - low))
          : 0;
    places[i] = Math.min(COLOURS - 1, Math.max(0, place));
  }
  return places;
}

/** A map through colours at even places, 0 and 255 among them. */
function mapThrough(hex: string): ColourMap {
  const stops = hex.split(" ").map((text) => [0, 2, 4].map((at) => Number.parseInt(text.slice(at, at + 2), 16)));
  const step = COLOURS / (stops.length - 1);
  const map = new Uint8Array(3 * COLOURS);
  for (let i = 0; i < COLOURS; i++) {
    const from = Math.floor(i / step);
    const start = from * step;
    const end = Math.min(COLOURS - 1, start + step);
    const share = (i - start) / (end - start);
    map.set(
      stops[from].map((value, k) => Math.round(value + share * (stops[from + 1][k] - value))),
      3 * i,
    );
  }
  return map;
}
