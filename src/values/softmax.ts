/**
 * Scores as probabilities: exp(z[k]) / Σ exp(z), however large the scores are.
 *
 * @example
 * softmax([0, 0]); // equals Float64Array.of(0.5, 0.5)
 */
export function softmax(scores: ArrayLike<number>): Float64Array {
  const powers = Float64Array.from(scores);
  const most = powers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  for (const [k, score] of powers.entries()) powers[k] = Math.exp(score - most);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
