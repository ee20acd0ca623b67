/** Makes lines of writing level that are not. */

import { INK } from "./components.js";
import type { Ink } from "./ink.js";

/**
 * Lines are looked for that rise or fall by so many degrees, first at every half degree, then nearer to the best; then by more, where they
 * must stand out by so much more, as a short word has more ink in a slanted row by chance.
 */
const FEW_DEGREES = 6;
export const MOST_DEGREES = 20;
const STEPS = [0.5, 0.1, 0.02] as const;
const STAND_OUT = 1.15;
/** Letters of lines that rise or fall by more than this are turned with them. */
const UPRIGHT = Math.tan((Math.PI / 180) * 6.5);
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
  const bestBetween = (from: number, to: number, step: number, first: Best): Best => {
    let found = first;
    for (let degrees = from; degrees <= to + step / 2; degrees += step) {
      const value = score(degrees);
      if (value > found.value) found = { degrees, value };
    }
    return found;
  };
  const [coarse, ...finer] = STEPS;
  const few = bestBetween(-FEW_DEGREES, FEW_DEGREES, coarse, { degrees: 0, value: score(0) });
  const least = { ...few, value: STAND_OUT * few.value };
  const most = [-1, 1].reduce((found, side) => {
    const [from, to] = [side * FEW_DEGREES, side * MOST_DEGREES].sort((a, b) => a - b);
    return bestBetween(from, to, coarse, found);
  }, least);
  const start = most === least ? few : most;
  const { degrees: best } = finer.reduce(
    (found, step, i) => bestBetween(found.degrees - STEPS[i], found.degrees + STEPS[i], step, found),
    start,
  );
  const slope = Math.tan((Math.PI / 180) * best);
  return Math.abs(slope) * (width / 2) < LEAST_MOVE ? 0 : slope;
}

interface Best {
  readonly degrees: number;
  readonly value: number;
}

/** Level ink, and from which column of the ink before a place in it comes. */
export interface Straightened {
  readonly ink: Ink;
  columnOf(x: number, y: number): number;
}

/** Makes lines of a slope level: moves columns where it is small, since letters mostly stand upright then, and turns what is steeper. */
export function straighten(ink: Ink, slope: number): Straightened {
  if (Math.abs(slope) <= UPRIGHT) return { ink: levelInk(ink, slope), columnOf: (x) => x };
  const { width, height, data } = ink;
  const [cos, sin] = [1 / Math.hypot(1, slope), slope / Math.hypot(1, slope)];
  const wide = Math.ceil(width * cos + height * Math.abs(sin));
  const tall = Math.ceil(height * cos + width * Math.abs(sin));
  const from = (x: number, y: number): [number, number] => {
    const [u, v] = [x - (wide - 1) / 2, y - (tall - 1) / 2];
    return [(width - 1) / 2 + cos * u - sin * v, (height - 1) / 2 + sin * u + cos * v];
  };
  const at = (x: number, y: number): number => (x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x]);
  const turned = new Float32Array(wide * tall);
  for (let y = 0; y < tall; y++) {
    for (let x = 0; x < wide; x++) {
      const [u, v] = from(x, y);
      const [left, top] = [Math.floor(u), Math.floor(v)];
      const [a, b] = [u - left, v - top];
      const above = (1 - a) * at(left, top) + a * at(left + 1, top);
      const below = (1 - a) * at(left, top + 1) + a * at(left + 1, top + 1);
      turned[y * wide + x] = (1 - b) * above + b * below;
    }
  }
  return { ink: { width: wide, height: tall, data: turned }, columnOf: (x, y) => from(x, y)[0] };
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
