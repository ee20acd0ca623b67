/** What jitter is asked for, as plain data. */

import { flag, type Kind, number, whole, word } from "../../values/kind.js";
import { outOfRange, type Place, wrongKind } from "../../values/place.js";
import { defaulted, type Field, type OptionsOf, optional, type RecordOf, record } from "../../values/record.js";

/** Both ends of what a number is drawn from. */
export type JitterRange = readonly [low: number, high: number];

/** What one number stands for: −a … a, 1/f … f, or 0 … a. */
const MEANINGS = {
  opposite: { least: (most: number) => -most, single: 0, words: "a for −a … a", range: (a: number) => [0 - a, a] },
  factor: { least: (most: number) => 1 / most, single: 1, words: "f for 1/f … f", range: (f: number) => [1 / f, f] },
  upwards: { least: () => 0, single: 0, words: "a for 0 … a", range: (a: number) => [0, a] },
} as const satisfies Record<
  string,
  { least(most: number): number; single: 0 | 1; words: string; range(end: number): JitterRange }
>;

/** The interval that one number or both ends may stand for. */
type Interval = Field<JitterRange, number | JitterRange, "defaulted">;

/**
 * A field that is an interval; by default it holds what changes nothing.
 *
 * @param most the largest number; of "opposite" also its negative, of "factor" its inverse is the smallest
 * @param doc what it is, for the command's help
 */
function interval(meaning: keyof typeof MEANINGS, most: number, doc: string): Interval {
  const { least: leastOf, single, words, range } = MEANINGS[meaning];
  const least = leastOf(most);
  const expected = `a number from ${single} to ${most}, or [low, high] from ${Number(least.toPrecision(3))} to ${most}`;
  const isIn = (from: number, value: unknown): value is number =>
    typeof value === "number" && value >= from && value <= most;
  const numbers = number();
  const kind: Kind<JitterRange, number | JitterRange> = {
    expected,
    parse(text) {
      const values = text.split(",").map((part) => numbers.parse?.(part));
      return values.length === 1 ? values[0] : values;
    },
    numeric: { whole: false, scale: meaning === "factor" ? "log" : undefined },
    take(value: unknown, at: Place) {
      if (isIn(single, value)) return range(value);
      if (!Array.isArray(value)) throw (typeof value === "number" ? outOfRange : wrongKind)(at, expected, value);
      const [low, high]: unknown[] = value;
      if (value.length !== 2 || !isIn(least, low) || !isIn(least, high) || low > high) {
        throw outOfRange(at, expected, value);
      }
      return [low, high];
    },
  };
  return defaulted(kind, single, `${doc}: ${words}, or LOW,HIGH`);
}

/** A byte, or one for each of three channels. */
export type Fill = number | readonly [number, number, number];

const BYTE = whole(0, 255);
const FILL: Kind<Fill> = {
  expected: "a whole number from 0 to 255, or 3 of them",
  parse(text) {
    const values = text.split(",").map((part) => BYTE.parse?.(part));
    return values.length === 1 ? values[0] : values;
  },
  take(value, at) {
    if (!Array.isArray(value)) return BYTE.take(value, at);
    const given: readonly unknown[] = value;
    if (given.length !== 3) throw outOfRange(at, FILL.expected, value);
    const [red, green, blue] = given.map((byte) => BYTE.take(byte, at));
    return [red, green, blue];
  },
};

/**
 * How a picture is changed at random, anew in each epoch. It is plain data, so that it can be kept with a run. What is left out is
 * not changed. Where one number stands for an interval, the option says for which; `[low, high]` gives both ends.
 *
 * Numbers are uniform in their interval; factors are uniform in their logarithm, so that twice and half are equally likely.
 */
