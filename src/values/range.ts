/** Checks of numbers, with one form of message. */

/** What a number may be: above or at least, below or at most. */
export interface Range {
  readonly above?: number;
  readonly least?: number;
  readonly below?: number;
  readonly most?: number;
}

/** @throws RangeError unless the number is finite and in the range: "Invalid value for momentum: expected …, got 1." */
export function expectInRange(name: string, value: number, range: Range): void {
  const { above, least, below, most } = range;
  const fits =
    Number.isFinite(value) &&
    (above === undefined || value > above) &&
    (least === undefined || value >= least) &&
    (below === undefined || value < below) &&
    (most === undefined || value <= most);
  if (!fits) throw new RangeError(`Invalid value for ${name}: expected a number ${rangeText(range)}, got ${value}.`);
}

/** "of at least 0 and below 1" */
function rangeText(range: Range): string {
  const words = { above: "above", least: "of at least", below: "below", most: "at most" } as const;
  return (Object.keys(words) as (keyof Range)[])
    .flatMap((key) => (range[key] === undefined ? [] : [`${words[key]} ${range[key]}`]))
    .join(" and ");
}

/** @throws RangeError unless every number is whole and at least `least` */
export function expectWhole(what: string, values: readonly number[], least: number): void {
  const bad = values.find((v) => !Number.isInteger(v) || v < least);
  if (bad !== undefined) {
    throw new RangeError(`Invalid value for ${what}: expected a whole number of at least ${least}, got ${bad}.`);
  }
}
