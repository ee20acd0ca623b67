/** Where patches lie in a slide, and in which order a large picture is best read for them. */

import type { Image } from "../pictures/image.js";
import type { Box } from "../sources/dataset.js";

/** A patch to be cut, before it is known whether it fits. */
export interface PatchPlace {
  /** the middle of the patch, in pixels of the slide; 0, 0 is the corner of the top left pixel */
  readonly x: number;
  readonly y: number;
  readonly label: string;
  /** what it belongs to, such as a patient */
  readonly group: string;
}

/** The square of a slide around a place; part of it may lie outside. */
export function squareAround({ x, y }: Pick<PatchPlace, "x" | "y">, side: number): Box {
  return { x: Math.round(x - side / 2), y: Math.round(y - side / 2), width: side, height: side };
}

/** Whether all of a box lies in an image of a size. */
export const liesWithin = (box: Box, { width, height }: { readonly width: number; readonly height: number }): boolean =>
  box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;

/** The part of a box that lies in an image of a size; a width or height of 0 or less where there is none. */
export function clipBox(box: Box, { width, height }: { readonly width: number; readonly height: number }): Box {
  const [x, y] = [Math.max(0, box.x), Math.max(0, box.y)];
  return { x, y, width: Math.min(width, box.x + box.width) - x, height: Math.min(height, box.y + box.height) - y };
}

/**
 * Puts boxes that are near each other together, so that a picture is read once for all of them and never as a whole: the boxes whose
 * corners lie in the same cell of a grid, from top to bottom.
 *
 * @param cell the grid's step in pixels
 * @returns the numbers of the boxes of each cell, and the smallest box around them
 */
export function gatherBoxes(
  boxes: readonly Box[],
  cell: { readonly width: number; readonly height: number },
): { readonly numbers: readonly number[]; readonly around: Box }[] {
  const cells = new Map<string, { row: number; column: number; numbers: number[] }>();
  boxes.forEach(({ x, y }, i) => {
    const [row, column] = [Math.floor(y / cell.height), Math.floor(x / cell.width)];
    const known = cells.get(`${row} ${column}`);
    if (known) known.numbers.push(i);
    else cells.set(`${row} ${column}`, { row, column, numbers: [i] });
  });
  return [...cells.values()]
    .sort((a, b) => a.row - b.row || a.column - b.column)
    .map(({ numbers }) => {
      const own = numbers.map((i) => boxes[i]);
      const [x, y] = [leastOf(own.map((box) => box.x)), leastOf(own.map((box) => box.y))];
      const right = -leastOf(own.map((box) => -box.x - box.width));
      const bottom = -leastOf(own.map((box) => -box.y - box.height));
      return { numbers, around: { x, y, width: right - x, height: bottom - y } };
    });
}

const leastOf = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/** A part of an image; where the box reaches beyond it, white. */
export function cropImage(image: Image, box: Box): Image {
  const data = new Uint8Array(image.channels * box.width * box.height).fill(255);
  const { x, y, width, height } = clipBox(box, image);
  for (let c = 0; c < image.channels; c++) {
    for (let row = 0; row < height; row++) {
      const from = (c * image.height + y + row) * image.width + x;
      data.set(
        image.data.subarray(from, from + Math.max(0, width)),
        (c * box.height + y - box.y + row) * box.width + x - box.x,
      );
    }
  }
  return { width: box.width, height: box.height, channels: image.channels, data };
}

/**
 * The value that at least a share of a square window has, if there is one: the only one that can have more than half of it is found by
 * Boyer and Moore's vote, and then counted.
 *
 * @param rows the labels in the rows of the window
 * @param left its first column
 * @param share above one half
 */
export function rulingValue(
  rows: readonly Uint16Array[],
  left: number,
  side: number,
  share: number,
): number | undefined {
  let [value, votes] = [0, 0];
  for (const row of rows) {
    for (let x = left; x < left + side; x++) {
      if (votes === 0) value = row[x];
      votes += row[x] === value ? 1 : -1;
    }
  }
  let count = 0;
  for (const row of rows) {
    for (let x = left; x < left + side; x++) if (row[x] === value) count++;
  }
  return count >= share * side * side ? value : undefined;
}
