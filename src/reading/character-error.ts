/**
 * The Levenshtein distance of two texts: the least number of characters to insert, delete or replace that turns one into
 * the other (Levenshtein 1966). Characters are Unicode code points.
 *
 * @example
 * editDistance("kitten", "sitting"); // 3
 */
export function editDistance(a: string, b: string): number {
  const [from, to] = [[...a], [...b]];
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, character] of from.entries()) {
    const row = [i + 1];
    for (let j = 0; j < to.length; j++) {
      row.push(Math.min(previous[j] + (character === to[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1));
    }
    previous = row;
  }
  return previous[to.length];
}

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
