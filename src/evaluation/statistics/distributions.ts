/** The normal distribution, and what tests need of others. */

/**
 * The complementary error function, 2/√π ∫_x^∞ exp(−t²) dt for x ≥ 0, to 12 digits: near 0 by the series of Abramowitz and Stegun
 * 7.1.6, whose terms are all positive, else by the continued fraction 7.1.14.
 */
export function erfc(x: number): number {
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = x;
  for (let n = 120; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

/** The z for which a share `level` of the normal distribution lies between −z and z; found by bisection. */
export function normalQuantile(level: number): number {
  let [low, high] = [0, 40];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (erfc(middle / Math.SQRT2) > 1 - level) low = middle;
    else high = middle;
  }
}

/** The probability of at most `least` heads of `count` fair coins. */
export function fairCoins(least: number, count: number): number {
  let ways = 1;
  let sum = 1;
  for (let k = 1; k <= least; k++) {
    ways *= (count - k + 1) / k;
    sum += ways;
  }
  return sum / 2 ** count;
}
