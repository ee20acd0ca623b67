/** What is searched: the values that each setting may take, and the settings that are tried. */

import { stream } from "../random/stream.js";

/** A value of a setting: a number, or a word. */
export type SettingValue = string | number;

/** The values of a trial, by the names of the settings. A setting that a trial does not read is left out. */
export type SettingValues = Readonly<Record<string, SettingValue>>;

/** Where alone a setting is read: where another one has one of these values. */
export interface SettingCondition {
  readonly name: string;
  readonly among: readonly SettingValue[];
}

/** A setting that has one of a few values. */
export interface SettingChoices {
  readonly name: string;
  readonly values: readonly SettingValue[];
  readonly only?: SettingCondition;
}

/** How the numbers of a range are spread: evenly, or their logarithms are. */
export const SCALES = ["linear", "log"] as const;

/** A setting that has a number of a range. */
export interface SettingRange {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly scale: (typeof SCALES)[number];
  /** only whole numbers */
  readonly whole: boolean;
  readonly only?: SettingCondition;
}

/** A setting of a search. */
export type Setting = SettingChoices | SettingRange;

/** What is searched. Where a setting depends on another one, that one stands before it. */
export type Space = readonly Setting[];

/**
 * A setting that has one of a few values.
 *
 * @param only where alone it is read; everywhere
 * @throws RangeError when there is no value, or one of them twice
 * @example
 * choices("width", [8, 16], { name: "network", among: ["compact"] });
 */
export function choices(name: string, values: readonly SettingValue[], only?: SettingCondition): SettingChoices {
  if (values.length === 0) throw new RangeError(`${name}: expected at least one value, got none.`);
  const twice = values.find((value, i) => values.indexOf(value) < i);
  if (twice !== undefined) throw new RangeError(`${name}: expected different values, got ${twice} twice.`);
  return { name, values, ...(only ? { only } : {}) };
}

/** How an {@link interval} is searched. */
export interface RangeOptions {
  /** "log": each factor is as likely as any other, as it suits rates; "linear" */
  readonly scale?: SettingRange["scale"];
  /** only whole numbers; false */
  readonly whole?: boolean;
  /** where alone it is read; everywhere */
  readonly only?: SettingCondition;
}

/**
 * A setting that has a number from `low` to `high`.
 *
 * @throws RangeError when there is no such number, the scale is logarithmic and `low` is not above 0, or only whole numbers are meant and a limit is none
 * @example
 * interval("learning-rate", 0.001, 0.1, { scale: "log" });
 */
export function interval(
  name: string,
  low: number,
  high: number,
  { scale = "linear", whole = false, only }: RangeOptions = {},
): SettingRange {
  const got = `got ${low}..${high}`;
  if (!Number.isFinite(low) || !Number.isFinite(high) || low >= high) {
    throw new RangeError(`${name}: expected two numbers, the lower one first, ${got}.`);
  }
  if (scale === "log" && low <= 0) {
    throw new RangeError(`${name}: expected numbers above 0 on a logarithmic scale, ${got}.`);
  }
  if (whole && !(Number.isSafeInteger(low) && Number.isSafeInteger(high))) {
    throw new RangeError(`${name}: expected whole numbers, ${got}.`);
  }
  return { name, low, high, scale, whole, ...(only ? { only } : {}) };
}

/** So many digits of a drawn number count: a command line with it can be read, and gives the same run again. */
const DIGITS = 4;

/** The number at a place of an interval, from 0 (its lower limit) to 1 (its upper one). */
function numberAt({ low, high, scale, whole }: SettingRange, place: number): number {
  const exact = scale === "log" ? low * (high / low) ** place : low + (high - low) * place;
  const short = whole ? Math.round(exact) : Number(exact.toPrecision(DIGITS));
  return Math.min(high, Math.max(low, short));
}

/**
 * Where a value lies between the limits of an interval, from 0 to 1 on its scale: the inverse of its numbers.
 *
 * @example
 * placeIn(interval("rate", 0.01, 1, { scale: "log" }), 0.1); // 0.5
 */
