/** How large the letters of a line are, and where they stand: what may be, before the network decides. */

import { INK } from "../ink/components.js";
import type { LineBand } from "../ink/line-band.js";
import type { Placement } from "../ink/resample.js";

// Where letters are in the images that are trained on, in 32nds of an image's height: rows of the highest ascent,
// of x, the baseline and the deepest descent. The ranges are what typefaces differ by.
const TOP = 2;
const BOTTOM = 30;
const ASCENTS = [20, 21.5, 23];
const X_TO_DESCENTS = [19.5, 21, 23];
const X_HEIGHTS = [12.5, 14, 15.5];

/** How high signs of other classes may be in their images, which have them in the middle. */
const CENTRED = [16, 19, 22, 25, 28, 31];

/**
 * Scales and places a line may be normalised with, for a network of other classes than a–z: its signs are in the middle of its images, of
 * one height, or stand as the letters of {@link placementsOf} do.
 */
export function otherPlacements(band: LineBand, height: number): Placement[] {
  const [first, last] = inkRows(band.ink.data, band.ink.width);
  const centred = CENTRED.map((scaled) => {
    const scale = (scaled * height) / 32 / (last + 1 - first);
    return { scale, left: 0, top: height / 2 - ((first + last + 1) / 2) * scale };
  });
  return [...centred, ...placementsOf(band, height)];
}

/**
 * Scales and places a line may be normalised with, for an image of a given height: as if it had letters with ascent and
 * descent; with ascent alone; with descent alone; with neither; in several proportions.
 */
export function placementsOf({ ink }: LineBand, height: number): Placement[] {
  const [first, last] = inkRows(ink.data, ink.width);
  const extent = last + 1 - first;
  const unit = height / 32;
  const place = (scaled: number, row: number, at: number): Placement => {
    const scale = (scaled * unit) / extent;
    return { scale, left: 0, top: row * unit - at * scale };
  };
  const fromTop = (scaled: number): Placement => place(scaled, TOP, first);
  const fromBottom = (scaled: number): Placement => place(scaled, BOTTOM, last + 1);
  return [
    ...[25.5, 28].map(fromTop),
    ...ASCENTS.map(fromTop),
    ...X_TO_DESCENTS.map(fromBottom),
    ...X_HEIGHTS.map((scaled) => place(scaled, TOP + 21.2, last + 1)),
  ];
}

/** Placements near a given one: 6 % smaller or larger, a pixel higher or lower. */
export function nearbyPlacements({ scale, left, top }: Placement, height: number): Placement[] {
  const middle = (height / 2 - top) / scale;
  return [0.94, 1, 1.06].flatMap((factor) =>
    [-1, 0, 1].map((shift) => ({
      scale: scale * factor,
      left,
      top: height / 2 - middle * scale * factor + (shift * height) / 32,
    })),
  );
}

function inkRows(data: Float32Array, width: number): readonly [number, number] {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  data.forEach((ink, at) => {
    if (ink <= INK) return;
    first = Math.min(first, Math.floor(at / width));
    last = Math.max(last, Math.floor(at / width));
  });
  return [first, last];
}
