/** Writing that is much fainter than the rest of a picture. */

import { componentsOf, FAINT, INK } from "./components.js";
import { type FoundInk, inkOf } from "./ink.js";
import type { LineBand } from "./line-band.js";

/** Faint writing is still so many times as dark as the noise of the paper. */
const NOISE = 8;
/** Rows this near to a line that was found, as a share of its height, are not looked at: its letters may have soft edges. */
const NEAR = 0.15;
/** Rules, specks and frames are not looked at, nor are their edges, in pixels. */
const EDGE = 2;
/** Rows between lines are looked at when there are so many. */
const LEAST_ROWS = 8;

/**
 * The ink in rows where no line was found, by its own contrast: pale grey below black, say.
 *
 * @param found the ink that `lines` were found in
 * @returns undefined when there is nothing
 */
export function faintInk({ ink, noise, shrunk }: FoundInk, lines: readonly LineBand[]): FoundInk | undefined {
  const { width, height } = ink;
  const isFree = new Uint8Array(height).fill(1);
  for (const line of lines) {
    const near = Math.ceil(NEAR * line.ink.height);
    isFree.fill(0, Math.max(0, line.top - near), line.top + line.ink.height + near);
  }
  const data = new Uint8Array(width * height).fill(255);
  for (let top = 0; top < height; ) {
    let bottom = top;
    while (bottom < height && isFree[bottom] === 1) bottom++;
    if (bottom - top >= LEAST_ROWS) {
      for (let at = top * width; at < bottom * width; at++) data[at] = Math.round(255 * (1 - ink.data[at]));
    }
    top = bottom + 1;
  }
  const { components, labels } = componentsOf(ink, FAINT);
  // label 0 is paper; what reaches into a line's rows is a frame around it
  const isDrawn = new Uint8Array(components.length + 1);
  for (const { label, top, bottom } of components) if (isFree.subarray(top, bottom).includes(0)) isDrawn[label] = 1;
  for (let at = 0; at < data.length; at++) {
    if (ink.data[at] <= INK && isDrawn[labels[at]] === 0) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let v = Math.max(0, y - EDGE); v <= Math.min(height - 1, y + EDGE); v++) {
      data.fill(255, v * width + Math.max(0, x - EDGE), v * width + Math.min(width, x + EDGE + 1));
    }
  }
  const least = 255 * (1 - NOISE * noise);
  if (!data.some((level) => level < least)) return undefined;
  const faint = inkOf({ width, height, channels: 1, data });
  return faint === undefined ? undefined : { ...faint, shrunk };
}
