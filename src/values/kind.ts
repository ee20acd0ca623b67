/**
 * What a value that comes from outside may be. A kind checks a value, whether it is the argument of a function or was read from JSON, and
 * says in its message what was expected, what came, and where. Records of declared fields are made of kinds: see `record.ts`.
 */

import { outOfRange, type Place, within, wrongKind } from "./place.js";
import { within as inRange, type Range, rangeText } from "./range.js";

/**
 * What a value may be.
 *
 * @typeParam Out what the checked value is
 * @typeParam In what may be given for it
 */
export interface Kind<Out, In = Out> {
  /** what a message says was expected: "a whole number of at least 1" */
  readonly expected: string;
  /**
   * The value, checked and brought to its full form.
   *
   * @throws TypeError when it is of another kind, RangeError when it is out of range; both say where
   */
  take(value: unknown, at: Place): Out;
  /** what the text of a command line stands for; {@link take} checks it */
  parse?(text: string): unknown;
  /** the words that it may be, where it is one of a few */
  readonly words?: readonly string[];
  /** where it may be one number: how a range of such numbers is searched */
  readonly numeric?: Searched | undefined;
  /** says what may be given, to the type checker alone */
  readonly in?: In;
}

/** How numbers between two are searched. */
export interface Searched {
  /** only whole numbers */
  readonly whole: boolean;
  /** "log": by factors, and not by differences */
  readonly scale?: "log" | undefined;
}

/** The type of the values of a kind. */
export type ValueOf<K> = K extends Kind<infer Out, infer _> ? Out : never;

/** The type of what may be given for the values of a kind. */
export type GivenFor<K> = K extends Kind<infer _, infer In> ? In : never;

/** The number that a text says; the text itself where it says none, for the message. */
const parseNumber = (text: string): number | string =>
  text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);

/** What a number may be besides its range. */
export interface NumberOptions extends Range {
  /** only multiples of it; 1 for whole numbers */
  readonly step?: number;
  /** "log" where it is factors that count, as for rates: so a search goes through them, unless it is told otherwise */
  readonly scale?: "log";
}

/**
 * A finite number in a range.
 *
 * @example
 * number({ least: 0, below: 1 }).expected; // "a number of at least 0 and below 1"
 */
export function number(range: NumberOptions = {}): Kind<number> {
  const { step, scale } = range;
  const name = step === undefined ? "number" : step === 1 ? "whole number" : `multiple of ${step}`;
  const limits = rangeText(range);
  const expected = limits === "" ? `a ${step === undefined ? "finite " : ""}${name}` : `a ${name} ${limits}`;
  return {
    expected,
    parse: parseNumber,
    ...(step === undefined || step === 1 ? { numeric: { whole: step === 1, scale } } : {}),
    take(value, at) {
      if (typeof value !== "number") throw wrongKind(at, expected, value);
      const fits = step === undefined || (Number.isSafeInteger(value / step) && Number.isFinite(value));
      if (!fits || !inRange(value, range)) throw outOfRange(at, expected, value);
      return value;
    },
  };
}

/**
 * A whole number of at least so much, and at most so much where that is given.
 *
 * @example
 * whole(1, 8).expected; // "a whole number of at least 1 and at most 8"
 */
export const whole = (least?: number, most?: number): Kind<number> =>
  number({ step: 1, ...(least === undefined ? {} : { least }), ...(most === undefined ? {} : { most }) });

/**
 * A text; a kind of text where its form is given.
 *
 * @param expected what a message says was expected
 * @example
 * text("a date, such as 2026-01-31", /^\d{4}-\d\d-\d\d$/);
 */
export function text(expected = "a text", form?: RegExp): Kind<string> {
  return {
    expected,
    parse: (given) => given,
    take(value, at) {
      if (typeof value !== "string") throw wrongKind(at, expected, value);
      if (form && !form.test(value)) throw outOfRange(at, expected, value);
      return value;
    },
  };
}

/**
 * The path of a file or a folder, which may not be there.
 *
 * @example
 * path().expected; // "a path"
 */
export const path = (): Kind<string> => text("a path", /./);

/** @throws TypeError, RangeError unless a function was given a path: plain JavaScript gives it anything */
export const expectPath = (name: string, value: string): string => path().take(value, { path: name });

/**
 * True or false.
 *
 * @example
 * const fields = { biases: defaulted(flag(), true) };
 */
export const flag = (): Kind<boolean> => ({
  expected: "true or false",
  take(value, at) {
    if (typeof value !== "boolean") throw wrongKind(at, "true or false", value);
    return value;
  },
});

/**
 * One of a few words.
 *
 * @example
 * word(["max", "average"]).expected; // "\"max\" or \"average\""
 */
export function word<const W extends string>(words: readonly W[]): Kind<W> {
  const quoted = words.map((each) => `"${each}"`);
  const expected = quoted.length < 3 ? quoted.join(" or ") : `one of ${quoted.join(", ")}`;
  return {
    expected,
    words,
    parse: (given) => given,
    take(value, at) {
      const found = words.find((each) => each === value);
      if (found === undefined) throw (typeof value === "string" ? outOfRange : wrongKind)(at, expected, value);
      return found;
    },
  };
}

/**
 * One of a few numbers.
 *
 * @example
 * oneOfNumbers([1, 3]).expected; // "1 or 3"
 */
