/** What jitter is asked for, as plain data. */

/** Both ends of what a number is drawn from. */
export type JitterRange = readonly [low: number, high: number];

/**
 * How a picture is changed at random, anew in each epoch. It is plain data, so that it can be kept with a run. What is left out is
 * not changed. Where one number stands for an interval, the option says for which; `[low, high]` gives both ends.
 *
 * Numbers are uniform in their interval; factors are uniform in their logarithm, so that twice and half are equally likely.
 */
export interface Jitter {
  /** A shift to the right and another one downwards, as shares of the width and the height; a: −a … a. */
  readonly translate?: number | JitterRange;
  /** Degrees, counter-clockwise about the middle; a: −a … a. */
  readonly rotate?: number | JitterRange;
  /** Turns by 0, 90, 180 or 270 degrees, equally likely, before `rotate`; false. By themselves they lose nothing of a square picture. */
  readonly quarterTurns?: boolean;
  /** A factor of the size, about the middle; f ≥ 1: 1/f … f. Pictures that are made much smaller are not smoothed first. */
  readonly scale?: number | JitterRange;
  /** A factor of the width relative to the height, which keeps the area; f ≥ 1: 1/f … f. */
  readonly aspect?: number | JitterRange;
  /** Degrees by which upright lines lean to the right; a: −a … a. */
  readonly shear?: number | JitterRange;
  /** Swaps left and right ("horizontal"), top and bottom ("vertical"), or each of the two ("both"), with probability ½; "none". */
  readonly mirror?: "none" | "horizontal" | "vertical" | "both";
  /**
   * Elastic warping (Simard, Steinkraus and Platt 2003): the root mean square of the displacement in each direction, as a share of the
   * width and the height; a: 0 … a. The paper's 29×29 digits have about 0.05.
   */
  readonly elastic?: number | JitterRange;
  /** How smooth elastic warping is: the deviation of the Gaussian that smooths it, as a share of the size; 0.14, the paper's 4/29. */
  readonly elasticSmoothness?: number;
  /** What lies beyond the picture: its mirror image ("reflect", the default), its outermost pixels ("edge"), or `fill` ("constant"). */
  readonly border?: "reflect" | "edge" | "constant";
  /** The byte beyond the picture where the border is "constant", 0 … 255; 255, white. */
  readonly fill?: number;

  /**
   * Haematoxylin and eosin by factors of their own, as if a section had been stained for more or less long; f ≥ 1: 1/f … f. White stays
   * white. Pictures of three channels only; see {@link stainMatrix}.
   */
  readonly stain?: number | JitterRange;
  /** What is added to every byte, as a share of 255; a: −a … a. */
  readonly brightness?: number | JitterRange;
  /** A factor of the distance from the picture's mean grey; f ≥ 1: 1/f … f. */
  readonly contrast?: number | JitterRange;
  /** A factor of the distance from the pixel's grey, 0.299 R + 0.587 G + 0.114 B; f ≥ 1: 1/f … f. Pictures of three channels only. */
  readonly saturation?: number | JitterRange;
  /** Degrees by which colours turn about the grey axis, their grey staying (in YIQ); a: −a … a. Pictures of three channels only. */
  readonly hue?: number | JitterRange;
  /** Blur: the deviation of a Gaussian in pixels; a: 0 … a. */
  readonly blur?: number | JitterRange;
  /** Noise of its own on every byte: the deviation, as a share of 255; a: 0 … a. */
  readonly noise?: number | JitterRange;
  /**
   * A rectangle of random bytes (Zhong et al. 2020): its share of the picture's area; a: 0 … a. It is up to three times as wide as high
   * or as high as wide, and lies inside.
   */
  readonly erase?: number | JitterRange;
}

/** What one number stands for: −a … a, 1/f … f, or 0 … a. */
type Kind = "opposite" | "factor" | "upwards";

interface RangeRule {
  readonly kind: Kind;
  /** the largest number; of "opposite" also its negative, of "factor" its inverse is the smallest */
  readonly most: number;
  /** for the command's help */
  readonly words: string;
}

/** The options that are intervals. */
export const RANGE_RULES = {
  translate: { kind: "opposite", most: 1, words: "shift, as a share of the size" },
  rotate: { kind: "opposite", most: 180, words: "degrees of rotation" },
  scale: { kind: "factor", most: 10, words: "factor of the size" },
  aspect: { kind: "factor", most: 10, words: "factor of the width relative to the height" },
  shear: { kind: "opposite", most: 80, words: "degrees of shear" },
  elastic: { kind: "upwards", most: 1, words: "elastic displacement, as a share of the size" },
  stain: { kind: "factor", most: 10, words: "factor of haematoxylin and of eosin" },
  brightness: { kind: "opposite", most: 1, words: "brightness to add, as a share of white" },
  contrast: { kind: "factor", most: 100, words: "factor of the contrast" },
  saturation: { kind: "factor", most: 100, words: "factor of the saturation" },
  hue: { kind: "opposite", most: 180, words: "degrees of hue" },
  blur: { kind: "upwards", most: 100, words: "deviation of the blur in pixels" },
  noise: { kind: "upwards", most: 1, words: "deviation of the noise, as a share of white" },
  erase: { kind: "upwards", most: 1, words: "share of the area to erase" },
} as const satisfies Partial<Record<keyof Jitter, RangeRule>>;

