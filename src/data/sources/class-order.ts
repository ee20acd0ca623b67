/** The order of classes: what comes first in tables, and what is a step from what where classes are grades. */

import { fewOf, naturally, sameName } from "./dataset.js";

/** What the order of classes was seen by. */
export type OrderRule = "numbers" | "roman numerals" | "names";

/** A number, maybe with a sign, after other text. A range ("5-10") counts by its first number, and a limit (">10", "10+") beyond it. */
const NUMBER = /^(\D*?)([+-]?)(\d+(?:[.,]\d+)?|\.\d+)(e[+-]?\d+)?(?:\s*(?:-|–|to)\s*[\d.,]+|\s*(\+))?(?=\D|$)(.*)$/i;
/** A Roman numeral up to 3999 as it is written (Unicode Technical Note 47 lists the same forms), or 0, and a stage of a stage: IIa. */
const ROMAN = /^(?:(0)|(m{0,3})(cm|cd|d?c{0,3})(xc|xl|l?x{0,3})(ix|iv|v?i{0,3}))([abc]?\d?)$/i;

/** A name taken apart: its place in the order, and what all names must have in common. */
interface Key {
  readonly rank: number;
  readonly frame: string;
}

/**
 * The names of classes in their order: by number where each name has one and nothing else tells them apart (-2, 0, 0.5, "grade 10" after
 * "grade 9", "<5" before "5-10"), by Roman numeral likewise (II, IV, IX; "stage IIa"), else in natural order ("a2" before "a10").
 *
 * @example
 * orderClasses(["V", "II", "IX", "I"]); // ["I", "II", "V", "IX"]
 * orderClasses(["0.5", "0.05", "-1"]); // ["-1", "0.05", "0.5"]
 */
export const orderClasses = (names: Iterable<string>): string[] => orderWithRule(names).classes;

/** {@link orderClasses}, and what the order was seen by. */
export function orderWithRule(names: Iterable<string>): { readonly classes: string[]; readonly rule: OrderRule } {
  const all = [...names];
  const sorted = (ranks: ReadonlyMap<string, number>): string[] =>
    all.sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0) || naturally(a, b));
  const numbers = ranksBy(all, numberKey(all));
  if (numbers) return { classes: sorted(numbers), rule: "numbers" };
  // single letters such as C, D, M may be just letters
  const romans = all.some((name) => /[ivxlcdm]{2}/i.test(name)) ? ranksBy(all, romanKey) : undefined;
  if (romans) return { classes: sorted(romans), rule: "roman numerals" };
  return { classes: all.sort(naturally), rule: "names" };
}

/**
 * Classes in the order that somebody gave, in the data's own spelling.
 *
 * @throws RangeError when it is not an order of these classes, naming those that are missing, unknown, or there twice
 * @example
 * chosenOrder(["high", "low", "medium"], ["low", "medium", "high"]); // ["low", "medium", "high"]
 */
export function chosenOrder(classes: readonly string[], order: readonly string[]): string[] {
  const known = new Map(classes.map((name) => [sameName(name), name]));
  const given = order.map((name) => sameName(name.trim()));
  const faults = [
    ["is missing", "are missing", [...known].filter(([key]) => !given.includes(key)).map(([, name]) => name)],
    ["is no class", "are no classes", given.filter((key) => !known.has(key))],
    ["is there twice", "are there twice", given.filter((key, i) => given.indexOf(key) !== i)],
  ] as const;
  const said = faults
    .filter(([, , names]) => names.length > 0)
    .map(([one, many, names]) => `${fewOf(names)} ${names.length === 1 ? one : many}`);
  if (said.length > 0) {
    throw new RangeError(
      `Invalid value for order: expected each of the classes ${fewOf(classes, 5)} once, lowest first, but ${said.join("; ")}.`,
    );
  }
  return given.map((key) => known.get(key) ?? key);
}

/** Each name's rank, where all names have one and are alike but for it. */
function ranksBy(names: readonly string[], keyOf: (name: string) => Key | undefined): Map<string, number> | undefined {
  const ranks = new Map<string, number>();
  let frame: string | undefined;
  for (const name of names) {
    const key = keyOf(name);
    if (key === undefined || (frame !== undefined && key.frame !== frame)) return undefined;
    frame = key.frame;
    ranks.set(name, key.rank);
  }
  return ranks;
}

/** What {@link ranksBy} takes for numbers. A hyphen behind a letter ("grade-2") is a sign only where not all names have it. */
function numberKey(names: readonly string[]): (name: string) => Key | undefined {
  const hyphens = names.every((name) => /^[^\d-]*[^\d\s-][-−][\d.]/.test(name));
  return (name) => {
    const match = NUMBER.exec(name.trim().replace("−", "-"));
    if (!match) return undefined;
    const [, before, sign, digits, power = "", plus, after] = match;
    const value = numberFrom(hyphens ? "" : sign, digits, power);
    const limit = /[<≤]\s*$/.test(before) ? -1 : /[>≥]\s*$/.test(before) || plus ? 1 : 0;
    const frame = `${before.replace(/[<>≤≥=]+\s*$/, "")}|${after}`;
    return { rank: value + limit * 1e-9 * Math.max(1, Math.abs(value)), frame: frame.toLowerCase().replace(/\s/g, "") };
  };
}

/** 1,000 is a thousand, 0,05 a twentieth. */
function numberFrom(sign: string, digits: string, power: string): number {
  const decimal = /^[1-9]\d{0,2},\d{3}$/.test(digits) ? digits.replace(",", "") : digits.replace(",", ".");
  return Number(`${sign === "-" ? "-" : ""}${decimal}${power}`);
}

/**
 * The number that a name is, as {@link orderClasses} reads it; undefined where it is none.
 *
 * @example
 * numberOf("0,5"); // 0.5
 * numberOf("−1"); // -1
 */
export function numberOf(name: string): number | undefined {
  const match = /^([+-]?)(\d+(?:[.,]\d*)?|\.\d+)(e[+-]?\d+)?$/i.exec(name.trim().replace("−", "-"));
  return match ? numberFrom(match[1], match[2], match[3] ?? "") : undefined;
}

/** What {@link ranksBy} takes for Roman numerals: the last word of a name, in one case. */
function romanKey(name: string): Key | undefined {
  const [, before, word] = /^(.*?)([^\s_-]+)$/.exec(name.trim()) ?? [];
  const match = word === undefined || word === "" ? null : ROMAN.exec(word);
  if (!match) return undefined;
  const [, zero, ...digits] = match;
  const stage = digits[4] ?? "";
  const numeral = zero ?? digits.slice(0, 4).join("");
  if (numeral === "" || !(numeral === numeral.toUpperCase() || numeral === numeral.toLowerCase())) return undefined;
  const value = zero === "0" ? 0 : romanValue(numeral.toUpperCase());
  const fraction = [...stage.toLowerCase()].reduce((sum, letter) => sum * 16 + parseInt(letter, 16), 0) / 4096;
  return { rank: value + fraction, frame: (before ?? "").toLowerCase().trim() };
}

const ROMAN_DIGITS: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10, L: 50, C: 100, D: 500, M: 1000 };

/** A digit before a larger one is taken away: IX is 10 − 1. */
function romanValue(numeral: string): number {
  const values = [...numeral].map((letter) => ROMAN_DIGITS[letter] ?? 0);
  return values.reduce((sum, value, i) => sum + (value < (values[i + 1] ?? 0) ? -value : value), 0);
}
