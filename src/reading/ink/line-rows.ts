/** Which rows of a picture belong to which line of writing. */

import type { Component } from "./components.js";

/** Rows from the first to the one after the last. */
export interface Rows {
  readonly top: number;
  readonly bottom: number;
}

/** What is lower than this, in pixels, tells nothing about rows: dust, and the dots of small letters. */
const LOW = 3;
/**
 * Two lines may touch or overlap: where the letters of a row have at most this share of the ink of the rows with most above and below.
 * Within a line there is no such valley, apart from that between dots and stems.
 */
const VALLEY = 0.6;
/** What is less than this share of its neighbour's height, as near, with less than this share of its ink and in fewer places, are dots and accents. */
const DOTS = 0.38;
const DOTS_INK = 0.35;

/**
 * The rows of lines of writing, from top to bottom. All rows of a letter count as much, so that rows between x-height and baseline have
 * the most ink, those of ascents and descents less, and those between two lines little or none.
 */
export function rowsOfLines(letters: readonly Component[]): Rows[] {
  const end = letters.reduce((most, { bottom }) => Math.max(most, bottom), 0);
  const ink = new Float64Array(end);
  for (const { top, bottom, area } of letters) {
    if (bottom - top < LOW) continue;
    for (let y = top; y < bottom; y++) ink[y] += area / (bottom - top);
  }
  const runs: Rows[] = [];
  for (let top = 0; top < end; top++) {
    let bottom = top;
    while (bottom < end && ink[bottom] > 0) bottom++;
    if (bottom > top) runs.push(...splitRun(ink, { top, bottom }));
    top = bottom;
  }
  // rows where descents of one line and ascents of the next meet are no line of their own
  const lines = runs.filter((rows) => letters.some((letter) => isIn(letter, rows)));
  return stretched(joinDots(lines, ink, letters), end);
}

/** Whether the middle of a letter is in rows. */
export const isIn = ({ top, bottom }: Component, rows: Rows): boolean =>
  (top + bottom) / 2 >= rows.top && (top + bottom) / 2 < rows.bottom;

/** Divides rows where the ink has its deepest valley, as long as there is one. */
function splitRun(ink: Float64Array, { top, bottom }: Rows): Rows[] {
  const below = new Float64Array(bottom - top + 1);
  for (let y = bottom - 1; y >= top; y--) below[y - top] = Math.max(ink[y], below[y - top + 1]);
  let [best, at, above] = [VALLEY, -1, 0];
  for (let y = top; y < bottom; y++) {
    const ratio = ink[y] / Math.min(above, below[y - top]);
    if (ratio < best) [best, at] = [ratio, y];
    above = Math.max(above, ink[y]);
  }
  if (at < 0) return [{ top, bottom }];
  return [...splitRun(ink, { top, bottom: at }), ...splitRun(ink, { top: at, bottom })];
}

/** Gives rows of dots and accents to the line that they belong to. */
function joinDots(runs: readonly Rows[], ink: Float64Array, letters: readonly Component[]): Rows[] {
  const joined = [...runs];
  const inkOf = ({ top, bottom }: Rows): number => ink.subarray(top, bottom).reduce((sum, value) => sum + value, 0);
  const placesIn = ({ top, bottom }: Rows): number =>
    letters.filter((letter) => letter.top < bottom && letter.bottom > top && letter.bottom - letter.top >= LOW).length;
  const belongs = (small: Rows, large: Rows | undefined): boolean => {
    if (large === undefined) return false;
    const most = DOTS * (large.bottom - large.top);
    const gap = Math.max(large.top - small.bottom, small.top - large.bottom);
    if (small.bottom - small.top >= most || gap >= most || inkOf(small) >= DOTS_INK * inkOf(large)) return false;
    return placesIn(small) <= placesIn(large);
  };
  for (let i = 0; i < joined.length; ) {
    // dots stand above their letters
    const home = belongs(joined[i], joined[i + 1]) ? i + 1 : belongs(joined[i], joined[i - 1]) ? i - 1 : -1;
    if (home < 0) i++;
    else {
      const first = Math.min(i, home);
      joined.splice(first, 2, { top: joined[first].top, bottom: joined[first + 1].bottom });
      i = Math.max(0, first - 1);
    }
  }
  return joined;
}

/** Rows that belong to no line, where only small things are, go to the nearest. */
const stretched = (lines: readonly Rows[], end: number): Rows[] =>
  lines.map(({ top, bottom }, i) => ({
    top: i === 0 ? 0 : (lines[i - 1].bottom + top) / 2,
    bottom: i === lines.length - 1 ? end : (bottom + lines[i + 1].top) / 2,
  }));
