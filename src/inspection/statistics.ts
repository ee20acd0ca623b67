/** What two sets of numbers have in common, and how large numbers are. */

/**
 * Pearson's correlation, from −1 to 1; 0 where all numbers of a side are equal.
 *
 * @example
 * correlation([1, 2, 3], [2, 4, 6]); // 1
 */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [middleA, middleB] = [meanOf(a), meanOf(b)];
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [u, v] = [a[i] - middleA, b[i] - middleB];
    product += u * v;
    squareA += u * u;
    squareB += v * v;
  }
  return squareA > 0 && squareB > 0 ? product / Math.sqrt(squareA * squareB) : 0;
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** The root mean square of the numbers that are not 0; not a number where all are. */
export function rootMeanSquare(values: ArrayLike<number>): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += values[i] * values[i];
    if (values[i] !== 0) count++;
  }
  return Math.sqrt(sum / count);
}
