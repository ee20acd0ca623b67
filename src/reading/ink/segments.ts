/** What a line's letters may be: runs of neighbouring pieces, with the network's scores of each. */

import type { ColumnScores, LetterScorer } from "../letters/letter-scorer.js";
import type { Piece, Pieces } from "../letters/pieces.js";
import type { Ink } from "./ink.js";

/** Neighbouring pieces that may be one letter. */
export interface Segment {
  /** the first piece and the one after the last */
  readonly from: number;
  readonly to: number;
  /** the columns with its ink; `right` is exclusive */
  readonly left: number;
  readonly right: number;
}

/** What the network says of a segment: scores before the softmax, one for each class. */
export interface ScoredSegment extends Segment {
  /** of its ink by itself, in the middle of a window */
  readonly alone: Float32Array;
  /** of the window of the line that has it in its middle, neighbours and all */
  readonly inLine: Float32Array;
}

/** A letter is made of so many pieces at most (m: three stems, and two joints that may be pieces themselves). */
const MOST_PIECES = 5;

/**
 * All runs of pieces that may be a letter.
 *
 * @param widest a run of several pieces is at most so many pixels wide
 */
export function segmentsOf(pieces: readonly Piece[], widest: number): Segment[] {
  const segments: Segment[] = [];
  for (let from = 0; from < pieces.length; from++) {
    let { left, right } = pieces[from];
    segments.push({ from, to: from + 1, left, right });
    for (let to = from + 2; to <= Math.min(pieces.length, from + MOST_PIECES); to++) {
      left = Math.min(left, pieces[to - 1].left);
      right = Math.max(right, pieces[to - 1].right);
      if (right - left > widest) break;
      segments.push({ from, to, left, right });
    }
  }
  return segments;
}

/** Segments that are whole: pieces that hang together stay together. */
export function uncutSegments(pieces: readonly Piece[]): Segment[] {
  const segments: Segment[] = [];
  pieces.forEach(({ left, right, cut }, i) => {
    const last = segments.at(-1);
    if (cut === undefined || last === undefined) segments.push({ from: i, to: i + 1, left, right });
    else {
      const [l, r] = [Math.min(left, last.left), Math.max(right, last.right)];
      segments[segments.length - 1] = { from: last.from, to: i + 1, left: l, right: r };
    }
  });
  return segments;
}

/** The network's scores of each segment by itself: segments × classes. */
export async function scoreAlone(
  scorer: LetterScorer,
  line: Ink,
  owner: Pieces["owner"],
  segments: readonly Segment[],
): Promise<Float32Array> {
  const [height, width] = scorer.window;
  const windows = new Float32Array(segments.length * height * width);
  segments.forEach(({ from, to, left, right }, n) => {
    const start = Math.round((left + right - width) / 2);
    for (let y = 0; y < height; y++) {
      const row = y * line.width;
      const window = (n * height + y) * width - start;
      for (let x = Math.max(0, start); x < Math.min(line.width, start + width); x++) {
        if (owner[row + x] >= from && owner[row + x] < to) windows[window + x] = line.data[row + x];
      }
    }
  });
  return scorer.each(windows);
}

/** Segments with their scores. */
export async function scoreSegments(
  scorer: LetterScorer,
  line: Ink,
  owner: Pieces["owner"],
  segments: readonly Segment[],
  dense: ColumnScores,
): Promise<ScoredSegment[]> {
  const K = scorer.classes.length;
  const alone = await scoreAlone(scorer, line, owner, segments);
  return segments.map((segment, n) => {
    const column = Math.round(((segment.left + segment.right - 1) / 2 - dense.offset) / dense.stride);
    const at = Math.min(dense.count - 1, Math.max(0, column));
    return {
      ...segment,
      alone: alone.subarray(n * K, (n + 1) * K),
      inLine: Float32Array.from({ length: K }, (_, k) => dense.values[k * dense.count + at]),
    };
  });
}
