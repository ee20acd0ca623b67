/** Checks of numbers, with one form of message. */

import { outOfRange } from "./place.js";

/** What a number may be: above or at least, below or at most. */
export interface Range {
  readonly above?: number;
  readonly least?: number;
  readonly below?: number;
  readonly most?: number;
}

/** Whether a number is finite and in a range. */
export const within = (value: number, { above, least, below, most }: Range): boolean =>
  Number.isFinite(value) &&
  (above === undefined || value > above) &&
  (least === undefined || value >= least) &&
  (below === undefined || value < below) &&
  (most === undefined || value <= most);

const WORDS = { above: "above", least: "of at least", below: "below", most: "at most" } as const;

/** "of at least 0 and below 1" */
export const rangeText = (range: Range): string =>
  (["above", "least", "below", "most"] as const)
    .flatMap((limit) => (range[limit] === undefined ? [] : [`${WORDS[limit]} ${range[limit]}`]))
    .join(" and ");

/** @throws RangeError unless the number is finite and in the range: "Invalid value for momentum: expected …, got 1." */
export function expectInRange(name: string, value: number, range: Range): void {
  if (!within(value, range)) throw outOfRange({ path: name }, `a number ${rangeText(range)}`, value);
}

/** @throws RangeError unless every number is whole and at least `least` */
export function expectWhole(what: string, values: readonly number[], least: number): void {
  const bad = values.find((v) => !Number.isInteger(v) || v < least);
  if (bad !== undefined) throw outOfRange({ path: what }, `a whole number of at least ${least}`, bad);
}
