/** How much memory a file may take beyond its own bytes: the way of a small file to a large array is bounded here. */

import { ModelFormatError } from "../graph/codec/foreign.js";

/** What any file may take, in bytes. */
const LEAST = 2 ** 26;
/** What a file may take, in multiples of its bytes. zlib makes up to 1000 of one; weights that are not all zero hardly shrink. */
const GROWTH = 64;

/** Counts what is allocated for a file. */
export interface Budget {
  /** @throws ModelFormatError when this is too much */
  take(bytes: number, what: string): void;
}

/** What a file of so many bytes may take in memory. */
export function budgetOf(size: number): Budget {
  const all = Math.max(LEAST, GROWTH * size);
  let left = all;
  return {
    take(bytes, what) {
      if (!(bytes <= left)) {
        throw new ModelFormatError(
          `${what}: expected at most ${all} bytes out of a file of ${size}, got ${all - left + bytes}: the file is damaged, or made to fill the memory.`,
        );
      }
      left -= bytes;
    },
  };
}
