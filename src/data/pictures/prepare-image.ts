/** Pictures for a model, without any library of pictures: in a browser, or wherever pixels come from. */

import { wrongKind } from "../../values/place.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import { greyFromColour, type Image } from "./image.js";
import { arrangeImage, cut, fromLast } from "./resize/arrange.js";
import { OWN } from "./resize/rules.js";

/** Pixels as a browser has them (`ImageData`): red, green, blue and opacity of one after the other, row by row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** height × width × 4 bytes */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * Pixels as the bytes that a model takes, as its preprocessing says: what is transparent laid on its background, brought to the model's size, grey
 * where it takes grey pictures.
 *
 * With the resampling "lanczos3", a pixel of the result is Σ w·p / Σ w over the pixels p around its place x in the source, with w = L((i − x)/s), L(t) = sinc(t)·sinc(t/3) for
 * |t| < 3, and s the factor by which the picture becomes smaller; where it becomes larger, L is Keys' cubic and s is 1. First along rows, then along
 * columns. `preparePicture` does the same in Node, by libvips, which rounds otherwise: bytes differ by 1, and by a few where a picture is made many times smaller.
 *
 * @param pixels such as `context.getImageData(0, 0, width, height)`
 * @param preprocessing that of the model
 * @returns C×H×W bytes: what {@link modelGraph} takes, as float32 with one more dimension before them
 * @throws TypeError when something else is given; RangeError when the number of bytes is not height × width × 4
 * @example
 * const preprocessing = { width: 2, height: 1, channels: 1, fit: "squash", resampling: "lanczos3", background: "white", ranges: {} } as const;
 * const pixels = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 255, 0, 0, 0, 0) }; // red, and nothing at all
 * prepareImage(pixels, preprocessing).data; // [76, 255]
 */
export function prepareImage(pixels: Pixels, preprocessing: Preprocessing): Image {
  if (!isPixels(pixels)) {
    throw wrongKind({ path: "pixels" }, "width, height, and data of 4 bytes for each (ImageData)", pixels);
  }
  if (pixels.data.length !== pixels.width * pixels.height * 4 || pixels.data.length === 0) {
    throw new RangeError(
      `Invalid value for pixels: expected ${pixels.height}×${pixels.width}×4 bytes, at least one pixel, got ${pixels.data.length}.`,
    );
  }
  const { resampling, border = [0, 0], order } = preprocessing;
  const ground = GROUNDS[preprocessing.background];
  const { width, height } = preprocessing;
  const image =
    resampling === OWN
      ? cut(resampled(pixels, { ...preprocessing, width: width + border[1], height: height + border[0] }, ground), {
          ...{ left: border[1] >> 1, top: border[0] >> 1, width, height },
        })
      : arrangeImage(laidOn(pixels, preprocessing.channels, ground), { ...preprocessing, resampling }, ground ?? 255);
  return order === "bgr" ? fromLast(image) : image;
}

/** Whether something has the form of pixels, as a browser's ImageData has it. */
export const isPixels = (value: unknown): value is Pixels =>
  typeof value === "object" &&
  value !== null &&
  "width" in value &&
  "height" in value &&
  "data" in value &&
  [value.width, value.height].every((side) => typeof side === "number") &&
  (value.data instanceof Uint8Array || value.data instanceof Uint8ClampedArray);

/** What is seen behind transparent parts; undefined: they are opaque. */
const GROUNDS = { white: 255, black: 0, none: undefined } as const;

/** Pixels in their own size, laid on a ground. */
function laidOn(pixels: Pixels, channels: 1 | 3, ground: number | undefined): Image {
  const { width, height } = pixels;
  const planes = new Uint8Array(3 * width * height);
  for (let c = 0; c < 3; c++) {
    const plane = planeOn(pixels, c, ground);
    const from = c * width * height;
    // half a byte more, for what is cut off when it becomes one
    for (let i = 0; i < plane.length; i++) planes[from + i] = plane[i] + 0.5;
  }
  return { width, height, channels, data: channels === 3 ? planes : greyFromColour(planes) };
}

