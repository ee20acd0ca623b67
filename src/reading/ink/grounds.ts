/** Pictures of text on several grounds: a title on a dark bar, say. */

import type { Image } from "../../data/pictures/image.js";

/** Levels that differ by at most so much are of one ground; grounds that differ by at least that much, in one channel, are two. */
const ALIKE = 8;
export const APART = 48;
/** A bar is at least so many pixels high; what is lower is a rule, or the frame of a picture. */
const LEAST_ROWS = 12;

/**
 * Divides a picture into bars of one ground each, from top to bottom. A row has a ground when at least half of it, and both of its ends, are
 * of one colour; rows without belong to those above. A picture with one ground, or none, stays whole.
 *
 * @example
 * const data = Uint8Array.from({ length: 400 }, (_, i) => (i < 150 ? 0 : 255)); // 15 rows of a black bar, 25 of white paper
 * splitGrounds({ width: 10, height: 40, channels: 1, data }).map(({ height }) => height); // [15, 25]
 */
export function splitGrounds(image: Image): Image[] {
  const { width, height, channels } = image;
  const bars: { ground: readonly number[]; top: number; bottom: number }[] = [];
  for (let y = 0; y < height; y++) {
    const ground = groundOf(image, y);
    const last = bars.at(-1);
    if (last === undefined) bars.push({ ground: ground ?? [], top: 0, bottom: 1 });
    else if (ground === undefined || isSame(last.ground, ground)) {
      bars[bars.length - 1] = {
        ground: last.ground.length > 0 ? last.ground : (ground ?? []),
        top: last.top,
        bottom: y + 1,
      };
    } else bars.push({ ground, top: y, bottom: y + 1 });
  }
  const joined: typeof bars = [];
  for (const bar of bars) {
    const last = joined.at(-1);
    const isLow = bar.bottom - bar.top < LEAST_ROWS;
    if (last !== undefined && (isLow || isSame(last.ground, bar.ground))) {
      joined[joined.length - 1] = { ...last, bottom: bar.bottom };
    } else if (last !== undefined && last.bottom - last.top < LEAST_ROWS) {
      joined[joined.length - 1] = { ...bar, top: last.top };
    } else joined.push(bar);
  }
  if (joined.length < 2) return [image];
  return joined.map(({ top, bottom }) => {
    const area = width * (bottom - top);
    const data = new Uint8Array(channels * area);
    for (let c = 0; c < channels; c++) {
      data.set(image.data.subarray((c * height + top) * width, (c * height + bottom) * width), c * area);
    }
    return { ...image, height: bottom - top, data };
  });
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === 0 || b.length === 0 || a.every((level, c) => Math.abs(level - b[c]) < APART);

/** The colour at a row's left end, when half of the row and its right end are like it. */
function groundOf({ width, height, channels, data }: Image, y: number): number[] | undefined {
  const starts = Array.from({ length: channels }, (_, c) => (c * height + y) * width);
  const ground = starts.map((start) => data[start]);
  const isGround = (x: number): boolean => starts.every((start, c) => Math.abs(data[start + x] - ground[c]) <= ALIKE);
  if (!isGround(width - 1)) return undefined;
  let count = 0;
  for (let x = 0; x < width; x++) if (isGround(x)) count++;
  return 2 * count >= width ? ground : undefined;
}