export const JITTER = record({
  /** A shift to the right and another one downwards, as shares of the width and the height; a: −a … a. */
  translate: interval("opposite", 1, "shift, as a share of the size"),
  /** Degrees, counter-clockwise about the middle; a: −a … a. */
  rotate: interval("opposite", 180, "degrees of rotation"),
  /** A factor of the size, about the middle; f ≥ 1: 1/f … f. Pictures that are made much smaller are not smoothed first. */
  scale: interval("factor", 10, "factor of the size"),
  /** A factor of the width relative to the height, which keeps the area; f ≥ 1: 1/f … f. */
  aspect: interval("factor", 10, "factor of the width relative to the height"),
  /** Degrees by which upright lines lean to the right; a: −a … a. */
  shear: interval("opposite", 80, "degrees of shear"),
  /**
   * Elastic warping (Simard, Steinkraus and Platt 2003): the root mean square of the displacement in each direction, as a share of the
   * width and the height; a: 0 … a. The paper's 29×29 digits have about 0.05.
   */
  elastic: interval("upwards", 1, "elastic displacement, as a share of the size"),
  /**
   * Haematoxylin and eosin by factors of their own, as if a section had been stained for more or less long; f ≥ 1: 1/f … f. White stays
   * white. Pictures of three channels only; see {@link stainMatrix}.
   */
  stain: interval("factor", 10, "factor of haematoxylin and of eosin"),
  /** What is added to every byte, as a share of 255; a: −a … a. */
  brightness: interval("opposite", 1, "brightness to add, as a share of white"),
  /** A factor of the distance from the picture's mean grey; f ≥ 1: 1/f … f. */
  contrast: interval("factor", 100, "factor of the contrast"),
  /** A factor of the distance from the pixel's grey, 0.299 R + 0.587 G + 0.114 B; f ≥ 1: 1/f … f. Pictures of three channels only. */
  saturation: interval("factor", 100, "factor of the saturation"),
  /** Degrees by which colours turn about the grey axis, their grey staying (in YIQ); a: −a … a. Pictures of three channels only. */
  hue: interval("opposite", 180, "degrees of hue"),
  /** Blur: the deviation of a Gaussian in pixels; a: 0 … a. */
  blur: interval("upwards", 100, "deviation of the blur in pixels"),
  /** Noise of its own on every byte: the deviation, as a share of 255; a: 0 … a. */
  noise: interval("upwards", 1, "deviation of the noise, as a share of white"),
  /**
   * A rectangle of random bytes (Zhong et al. 2020): its share of the picture's area; a: 0 … a. It is up to three times as wide as high
   * or as high as wide, and lies inside.
   */
  erase: interval("upwards", 1, "share of the area to erase"),
  /** Of sounds: a factor of the speed, and with it of the pitch; f ≥ 1: 1/f … f. */
  speed: interval("factor", 4, "of sounds: factor of the speed, and with it of the pitch"),
  /** Of sounds: semitones by which they become higher, at the same speed; a: −a … a. */
  pitch: interval("opposite", 12, "of sounds: semitones of pitch"),
  /** Of sounds: what is blanked out of the time, in one piece (SpecAugment, Park et al. 2019), as a share; a: 0 … a. */
  timeMask: interval("upwards", 1, "of sounds: share of the time to blank"),
  /** Of sounds: what is blanked out of the frequencies, in one piece, as a share in mels; a: 0 … a. */
  bandMask: interval("upwards", 1, "of sounds: share of the bands to blank"),
  /** Of sounds: decibels of the sound above white noise that is added; a: uniform in a … a + 30. No noise unless given. */
  signalToNoise: optional(
    number({ least: -20, most: 100 }),
    "of sounds: decibels of the sound above added noise: a for a … a + 30",
  ),
  /** Turns by 0, 90, 180 or 270 degrees, equally likely, before `rotate`; false. By themselves they lose nothing of a square picture. */
  quarterTurns: defaulted(flag(), false, "turns by 0, 90, 180 or 270 degrees"),
  /** Swaps left and right ("horizontal"), top and bottom ("vertical"), or each of the two ("both"), with probability ½; "none". */
  mirror: defaulted(word(["none", "horizontal", "vertical", "both"]), "none", "what is swapped"),
  /**
   * What lies beyond the picture: its mirror image ("reflect", the default), its outermost pixels ("edge"), or `fill` ("constant"). Trainings from
   * pictures choose it by their edges, unless it is given: see {@link chooseBorder}.
   */
  border: defaulted(word(["reflect", "edge", "constant"]), "reflect", "what lies beyond the picture"),
  /** The byte beyond the picture where the border is "constant", 0 … 255, or one for red, green and blue; 255, white. */
  fill: defaulted(FILL, 255, "what is beyond the picture with --border constant: a byte, or RED,GREEN,BLUE"),
  /** How smooth elastic warping is: the deviation of the Gaussian that smooths it, as a share of the size; 0.14, the paper's 4/29. */
  elasticSmoothness: defaulted(
    number({ least: 0.02, most: 1 }),
    4 / 29,
    "how smooth --elastic is, as a share of the size",
  ),
});

