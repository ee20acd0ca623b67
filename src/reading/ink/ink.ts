/** From the pixels of an image to where there is ink, whatever the colours of writing and paper. */

import type { Image } from "../../data/pictures/image.js";
import { alongAxis, colourAxis } from "./colour-axis.js";

/** How much of each pixel is ink: 0 paper … 1 ink. */
export interface Ink {
  readonly width: number;
  readonly height: number;
  /** row after row */
  readonly data: Float32Array;
}

/** The ink of an image. */
export interface FoundInk {
  readonly ink: Ink;
  /** by how much the image was shrunk: so many of its pixels make one of `ink`, on each axis */
  readonly shrunk: number;
  /** the standard deviation of the paper's noise, as a share of the contrast */
  readonly noise: number;
}

/** Larger images are shrunk by a whole number first: writing this large is legible at half the size. */
const MOST_PIXELS = 16e6;
/** Tiles are no larger than this, in pixels; letters of this size are mostly paper in them. */
const LARGEST_TILE = 240;
/** Writing and paper differ by at least so many of 256 levels. */
const LEAST_CONTRAST = 16;
/** Writing stands out from the unevenness of the paper by at least so many standard deviations. */
const LEAST_DEVIATIONS = 4.5;

/**
 * Finds ink by its contrast to the paper around it.
 *
 * Of colours, how far they are from the paper's along {@link colourAxis} counts, not how light they are. The paper's level is the median
 * of each tile of about half the image's height, smooth between tiles, so that light that falls off over the image does no harm. Ink is
 * what lies to the side of the paper where fewer pixels lie: dark on light or light on dark. Otsu's threshold divides ink from paper;
 * the ink's level, which becomes 1, is the upper quartile beyond it.
 *
 * @returns undefined when there is no ink
 */
export function inkOf(image: Image): FoundInk | undefined {
  const shrunk = Math.ceil(Math.sqrt((image.width * image.height) / MOST_PIXELS));
  const width = Math.floor(image.width / shrunk);
  const height = Math.floor(image.height / shrunk);
  if (width === 0 || height === 0) return undefined;
  const area = image.width * image.height;
  const differences = Array.from({ length: image.channels }, (_, c) => {
    const plane = image.data.subarray(c * area, (c + 1) * area);
    const levels = blockMeans(plane, image.width, width, height, shrunk);
    const paper = paperLevel(levels, width, height);
    for (let i = 0; i < levels.length; i++) levels[i] -= paper[i];
    return levels;
  });
  const difference = differences.length === 1 ? differences[0] : alongAxis(differences, colourAxis(differences));
  makeInkPositive(difference);
  const contrast = inkContrast(difference);
  if (contrast === undefined) return undefined;
  const { paper, level } = contrast;
  const data = difference.map((d) => Math.min(1, Math.max(0, (d - paper) / (level - paper))));
  return { ink: { width, height, data }, shrunk, noise: noiseOf(difference, width) / level };
}

function blockMeans(plane: Uint8Array, stride: number, width: number, height: number, block: number): Float32Array {
  if (block === 1) return Float32Array.from(plane);
  const means = new Float32Array(width * height);
  for (let y = 0; y < height * block; y++) {
    const row = Math.floor(y / block) * width;
    for (let x = 0; x < width * block; x++) means[row + Math.floor(x / block)] += plane[y * stride + x];
  }
  return means.map((sum) => sum / (block * block));
}

/** Gives differences from the paper the sign with which what few pixels have is above it. */
function makeInkPositive(difference: Float32Array): void {
  let skew = 0;
  for (const d of difference) skew += d * d * d;
  if (skew < 0) for (let i = 0; i < difference.length; i++) difference[i] = -difference[i];
}

