/** Finds the line of writing in ink. */

import { type Component, componentsOf, FAINT, INK } from "./components.js";
import type { FoundInk, Ink } from "./ink.js";

/** A line of writing, cut out close to its letters. */
export interface LineBand {
  /** the ink of the letters alone; what does not belong to them is paper */
  readonly ink: Ink;
  /** where its left and top sides lie in the ink it was cut from */
  readonly left: number;
  readonly top: number;
}

/** What is so many times as dark as the noise of the paper is ink, even where it is less than half of a pixel. */
const NOISE = 4;
/** Specks have less than this share of the area of a square as high as the letters; the thinnest dot of an i has more. */
const SPECK = 0.006;
/** A component this many times as wide as high is a rule, not a letter. */
const RULE = 15;
/** Half-covered pixels belong to a letter when they are as near to it as this share of the letters' height. */
const EDGE = 0.06;

/**
 * The line of writing: the letters, in rows that follow one another without an empty one, that have the most ink;
 * with them the dots and accents above. Specks, rules and lines above or below are left out.
 *
 * @returns undefined when there is no component larger than a speck
 */
export function findLine({ ink, noise }: FoundInk): LineBand | undefined {
  const { components, labels } = componentsOf(ink, Math.min(INK, Math.max(FAINT, NOISE * noise)));
  const letters = components.filter(({ left, right, top, bottom }) => right - left < RULE * (bottom - top));
  const height = typicalHeight(letters);
  const large = letters.filter(({ area }) => area >= Math.max(2, SPECK * height * height));
  const rows = mainRows(large, height, ink.height);
  if (rows === undefined) return undefined;
  const dots = (rows.bottom - rows.top) / 2;
  const members = large.filter(({ top, bottom }) =>
    bottom <= rows.top ? bottom - top < dots && rows.top - bottom < dots : top < rows.bottom,
  );
  return cutOutLine(ink, labels, members, Math.max(1, Math.ceil(EDGE * height)));
}

/** The height that half of the ink lies below. */
function typicalHeight(components: readonly Component[]): number {
  const byHeight = components
    .map(({ top, bottom, area }) => ({ height: bottom - top, area }))
    .sort((a, b) => a.height - b.height);
  const half = byHeight.reduce((sum, { area }) => sum + area, 0) / 2;
  let seen = 0;
  for (const { height, area } of byHeight) {
    seen += area;
    if (seen >= half) return height;
  }
  return 0;
}

/** The run of rows, touched by letters of at least 0.4 of the typical height, with the most ink. */
function mainRows(
  components: readonly Component[],
  height: number,
  rows: number,
): { top: number; bottom: number } | undefined {
  const area = new Float64Array(rows);
  for (const component of components) {
    if (component.bottom - component.top < 0.4 * height) continue;
    const share = component.area / (component.bottom - component.top);
    for (let y = component.top; y < component.bottom; y++) area[y] += share;
  }
  let best: { top: number; bottom: number; sum: number } | undefined;
  for (let top = 0; top < rows; top++) {
    let [bottom, sum] = [top, 0];
    while (bottom < rows && area[bottom] > 0) sum += area[bottom++];
    if (bottom > top && (best === undefined || sum > best.sum)) best = { top, bottom, sum };
    top = bottom;
  }
  return best;
}

function cutOutLine(ink: Ink, labels: Int32Array, members: readonly Component[], edge: number): LineBand {
  const side = (of: (component: Component) => number, most: (...values: number[]) => number): number =>
    members.map(of).reduce((a, b) => most(a, b));
  const left = Math.max(0, side((c) => c.left, Math.min) - edge);
  const right = Math.min(ink.width, side((c) => c.right, Math.max) + edge);
  const top = Math.max(0, side((c) => c.top, Math.min) - edge);
  const bottom = Math.min(ink.height, side((c) => c.bottom, Math.max) + edge);
  const [width, height] = [right - left, bottom - top];
  const belongs = new Set(members.map(({ label }) => label));
  const near = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (belongs.has(labels[(top + y) * ink.width + left + x])) near[y * width + x] = 1;
    }
  }
  const mask = widenMarks(widenMarks(near, width, height, 1, edge), width, height, width, edge);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (top + y) * ink.width + left + x;
      const stranger = labels[at] !== 0 && !belongs.has(labels[at]);
      if (mask[y * width + x] === 1 && !stranger) data[y * width + x] = ink.data[at];
    }
  }
  return { ink: { width, height, data }, left, top };
}

/** Marks what is at most `reach` from a mark along one axis, whose pixels lie `step` apart. */
function widenMarks(marks: Uint8Array, width: number, height: number, step: number, reach: number): Uint8Array {
  const [lines, length, across] = step === 1 ? [height, width, width] : [width, height, 1];
  const result = new Uint8Array(marks.length);
  for (let line = 0; line < lines; line++) {
    const start = line * across;
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < length; i++) {
      if (marks[start + i * step] === 1) last = i;
      if (i - last <= reach) result[start + i * step] = 1;
    }
    last = Number.POSITIVE_INFINITY;
    for (let i = length - 1; i >= 0; i--) {
      if (marks[start + i * step] === 1) last = i;
      if (last - i <= reach) result[start + i * step] = 1;
    }
  }
  return result;
}
