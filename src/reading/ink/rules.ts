/** Takes rules out of ink: of ruled and squared paper, of forms, and under words. */

import type { Ink } from "./ink.js";

/** A rule is so many times as long as a stroke of writing; the side of a frame may be shorter. */
const LONG = 8;
const SIDE = 2;
/** Uprights that are so many times as long as thick may be rules too. */
const RULE = 15;
/** It is thinner than this share of a stroke's length. */
const THIN = 0.3;
/** So much of it is free, with paper to both sides; the rest crosses writing. */
const FREE = 0.6;
/** What is this much longer across a rule than the rule is thick belongs to writing, in pixels. */
const CROSSING = 1;

/**
 * Ink without its rules: straight lines, level or upright, that are long and thin. What crosses them stays: the descents of letters that they
 * touch.
 *
 * @param threshold a pixel is ink when more than this of it is
 * @param isFrame whether a pixel, by its place in the data, is of a frame around others; none unless given
 * @example
 * const data = Float32Array.from({ length: 900 }, (_, i) => (Math.floor(i / 100) === 4 || i % 100 < 2 ? 1 : 0));
 * // nine rows of 100: a line in the middle of them, and a stroke at the left that stays
 * withoutRules({ width: 100, height: 9, data }, 0.5).data.filter((ink) => ink > 0).length; // 18
 */
export function withoutRules(ink: Ink, threshold: number, isFrame: (at: number) => boolean = () => false): Ink {
  const { width, height } = ink;
  const stroke = strokeLength(ink, threshold);
  const data = ink.data.slice();
  clearRules({ ...ink, data }, threshold, stroke, isFrame);
  const turned = transposed({ ...ink, data });
  clearRules(turned, threshold, stroke, (at) => isFrame((at % height) * width + Math.floor(at / height)));
  return transposed(turned);
}

/** The length of upright strokes: half of the ink in such is in longer ones. What is longest and thinnest may be a rule, if there are others. */
function strokeLength(ink: Ink, threshold: number): number {
  const down = thicknesses(ink, threshold);
  const { data: across } = transposed({
    width: ink.height,
    height: ink.width,
    data: Float32Array.from(thicknesses(transposed(ink), threshold)),
  });
  const counts = new Float64Array(ink.height + 1);
  const thin = new Float64Array(ink.height + 1);
  down.forEach((length, at) => {
    if (length > across[at]) (length < RULE * across[at] ? counts : thin)[length]++;
  });
  const some = counts.some((count) => count > 0) ? counts : thin;
  const half = some.reduce((sum, count) => sum + count, 0) / 2;
  let seen = 0;
  return some.findIndex((count) => {
    seen += count;
    return seen >= half;
  });
}

/** Clears level rules. */
function clearRules(
  { width, height, data }: Ink,
  threshold: number,
  stroke: number,
  isFrame: (at: number) => boolean,
): void {
  const thick = thicknesses({ width, height, data }, threshold);
  const most = THIN * stroke;
  const isRule = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; ) {
      let end = x;
      while (end < width && thick[y * width + end] > 0) end++;
      const least = isFrame(y * width + x) ? SIDE : LONG;
      if (end > x && end - x >= least * stroke) {
        const run = thick.subarray(y * width + x, y * width + end);
        const usual = run.toSorted()[run.length >> 1];
        const limit = usual + CROSSING;
        const free = run.reduce((count, t) => count + (t <= limit ? 1 : 0), 0);
        if (usual <= most && free >= FREE * run.length) {
          run.forEach((t, i) => {
            if (t <= limit) isRule[y * width + x + i] = 1;
          });
        }
      }
      x = end + 1;
    }
  }
  for (let at = 0; at < isRule.length; at++) {
    if (isRule[at] === 0) continue;
    data[at] = 0;
    // its soft edges
    for (const near of [at - width, at + width])
      if (near >= 0 && near < data.length && thick[near] === 0) data[near] = 0;
  }
}

/** For each pixel of ink how many there are without a gap in its column, above and below; 0 for paper. */
function thicknesses({ width, height, data }: Ink, threshold: number): Int32Array {
  const thick = new Int32Array(width * height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; ) {
      let end = y;
      while (end < height && data[end * width + x] > threshold) end++;
      for (let at = y; at < end; at++) thick[at * width + x] = end - y;
      y = end + 1;
    }
  }
  return thick;
}

function transposed({ width, height, data }: Ink): Ink {
  const result = new Float32Array(data.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) result[x * height + y] = data[y * width + x];
  return { width: height, height: width, data: result };
}
