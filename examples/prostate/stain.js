/** From amounts of stain to the colours of a slide. */

import { UNIT } from "./paint.js";
import { randomField } from "./random-field.js";

/** The optical densities of red, green and blue of haematoxylin and of eosin, as slides have them (Macenko et al. 2009), of length 1. */
const HAEMATOXYLIN = [0.563, 0.72, 0.406];
const EOSIN = [0.216, 0.801, 0.558];

/**
 * A patient's slides are stained alike: stronger or weaker, and a little to one side in hue.
 *
 * @param {import("bellpepper/random").Stream} random
 */
export function stainingOf(random) {
  const turned = (vector) => {
    const moved = vector.map((value) => Math.max(0.01, value + 0.035 * random.normal()));
    const length = Math.hypot(...moved);
    return moved.map((value) => value / length);
  };
  return {
    haematoxylin: turned(HAEMATOXYLIN),
    eosin: turned(EOSIN),
    amounts: [Math.exp(0.15 * random.normal()), Math.exp(0.17 * random.normal())],
  };
}

/**
 * The colours that light has behind the section: I = L · 10^(−h·H − e·E), the law of Lambert and Beer, with the light L uneven over the
 * picture; then the noise of the camera.
 *
 * @param {Uint8ClampedArray} painted RGBA as paint.js has it
 * @param {ReturnType<typeof stainingOf>} staining
 * @returns RGB
 */
export function coloursOf(painted, width, height, staining, random, thickness) {
  const light = randomField(random, 700, width, height);
  const thick = randomField(random, 170, width, height);
  const blotch = randomField(random, 9, width, height);
  const grain = randomField(random, 3, width, height);
  const lamp = [246 + 4 * random.uniform(), 244 + 4 * random.uniform(), 244 + 5 * random.uniform()];
  const tilt = [0.03 * random.normal(), 0.03 * random.normal()];
  const noise = Float32Array.from({ length: 65536 }, () => 2.6 * random.normal());
  const [hAmount, eAmount] = staining.amounts;
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y++) {
    let n = random.integer(0, 65535);
    for (let x = 0; x < width; x++, at++) {
      const texture = painted[4 * at + 2] / 255;
      const fleck = 1 + texture * (0.2 * blotch(x, y) + 0.3 * grain(x, y));
      const section = thickness(x, y) * (1 + 0.14 * thick(x, y)) * fleck;
      const h = (painted[4 * at] / UNIT) * hAmount * section;
      const e = (painted[4 * at + 1] / UNIT) * eAmount * section;
      const bright = 1 + 0.05 * light(x, y) + tilt[0] * (x / width - 0.5) + tilt[1] * (y / height - 0.5);
      for (let c = 0; c < 3; c++) {
        const density = h * staining.haematoxylin[c] + e * staining.eosin[c];
        const value = lamp[c] * bright * Math.exp(-Math.LN10 * 0.62 * density) + noise[n++ & 65535];
        pixels[3 * at + c] = value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
      }
    }
  }
  return pixels;
}