/** How a picture is changed at random; see {@link JITTER}. */
export type Jitter = OptionsOf<typeof JITTER.fields>;

/** Jitter with every interval by both its ends; what changes nothing is 0, of factors 1. */
export type JitterRanges = RecordOf<typeof JITTER.fields>;

/** The name of an option that is an interval. */
export type RangeOption = {
  [K in keyof JitterRanges]-?: JitterRanges[K] extends JitterRange ? K : never;
}[keyof JitterRanges];

/**
 * Jitter for common kinds of pictures, to start from:
 *
 * - **none**: nothing.
 * - **light**: a little of what does no harm to any picture.
 * - **photograph**: things seen from about the front, in any light; left and right may be swapped.
 * - **digits**: dark figures on an even ground, as other hands would write them; nothing is mirrored.
 * - **speech**: words and other short sounds, as other voices would say them elsewhere.
 * - **tissue**: sections stained with haematoxylin and eosin, which have neither top nor bottom.
 *
 * @example
 * const jitter = { ...JITTER_PRESETS.photograph, rotate: 30 };
 */
export const JITTER_PRESETS = {
  none: {},
  light: { translate: 0.04, rotate: 4, scale: 1.05, brightness: 0.04, contrast: 1.1 },
  photograph: {
    translate: 0.1,
    rotate: 10,
    scale: 1.2,
    aspect: 1.15,
    shear: 5,
    mirror: "horizontal",
    brightness: 0.1,
    contrast: 1.3,
    saturation: 1.4,
    hue: 10,
  },
  digits: { translate: 0.08, rotate: 10, scale: 1.12, aspect: 1.15, shear: 12, elastic: 0.03, border: "edge" },
  speech: { translate: 0.1, speed: 1.12, pitch: 2, signalToNoise: 10, timeMask: 0.15, bandMask: 0.15 },
  tissue: {
    quarterTurns: true,
    mirror: "both",
    translate: 0.05,
    rotate: 20,
    scale: 1.15,
    elastic: 0.015,
    stain: 1.4,
    brightness: 0.03,
    contrast: 1.1,
    hue: 4,
    blur: 0.7,
    noise: 0.015,
  },
} as const satisfies Readonly<Record<string, Jitter>>;

/**
 * Jitter for sounds: where what was asked for begins with the preset "light", which is of pictures and what commands begin with, that of "speech" in its place.
 *
 * @example
 * jitterForSounds({ ...JITTER_PRESETS.light, pitch: 3 }).pitch; // 3
 */
export function jitterForSounds(jitter: Jitter): Jitter {
  const { light, speech } = JITTER_PRESETS;
  const isUsual = ([name, value]: readonly [string, unknown]): boolean =>
    Object.entries(light).some(([n, v]) => n === name && v === value);
  const own = Object.entries(jitter).filter((entry) => !isUsual(entry));
  const isLight = Object.entries(jitter).some((entry) => entry[0] !== "translate" && isUsual(entry));
  return isLight ? { ...speech, ...Object.fromEntries(own) } : jitter;
}

/** The name of one of {@link JITTER_PRESETS}. */
export type JitterPreset = keyof typeof JITTER_PRESETS;

/**
 * Checks jitter, and fills in what it leaves out.
 *
 * @throws RangeError, TypeError naming the option, what was expected and what it got
 */
export const rangesOf = (jitter: Jitter): JitterRanges => JITTER.take(jitter, { path: "jitter" });

/** Whether an interval holds anything but what changes nothing. */
export const changesAny = (ranges: JitterRanges, ...names: readonly RangeOption[]): boolean =>
  names.some((name) => ranges[name].some((end) => end !== JITTER.fields[name].default?.[0]));
