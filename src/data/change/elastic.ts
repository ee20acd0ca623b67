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
  const gaussian = gaussianOf(smoothness);
  const bits = randomBits(seed);
  const scale = (amount * Math.sqrt(3)) / gaussian.squares;
  const [right, down] = [smoothField(gaussian, scale, bits), smoothField(gaussian, scale, bits)];
  return { nodes: gaussian.nodes, right, down };
}

/** What smooths a field: it is the same for every picture. */
interface Gaussian {
  readonly smoothness: number;
  readonly nodes: number;
  /** its middle, and then one side of it */
  readonly kernel: Float64Array;
  /** uniform in ±1 has variance 1/3; the kernel's squares are the share of it that is left, in each direction */
  readonly squares: number;
  /** room for the rows that are smoothed already, and for one that is not */
  readonly rows: Float64Array;
  readonly line: Float64Array;
}

let latest: Gaussian | undefined;

function gaussianOf(smoothness: number): Gaussian {
  if (latest?.smoothness === smoothness) return latest;
  const nodes = Math.ceil(1.5 / smoothness) + 1;
  const deviation = smoothness * (nodes - 1);
  const radius = Math.ceil(2.5 * deviation);
  const kernel = Float64Array.from({ length: radius + 1 }, (_, k) => Math.exp(-0.5 * (k / deviation) ** 2));
  const squares = kernel.reduce((sum, k, i) => sum + (i === 0 ? 1 : 2) * k * k, 0);
  const wide = nodes + 2 * radius;
  latest = { smoothness, nodes, kernel, squares, rows: new Float64Array(wide * nodes), line: new Float64Array(wide) };
  return latest;
}

/** Random numbers in ±1, smoothed along rows and columns; of size nodes × nodes. */
function smoothField({ nodes, kernel, rows, line }: Gaussian, scale: number, bits: () => number): Float32Array {
  const radius = kernel.length - 1;
  const wide = line.length;
  for (let y = 0; y < wide; y++) {
    for (let x = 0; x < wide; x++) line[x] = bits() / 2 ** 31;
    for (let x = 0; x < nodes; x++) {
      const middle = x + radius;
      let sum = kernel[0] * line[middle];
      for (let k = 1; k <= radius; k++) sum += kernel[k] * (line[middle - k] + line[middle + k]);
      rows[y * nodes + x] = sum;
    }
  }
  const result = new Float32Array(nodes * nodes);
  for (let i = 0; i < result.length; i++) {
    const middle = i + radius * nodes;
    let sum = kernel[0] * rows[middle];
    for (let k = 1, d = nodes; k <= radius; k++, d += nodes) sum += kernel[k] * (rows[middle - d] + rows[middle + d]);
    result[i] = scale * sum;
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
