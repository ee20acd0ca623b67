/** Columns of text side by side. */

import type { Component } from "./components.js";
import { isIn, type Rows, rowsOfLines } from "./line-rows.js";

/**
 * How wide the gap between two columns is at least, in heights of their lines, if so many lines on both sides are divided by it: no two words
 * stand so far apart below each other.
 */
const GAPS: readonly (readonly [lines: number, heights: number])[] = [
  [3, 1.2],
  [2, 2],
];

/** A column goes on below the other's end while its lines stand no farther apart than so many times the pitch so far. */
const NEXT = 1.3;

/** Columns of pixels from the first to the one after the last. */
interface Interval {
  readonly left: number;
  readonly right: number;
}

/**
 * Divides letters into blocks that are read one after the other: where a wide gap goes down through several lines, what is left of it comes
 * before what is right of it; what is above or below reaches over both columns.
 *
 * @param letters of which the middles of lines are known, see {@link rowsOfLines}
 */
export function blocksOf(letters: readonly Component[]): (readonly Component[])[] {
  const rows = rowsOfLines(letters);
  const members = rows.map((line) => letters.filter((letter) => isIn(letter, line)));
  const blocks: (readonly Component[])[] = [];
  let whole: Component[] = [];
  for (let from = 0; from < rows.length; ) {
    const found = columnsFrom(rows, members, from);
    if (found === undefined) whole.push(...members[from++]);
    else {
      if (whole.length > 0) blocks.push(whole);
      whole = [];
      blocks.push(...found.columns.flatMap(blocksOf));
      from = found.end;
    }
  }
  if (whole.length > 0) blocks.push(whole);
  return blocks;
}

/** The columns that begin in a row, and the row after their last; undefined where there are none. */
function columnsFrom(
  rows: readonly Rows[],
  members: readonly (readonly Component[])[],
  from: number,
): { readonly columns: readonly (readonly Component[])[]; readonly end: number } | undefined {
  let gaps = gapsIn(members[from]);
  const all: (typeof gaps)[] = [];
  for (let end = from + 1; gaps.length > 0; end++) {
    all.push(gaps);
    if (end >= rows.length) break;
    gaps = commonOf(gaps, gapsIn(members[end]));
  }
  // as many rows as there are with a gap that is wide enough
  for (let count = all.length; count > 0; count--) {
    const letters = members.slice(from, from + count).flat();
    for (const { left, right } of all[count - 1].toSorted((a, b) => b.right - b.left - (a.right - a.left))) {
      const sides = (of: readonly Component[]): Component[][] => [
        of.filter((letter) => letter.right <= left),
        of.filter((letter) => letter.left >= right),
      ];
      const columns = sides(letters);
      const lines = columns.map((column) => rowsOfLines(column));
      const fewest = Math.min(...lines.map((column) => column.length));
      const height = Math.max(...columns.map(heightOf));
      if (GAPS.some(([least, heights]) => fewest >= least && right - left >= heights * height)) {
        const isOneSided = (line: readonly Component[]): boolean => sides(line).some((s) => s.length === line.length);
        const both = members.findLastIndex((line, i) => i < from + count && !isOneSided(line));
        const end = endOf(members, from, both < from ? from + count : both + 1, isOneSided);
        return { columns: sides(members.slice(from, end).flat()), end };
      }
    }
  }
  return undefined;
}

/** The row after the last of two columns, of which one may be longer. */
function endOf(
  members: readonly (readonly Component[])[],
  from: number,
  end: number,
  isOneSided: (line: readonly Component[]) => boolean,
): number {
  const base = members.map((line) => line.map(({ bottom }) => bottom).sort((a, b) => a - b)[line.length >> 1]);
  const pitch = Math.max(...base.slice(from + 1, end).map((row, i) => row - base[from + i]));
  let next = end;
  while (next < members.length && isOneSided(members[next]) && base[next] - base[next - 1] <= NEXT * pitch) next++;
  return next;
}

/** The height that nine in ten letters do not exceed: that of a line without its descents. */
function heightOf(letters: readonly Component[]): number {
  const heights = letters.map(({ top, bottom }) => bottom - top).sort((a, b) => a - b);
  return heights[Math.floor(0.9 * (heights.length - 1))];
}

/** The gaps between the letters of a line, and what is free before and behind them: the lines of another column may lie between these. */
function gapsIn(letters: readonly Component[]): Interval[] {
  const gaps: Interval[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const { left, right } of letters.toSorted((a, b) => a.left - b.left)) {
    if (left > end) gaps.push({ left: end, right: left });
    end = Math.max(end, right);
  }
  return [...gaps, { left: end, right: Number.POSITIVE_INFINITY }];
}

/** Where two lists of intervals have columns in common. */
const commonOf = (a: readonly Interval[], b: readonly Interval[]): Interval[] =>
  a.flatMap((one) =>
    b
      .map((other) => ({ left: Math.max(one.left, other.left), right: Math.min(one.right, other.right) }))
      .filter(({ left, right }) => right > left),
  );