export function oneOfNumbers<const N extends number>(numbers: readonly N[]): Kind<N> {
  const words = numbers.map(String);
  const expected = words.join(" or ");
  return {
    expected,
    words,
    parse: parseNumber,
    take(value, at) {
      const found = numbers.find((each) => each === value);
      if (found === undefined) throw (typeof value === "number" ? outOfRange : wrongKind)(at, expected, value);
      return found;
    },
  };
}

/** A value that is checked as one of a kind, and kept in the form in which it was given: without defaults, such as a configuration has it. */
export const asGiven = <Out, In>(kind: Kind<Out, In>): Kind<In> => ({
  ...kind,
  take(value, at) {
    kind.take(value, at);
    return value as In;
  },
});

/**
 * A list of values of one kind; of `least` of them or more.
 *
 * @example
 * const fields = { widths: required(list(whole(1), 2)) }; // two or more
 */
export function list<Out, In>(item: Kind<Out, In>, least = 0): Kind<readonly Out[], readonly In[]> {
  const expected = least === 0 ? "a list" : `a list of at least ${least}`;
  return {
    expected,
    parse: (given) => given.split(",").map((part) => (item.parse ? item.parse(part) : part)),
    numeric: item.numeric,
    take(value, at) {
      if (!Array.isArray(value)) throw wrongKind(at, expected, value);
      if (value.length < least) throw outOfRange(at, expected, value);
      return value.map((each: unknown, i) => item.take(each, within(at, i)));
    },
  };
}

/**
 * A list of at least so many names; on a command line with commas between them, and in double quotes those that hold one.
 *
 * @example
 * const fields = { order: optional(names(2), "the classes, lowest first") };
 */
export const names = (least: number): Kind<readonly string[]> => ({
  ...list(text(), least),
  parse: (given) =>
    [...given.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?=,|$)/g)].map(
      ([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain,
    ),
});

/** So many values of one kind. */
type Several<T, N extends 2 | 4> = N extends 2 ? readonly [T, T] : readonly [T, T, T, T];

/** A list of exactly so many values. */
function several<Out, In, N extends 2 | 4>(
  item: Kind<Out, In>,
  count: N,
  expected: string,
): Kind<Several<Out, N>, Several<In, N>> {
  const isComplete = (values: readonly Out[]): values is Several<Out, N> => values.length === count;
  return {
    expected,
    take(value, at) {
      if (!Array.isArray(value)) throw wrongKind(at, expected, value);
      const values = value.map((each: unknown, i) => item.take(each, within(at, i)));
      if (!isComplete(values)) throw outOfRange(at, expected, value);
      return values;
    },
  };
}

/**
 * Two values.
 *
 * @example
 * const fields = { range: defaulted(two(number()), [0, 1]) };
 */
export const two = <Out, In>(item: Kind<Out, In>): Kind<readonly [Out, Out], readonly [In, In]> =>
  several(item, 2, `2 values, each ${item.expected}`);

/** A value for both axes, or one for each: vertical, horizontal. */
export type Pair<T = number> = T | readonly [T, T];

/** A value for all four sides, or one for each: top, bottom, left, right (MatConvNet's order). */
export type Sides<T = number> = T | readonly [T, T, T, T];

/**
 * One value for both axes, or one for each, vertical before horizontal. The checked value has two.
 *
 * @example
 * const fields = { stride: defaulted(pair(whole(1)), 1) }; // a layer has [1, 1]
 */
export function pair(item: Kind<number>): Kind<readonly [number, number], Pair> {
  const each = several(item, 2, `${item.expected}, or 2 of them`);
  return {
    expected: each.expected,
    take(value, at) {
      if (typeof value !== "number") return each.take(value, at);
      const both = item.take(value, at);
      return [both, both];
    },
  };
}

/**
 * One value for all four sides, or one for each: top, bottom, left, right. The checked value has four.
 *
 * @example
 * const fields = { pad: defaulted(sides(whole(0)), 0) }; // a layer has [0, 0, 0, 0]
 */
export function sides(item: Kind<number>): Kind<readonly [number, number, number, number], Sides> {
  const each = several(item, 4, `${item.expected}, or 4 of them`);
  return {
    expected: each.expected,
    take(value, at) {
      if (typeof value !== "number") return each.take(value, at);
      const all = item.take(value, at);
      return [all, all, all, all];
    },
  };
}

/** Values of one kind by any names. */
export const byName = <Out, In>(
  item: Kind<Out, In>,
): Kind<Readonly<Record<string, Out>>, Readonly<Record<string, In>>> => ({
  expected: "an object",
  take: (value, at) =>
    Object.fromEntries(
      Object.entries(objectOf(value, at)).map(([name, each]) => [name, item.take(each, within(at, name))] as const),
    ),
});

/** Whatever JSON can hold, unchecked. */
export const anything = (): Kind<unknown> => ({ expected: "a value", take: (value) => value });

/**
 * A value of one kind or another, chosen by what it looks like.
 *
 * @param expected what a message says was expected when `choose` finds no kind
 */
export const either = <Out, In>(
  expected: string,
  choose: (value: unknown) => Kind<Out, In> | undefined,
  parse?: (text: string) => unknown,
): Kind<Out, In> => ({
  expected,
  ...(parse ? { parse } : {}),
  take(value, at) {
    const kind = choose(value);
    if (!kind) throw wrongKind(at, expected, value);
    return kind.take(value, at);
  },
});

/** @throws TypeError unless the value is an object with fields */
export function objectOf(value: unknown, at: Place): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrongKind(at, "an object", value);
  return value;
}
