/** Finds the lines of writing in ink. */

import { blocksOf } from "./columns.js";
import { type Component, componentsOf, FAINT, INK } from "./components.js";
import type { FoundInk, Ink } from "./ink.js";
import { isIn, rowsOfLines } from "./line-rows.js";
import { withoutRules } from "./rules.js";

/** A line of writing, cut out close to its letters. */
export interface LineBand {
  /** the ink of the letters alone; what does not belong to them is paper */
  readonly ink: Ink;
  /** where its left and top sides lie in the ink it was cut from */
  readonly left: number;
  readonly top: number;
  /** how much ink it has, in pixels */
  readonly area: number;
}

/** What is so many times as dark as the noise of the paper is ink, even where it is less than half of a pixel. */
const NOISE = 4;
/** Specks have less than this share of the area of a square as high as the letters; the thinnest dot of an i has more. */
const SPECK = 0.006;
/** What is lower than this, in pixels, is no letter that could be read. */
const LEAST_HEIGHT = 4;
/** A component this many times as wide as high is a rule, not a letter. */
const RULE = 15;
/** A component with so many others inside of it is a frame; only the largest are looked at. */
const INSIDE = 3;
const LARGEST = 30;
/** So few things may be so many times as tall as all others; these are so many at least, with so much ink for that of the tall ones. */
const MOST_TALL = 6;
const TALL = 3;
const LEAST_REST = 8;
const REST_INK = 0.2;
/** Half-covered pixels belong to a letter when they are as near to it as this share of the letters' height. */
const EDGE = 0.06;

/**
 * The lines of writing from top to bottom, one column after the other ({@link blocksOf}): letters in rows, with the dots and accents above. Specks, rules and frames are left out.
 *
 * @returns none when there is no component larger than a speck
 */
export function findLines(found: FoundInk): LineBand[] {
  const { letters, labels } = lettersOf(found);
  const [first, ...more] = layersOf(letters).map((layer) => linesOf(found.ink, labels, layer));
  const lines = [...first];
  for (const line of more.flat()) {
    const at = lines.findIndex(({ top }) => top > line.top);
    lines.splice(at < 0 ? lines.length : at, 0, line);
  }
  return lines;
}

function linesOf(ink: Ink, labels: Int32Array, letters: readonly Component[]): LineBand[] {
  return blocksOf(letters).flatMap((block) =>
    rowsOfLines(block).flatMap((rows) => {
      const line = block.filter((component) => isIn(component, rows));
      const height = typicalHeight(line);
      const members = line.filter(({ area }) => area >= Math.max(2, SPECK * height * height));
      return members.length === 0 || height < LEAST_HEIGHT
        ? []
        : [cutOutLine(ink, labels, members, Math.max(1, Math.ceil(EDGE * height)))];
    }),
  );
}

/**
 * Letters, and apart from them the few things that are much taller, which may reach over many lines: drawings, initials, a title.
 * Nothing is apart from what may be its dots and specks, which are fewer and have less ink.
 */
function layersOf(letters: readonly Component[]): (readonly Component[])[] {
  const height = ({ top, bottom }: Component): number => bottom - top;
  const inkOf = (of: readonly Component[]): number => of.reduce((sum, { area }) => sum + area, 0);
  const sorted = letters.toSorted((a, b) => height(b) - height(a));
  for (let count = Math.min(MOST_TALL, sorted.length - 1); count > 0; count--) {
    if (height(sorted[count - 1]) < TALL * height(sorted[count])) continue;
    const [tall, rest] = [sorted.slice(0, count), sorted.slice(count)];
    const signs = rest.filter((sign) => height(sign) >= LEAST_HEIGHT);
    if (signs.length >= Math.max(LEAST_REST, 2 * count) && inkOf(signs) >= REST_INK * inkOf(tall)) {
      return [letters.filter((letter) => !tall.includes(letter)), tall.toSorted((a, b) => a.left - b.left)];
    }
  }
  return [letters];
}

/**
 * The ink of the column with the most letters: that of the lines of which it can be told how they are turned. Lines of two columns may stand
 * beside each other at any height.
 */
export function largestColumn(found: FoundInk): Ink {
  const { ink } = found;
  const blocks = blocksOf(layersOf(lettersOf(found).letters)[0]);
  if (blocks.length < 2) return ink;
  const most = blocks.reduce((a, b) => (b.length > a.length ? b : a));
  const [left, top] = [Math.min(...most.map((c) => c.left)), Math.min(...most.map((c) => c.top))];
  const [width, height] = [Math.max(...most.map((c) => c.right)) - left, Math.max(...most.map((c) => c.bottom)) - top];
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = (top + y) * ink.width + left;
    data.set(ink.data.subarray(row, row + width), y * width);
  }
  return { width, height, data };
}

/** A pixel is ink when more than this of it is: less than half where the paper is so clean that hairlines stand out. */
const thresholdOf = ({ noise }: FoundInk): number => Math.min(INK, Math.max(FAINT, NOISE * noise));

/** Ink without rules, and without the sides of what is drawn around others; letters may touch both. */
export function withoutLines(found: FoundInk): FoundInk {
  const threshold = thresholdOf(found);
  const { components, labels } = componentsOf(found.ink, threshold);
  const frames = new Set(framesAmong(components).map(({ label }) => label));
  return { ...found, ink: withoutRules(found.ink, threshold, (at) => frames.has(labels[at])) };
}

/** What may be letters: no rules, no frames. */
function lettersOf(found: FoundInk): { readonly letters: Component[]; readonly labels: Int32Array } {
  const { components, labels } = componentsOf(found.ink, thresholdOf(found));
  const some = components.filter(
    ({ left, right, top, bottom, area }) => area > 1 && right - left < RULE * (bottom - top),
  );
  const frames = framesAmong(some);
  return { letters: some.filter((component) => !frames.includes(component)), labels };
}

/** What is drawn around others: the frame of a table, the edge of a sign. */
function framesAmong(components: readonly Component[]): Component[] {
  const size = ({ left, right, top, bottom }: Component): number => (right - left) * (bottom - top);
  const largest = components.toSorted((a, b) => size(b) - size(a)).slice(0, LARGEST);
  return largest.filter((frame) => {
    const inside = components.filter(
      ({ left, right, top, bottom }) =>
        left > frame.left && right < frame.right && top > frame.top && bottom < frame.bottom && bottom - top > 4,
    );
    return inside.length >= INSIDE && inside.some((one) => size(one) > size(frame) / 400);
  });
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
  const area = members.reduce((sum, member) => sum + member.area, 0);
  return { ink: { width, height, data }, left, top, area };
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
