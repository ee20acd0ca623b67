/** What is seen of a picture at one glance: small copies to compare, and the range of its values. */

import type { ImageShape } from "../../values/image-shape.js";
import { COPY_SIDE } from "./near-duplicates.js";

/** The size at which pictures are looked at: a multiple of the hash's 9×8 and nearly of the copies' 16×16. */
export const LOOK = { width: 72, height: 64 } as const;

/** The values that a picture has. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
  /** whether it is of one colour all over */
  readonly flat: boolean;
}

/** The range of a picture's values. @param planes C×H×W bytes */
export function rangeOf(planes: Uint8Array, channels: number): ValueRange {
  let [low, high, flat] = [255, 0, true];
  const area = planes.length / channels;
  for (let c = 0; c < channels; c++) {
    const first = planes[c * area];
    for (let i = c * area; i < (c + 1) * area; i++) {
      const value = planes[i];
      if (value < low) low = value;
      if (value > high) high = value;
      if (value !== first) flat = false;
    }
  }
  return { low, high, flat };
}

/** The lowest and the highest value of all pictures. */
export function rangeOfAll(ranges: Iterable<ValueRange | undefined>): readonly [low: number, high: number] {
  let [least, most] = [255, 0];
  for (const range of ranges) {
    if (range === undefined) continue;
    least = Math.min(least, range.low);
    most = Math.max(most, range.high);
  }
  return [least, most];
}

/**
 * The range that the values of nearly all pictures lie in: of five pictures and more, a tenth may lie beyond it on either side, and those of one
 * colour do not count. One saturated pixel among others that are all dark would hide in {@link rangeOfAll}.
 */
export function usualRange(ranges: Iterable<ValueRange | undefined>): readonly [low: number, high: number] {
  const own = [...ranges].filter((range) => range !== undefined && !range.flat);
  if (own.length === 0) return rangeOfAll(ranges);
  const beyond = own.length < 5 ? 0 : Math.ceil(own.length / 10);
  const sorted = (key: "low" | "high"): number[] => own.map((range) => range?.[key] ?? 0).sort((a, b) => a - b);
  return [sorted("low")[beyond], sorted("high")[own.length - 1 - beyond]];
}

/** A small image at the size of {@link LOOK}, red, green and blue: each pixel is that of the image at its place. */
export function enlargePlanes(planes: Uint8Array, { channels, height, width }: ImageShape): Uint8Array {
  const area = LOOK.width * LOOK.height;
  const look = new Uint8Array(3 * area);
  for (let y = 0; y < LOOK.height; y++) {
    const row = width * Math.floor(((y + 0.5) * height) / LOOK.height);
    for (let x = 0; x < LOOK.width; x++) {
      const from = row + Math.floor(((x + 0.5) * width) / LOOK.width);
      const to = LOOK.width * y + x;
      for (let c = 0; c < 3; c++) look[c * area + to] = planes[(channels === 3 ? c * height * width : 0) + from];
    }
  }
  return look;
}

/** 16×16 means of 72×64 pixels. Columns are 4.5 pixels wide: each has four and half of a fifth. */
export function shrinkLook(grey: Uint8Array): Uint8Array {
  const copy = new Uint8Array(COPY_SIDE * COPY_SIDE);
  for (let pair = 0; pair < COPY_SIDE / 2; pair++) {
    for (let row = 0; row < COPY_SIDE; row++) {
      let [left, right] = [0, 0];
      for (let y = 4 * row; y < 4 * row + 4; y++) {
        const at = 72 * y + 9 * pair;
        left += grey[at] + grey[at + 1] + grey[at + 2] + grey[at + 3] + grey[at + 4] / 2;
        right += grey[at + 4] / 2 + grey[at + 5] + grey[at + 6] + grey[at + 7] + grey[at + 8];
      }
      copy[COPY_SIDE * row + 2 * pair] = Math.round(left / 18);
      copy[COPY_SIDE * row + 2 * pair + 1] = Math.round(right / 18);
    }
  }
  return copy;
}
