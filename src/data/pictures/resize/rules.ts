/** How other toolboxes resize pictures, one rule each. */

import type { Resampling } from "../../../values/preprocessing.js";
import type { Size } from "../picture-size.js";
import { BOX, HAMMING, type Kernel, keys, lanczos, TRIANGLE } from "./kernels.js";
import {
  covered,
  coveredBetween,
  mirrored,
  nearestInSteps,
  nearestToEdge,
  nearestToMiddle,
  plain,
  type TapsOf,
  toEven,
  widened,
} from "./taps.js";

/** A rule by which a plane of bytes gets another size. */
export interface ResizeRule {
  /** the taps along both axes; some rules look at both sizes to find them */
  tapsFor(this: void, shrinks: boolean): TapsOf;
  /** whether rows are resized first, and columns then */
  rowsFirst(this: void, from: Size, to: Size): boolean;
  /** a byte from a sum */
  round(this: void, value: number): number;
  /** whether what the first direction gives is rounded to bytes, too */
  readonly roundsBetween: boolean;
  /** a picture that keeps its proportions has one side that is no whole number: what it is then */
  side(this: void, side: number): number;
  /** where the middle part begins in a side that is so much longer */
  before(this: void, difference: number): number;
}

/** Libvips', by sharp or by {@link prepareImage}; the others are computed here. */
export const OWN = "lanczos3";

const always = (): boolean => true;

/** Since Pillow 13 columns where the height loses more than twice as many pixels as the width; before it always rows */
const pilRowsFirst = (from: Size, to: Size): boolean =>
  to.height >= from.height || from.height - to.height <= 2 * (from.width - to.width);

/** MATLAB begins with what becomes smaller; with columns, where both do alike. */
const smallerFirst = (from: Size, to: Size): boolean => to.width / from.width < to.height / from.height;

/** The nearest whole number, of two the larger. */
const up = (value: number): number => Math.floor(value + 0.5);

const halfBefore = (difference: number): number => Math.floor(difference / 2);

/** Weights of 22 bits, two passes, bytes between them (libImaging/Resample.c); sides and middles as torchvision's `Resize` and
 * `CenterCrop` have them (torchvision's `Resize` of a PIL picture is this one) */
const pil = (taps: TapsOf): ResizeRule => ({
  ...{
    tapsFor: () => taps,
    rowsFirst: pilRowsFirst,
    round: up,
    roundsBetween: true,
    side: Math.floor,
    before: (more) => toEven(more / 2),
  },
});

/** Floating numbers until the end, which are bytes here. */
const tensorflow = (taps: TapsOf): ResizeRule => ({
  ...{ tapsFor: () => taps, rowsFirst: always, round: up, roundsBetween: false, side: Math.floor, before: halfBefore },
});

const matlab = (kernel: Kernel): ResizeRule => ({
  ...{
    tapsFor: () => mirrored(kernel),
    rowsFirst: smallerFirst,
    round: up,
    roundsBetween: true,
    side: Math.ceil,
    before: halfBefore,
  },
});

/** Weights of 11 bits, except for INTER_AREA (imgproc/src/resize.cpp) */
const opencv = (tapsFor: (shrinks: boolean) => TapsOf, round = up): ResizeRule => ({
  ...{ tapsFor, rowsFirst: always, round, roundsBetween: false, side: Math.floor, before: halfBefore },
});

/** Pillow's weights have as many bits behind the point. */
const PIL_BITS = 22;
const OPENCV_BITS = 11;

/** The rules by their names. */
export const RESIZE_RULES: Readonly<Record<Exclude<Resampling, typeof OWN>, ResizeRule>> = {
  "pil-nearest": pil(nearestInSteps),
  "pil-box": pil(widened(BOX, PIL_BITS)),
  "pil-bilinear": pil(widened(TRIANGLE, PIL_BITS)),
  "pil-hamming": pil(widened(HAMMING, PIL_BITS)),
  "pil-bicubic": pil(widened(keys(-0.5), PIL_BITS)),
  "pil-lanczos": pil(widened(lanczos(3), PIL_BITS)),
  "tensorflow-nearest": tensorflow(nearestToMiddle),
  "tensorflow-bilinear": tensorflow(plain(TRIANGLE, "last")),
  "tensorflow-bicubic": tensorflow(plain(keys(-0.5), "nothing")),
  "tensorflow-bilinear-antialias": tensorflow(widened(TRIANGLE)),
  "tensorflow-bicubic-antialias": tensorflow(widened(keys(-0.5))),
  "matlab-bilinear": matlab(TRIANGLE),
  "matlab-bicubic": matlab(keys(-0.5)),
  "opencv-nearest": opencv(() => nearestToEdge),
  "opencv-linear": opencv(() => plain(TRIANGLE, "last", OPENCV_BITS)),
  "opencv-cubic": opencv(() => plain(keys(-0.75), "last", OPENCV_BITS)),
  "opencv-area": opencv((shrinks) => (shrinks ? covered : coveredBetween), toEven),
};
