import type { ImageShape } from "../../values/image-shape.js";
import { LOOK } from "./look.js";
import { COPY_SIDE, hashOfMeans } from "./near-duplicates.js";

/** What pictures are compared by. */
export interface Glance {
  /** as `differenceHash` gives it */
  readonly hash: readonly [number, number];
  /** 16×16 grey bytes */
  readonly copy: Uint8Array;
}

/** Which pixels the cells along one axis have, and how much each counts: those of cell c are from `starts[c]` to before `starts[c + 1]`. */
interface Axis {
  readonly starts: Int32Array;
  readonly places: Int32Array;
  readonly weights: Float64Array;
}

/**
 * A function that glances at pictures of one size. It gives what the hash and the small copy of the picture are when each pixel is enlarged, or
 * chosen, to make it 72×64; but a pixel that is enlarged is read once. Of 16×16 pixels this takes a tenth of the time.
 *
 * @param shape that of the pictures, C×H×W bytes
 */
export function glancer({ channels, height, width }: ImageShape): (planes: Uint8Array) => Glance {
  const xs = placesAlong(width, LOOK.width);
  const ys = placesAlong(height, LOOK.height);
  const [columns, rows] = [[...new Set(xs)], [...new Set(ys)]];
  const [across, down] = [xs.map((x) => columns.indexOf(x)), ys.map((y) => rows.indexOf(y))];
  const hashColumns = axisOf(across, 9, (i) => [[Math.floor(i / 8), 1]]);
  const hashRows = axisOf(down, 8, (i) => [[Math.floor(i / 8), 1]]);
  const copyRows = axisOf(down, COPY_SIDE, (i) => [[Math.floor(i / 4), 1]]);
  // 4.5 columns each: two cells share the fifth of nine
  const copyColumns = axisOf(across, COPY_SIDE, (i) => {
    const [left, k] = [2 * Math.floor(i / 9), i % 9];
    if (k === 4)
      return [
        [left, 0.5],
        [left + 1, 0.5],
      ];
    return [[k < 4 ? left : left + 1, 1]];
  });
  const [wide, high] = [columns.length, rows.length];
  const hashMeans = cellMeans(wide, high, hashColumns, hashRows, 64);
  const copyMeans = cellMeans(wide, high, copyColumns, copyRows, 18);
  const grey = new Uint8Array(wide * high);
  const area = height * width;
  return (planes) => {
    for (let r = 0, at = 0; r < high; r++) {
      for (let c = 0; c < wide; c++) {
        const i = rows[r] * width + columns[c];
        grey[at++] =
          channels === 1
            ? planes[i]
            : Math.round((299 * planes[i] + 587 * planes[area + i] + 114 * planes[2 * area + i]) / 1000);
      }
    }
    const hash = hashOfMeans(hashMeans(grey));
    const means = copyMeans(grey);
    const copy = new Uint8Array(means.length);
    for (let i = 0; i < copy.length; i++) copy[i] = Math.round(means[i]);
    return { hash, copy };
  };
}

/** Which of `size` pixels each of `count` points along an axis shows. */
const placesAlong = (size: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * size) / count));

/** The pixels of each cell along an axis. @param shares of which cells a point is a part, and how much */
function axisOf(
  places: readonly number[],
  count: number,
  shares: (point: number) => readonly (readonly [cell: number, weight: number])[],
): Axis {
  const cells = Array.from({ length: count }, () => new Map<number, number>());
  places.forEach((place, i) => {
    for (const [cell, weight] of shares(i)) cells[cell].set(place, (cells[cell].get(place) ?? 0) + weight);
  });
  const starts = new Int32Array(count + 1);
  cells.forEach((cell, c) => {
    starts[c + 1] = starts[c] + cell.size;
  });
  return {
    starts,
    places: Int32Array.from(cells.flatMap((cell) => [...cell.keys()])),
    weights: Float64Array.from(cells.flatMap((cell) => [...cell.values()])),
  };
}

/** A function for the weighted means of the cells of an image, row after row. @param total what the weights of a cell sum up to */
function cellMeans(width: number, height: number, columns: Axis, rows: Axis, total: number) {
  const [across, down] = [columns.starts.length - 1, rows.starts.length - 1];
  const line = new Float64Array(height);
  const means = new Float64Array(across * down);
  return (grey: Uint8Array): Float64Array => {
    for (let c = 0; c < across; c++) {
      for (let y = 0; y < height; y++) {
        let sum = 0;
        for (let i = columns.starts[c]; i < columns.starts[c + 1]; i++) {
          sum += columns.weights[i] * grey[y * width + columns.places[i]];
        }
        line[y] = sum;
      }
      for (let r = 0; r < down; r++) {
        let sum = 0;
        for (let i = rows.starts[r]; i < rows.starts[r + 1]; i++) sum += rows.weights[i] * line[rows.places[i]];
        means[r * across + c] = sum / total;
      }
    }
    return means;
  };
}
