/** Parsers of the command line's values; what does not parse is wrong usage. */

import { type Command, InvalidArgumentError } from "commander";

/** A whole number of at least `least`. */
export const whole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Expected a whole number of at least ${least}, got '${text}'.`);
    }
    return value;
  };

/** A number of at least `low`, below `below` and at most `most` where they are given; `low` itself only where `open` is false. */
export const number =
  (low: number, { below = Number.POSITIVE_INFINITY, most = Number.POSITIVE_INFINITY, open = false } = {}) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !(open ? value > low : value >= low) || !(value < below && value <= most)) {
      const limits = [
        below < Number.POSITIVE_INFINITY && ` and below ${below}`,
        most < Number.POSITIVE_INFINITY && ` and at most ${most}`,
      ];
      const limit = limits.filter(Boolean).join("");
      throw new InvalidArgumentError(
        `Expected a number ${open ? "above" : "of at least"} ${low}${limit}, got '${text}'.`,
      );
    }
    return value;
  };

/** Several numbers, divided by commas. */
export const numbers =
  (parse: (text: string) => number) =>
  (text: string): number[] =>
    text.split(",").map(parse);

/** A regular expression with a group. */
export function pattern(text: string): RegExp {
  try {
    // the empty alternative matches anything, and tells how many groups there are
    const groups = (new RegExp(`${text}|`).exec("")?.length ?? 1) - 1;
    if (groups > 0) return new RegExp(text);
  } catch {
    // said below
  }
  throw new InvalidArgumentError(`Expected a regular expression with a group, such as '(patient\\d+)', got '${text}'.`);
}

/** Adds the options that say which pictures belong together. */
export const withGroupOptions = (command: Command): Command =>
  command
    .option("--group <column>", "the column of a list that names what belongs together, such as the patient (group)")
    .option("--group-by <pattern>", "a regular expression whose first group names it in a picture's path", pattern);
