/** Sounds as the bytes that networks take: a picture of two rows, the upper and the lower byte of each sample. */

/** A sample from −1 to 1 as a whole number of 16 bits; what is beyond is cut off. */
export const sixteenBits = (sample: number): number => Math.max(-32768, Math.min(32767, Math.round(32768 * sample)));

/**
 * Samples as the two rows of a picture, upper bytes and lower bytes of sample + 32768.
 *
 * @returns 2 × as many bytes
 * @example
 * bytesOfSamples(Float32Array.of(0, -1)); // equals Uint8Array.of(128, 0, 0, 0)
 */
export function bytesOfSamples(
  samples: Float32Array,
  into: Uint8Array = new Uint8Array(2 * samples.length),
  offset = 0,
): Uint8Array {
  const { length } = samples;
  for (let i = 0; i < length; i++) {
    const value = sixteenBits(samples[i]) + 32768;
    into[offset + i] = value >> 8;
    into[offset + length + i] = value & 255;
  }
  return into;
}

/**
 * The samples that two rows of bytes stand for.
 *
 * @param length how many samples
 * @example
 * samplesOfBytes(Uint8Array.of(128, 0, 0, 0), 2); // equals Float32Array.of(0, -1)
 */
export function samplesOfBytes(bytes: Uint8Array, length: number, offset = 0): Float32Array {
  return Float32Array.from(
    { length },
    (_, i) => (256 * bytes[offset + i] + bytes[offset + length + i] - 32768) / 32768,
  );
}

/**
 * A sound of so many samples: the middle of a longer one; a shorter one in the middle of silence.
 *
 * @example
 * ofLength(Float32Array.of(1, 2, 3), 5); // equals Float32Array.of(0, 1, 2, 3, 0)
 */
export function ofLength(samples: Float32Array, length: number): Float32Array {
  if (samples.length === length) return samples;
  const fitted = new Float32Array(length);
  const spare = Math.abs(samples.length - length) >> 1;
  if (samples.length > length) fitted.set(samples.subarray(spare, spare + length));
  else fitted.set(samples, spare);
  return fitted;
}
