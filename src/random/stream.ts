/** Random numbers that depend only on a seed and on what they are for, never on who asks first. */

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A sequence of random numbers. */
export interface Stream {
  /** uniform in [0, 1) */
  uniform(): number;
  /** a whole number, uniform from `low` to `high`, both possible */
  integer(low: number, high: number): number;
  /** normal with mean 0 and deviation 1 */
  normal(): number;
}

/**
 * The stream of a seed for one purpose: equal arguments give equal numbers, on any machine and in any order of calls.
 *
 * @param seed the run's seed
 * @param purpose what the numbers are for: a word and counters
 * @example
 * stream(1, "jitter", 3, 17).integer(-5, 5); // for sample 17 in epoch 3
 */
export function stream(seed: number, ...purpose: readonly (string | number)[]): Stream {
  const generator = xoroshiro128plus(hash(seed, purpose));
  const uniform = (): number => uniformFloat64(generator);
  return {
    uniform,
    integer: (low, high) => uniformInt(generator, low, high),
    // Box and Muller (1958); 1 − u is never 0
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/**
 * The numbers 0 … count − 1 in random order (Fisher and Yates).
 *
 * @example
 * const order = permutation(3, stream(1, "order"));
 * order.toSorted(); // [0, 1, 2]
 */
export function permutation(count: number, random: Stream): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** 32 bits that mix a seed with the words and counters of a purpose: FNV-1a over their text, finished as MurmurHash3 is. */
function hash(seed: number, purpose: readonly (string | number)[]): number {
  const text = [seed, ...purpose].join("\u0000");
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