/** The paper's level at each pixel: the medians of tiles, bilinear between their centres. */
function paperLevel(levels: Float32Array, width: number, height: number): Float32Array {
  const side = Math.min(LARGEST_TILE, Math.max(16, Math.ceil(height / 2)));
  const rows = Math.max(1, Math.round(height / side));
  const columns = Math.max(1, Math.round(width / side));
  const medians = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      // a tile of twice its share: neighbours overlap, so that no tile is all ink
      const [top, bottom] = spanOfTile(r, rows, height);
      const [left, right] = spanOfTile(c, columns, width);
      const counts = new Uint32Array(256);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) counts[Math.round(levels[y * width + x])]++;
      }
      medians[r * columns + c] = binOfShare(counts, 0.5);
    }
  }
  const level = new Float32Array(levels.length);
  for (let y = 0; y < height; y++) {
    const [r, r1, v] = tilesAround(y, height, rows);
    for (let x = 0; x < width; x++) {
      const [c, c1, u] = tilesAround(x, width, columns);
      const above = medians[r * columns + c] * (1 - u) + medians[r * columns + c1] * u;
      const below = medians[r1 * columns + c] * (1 - u) + medians[r1 * columns + c1] * u;
      level[y * width + x] = above * (1 - v) + below * v;
    }
  }
  return level;
}

const spanOfTile = (tile: number, tiles: number, size: number): readonly [number, number] => [
  Math.max(0, Math.floor(((tile - 0.5) * size) / tiles)),
  Math.min(size, Math.ceil(((tile + 1.5) * size) / tiles)),
];

/** The two tiles whose centres a pixel lies between, and how far from the first to the second. */
function tilesAround(pixel: number, size: number, tiles: number): readonly [number, number, number] {
  const at = Math.min(tiles - 1, Math.max(0, ((pixel + 0.5) * tiles) / size - 0.5));
  const first = Math.floor(at);
  return [first, Math.min(tiles - 1, first + 1), at - first];
}

/** The levels of paper and of ink; undefined when no ink stands out. */
function inkContrast(difference: Float32Array): { paper: number; level: number } | undefined {
  const counts = new Uint32Array(512);
  for (const d of difference) counts[Math.round(d) + 256]++;
  const threshold = otsuThreshold(counts);
  let [n, sum, squares] = [0, 0, 0];
  for (let bin = 0; bin <= threshold; bin++) {
    n += counts[bin];
    sum += counts[bin] * (bin - 256);
    squares += counts[bin] * (bin - 256) ** 2;
  }
  const inkCounts = counts.map((count, bin) => (bin > threshold ? count : 0));
  if (n === 0 || n === difference.length) return undefined;
  const deviation = Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
  const level = binOfShare(inkCounts, 0.75) - 256;
  // half the noise of the paper counts as paper; what lies below its level as well
  const paper = Math.max(0, sum / n + deviation / 2);
  if (level < LEAST_CONTRAST || level - sum / n < LEAST_DEVIATIONS * deviation) return undefined;
  return { paper: Math.min(paper, level / 4), level };
}

/**
 * The standard deviation of noise: most pixels are paper, and there the second difference a − 2b + c of three neighbours in
 * a row is the noise's alone, with √6 times its deviation, of which the median of the absolute value is 0.6745.
 */
function noiseOf(difference: Float32Array, width: number): number {
  const counts = new Uint32Array(1024);
  for (let i = 1; i < difference.length - 1; i++) {
    if (i % width === 0 || i % width === width - 1) continue;
    const second = Math.abs(difference[i - 1] - 2 * difference[i] + difference[i + 1]);
    counts[Math.min(1023, Math.round(2 * second))]++;
  }
  return binOfShare(counts, 0.5) / 2 / (0.6745 * Math.sqrt(6));
}

/** The bin after which a histogram falls best into two classes, those farthest apart in variance (Otsu 1979). */
export function otsuThreshold(counts: ArrayLike<number>): number {
  let [total, moment] = [0, 0];
  for (let bin = 0; bin < counts.length; bin++) {
    total += counts[bin];
    moment += counts[bin] * bin;
  }
  let [below, belowMoment, best, threshold] = [0, 0, -1, 0];
  for (let bin = 0; bin < counts.length - 1; bin++) {
    below += counts[bin];
    belowMoment += counts[bin] * bin;
    if (below === 0 || below === total) continue;
    const apart = belowMoment / below - (moment - belowMoment) / (total - below);
    const variance = below * (total - below) * apart * apart;
    if (variance > best) [best, threshold] = [variance, bin];
  }
  return threshold;
}

/** The first bin of a histogram up to which at least a share of all that was counted lies. */
function binOfShare(counts: Uint32Array, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    seen += counts[bin];
    if (seen > 0 && seen >= share * total) return bin;
  }
  return counts.length - 1;
}
