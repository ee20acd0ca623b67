/** Processes that train one network together: each computes the gradients of its part of every batch. */
export interface Ranks {
  /** which of them this is, from 0 */
  readonly rank: number;
  /** how many there are */
  readonly size: number;
  /**
   * Adds the arrays of all ranks number by number, in place: afterwards all have the sums. Every rank calls it, with as many numbers, in the same order of calls.
   *
   * @throws Error when a rank is gone
   */
  sum(values: Float32Array | Float64Array): Promise<void>;
}

/** A process alone. */
export const ALONE: Ranks = { rank: 0, size: 1, sum: async () => undefined };

/** Numbers by name, added over all ranks: all have the same names. */
export async function summed<Name extends string>(
  ranks: Ranks,
  values: Readonly<Record<Name, number>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(values) as Name[];
  const totals = Float64Array.from(names, (name) => values[name]);
  await ranks.sum(totals);
  return Object.fromEntries(names.map((name, i) => [name, totals[i]])) as Record<Name, number>;
}
