import { scale } from "@observablehq/plot";
import type { Image } from "../../data/pictures/image.js";

/** 256 colours from the lowest value to the highest: "magma", even steps to the eye, also in grey and to the colour-blind. */
const COLOURS: readonly (readonly [number, number, number])[] = (() => {
  const magma = scale({ color: { type: "linear", scheme: "magma", domain: [0, 255] } });
  return Array.from({ length: 256 }, (_, i) => {
    const hex = /^#(..)(..)(..)$/.exec(String(magma.apply(i)));
    if (!hex) throw new Error(`Expected a colour #rrggbb, got ${String(magma.apply(i))}.`);
    return [Number.parseInt(hex[1], 16), Number.parseInt(hex[2], 16), Number.parseInt(hex[3], 16)] as const;
  });
})();

/** A matrix of numbers as a picture, and what its colours mean. */
export interface ScoreImage {
  readonly image: Image;
  /** the value of the darkest colour */
  readonly lowest: number;
  /** the value of the brightest colour */
  readonly highest: number;
}

/**
 * A matrix as a picture with one pixel for each number, as MATLAB's `imagesc` shows it: the colours go from its lowest
 * number (almost black) to its highest (light yellow). Where all are equal they are dark.
 *
 * @param values row × column
 * @throws RangeError when there are not rows × columns finite numbers, or none
 */
export function scoreImage(values: Float32Array, rows: number, columns: number): ScoreImage {
  if (values.length !== rows * columns || values.length === 0) {
    throw new RangeError(
      `A score image of ${rows}×${columns} needs as many numbers, at least one; got ${values.length}.`,
    );
  }
  const lowest = values.reduce((a, b) => Math.min(a, b));
  const highest = values.reduce((a, b) => Math.max(a, b));
  if (!Number.isFinite(lowest) || !Number.isFinite(highest)) {
    throw new RangeError(`A score image needs finite numbers, got ${lowest} to ${highest}.`);
  }
  const area = rows * columns;
  const data = new Uint8Array(3 * area);
  const steps = highest > lowest ? 255 / (highest - lowest) : 0;
  values.forEach((value, i) => {
    COLOURS[Math.round((value - lowest) * steps)].forEach((byte, c) => {
      data[c * area + i] = byte;
    });
  });
  return { image: { width: columns, height: rows, channels: 3, data }, lowest, highest };
}

/** The colours of {@link scoreImage} from low to high, one pixel high. */
export function colourBar(): Image {
  const values = Float32Array.from({ length: 256 }, (_, i) => i);
  return scoreImage(values, 1, 256).image;
}
