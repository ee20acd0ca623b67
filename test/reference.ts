/** The operators that slide a window, as their definitions say: plain loops in float64, slow and easy to check. */

import type { Window } from "../src/graph/window.js";

/** A batch N×C×H×W, or filters K×D×u×v. */
export interface Maps {
  readonly shape: readonly [number, number, number, number];
  readonly data: Float64Array;
}

export const zeroMaps = (shape: Maps["shape"]): Maps => ({
  shape,
  data: new Float64Array(shape.reduce((a, b) => a * b, 1)),
});

const at = ({ shape: [, c, h, w] }: Maps, n: number, k: number, i: number, j: number): number =>
  ((n * c + k) * h + i) * w + j;

/** The shape of what a window gives: ⌊(size + pads − reach) / stride⌋ + 1 positions in each axis. */
export function slid([batch, , height, width]: Maps["shape"], channels: number, window: Window): Maps["shape"] {
  const positions = (size: number, axis: 0 | 1): number => {
    const reach = (window.support[axis] - 1) * window.dilation[axis] + 1;
    return Math.floor((size + window.pad[2 * axis] + window.pad[2 * axis + 1] - reach) / window.stride[axis]) + 1;
  };
  return [batch, channels, positions(height, 0), positions(width, 1)];
}

/** Whether every window sees a pixel of the image, and not padding alone. */
export function sees(window: Window, image: Maps["shape"]): boolean {
  const [, , rows, columns] = slid(image, 1, window);
  const places = Array.from({ length: rows * columns }, (_, k) => [Math.floor(k / columns), k % columns] as const);
  return places.every((place) => counted(window, image, place, false) > 0);
}

/** Calls `visit` for each pixel that a window at output (i, j) sees inside the image, column by column. */
function look(
  window: Window,
  [, , height, width]: Maps["shape"],
  [i, j]: readonly [number, number],
  visit: (row: number, column: number, tapRow: number, tapColumn: number) => void,
): void {
  for (let v = 0; v < window.support[1]; v++) {
    for (let u = 0; u < window.support[0]; u++) {
      const row = i * window.stride[0] - window.pad[0] + u * window.dilation[0];
      const column = j * window.stride[1] - window.pad[2] + v * window.dilation[1];
      if (row >= 0 && row < height && column >= 0 && column < width) visit(row, column, u, v);
    }
  }
}

/** Calls `visit` for every element of N×C×H×W. */
function each(
  [batch, channels, height, width]: Maps["shape"],
  visit: (n: number, c: number, i: number, j: number) => void,
): void {
  for (let n = 0; n < batch; n++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) visit(n, c, i, j);
}

/** Visits each product of a convolution: the places of x[n, c, ·, ·], f[k, d, ·, ·] and y[n, k, ·, ·] that belong together. */
function products(
  x: Maps,
  f: Maps,
  y: Maps,
  window: Window,
  groups: number,
  visit: (x: number, f: number, y: number) => void,
): void {
  const [filters, depth] = f.shape;
  each(y.shape, (n, k, i, j) => {
    const first = Math.floor((k * groups) / filters) * depth;
    const there = at(y, n, k, i, j);
    look(window, x.shape, [i, j], (row, column, u, v) => {
      for (let d = 0; d < depth; d++) visit(at(x, n, first + d, row, column), at(f, k, d, u, v), there);
    });
  });
}

/** y[n, k, i, j] = b[k] + Σ x[n, c, i·s + u·d − pad, …]·f[k, c, u, v] */
export function conv(x: Maps, f: Maps, b: Float64Array | undefined, window: Window, groups: number): Maps {
  const y = zeroMaps(slid(x.shape, f.shape[0], window));
  if (b)
    each(y.shape, (n, k, i, j) => {
      y.data[at(y, n, k, i, j)] = b[k];
    });
  products(x, f, y, window, groups, (p, q, r) => {
    y.data[r] += x.data[p] * f.data[q];
  });
  return y;
}

/** dx: every product of {@link conv} gives f·dy back to its pixel. */
export function convDataGradient(dy: Maps, f: Maps, image: Maps["shape"], window: Window, groups: number): Maps {
  const dx = zeroMaps(image);
  products(dx, f, dy, window, groups, (p, q, r) => {
    dx.data[p] += f.data[q] * dy.data[r];
  });
  return dx;
}

/** df: every product of {@link conv} gives x·dy back to its tap. */
export function convFilterGradient(x: Maps, dy: Maps, filters: Maps["shape"], window: Window, groups: number): Maps {
  const df = zeroMaps(filters);
  products(x, df, dy, window, groups, (p, q, r) => {
    df.data[q] += x.data[p] * dy.data[r];
  });
  return df;
}

/** The place of the largest pixel that a window sees: of several, the first, column by column. */
function winner(x: Maps, window: Window, n: number, c: number, i: number, j: number): number {
  let best = -1;
  look(window, x.shape, [i, j], (row, column) => {
    const here = at(x, n, c, row, column);
    if (best < 0 || x.data[here] > x.data[best]) best = here;
  });
  return best;
}

export function maxPool(x: Maps, window: Window): Maps {
  const y = zeroMaps(slid(x.shape, x.shape[1], window));
  each(y.shape, (n, c, i, j) => {
    y.data[at(y, n, c, i, j)] = x.data[winner(x, window, n, c, i, j)];
  });
  return y;
}

export function maxPoolGradient(x: Maps, dy: Maps, window: Window): Maps {
  const dx = zeroMaps(x.shape);
  each(dy.shape, (n, c, i, j) => {
    dx.data[winner(x, window, n, c, i, j)] += dy.data[at(dy, n, c, i, j)];
  });
  return dx;
}

/** How many taps count in the mean: those inside the image, or all. */
function counted(window: Window, image: Maps["shape"], place: readonly [number, number], padding: boolean): number {
  if (padding) return window.support[0] * window.support[1];
  let count = 0;
  look(window, image, place, () => void count++);
  return count;
}

/** The mean of the pixels that a window sees; with `padding` also of the zeros around the image. */
export function averagePool(x: Maps, window: Window, padding: boolean): Maps {
  const y = zeroMaps(slid(x.shape, x.shape[1], window));
  each(y.shape, (n, c, i, j) => {
    let sum = 0;
    look(window, x.shape, [i, j], (row, column) => {
      sum += x.data[at(x, n, c, row, column)];
    });
    y.data[at(y, n, c, i, j)] = sum / counted(window, x.shape, [i, j], padding);
  });
  return y;
}

export function averagePoolGradient(dy: Maps, image: Maps["shape"], window: Window, padding: boolean): Maps {
  const dx = zeroMaps(image);
  each(dy.shape, (n, c, i, j) => {
    const share = dy.data[at(dy, n, c, i, j)] / counted(window, image, [i, j], padding);
    look(window, image, [i, j], (row, column) => {
      dx.data[at(dx, n, c, row, column)] += share;
    });
  });
  return dx;
}
