/** Connected components of ink. */

import type { Ink } from "./ink.js";

/** A pixel is ink when more than this of it is. */
export const INK = 0.5;

/** Letters hang together by hairlines, of which a pixel may hold no more than this. */
export const FAINT = 0.2;

/** Pixels of ink that hang together. The far sides are exclusive. */
export interface Component {
  /** in the label image: from 1 */
  readonly label: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** how many pixels */
  readonly area: number;
}

/**
 * Divides ink into its 8-connected components.
 *
 * @param threshold a pixel is ink when more than this of it is
 * @returns the components from left to right (by their left sides), and for each pixel its component's label or 0
 */
export function componentsOf(
  { width, height, data }: Ink,
  threshold = INK,
): { components: Component[]; labels: Int32Array } {
  const labels = new Int32Array(width * height);
  const components: Component[] = [];
  let stack = new Int32Array(1024);
  for (let x0 = 0; x0 < width; x0++) {
    for (let y0 = 0; y0 < height; y0++) {
      const seed = y0 * width + x0;
      if (data[seed] <= threshold || labels[seed] !== 0) continue;
      const label = components.length + 1;
      let [left, right, top, bottom, area, depth] = [x0, x0, y0, y0, 0, 0];
      labels[seed] = label;
      stack[depth++] = seed;
      while (depth > 0) {
        const at = stack[--depth];
        const [x, y] = [at % width, Math.floor(at / width)];
        area++;
        if (x < left) left = x;
        if (x > right) right = x;
        if (y < top) top = y;
        if (y > bottom) bottom = y;
        if (depth + 8 > stack.length) stack = enlargeStack(stack);
        for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
          for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
            const next = v * width + u;
            if (data[next] > threshold && labels[next] === 0) {
              labels[next] = label;
              stack[depth++] = next;
            }
          }
        }
      }
      components.push({ label, left, right: right + 1, top, bottom: bottom + 1, area });
    }
  }
  return { components, labels };
}

function enlargeStack(stack: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * stack.length);
  larger.set(stack);
  return larger;
}
