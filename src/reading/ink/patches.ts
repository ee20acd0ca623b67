/** Boxes, discs, photographs beside writing. */

import type { Image } from "../../data/pictures/image.js";
import type { Component } from "./components.js";
import { APART } from "./grounds.js";
import type { Ink } from "./ink.js";

/** A patch is so many pixels high and wide, and holds a square of at least this share of its shorter side, or fills this share of its box. */
const LEAST_SIDE = 12;
const SOLID = 0.5;
const FULL = 0.8;
/** It is so many times as long as the tallest sign: no letter is both. */
const LARGE = 1.8;
/** There are at least so many signs, each so many pixels high, and none so many times as long as wide: that is a rule. */
const LEAST_SIGNS = 2;
const LEAST_SIGN = 4;
const RULE = 15;
/** The edge of a patch is soft: so many pixels. */
const EDGE = 2;
/** A patch of one colour in at least this share of it has no writing. */
const PLAIN = 0.995;

/**
 * Which components of a picture are patches, solid and large beside the signs; none where there are no signs.
 *
 * @param other what is not of the ground's colour
 * @param step so many pixels of the picture make one of `other`
 */
export function patchesAmong(
  other: Ink,
  components: readonly Component[],
  labels: Int32Array,
  step: number,
): (component: Component) => boolean {
  const squares = largestSquares(other, labels, components.length);
  const lengths = ({ left, right, top, bottom }: Component): [number, number] => {
    const [w, h] = [right - left, bottom - top];
    return [Math.min(w, h), Math.max(w, h)];
  };
  const isSolid = (component: Component): boolean => {
    const [least, most] = lengths(component);
    const square = squares[component.label];
    return least * step >= LEAST_SIDE && (square >= SOLID * least || component.area >= FULL * least * most);
  };
  const signs = components.filter((component) => {
    const [least, most] = lengths(component);
    return (component.bottom - component.top) * step >= LEAST_SIGN && most < RULE * least && !isSolid(component);
  });
  if (signs.length < LEAST_SIGNS) return () => false;
  const tallest = signs.reduce((most, { top, bottom }) => Math.max(most, bottom - top), 0);
  return (component) => isSolid(component) && lengths(component)[1] >= LARGE * tallest;
}

/** The side of the largest square in each component, by its label: in a pixel ends one larger by 1 than the least that end above and left of it. */
function largestSquares({ width, height, data }: Ink, labels: Int32Array, count: number): Int32Array {
  const largest = new Int32Array(count + 1);
  const ending = new Int32Array(width * height);
  for (let at = 0; at < ending.length; at++) {
    if (data[at] === 0) continue;
    const isInner = at >= width && at % width > 0;
    ending[at] = isInner ? 1 + Math.min(ending[at - 1], ending[at - width], ending[at - width - 1]) : 1;
    largest[labels[at]] = Math.max(largest[labels[at]], ending[at]);
  }
  return largest;
}

/**
 * The picture on a patch, with the median of its colours around it.
 *
 * @returns undefined where nearly all of it is of one colour
 */
export function insideOf(image: Image, component: Component, labels: Int32Array, step: number): Image | undefined {
  const columns = Math.floor(image.width / step);
  const { left, right, top, bottom, label } = component;
  const isOf = (x: number, y: number): boolean => labels[y * columns + x] === label;
  const across = spans(bottom - top, right - left, (line, i) => isOf(left + i, top + line));
  const down = spans(right - left, bottom - top, (line, i) => isOf(left + line, top + i));
  const margin = Math.ceil(EDGE / step) + 1;
  const [width, height] = [(right - left) * step, (bottom - top) * step];
  const isInside = (x: number, y: number): boolean => {
    const [u, v] = [Math.floor(x / step), Math.floor(y / step)];
    const [row, column] = [across[v], down[u]];
    return u >= row[0] + margin && u < row[1] - margin && v >= column[0] + margin && v < column[1] - margin;
  };
  const area = width * height;
  const data = new Uint8Array(image.channels * area);
  const isOther = new Uint8Array(area);
  for (let c = 0; c < image.channels; c++) {
    const plane = image.data.subarray(c * image.width * image.height, (c + 1) * image.width * image.height);
    const levelAt = (x: number, y: number): number => plane[(top * step + y) * image.width + left * step + x];
    const colour = medianLevel(width, height, (x, y) =>
      isOf(left + Math.floor(x / step), top + Math.floor(y / step)) ? levelAt(x, y) : undefined,
    );
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const level = isInside(x, y) ? levelAt(x, y) : colour;
        data[c * area + y * width + x] = level;
        if (Math.abs(level - colour) >= APART) isOther[y * width + x] = 1;
      }
    }
  }
  const other = isOther.reduce((sum, one) => sum + one, 0);
  return other <= (1 - PLAIN) * area ? undefined : { width, height, channels: image.channels, data };
}

/** For each line the first place where something holds, and the one after the last. */
const spans = (
  lines: number,
  length: number,
  holds: (line: number, i: number) => boolean,
): (readonly [from: number, to: number])[] =>
  Array.from({ length: lines }, (_, line) => {
    let [from, to] = [length, 0];
    for (let i = 0; i < length; i++) if (holds(line, i)) [from, to] = [Math.min(from, i), i + 1];
    return [from, to];
  });

/** The median of levels. */
function medianLevel(width: number, height: number, levelAt: (x: number, y: number) => number | undefined): number {
  const counts = new Uint32Array(256);
  let total = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const level = levelAt(x, y);
      if (level === undefined) continue;
      counts[level]++;
      total++;
    }
  }
  let seen = 0;
  return counts.findIndex((count) => {
    seen += count;
    return 2 * seen >= total && seen > 0;
  });
}
