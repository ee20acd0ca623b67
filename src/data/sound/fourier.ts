/**
 * The Fourier transform of complex numbers, in place (Cooley and Tukey 1965): X[k] = Σ_j x[j]·e^(−2πi·jk/n).
 *
 * @param real the real parts; as many as a power of two
 * @param imaginary the imaginary parts, as many
 * @throws RangeError when their number is no power of two
 * @example
 * const [real, imaginary] = [Float64Array.of(1, 0, 0, 0), new Float64Array(4)];
 * fourierTransform(real, imaginary);
 * real; // equals Float64Array.of(1, 1, 1, 1)
 */
export function fourierTransform(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  if (n < 1 || (n & (n - 1)) !== 0) throw new RangeError(`Expected a power of two of numbers, got ${n}.`);
  reverseBits(real, imaginary);
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    for (let k = 0; k < half; k++) {
      const angle = (-2 * Math.PI * k) / size;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let a = k; a < n; a += size) {
        const b = a + half;
        const re = real[b] * cos - imaginary[b] * sin;
        const im = real[b] * sin + imaginary[b] * cos;
        real[b] = real[a] - re;
        imaginary[b] = imaginary[a] - im;
        real[a] += re;
        imaginary[a] += im;
      }
    }
  }
}

/** Every number goes where the bits of its place are read backwards. */
function reverseBits(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [real[i], real[j]] = [real[j], real[i]];
    [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
  }
}
