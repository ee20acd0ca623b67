/** Smooth random numbers over a plane: the coarse variation of tissue, stain and light. */

/**
 * A function of x and y with values from about −1 to 1, smooth over `period` pixels: random numbers on a grid, between them bilinear
 * with eased weights.
 *
 * @param {import("bellpepper/random").Stream} random
 * @param {number} period pixels from one random number to the next
 * @param {number} width pixels
 * @param {number} height pixels
 * @returns {(x: number, y: number) => number}
 */
export function randomField(random, period, width, height) {
  const columns = Math.ceil(width / period) + 2;
  const rows = Math.ceil(height / period) + 2;
  const grid = Float32Array.from({ length: columns * rows }, () => 2 * random.uniform() - 1);
  return (x, y) => {
    const u = Math.min(Math.max(x, 0), width) / period;
    const v = Math.min(Math.max(y, 0), height) / period;
    const [i, j] = [u | 0, v | 0];
    const [a, b] = [ease(u - i), ease(v - j)];
    const at = j * columns + i;
    const above = grid[at] + a * (grid[at + 1] - grid[at]);
    const below = grid[at + columns] + a * (grid[at + columns + 1] - grid[at + columns]);
    return above + b * (below - above);
  };
}

/** @param {number} t 0 … 1 */
const ease = (t) => t * t * (3 - 2 * t);
