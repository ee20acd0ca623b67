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
  /** how far it reaches to each side: 4 or 5 nodes, as a deviation has 1.5 to 2 of them */
  readonly radius: number;
  /** its middle, and then one side of it; 0 beyond the radius */
  readonly kernel: Float64Array;
  /** uniform in ±1 has variance 1/3; the kernel's squares are the share of it that is left, in each direction */
  readonly squares: number;
  /** room for a field that is not smoothed, and for its smoothed rows; beyond the radius there are zeros */
  readonly random: Float64Array;
  readonly rows: Float64Array;
}

const LARGEST_RADIUS = 5;

let latest: Gaussian | undefined;

function gaussianOf(smoothness: number): Gaussian {
  if (latest?.smoothness === smoothness) return latest;
  const nodes = Math.ceil(1.5 / smoothness) + 1;
  const deviation = smoothness * (nodes - 1);
  const radius = Math.ceil(2.5 * deviation);
  const kernel = Float64Array.from({ length: LARGEST_RADIUS + 1 }, (_, k) =>
    k > radius ? 0 : Math.exp(-0.5 * (k / deviation) ** 2),
  );
  const squares = kernel.reduce((sum, k, i) => sum + (i === 0 ? 1 : 2) * k * k, 0);
  const wide = nodes + 2 * LARGEST_RADIUS;
  const [random, rows] = [new Float64Array(wide * wide), new Float64Array(wide * nodes)];
  latest = { smoothness, nodes, radius, kernel, squares, random, rows };
  return latest;
}

/** Random numbers in ±1, smoothed along rows and columns; of size nodes × nodes. */
function smoothField(gaussian: Gaussian, scale: number, bits: () => number): Float32Array {
  const { nodes, radius, kernel, random, rows } = gaussian;
  const wide = nodes + 2 * LARGEST_RADIUS;
  const around = LARGEST_RADIUS - radius;
  for (let y = around; y < wide - around; y++) {
    for (let i = y * wide + around; i < (y + 1) * wide - around; i++) random[i] = bits() / 2 ** 31;
  }
  const result = new Float32Array(nodes * nodes);
  for (let y = 0; y < wide; y++) smoothLine(kernel, 1, random, y * wide, 1, rows, y * nodes, 1, nodes);
  for (let x = 0; x < nodes; x++) smoothLine(kernel, scale, rows, x, nodes, result, x, nodes, nodes);
  return result;
}

/**
 * Weighed sums of the numbers of a line and of five neighbours at each side, `step` apart, the first of them at `from`. The eleven numbers move along in
 * variables, so that each is read once.
 */
function smoothLine(
  kernel: Float64Array,
  scale: number,
  source: Float64Array,
  from: number,
  step: number,
  into: Float64Array | Float32Array,
  to: number,
  stepInto: number,
  count: number,
): void {
  const k0 = kernel[0],
    k1 = kernel[1],
    k2 = kernel[2],
    k3 = kernel[3],
    k4 = kernel[4],
    k5 = kernel[5];
  let a = source[from],
    b = source[from + step],
    c = source[from + 2 * step],
    d = source[from + 3 * step],
    e = source[from + 4 * step],
    f = source[from + 5 * step],
    g = source[from + 6 * step],
    h = source[from + 7 * step],
    i = source[from + 8 * step],
    j = source[from + 9 * step];
  let next = from + 10 * step;
  for (let n = 0, at = to; n < count; n++, at += stepInto, next += step) {
    const k = source[next];
    into[at] = scale * (k0 * f + k1 * (e + g) + k2 * (d + h) + k3 * (c + i) + k4 * (b + j) + k5 * (a + k));
    a = b;
    b = c;
    c = d;
    d = e;
    e = f;
    f = g;
    g = h;
    h = i;
    i = j;
    j = k;
  }
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
