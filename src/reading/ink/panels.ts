/** Writing on a panel that does not reach from side to side: a button, a label, a bar beside a picture. */

import type { Image } from "../../data/pictures/image.js";
import { componentsOf } from "./components.js";
import { APART } from "./grounds.js";
import type { Ink } from "./ink.js";

/** A panel is at least so many pixels high and wide. */
const LEAST_SIDE = 12;
/** A panel is of one colour, give or take so many levels, in at least this share of its box, and along the middle of its sides. */
const ALIKE = 24;
const LEAST_FILL = 0.5;
const SIDE_FILL = 0.9;
/** What part of a side its middle is, of those above and below and of those to the left and right, which may be round. */
const MIDDLE = [0.5, 0.25] as const;
/** There are at least so many signs on it, each so many pixels high: the hole of a heavy letter is no writing. */
const LEAST_SIGNS = 2;
const LEAST_SIGN = 4;
/** The edge of a panel is soft: so many pixels. */
const EDGE = 2;
/** Larger pictures are looked at in every other pixel, every third, …; panels are large. */
const MOST_PIXELS = 4e6;

/** A part of a picture, and where its left and top sides lie there. */
export interface Panel {
  readonly image: Image;
  readonly left: number;
  readonly top: number;
}

/** A picture without its panels, and these. */
export interface TakenPanels {
  readonly rest: Image;
  readonly panels: readonly Panel[];
}

/**
 * Takes panels with writing out of a picture: boxes of one colour, with round corners or without, on a ground of another colour, with signs of
 * a third. In the rest they have the ground's colour.
 *
 * @returns no panels where the picture's border is not of one colour
 */
export function takePanels(image: Image): TakenPanels {
  const { width, height, channels } = image;
  const ground = borderColour(image);
  if (ground === undefined) return { rest: image, panels: [] };
  const step = Math.ceil(Math.sqrt((width * height) / MOST_PIXELS));
  const [columns, rows] = [Math.floor(width / step), Math.floor(height / step)];
  const other = marked(columns, rows, (x, y) => isApart(image, ground, x * step, y * step));
  const panels = componentsOf(other).components.flatMap(({ left, right, top, bottom, area }): Panel[] => {
    if (area < LEAST_FILL * (right - left) * (bottom - top)) return [];
    // within the soft edge
    const inset = EDGE + step - 1;
    const [l, t] = [left * step + inset, top * step + inset];
    const [w, h] = [(right - left) * step - 2 * inset, (bottom - top) * step - 2 * inset];
    if (w < LEAST_SIDE || h < LEAST_SIDE) return [];
    const panel = filledCorners(cropped(image, l, t, w, h));
    return panel === undefined ? [] : [{ image: panel, left: l, top: t }];
  });
  if (panels.length === 0) return { rest: image, panels };
  const data = image.data.slice();
  for (const { image: panel, left, top } of panels) {
    const reach = 2 * (EDGE + step);
    const [from, to] = [Math.max(0, left - reach), Math.min(width, left + panel.width + reach)];
    for (let c = 0; c < channels; c++) {
      for (let y = Math.max(0, top - reach); y < Math.min(height, top + panel.height + reach); y++) {
        const row = (c * height + y) * width;
        data.fill(ground[c], row + from, row + to);
      }
    }
  }
  return { rest: { ...image, data }, panels };
}

/** Ink where something holds. */
function marked(width: number, height: number, holds: (x: number, y: number) => boolean): Ink {
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (holds(x, y)) data[y * width + x] = 1;
  return { width, height, data };
}

/** Whether a pixel differs from a colour by `least` levels or more, in one of its channels. */
function isApart(
  { width, height, channels, data }: Image,
  colour: readonly number[],
  x: number,
  y: number,
  least = APART,
): boolean {
  for (let c = 0; c < channels; c++) {
    if (Math.abs(data[(c * height + y) * width + x] - colour[c]) >= least) return true;
  }
  return false;
}

/** The colour that most of a picture's border has; undefined where it has no such colour. */
function borderColour(image: Image): number[] | undefined {
  const { width, height, channels, data } = image;
  const border: (readonly [x: number, y: number])[] = [];
  for (let x = 0; x < width; x++) border.push([x, 0], [x, height - 1]);
  for (let y = 1; y < height - 1; y++) border.push([0, y], [width - 1, y]);
  const colour = Array.from({ length: channels }, (_, c) =>
    median(border.map(([x, y]) => data[(c * height + y) * width + x])),
  );
  const alike = border.filter(([x, y]) => !isApart(image, colour, x, y, ALIKE)).length;
  return alike > border.length / 2 ? colour : undefined;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

function cropped(image: Image, left: number, top: number, width: number, height: number): Image {
  const { channels } = image;
  const data = new Uint8Array(channels * width * height);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      const from = (c * image.height + top + y) * image.width + left;
      data.set(image.data.subarray(from, from + width), (c * height + y) * width);
    }
  }
  return { width, height, channels, data };
}

/** A box with the panel's colour in its corners too; undefined when it is no panel with writing. */
function filledCorners(box: Image): Image | undefined {
  const { width, height, channels, data } = box;
  const sides = sidesOf(box);
  const colour = Array.from({ length: channels }, (_, c) =>
    median(sides.flat().map(([x, y]) => data[(c * height + y) * width + x])),
  );
  const isPanel = (x: number, y: number): boolean => !isApart(box, colour, x, y, ALIKE);
  for (const side of sides) {
    if (side.filter(([x, y]) => isPanel(x, y)).length < SIDE_FILL * side.length) return undefined;
  }
  const filled = { ...box, data: data.slice() };
  const fill = (x: number, y: number): void => {
    for (let c = 0; c < channels; c++) filled.data[(c * height + y) * width + x] = colour[c];
  };
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width && !isPanel(x, y); x++) fill(x, y);
    for (let x = width - 1; x >= 0 && !isPanel(x, y); x--) fill(x, y);
    for (let x = 0; x < width; x++) if (isPanel(x, y)) count++;
  }
  if (count < LEAST_FILL * width * height) return undefined;
  const { components } = componentsOf(marked(width, height, (x, y) => isApart(filled, colour, x, y)));
  const signs = components.filter(({ top, bottom }) => bottom - top >= LEAST_SIGN);
  return signs.length < LEAST_SIGNS ? undefined : filled;
}

/** The pixels in the middle of each side. */
function sidesOf({ width, height }: Image): (readonly [x: number, y: number])[][] {
  const middle = (size: number, share: number): number[] => {
    const start = Math.floor(((1 - share) / 2) * size);
    return Array.from({ length: Math.max(1, size - 2 * start) }, (_, i) => start + i);
  };
  return [
    middle(width, MIDDLE[0]).map((x) => [x, 0] as const),
    middle(width, MIDDLE[0]).map((x) => [x, height - 1] as const),
    middle(height, MIDDLE[1]).map((y) => [0, y] as const),
    middle(height, MIDDLE[1]).map((y) => [width - 1, y] as const),
  ];
}
