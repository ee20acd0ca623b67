/** Histograms of numbers, such as weights. */

import { html, type Markup } from "./markup.js";
import { colour } from "./theme.js";

/** How many of some numbers lie between which edges, all parts equally wide. */
export interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly counts: readonly number[];
}

/** So many parts, an odd number so that zero is in the middle of one. */
const BINS = 41;

/**
 * Counts numbers from −m to m, where m is the largest absolute value. Those that are not finite are left out.
 *
 * @example
 * histogramOf(Float32Array.of(-1, 0, 0, 1), 3).counts; // [1, 2, 1]
 */
export function histogramOf(values: Float32Array, bins = BINS): Histogram {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const place = most > 0 ? Math.floor(((value + most) / (2 * most)) * bins) : bins >> 1;
    counts[Math.min(bins - 1, place)]++;
  }
  return { low: -most, high: most, counts };
}

const [WIDTH, HEIGHT, BOTTOM, TOP] = [164, 56, 16, 34];

/**
 * A histogram with its title and what is good to know of it; zero is a line in the accent colour.
 *
 * @returns an `<svg>`, whose colours are the theme's
 */
export function histogramChart({ high, counts }: Histogram, title: string, note: string): Markup {
  const most = Math.max(1, ...counts);
  const step = WIDTH / counts.length;
  const bars = counts.map((count, i) => {
    // a single one is seen, too
    const height = count === 0 ? 0 : Math.max(0.75, (HEIGHT * count) / most);
    return count === 0
      ? undefined
      : html`<rect x="${(i * step).toFixed(1)}" y="${(TOP + HEIGHT - height).toFixed(1)}" width="${(step - 0.5).toFixed(1)}" height="${height.toFixed(1)}"/>`;
  });
  const bottom = TOP + HEIGHT;
  const edge = high.toPrecision(2);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + BOTTOM}" width="${WIDTH}" height="${bottom + BOTTOM}" font-size="10" role="img" aria-label="${title}: ${note}"><text x="0" y="11" font-weight="700" fill="${colour("ink")}">${title}</text><text x="0" y="24" fill="${colour("soft")}">${note}</text><g fill="${colour("quiet")}">${bars}</g><path d="M0 ${bottom}H${WIDTH}" stroke="${colour("line")}"/><path d="M${WIDTH / 2} ${TOP}V${bottom}" stroke="${colour("accent")}"/><g fill="${colour("soft")}"><text x="0" y="${bottom + 12}">−${edge}</text><text x="${WIDTH / 2}" y="${bottom + 12}" text-anchor="middle">0</text><text x="${WIDTH}" y="${bottom + 12}" text-anchor="end">${edge}</text></g></svg>`;
}
