import { editDistance } from "../values/nearest.js";

/**
 * The character error rate: the edit distances of all pairs, divided by the number of characters that were to be read,
 * spaces included. 0 is faultless; more than 1 is possible where more was read than there is.
 *
 * @param pairs what was to be read, and what was read
 * @throws RangeError when there was nothing to read
 * @example
 * characterErrorRate([["the rat", "the cat"], ["ate", "at"]]); // 2 errors in 10 characters: 0.2
 */
export function characterErrorRate(pairs: Iterable<readonly [expected: string, read: string]>): number {
  let [errors, length] = [0, 0];
  for (const [expected, read] of pairs) {
    errors += editDistance(expected, read);
    length += [...expected].length;
  }
  if (length === 0) throw new RangeError("A character error rate needs at least one character that was to be read.");
  return errors / length;
}
