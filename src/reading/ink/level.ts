/** Makes lines of writing level that are not. */

import { INK } from "./components.js";
import type { Ink } from "./ink.js";

/** Lines are looked for that rise or fall by so many degrees at most, first at every half degree, then nearer to the best. */
const MOST_DEGREES = 6;
const STEPS = [0.5, 0.1, 0.02] as const;
/** So many pixels of ink tell how a picture is turned. */
const ENOUGH = 40_000;
/** How much a degree counts against a slope: what is short may look level at any. */
const PER_DEGREE = 0.02;
/** What would be moved by less than this, in pixels at either end, is left as it is. */
const LEAST_MOVE = 0.75;

/**
 * How much lower the lines of writing lie per column to the right. The rows of level writing have much ink or none: that slope is taken
 * whose sums of ink along the rows have the largest sum of squares (Postl 1986).
 *
 * @returns 0 for level lines, and where nothing tells
 */
export function slopeOf({ width, height, data }: Ink): number {
  const points: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i] > INK) points.push(i);
  const every = Math.ceil(points.length / ENOUGH);
  const some = Int32Array.from({ length: Math.ceil(points.length / every) || 0 }, (_, i) => points[i * every]);
  if (some.length === 0) return 0;
  const [xs, ys] = [some.map((at) => at % width), some.map((at) => Math.floor(at / width))];
  const reach = Math.ceil(width * Math.tan((Math.PI / 180) * (MOST_DEGREES + 1)));
  const rows = new Float64Array(height + 2 * reach + 2);
  const score = (degrees: number): number => {
    const slope = Math.tan((Math.PI / 180) * degrees);
    rows.fill(0);
    for (let i = 0; i < xs.length; i++) {
      const row = ys[i] - slope * (xs[i] - width / 2) + reach;
      const whole = Math.floor(row);
      rows[whole] += 1 - (row - whole);
      rows[whole + 1] += row - whole;
    }
    const squares = rows.reduce((sum, ink) => sum + ink * ink, 0);
    return squares * (1 - PER_DEGREE * Math.abs(degrees));
  };
  let [best, highest] = [0, score(0)];
  let within: number = MOST_DEGREES;
  for (const step of STEPS) {
    const middle = best;
    for (let degrees = middle - within; degrees <= middle + within + step / 2; degrees += step) {
      const value = score(degrees);
      if (value > highest) [best, highest] = [degrees, value];
    }
    within = step;
  }
  const slope = Math.tan((Math.PI / 180) * best);
  return Math.abs(slope) * (width / 2) < LEAST_MOVE ? 0 : slope;
}

/** Moves columns up or down, so that lines of a slope become level; between two rows, linearly. */
export function levelInk({ width, height, data }: Ink, slope: number): Ink {
  if (slope === 0) return { width, height, data };
  // room for what moves beyond the first and the last row
  const reach = Math.ceil((Math.abs(slope) * width) / 2) + 1;
  const tall = height + 2 * reach;
  const level = new Float32Array(width * tall);
  for (let x = 0; x < width; x++) {
    const move = slope * (x - width / 2) - reach;
    const whole = Math.floor(move);
    const share = move - whole;
    const at = (y: number): number => (y < 0 || y >= height ? 0 : data[y * width + x]);
    for (let y = 0; y < tall; y++) level[y * width + x] = (1 - share) * at(y + whole) + share * at(y + whole + 1);
  }
  return { width, height: tall, data: level };
}
