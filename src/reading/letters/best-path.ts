/** The best way to divide a line into letters. */

/** A letter that some neighbouring pieces may be. */
export interface Candidate {
  /** the first piece and the one after the last */
  readonly from: number;
  readonly to: number;
  /** how likely, as a logarithm: the larger the better */
  readonly score: number;
}

/**
 * The candidates that cover all pieces, each once, with the largest sum of scores (dynamic programming; Viterbi 1967):
 *
 *   best(j) = max over candidates (i, j) of best(i) + score(i, j),   best(0) = 0
 *
 * @param pieces how many pieces there are
 * @returns the candidates from left to right
 * @throws RangeError when no choice of candidates covers all pieces
 */
export function bestPath<C extends Candidate>(pieces: number, candidates: readonly C[]): C[] {
  const best = new Float64Array(pieces + 1).fill(Number.NEGATIVE_INFINITY);
  const chosen: (C | undefined)[] = Array.from({ length: pieces + 1 });
  best[0] = 0;
  for (const candidate of candidates.toSorted((a, b) => a.from - b.from)) {
    const total = best[candidate.from] + candidate.score;
    if (total > best[candidate.to]) {
      best[candidate.to] = total;
      chosen[candidate.to] = candidate;
    }
  }
  const path: C[] = [];
  for (let at = pieces; at > 0; ) {
    const last = chosen[at];
    if (last === undefined) throw new RangeError(`No candidates cover the pieces up to ${at} of ${pieces}.`);
    path.push(last);
    at = last.from;
  }
  return path.reverse();
}
