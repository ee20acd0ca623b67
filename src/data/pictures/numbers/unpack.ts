/** Two ways in which a TIFF's bytes are packed. */

/**
 * Unpacks TIFF's LZW (TIFF 6.0, section 13): codes of 9 to 12 bits, the highest bit first, 256 clears the table and 257 ends; the number of bits
 * grows one code early.
 *
 * @param length bytes that are wanted; what comes after them is not looked at
 * @throws Error when a code is not in the table, or the bytes end before
 */
export function unpackLzw(packed: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  // what each code from 258 on stands for: where it was first written, and how long it is
  const [starts, lengths] = [new Uint32Array(4096), new Uint32Array(4096)];
  let [bit, bits, count, at] = [0, 9, 258, 0];
  // the string before: where it was written, and how long it is; of length 0 after a clearing
  let [start, extent] = [0, 0];
  while (at < length) {
    const byte = bit >> 3;
    if (bit + bits > 8 * packed.length) throw new Error("its LZW data break off");
    const three = (packed[byte] << 16) | ((packed[byte + 1] ?? 0) << 8) | (packed[byte + 2] ?? 0);
    const code = (three >> (24 - bits - (bit & 7))) & ((1 << bits) - 1);
    bit += bits;
    if (code === 257) break;
    if (code === 256) {
      [bits, count, extent] = [9, 258, 0];
      continue;
    }
    const isNew = code === count && extent > 0;
    if (code > 257 && code >= count && !isNew) throw new Error("its LZW data are damaged");
    // what the table has was written before, and the byte after it: the first of what is written now
    if (extent > 0 && count < 4096) [starts[count], lengths[count++]] = [start, extent + 1];
    [start, extent] = [at, code < 256 ? 1 : lengths[code]];
    if (code < 256) result[at++] = code;
    else for (let k = 0; k < extent && at < length; k++) result[at++] = result[starts[code] + k];
    if (count + 1 >= 1 << bits && bits < 12) bits++;
  }
  if (at < length) throw new Error("its LZW data break off");
  return result;
}

/**
 * Unpacks PackBits (TIFF 6.0, section 9): n ≥ 0 is followed by n + 1 bytes, −127 ≤ n < 0 by one that is meant 1 − n times.
 *
 * @throws Error when the bytes end before
 */
export function unpackBits(packed: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  for (let from = 0, at = 0; at < length; ) {
    if (from >= packed.length) throw new Error("its PackBits data break off");
    const n = (packed[from++] << 24) >> 24;
    if (n >= 0) {
      const part = packed.subarray(from, from + Math.min(n + 1, length - at));
      result.set(part, at);
      if (part.length === 0) throw new Error("its PackBits data break off");
      at += part.length;
      from += n + 1;
    } else if (n > -128) {
      result.fill(packed[from++], at, Math.min(length, at + 1 - n));
      at += 1 - n;
    }
  }
  return result;
}