/** Pixels resized by this file's own rule. */
function resampled(pixels: Pixels, { width, height, channels, fit }: Preprocessing, ground: number | undefined): Image {
  const ratios = [width / pixels.width, height / pixels.height];
  const ratio = fit === "crop" ? Math.max(...ratios) : Math.min(...ratios);
  const own = (side: number): number => Math.max(1, Math.round(side * ratio));
  const scaled = fit === "squash" ? { width, height } : { width: own(pixels.width), height: own(pixels.height) };
  // what is cut off, or below 0 what is left as the ground, before the first pixel
  const before = (from: number, to: number): number => (from > to ? (from - to + 1) >> 1 : -((to - from) >> 1));
  const [left, top] = [before(scaled.width, width), before(scaled.height, height)];
  const scaleOf = (own: number, to: number): number => (fit === "squash" ? own / to : 1 / ratio);
  const across = windows(pixels.width, scaled.width, scaleOf(pixels.width, width));
  const down = windows(pixels.height, scaled.height, scaleOf(pixels.height, height));
  const planes = new Uint8Array(3 * scaled.width * scaled.height);
  for (let c = 0; c < 3; c++) {
    planes.set(resample(planeOn(pixels, c, ground), across, down, pixels.height), c * scaled.width * scaled.height);
  }
  const whole = cut({ ...scaled, channels: 3, data: planes }, { left, top, width, height }, ground);
  return { width, height, channels, data: channels === 3 ? whole.data : greyFromColour(whole.data) };
}

/** One of the three colours, laid on a ground. */
function planeOn({ width, height, data }: Pixels, c: number, ground: number | undefined): Float32Array {
  const plane = new Float32Array(width * height);
  for (let i = 0; i < plane.length; i++) {
    const value = data[4 * i + c];
    plane[i] = ground === undefined ? value : ground + ((value - ground) * data[4 * i + 3]) / 255;
  }
  return plane;
}

/** A plane in another size, rounded to bytes. */
function resample(plane: Float32Array, across: readonly Window[], down: readonly Window[], height: number): Uint8Array {
  const [width, toWidth] = [plane.length / height, across.length];
  const narrow = new Float32Array(toWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) narrow[y * toWidth + x] = sum(plane, across[x], y * width, 1, width);
  }
  const result = new Uint8Array(toWidth * down.length);
  for (let y = 0; y < down.length; y++) {
    for (let x = 0; x < toWidth; x++) {
      result[y * toWidth + x] = Math.min(255, Math.max(0, Math.round(sum(narrow, down[y], x, toWidth, height))));
    }
  }
  return result;
}

/** The weights of the pixels around a place; those beyond the first or the last stand for it. */
interface Window {
  readonly first: number;
  readonly weights: Float64Array;
}

function sum(values: Float32Array, { first, weights }: Window, from: number, step: number, count: number): number {
  let total = 0;
  for (let k = 0; k < weights.length; k++) {
    const i = Math.min(count - 1, Math.max(0, first + k));
    total += weights[k] * values[from + i * step];
  }
  return total;
}

/**
 * The window of each pixel of a row of `to` in a row of `from`, which is made `scale` times smaller: both have the same middle. What is made larger
 * is half a pixel of `to` further right, as in libvips.
 */
function windows(from: number, to: number, scale: number): Window[] {
  if (scale === 1) return Array.from({ length: to }, (_, first) => ({ first, weights: Float64Array.of(1) }));
  const wide = Math.max(1, scale);
  const [kernel, reach] = scale > 1 ? ([lanczos, 3 * wide] as const) : ([cubic, 2] as const);
  return Array.from({ length: to }, (_, i) => {
    const middle = scale > 1 ? (i + 0.5 - to / 2) * scale + from / 2 - 0.5 : i * scale - 0.5;
    const first = Math.ceil(middle - reach);
    const count = Math.floor(middle + reach) - first + 1;
    const raw = Float64Array.from({ length: count }, (_, k) => kernel((first + k - middle) / wide));
    const total = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((weight) => weight / total) };
  });
}

/** Keys' cubic with a = −½ (Catmull-Rom). */
function cubic(t: number): number {
  const x = Math.abs(t);
  if (x >= 2) return 0;
  return x < 1 ? 1 + x * x * (1.5 * x - 2.5) : 2 + x * (-4 + x * (2.5 - 0.5 * x));
}

function lanczos(t: number): number {
  if (t === 0) return 1;
  if (Math.abs(t) >= 3) return 0;
  const x = Math.PI * t;
  return ((Math.sin(x) / x) * Math.sin(x / 3)) / (x / 3);
}