/** The name of an option that is an interval. */
export type RangeOption = keyof typeof RANGE_RULES;

/** The options that are one of several words. */
export const WORD_RULES = {
  mirror: ["none", "horizontal", "vertical", "both"],
  border: ["reflect", "edge", "constant"],
} as const satisfies Partial<Record<keyof Jitter, readonly string[]>>;

const OTHERS = ["quarterTurns", "elasticSmoothness", "fill"] as const satisfies (keyof Jitter)[];

/** Jitter with every interval by both its ends; what changes nothing is 0, of factors 1. */
export interface JitterRanges extends Readonly<Record<RangeOption, JitterRange>> {
  readonly mirror: NonNullable<Jitter["mirror"]>;
  readonly border: NonNullable<Jitter["border"]>;
  readonly quarterTurns: boolean;
  readonly elasticSmoothness: number;
  readonly fill: number;
}

const NOTHING: Readonly<Record<Kind, JitterRange>> = { opposite: [0, 0], factor: [1, 1], upwards: [0, 0] };

/**
 * Jitter for common kinds of pictures, to start from:
 *
 * - **none**: nothing.
 * - **light**: a little of what does no harm to any picture.
 * - **photograph**: things seen from about the front, in any light; left and right may be swapped.
 * - **digits**: dark figures on an even ground, as other hands would write them; nothing is mirrored.
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

/** The name of one of {@link JITTER_PRESETS}. */
export type JitterPreset = keyof typeof JITTER_PRESETS;

/**
 * Checks jitter, and fills in what it leaves out.
 *
 * @throws RangeError naming the option, what was expected and what it got
 */
export function rangesOf(jitter: Jitter): JitterRanges {
  const known: readonly string[] = [...Object.keys(RANGE_RULES), ...Object.keys(WORD_RULES), ...OTHERS];
  const unknown = Object.keys(jitter).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`Jitter has no option '${unknown}': expected some of ${known.join(", ")}.`);
  }
  const { quarterTurns = false, elasticSmoothness = 4 / 29, fill = 255 } = jitter;
  const range = (name: RangeOption): JitterRange => intervalOf(name, jitter[name]);
  expectOption("quarterTurns", typeof quarterTurns === "boolean", "true or false", quarterTurns);
  const smooth = elasticSmoothness >= 0.02 && elasticSmoothness <= 1;
  expectOption("elasticSmoothness", smooth, "a number from 0.02 to 1", elasticSmoothness);
  expectOption("fill", Number.isInteger(fill) && fill >= 0 && fill <= 255, "a whole number from 0 to 255", fill);
  return {
    translate: range("translate"),
    rotate: range("rotate"),
    scale: range("scale"),
    aspect: range("aspect"),
    shear: range("shear"),
    elastic: range("elastic"),
    stain: range("stain"),
    brightness: range("brightness"),
    contrast: range("contrast"),
    saturation: range("saturation"),
    hue: range("hue"),
    blur: range("blur"),
    noise: range("noise"),
    erase: range("erase"),
    quarterTurns,
    elasticSmoothness,
    fill,
    mirror: wordOf("mirror", WORD_RULES.mirror, jitter.mirror),
    border: wordOf("border", WORD_RULES.border, jitter.border),
  };
}

/** Whether an interval holds anything but what changes nothing. */
export function changesAny(ranges: JitterRanges, ...names: readonly RangeOption[]): boolean {
  return names.some((name) => ranges[name].some((end) => end !== NOTHING[RANGE_RULES[name].kind][0]));
}

/** Both ends of an interval that one number may stand for. */
function intervalOf(name: RangeOption, value: unknown): JitterRange {
  const { kind, most } = RANGE_RULES[name];
  if (value === undefined) return NOTHING[kind];
  const single = kind === "factor" ? 1 : 0;
  const least = { opposite: -most, factor: 1 / most, upwards: 0 }[kind];
  const isIn = (from: number, x: unknown): x is number => typeof x === "number" && x >= from && x <= most;
  if (isIn(single, value)) return [{ opposite: -value, factor: 1 / value, upwards: 0 }[kind], value];
  if (Array.isArray(value) && value.length === 2) {
    const [low, high]: unknown[] = value;
    if (isIn(least, low) && isIn(least, high) && low <= high) return [low, high];
  }
  const expected = `a number from ${single} to ${most}, or [low, high] from ${Number(least.toPrecision(3))} to ${most}`;
  expectOption(name, false, expected, value);
  return NOTHING[kind];
}

function wordOf<W extends string>(name: keyof Jitter, words: readonly W[], value: unknown): W {
  const found = words.find((word) => word === (value ?? words[0]));
  expectOption(name, found !== undefined, words.map((word) => `"${word}"`).join(", "), value);
  return found ?? words[0];
}

function expectOption(name: keyof Jitter, ok: boolean, expected: string, got: unknown): void {
  if (ok) return;
  const text = typeof got === "number" ? String(got) : JSON.stringify(got);
  throw new RangeError(`Invalid value for jitter's ${name}: expected ${expected}, got ${text}.`);
}
