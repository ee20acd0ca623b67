/** The ticks of a logarithmic axis. */

/** The powers of ten from low to high, at most nine of them. */
export function powersOfTen(low: number, high: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = Math.max(1, Math.ceil((last - first) / 8));
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => Number(`1e${first + i * step}`));
}

/** "1e−5", "0.01", "1e4" */
export const powerText = (value: number): string =>
  value < 1e-3 || value > 1000 ? value.toExponential().replace("e+", "e").replace("-", "−") : `${value}`;

/**
 * Multiples of the powers of ten between two positive numbers.
 *
 * @param digits what the powers are multiplied by, rising; 1, 2 and 5
 * @example
 * decades(0.4, 12); // [0.5, 1, 2, 5, 10]
 */
export function decades(low: number, high: number, digits: readonly number[] = [1, 2, 5]): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.floor(Math.log10(high))];
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return powers
    .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
    .filter((tick) => tick >= low && tick <= high);
}
