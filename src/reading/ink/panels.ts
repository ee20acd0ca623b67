/** What stands on a ground beside writing: panels with writing of their own (a button, a label), and patches (a box, a photograph). */

import type { Image } from "../../data/pictures/image.js";
import { type Component, componentsOf } from "./components.js";
import { APART } from "./grounds.js";
import type { Ink } from "./ink.js";
import { insideOf, patchesAmong } from "./patches.js";

/** A panel is at least so many pixels high and wide. */
const LEAST_SIDE = 12;
/** A panel is of one colour, give or take so many levels, in at least this share of its box, and along the middle of its sides. */
const ALIKE = 24;
const LEAST_FILL = 0.5;
const SIDE_FILL = 0.9;
/** What part of a side its middle is, of those above and below and of those to the left and right, which may be round. */
const MIDDLE = [0.5, 0.25] as const;
/** There are at least so many signs on it, each so many pixels high: the hole of a heavy letter is no writing. On a patch, one is enough. */
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
  /** whether it may as well be a part of a photograph */
  readonly isDoubtful: boolean;
}

/** A picture without its panels, and these. */
export interface TakenPanels {
  readonly rest: Image;
  readonly panels: readonly Panel[];
}

/**
 * Takes panels with writing out of a picture: boxes of one colour, with round corners or without, on a ground of another colour, with signs of
 * a third. Patches are taken out too, solid and much larger than the signs beside them: they would hide the writing in their rows. What is on
 * one that has several colours is a doubtful panel. In the rest all have the ground's colour.
 *
 * @returns no panels where the picture's border is not of one colour
 */
export function takePanels(image: Image): TakenPanels {
  const { width, height } = image;
  const ground = borderColour(image);
  if (ground === undefined) return { rest: image, panels: [] };
  const step = Math.ceil(Math.sqrt((width * height) / MOST_PIXELS));
  const [columns, rows] = [Math.floor(width / step), Math.floor(height / step)];
  const other = marked(columns, rows, (x, y) => isApart(image, ground, x * step, y * step));
  const { components, labels } = componentsOf(other);
  const isPatch = patchesAmong(other, components, labels, step);
  const panels: Panel[] = [];
  const taken = new Uint8Array(components.length + 1);
  for (const component of components) {
    const box = withinEdge(component, step);
    const { left, top, right, bottom, area, label } = component;
    const isBox = area >= LEAST_FILL * (right - left) * (bottom - top);
    const isRoomy = box.width >= LEAST_SIDE && box.height >= LEAST_SIDE;
    const least = isPatch(component) ? 1 : LEAST_SIGNS;
    const panel =
      isRoomy && isBox ? filledCorners(cropped(image, box.left, box.top, box.width, box.height), least) : undefined;
    if (panel !== undefined) panels.push({ image: panel, left: box.left, top: box.top, isDoubtful: false });
    else if (!isPatch(component)) continue;
    else if (isRoomy && isBox) {
      const inside = insideOf(image, component, labels, step);
      if (inside !== undefined) panels.push({ image: inside, left: left * step, top: top * step, isDoubtful: true });
    }
    taken[label] = 1;
  }
  if (!taken.includes(1)) return { rest: image, panels };
  return { rest: painted(image, ground, components, labels, taken, step), panels };
}

/** The box of a component in the picture, within its soft edge. */
function withinEdge(
  { left, top, right, bottom }: Component,
  step: number,
): { readonly left: number; readonly top: number; readonly width: number; readonly height: number } {
  const inset = EDGE + step - 1;
  return {
    left: left * step + inset,
    top: top * step + inset,
    width: (right - left) * step - 2 * inset,
    height: (bottom - top) * step - 2 * inset,
  };
}

/** A picture with the ground's colour where components were, and at their soft edges: in the whole box of one that fills most of it. */
function painted(
  image: Image,
  ground: readonly number[],
  components: readonly Component[],
  labels: Int32Array,
  taken: Uint8Array,
  step: number,
): Image {
  const { width, height, channels } = image;
  const data = image.data.slice();
  const reach = EDGE + step;
  const paint = (left: number, right: number, top: number, bottom: number): void => {
    const [from, to] = [Math.max(0, left * step - reach), Math.min(width, right * step + reach)];
    for (let c = 0; c < channels; c++) {
      for (let y = Math.max(0, top * step - reach); y < Math.min(height, bottom * step + reach); y++) {
        data.fill(ground[c], (c * height + y) * width + from, (c * height + y) * width + to);
      }
    }
  };
  const columns = Math.floor(width / step);
  for (const { label, left, right, top, bottom, area } of components) {
    if (taken[label] === 0) continue;
    if (area >= LEAST_FILL * (right - left) * (bottom - top)) paint(left, right, top, bottom);
    else {
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; ) {
          let end = x;
          while (end < right && labels[y * columns + end] === label) end++;
          if (end > x) paint(x, end, y, y + 1);
          x = end + 1;
        }
      }
    }
  }
  return { ...image, data };
}

/** The medians of some pixels' channels. */
const colourOf = (
  { width, height, channels, data }: Image,
  pixels: readonly (readonly [x: number, y: number])[],
): number[] =>
  Array.from({ length: channels }, (_, c) => median(pixels.map(([x, y]) => data[(c * height + y) * width + x])));

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
  const { width, height } = image;
  const border: (readonly [x: number, y: number])[] = [];
  for (let x = 0; x < width; x++) border.push([x, 0], [x, height - 1]);
  for (let y = 1; y < height - 1; y++) border.push([0, y], [width - 1, y]);
  const colour = colourOf(image, border);
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

/** A box with the panel's colour in its corners too; undefined when it is no panel with writing, of so many signs at least. */
function filledCorners(box: Image, least: number): Image | undefined {
  const { width, height, channels, data } = box;
  const sides = sidesOf(box);
  const colour = colourOf(box, sides.flat());
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
  return signs.length < least ? undefined : filled;
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
