/** Divides a normalised line of writing into the smallest pieces that letters may be made of. */

import { type Component, componentsOf, FAINT } from "../ink/components.js";
import type { Ink } from "../ink/ink.js";

/** Part of a letter or a whole one: ink that hangs together, with its dot, or a part of that between two cuts. */
export interface Piece {
  /** the columns with its ink; `right` is exclusive */
  readonly left: number;
  readonly right: number;
  /**
   * How much ink, in pixels, the cut between the piece before and this one goes through; undefined when they do not
   * hang together, so that nothing is cut.
   */
  readonly cut: number | undefined;
}

/** The pieces of a line and where they are. */
export interface Pieces {
  /** from left to right, by their middles */
  readonly pieces: readonly Piece[];
  /** for each pixel of the line the piece it belongs to; −1: paper */
  readonly owner: Int32Array;
  /** the pieces that are lower than any letter a–z and stand by themselves: full stops, commas, apostrophes, hyphens */
  readonly marks: ReadonlySet<number>;
}

/** Two parts one above the other are one letter when they share at least this part of the narrower one's columns. */
const SHARED = 0.5;
/** A dot is no larger than this, nor farther away from its stem, in the 32nd parts of the line's height; where letters lean, its stem begins so much to the left a row. */
const DOT = 8;
const LEAN = 0.3;
/** Marks, in the 32nd parts of the line's height: how high they are at most; below which row they begin, or above which they end; and for those between, how high. */
const MARK = 8;
const LOW_MARK = 17.5;
const HIGH_MARK = 11;
const HYPHEN = 5;
/** Only what is wider than this may be several letters that touch. In the 32nd parts of the line's height. */
const TOUCHING = 8;
/** A cut goes through at most this much ink, and through at most this part of the ink of the strokes to either side. */
const MOST_CUT = 9;
const VALLEY = 0.75;

/** Pieces of a line of writing. */
export function piecesOf(line: Ink): Pieces {
  const { width, height } = line;
  const unit = height / 32;
  const { components, labels } = componentsOf(line, FAINT);
  const groups = joinParts(components, labels, line);
  const groupOf = new Int32Array(components.length + 1).fill(-1);
  groups.forEach((members, g) => {
    for (const { label } of members) groupOf[label] = g;
  });
  const group = labels.map((label) => groupOf[label]);
  const parts = groups.flatMap((members, g) => {
    const left = Math.min(...members.map((c) => c.left));
    const right = Math.max(...members.map((c) => c.right));
    const cuts = right - left > TOUCHING * unit ? cutsOf(line, group, g, left, right, unit) : [];
    const sides = [{ x: left, ink: undefined }, ...cuts, { x: right, ink: undefined }];
    return cuts.length === 0
      ? [{ g, left, right, from: 0, to: width, cut: undefined }]
      : sides.slice(1).map((end, k) => ({
          g,
          left: sides[k].x,
          right: end.x,
          from: k === 0 ? 0 : sides[k].x,
          to: k === cuts.length ? width : end.x,
          cut: sides[k].ink,
        }));
  });
  const ordered = parts
    .map((part, i) => ({ ...part, i }))
    .sort((a, b) => a.left + a.right - b.left - b.right || a.i - b.i);
  const pieces = ordered.map(({ left, right, cut, g, i }, k) => {
    // a piece of another letter may have come between the two sides of a cut
    const follows = k > 0 && ordered[k - 1].g === g && ordered[k - 1].i === i - 1;
    return { left, right, cut: follows ? cut : undefined };
  });
  const byGroup = groups.map((_, g) => ordered.flatMap((part, k) => (part.g === g ? [{ ...part, k }] : [])));
  const owner = new Int32Array(width * height);
  const nearest = growLetters(group, line);
  for (let at = 0; at < owner.length; at++) {
    const x = at % width;
    const g = nearest[at];
    owner[at] = g < 0 ? -1 : (byGroup[g].find(({ from, to }) => x >= from && x < to)?.k ?? -1);
  }
  const marks = new Set(ordered.flatMap(({ g }, k) => (isMark(groups[g], groups, unit) ? [k] : [])));
  return { pieces, owner, marks };
}

/** Whether the ink of a group is a mark: low, where no letter is so low, and with nothing else in its columns. */
function isMark(members: readonly Component[], groups: readonly (readonly Component[])[], unit: number): boolean {
  const box = boxOf(members);
  const [top, bottom] = [box.top / unit, box.bottom / unit];
  if (bottom - top > MARK) return false;
  if (top < LOW_MARK && bottom > HIGH_MARK && bottom - top > HYPHEN) return false;
  return groups.every((others) => {
    if (others === members) return true;
    const { left, right } = boxOf(others);
    return right <= box.left || left >= box.right;
  });
}