export const placeIn = ({ low, high, scale }: SettingRange, value: number): number =>
  scale === "log" ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);

/** The values without those of settings that are not read beside the others. */
function readOf(space: Space, values: SettingValues): SettingValues {
  const read: Record<string, SettingValue> = {};
  for (const { name, only } of space) {
    // A setting that is not searched is not known here: who makes the space leaves such a condition out.
    if (only && !only.among.includes(read[only.name])) continue;
    read[name] = values[name];
  }
  return read;
}

const keyOf = (values: SettingValues): string => JSON.stringify(Object.entries(values));

/** The same values once, in the order of their first. */
function distinct(all: Iterable<SettingValues>): SettingValues[] {
  const found = new Map<string, SettingValues>();
  for (const values of all) if (!found.has(keyOf(values))) found.set(keyOf(values), values);
  return [...found.values()];
}

/**
 * All combinations of the values; the last setting changes first. Of an interval, `steps` numbers are taken at even distances on its scale, its limits
 * among them. What differs only in settings that are not read is one combination.
 *
 * @param steps numbers of each interval, at least 2
 * @throws RangeError when there are more than `most` combinations
 * @example
 * const space = [choices("network", ["compact", "resnet20"]), choices("width", [8, 16], { name: "network", among: ["compact"] })];
 * gridOf(space).length; // 3
 * gridOf([interval("rate", 0.001, 0.1, { scale: "log" })], { steps: 3 }).map(({ rate }) => rate); // [0.001, 0.01, 0.1]
 */
export function gridOf(
  space: Space,
  { steps = 5, most = 10_000 }: { readonly steps?: number; readonly most?: number } = {},
): SettingValues[] {
  const lists = space.map((dimension) =>
    "values" in dimension
      ? dimension.values
      : [...new Set(Array.from({ length: steps }, (_, i) => numberAt(dimension, i / (steps - 1))))],
  );
  const count = lists.reduce((product, list) => product * list.length, 1);
  if (count > most) throw new RangeError(`A grid of ${count} trials is too large: expected at most ${most}.`);
  let all: SettingValues[] = [{}];
  space.forEach(({ name }, i) => {
    all = all.flatMap((values) => lists[i].map((value) => ({ ...values, [name]: value })));
  });
  return distinct(all.map((values) => readOf(space, values)));
}

/** So many draws that were there before end the search for another one: the space has no more, or hardly any. */
const PATIENCE = 200;

/**
 * Random settings, each setting drawn by itself: a value of its list, each as likely; a number of its interval, evenly on its scale. None comes
 * twice, so that there are fewer where the space has no more. The first n are the same, however many are asked for.
 *
 * @param seed decides all of them
 * @example
 * drawValues([interval("rate", 0.001, 0.1, { scale: "log" })], 20, 1).every(({ rate }) => Number(rate) <= 0.1); // true
 */
export function drawValues(space: Space, count: number, seed: number): SettingValues[] {
  const found = new Map<string, SettingValues>();
  for (let draw = 0, misses = 0; found.size < count && misses < PATIENCE; draw++) {
    const drawn = space.map((dimension): [string, SettingValue] => {
      const random = stream(seed, "search", draw, dimension.name);
      const value =
        "values" in dimension
          ? dimension.values[random.integer(0, dimension.values.length - 1)]
          : numberAt(dimension, uniformPlace(dimension, random.uniform()));
      return [dimension.name, value];
    });
    const values = readOf(space, Object.fromEntries(drawn));
    misses = found.has(keyOf(values)) ? misses + 1 : 0;
    if (misses === 0) found.set(keyOf(values), values);
  }
  return [...found.values()];
}

/** A uniform place; of whole numbers one that gives the limits the same share as the others, on a linear scale. */
const uniformPlace = ({ low, high, scale, whole }: SettingRange, uniform: number): number =>
  whole && scale === "linear" ? Math.floor(uniform * (high - low + 1)) / (high - low) : uniform;
