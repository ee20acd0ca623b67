/** How sure a measured error is, and which trials are told apart by it. */

/** An error that was measured, and how far it may be from the true one. */
export interface MeasuredError {
  readonly error: number;
  /** of the error */
  readonly standardError: number;
}

/**
 * The mean of a trial's error over its seeds, and its standard error
 *
 *     √( p̃·(1 − p̃)/n + s²/K ),   p̃ = (n·p + 1)/(n + 2)
 *
 * of n samples that the trial was measured by and K seeds, whose variance is s². The first part is that of a binomial share, with one more
 * mistake and one more hit, so that no error of 0 is taken for certain (Agresti and Coull 1998); the second is left out where there is one seed.
 * All trials are measured by the same samples, so that their differences are surer than this says.
 *
 * @param errors one for each seed, shares of 1
 * @param samples how many each was measured by
 * @throws RangeError when there is no error or no sample
 * @example
 * measureError([0.1], 98).standardError.toFixed(4); // "0.0314"
 */
export function measureError(errors: readonly number[], samples: number): MeasuredError {
  if (errors.length === 0 || samples < 1)
    throw new RangeError("An error is measured by at least one seed and one sample.");
  const count = errors.length;
  const error = errors.reduce((sum, each) => sum + each, 0) / count;
  const share = (samples * error + 1) / (samples + 2);
  const spread = errors.reduce((sum, each) => sum + (each - error) ** 2, 0) / Math.max(1, count - 1);
  return { error, standardError: Math.sqrt((share * (1 - share)) / samples + spread / count) };
}

/** So many standard errors of a difference are taken for noise: one of 20 differences between equals is larger. */
export const NOISE = 2;

/**
 * Whether two errors cannot be told apart: their difference is at most two standard errors of it, √(a² + b²).
 *
 * @example
 * withinNoise({ error: 0.1, standardError: 0.03 }, { error: 0.18, standardError: 0.03 }); // true
 */
export const withinNoise = (a: MeasuredError, b: MeasuredError): boolean =>
  Math.abs(a.error - b.error) <= NOISE * Math.hypot(a.standardError, b.standardError);