const boxOf = (members: readonly Component[]): Omit<Component, "label" | "area"> => ({
  left: Math.min(...members.map((c) => c.left)),
  right: Math.max(...members.map((c) => c.right)),
  top: Math.min(...members.map((c) => c.top)),
  bottom: Math.max(...members.map((c) => c.bottom)),
});

/** Components that make one letter: a dot and what stands below it, and the parts of a letter that is broken. */
function joinParts(components: readonly Component[], labels: Int32Array, { width, height }: Ink): Component[][] {
  const unit = height / 32;
  const groups: Component[][] = [];
  // the highest first: their groups are there when dots look for one
  for (const component of components.toSorted((a, b) => b.bottom - b.top - (a.bottom - a.top))) {
    const below = belowDot(component, labels, width, unit);
    const home = groups.find((members) =>
      members.some((other) => (below === undefined ? isAbove(component, other) : other.label === below)),
    );
    if (home === undefined) groups.push([component]);
    else home.push(component);
  }
  return groups.sort((a, b) => a[0].left - b[0].left);
}

/** The label of the ink that a dot stands above, a little to its right where letters lean; undefined for what is no dot, or stands alone. */
function belowDot(
  { label, left, right, top, bottom }: Component,
  labels: Int32Array,
  width: number,
  unit: number,
): number | undefined {
  if (Math.max(bottom - top, right - left) > DOT * unit) return undefined;
  const end = Math.min(labels.length / width, bottom + DOT * unit);
  for (let y = bottom; y < end; y++) {
    for (let x = right - 1; x >= Math.max(0, left - LEAN * (y - bottom)); x--) {
      const found = labels[y * width + x];
      if (found !== 0 && found !== label) return found;
    }
  }
  return undefined;
}

function isAbove(a: Component, b: Component): boolean {
  const shared = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const narrower = Math.min(a.right - a.left, b.right - b.left);
  return shared >= SHARED * narrower && (a.bottom <= b.top || b.bottom <= a.top);
}

/** Valleys in the ink per column. */
function cutsOf(
  { width, height, data }: Ink,
  group: Int32Array,
  g: number,
  left: number,
  right: number,
  unit: number,
): { x: number; ink: number }[] {
  const ink = Array.from({ length: right - left }, (_, x) => {
    let sum = 0;
    for (let y = 0; y < height; y++) {
      const at = y * width + left + x;
      if (group[at] === g) sum += data[at];
    }
    return sum;
  });
  const cuts: { x: number; ink: number }[] = [];
  const least = Math.max(1, Math.round(2 * unit));
  for (let x = least; x <= ink.length - least; ) {
    let end = x + 1;
    while (end < ink.length && ink[end] === ink[x]) end++;
    const isValley = ink[x] < ink[x - 1] && (end >= ink.length || ink[x] < ink[end]);
    const peaks = [Math.max(...ink.slice(Math.max(0, x - 8), x)), Math.max(...ink.slice(end, end + 8))];
    if (isValley && ink[x] <= MOST_CUT * unit && ink[x] <= VALLEY * Math.min(...peaks)) {
      cuts.push({ x: left + Math.floor((x + end) / 2), ink: ink[x] });
    }
    x = end;
  }
  return cuts;
}

/** Hands the paler pixels at the edges of the ink to the nearest letter, at most two pixels away. */
function growLetters(group: Int32Array, { width, height, data }: Ink): Int32Array {
  let current = group;
  for (let step = 0; step < 2; step++) {
    const next = current.slice();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = y * width + x;
        if (current[at] >= 0 || data[at] === 0 || data[at] > FAINT) continue;
        let [best, darkest] = [-1, -1];
        for (const [dx, dy] of NEIGHBOURS) {
          const [u, v] = [x + dx, y + dy];
          if (u < 0 || v < 0 || u >= width || v >= height) continue;
          const other = v * width + u;
          if (current[other] >= 0 && data[other] > darkest) [best, darkest] = [current[other], data[other]];
        }
        next[at] = best;
      }
    }
    current = next;
  }
  return current;
}

const NEIGHBOURS = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
  [-1, -1],
  [1, -1],
  [-1, 1],
  [1, 1],
] as const;
