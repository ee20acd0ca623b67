/** Elastic warping by random displacements that are smoothed. */

/** A displacement of each point of a picture, given at the nodes of a grid that reaches from edge to edge. */
export interface Displacement {
  /** nodes in each direction */
  readonly nodes: number;
  /** nodes × nodes, row by row: to the right and down, as shares of the width and the height */
  readonly right: Float32Array;
  readonly down: Float32Array;
}

/**
 * Random displacements (Simard, Steinkraus and Platt 2003): uniform in ±1 at each place and for each direction, smoothed by a Gaussian,
 * and scaled. A field that a Gaussian of deviation σ has smoothed is nearly linear within ⅔ σ: what it differs by is 5 % of it in the root
 * mean square. So it is computed on a grid as wide as that, whatever the picture's size, and is linear in between.
 *
 * @param amount the root mean square in each direction that is to be expected, as a share
 * @param smoothness σ, as a share of the picture's size
 * @param seed 32 bits
 */
export function elasticDisplacement(amount: number, smoothness: number, seed: number): Displacement {
  const nodes = Math.ceil(1.5 / smoothness) + 1;
  const deviation = smoothness * (nodes - 1);
  const radius = Math.ceil(2.5 * deviation);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / deviation) ** 2),
  );
  // uniform in ±1 has variance 1/3; the kernel's squares are the share of it that is left, in each direction
  const squares = kernel.reduce((sum, k) => sum + k * k, 0);
  const scale = (amount * Math.sqrt(3)) / squares;
  const bits = randomBits(seed);
  const [right, down] = [smoothed(nodes, kernel, scale, bits), smoothed(nodes, kernel, scale, bits)];
  return { nodes, right, down };
}

/** Random numbers in ±1, smoothed along rows and columns; of size nodes × nodes. */
function smoothed(nodes: number, kernel: Float64Array, scale: number, bits: () => number): Float32Array {
  const wide = nodes + kernel.length - 1;
  const rows = new Float64Array(wide * nodes);
  const line = new Float64Array(wide);
  for (let y = 0; y < wide; y++) {
    for (let x = 0; x < wide; x++) line[x] = bits() / 2 ** 31;
    for (let x = 0; x < nodes; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * line[x + k];
      rows[y * nodes + x] = sum;
    }
  }
  const result = new Float32Array(nodes * nodes);
  for (let y = 0; y < nodes; y++) {
    for (let x = 0; x < nodes; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * rows[(y + k) * nodes + x];
      result[y * nodes + x] = scale * sum;
    }
  }
  return result;
}

/** The displacement at a point, in shares; beyond the picture it is that of its edge. */
export function displacementAt({ nodes, right, down }: Displacement, u: number, v: number): readonly [number, number] {
  const last = nodes - 1;
  const [x, y] = [Math.min(Math.max(u, 0), 1) * last, Math.min(Math.max(v, 0), 1) * last];
  const [i, j] = [Math.min(Math.floor(x), last - 1), Math.min(Math.floor(y), last - 1)];
  const at = (field: Float32Array): number => {
    const k = j * nodes + i;
    const top = field[k] + (x - i) * (field[k + 1] - field[k]);
    const bottom = field[k + nodes] + (x - i) * (field[k + nodes + 1] - field[k + nodes]);
    return top + (y - j) * (bottom - top);
  };
  return [at(right), at(down)];
}

/** Random whole numbers of 32 bits with their sign (Marsaglia's xorshift, 2003): for millions of numbers, where a stream's would be slow. */
export function randomBits(seed: number): () => number {
  // 0 would stay 0
  let state = seed | 0 || 0x9e3779b9 | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}
