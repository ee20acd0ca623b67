/** Which direction of colour leads from paper to ink. */

const STEPS = 30;

/**
 * The axis along which colours differ most from the paper's: the eigenvector of the largest eigenvalue of Σ d·dᵀ over all pixels, d being
 * how much red, green and blue differ from the paper (power iteration). Red on green of the same luminance differs along it as well as black
 * on white does.
 *
 * @param differences of each channel, pixel by pixel
 * @returns one weight for each channel, their absolute values adding up to 1, so that differences along the axis are levels again
 */
export function colourAxis(differences: readonly Float32Array[]): number[] {
  const products = differences.map((a) =>
    differences.map((b) => {
      let sum = 0;
      for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
      return sum;
    }),
  );
  // no weight is 0 at first; where nothing differs it stays as it is
  let axis = [0.299, 0.587, 0.114];
  for (let step = 0; step < STEPS; step++) {
    const next = products.map((row) => row.reduce((sum, value, c) => sum + value * axis[c], 0));
    const size = next.reduce((sum, value) => sum + Math.abs(value), 0);
    if (size === 0) break;
    axis = next.map((value) => value / size);
  }
  return axis;
}

/** Differences along an axis, pixel by pixel; they take the place of the first channel's. */
export function alongAxis(differences: readonly Float32Array[], [r, g, b]: readonly number[]): Float32Array {
  const [red, green, blue] = differences;
  for (let i = 0; i < red.length; i++) red[i] = r * red[i] + g * green[i] + b * blue[i];
  return red;
}
