import { number, two } from "./kind.js";
import { outOfRange } from "./place.js";
import { optional, type RecordOf, record } from "./record.js";

const NUMBERS = two(number());

const RANGE: typeof NUMBERS = {
  ...NUMBERS,
  take(value, at) {
    const range = NUMBERS.take(value, at);
    if (range[0] === range[1]) throw outOfRange(at, "2 numbers that differ", value);
    return range;
  },
};

/**
 * For each kind of numbers that pictures may have beside bytes, which of them are black and which white; numbers between are spread evenly over
 * 0 … 255, numbers beyond are cut off. A kind that no picture had is left out.
 */
export const RANGES = record({
  /** 16 bits from 0 on */
  uint16: optional(RANGE),
  /** 32 bits from 0 on */
  uint32: optional(RANGE),
  /** with a sign */
  int8: optional(RANGE),
  int16: optional(RANGE),
  int32: optional(RANGE),
  /** floating, of 16, 32 or 64 bits */
  float: optional(RANGE),
});

/** Which numbers are black and which white; see {@link RANGES}. */
export type Ranges = RecordOf<typeof RANGES.fields>;

/** A kind of numbers that pictures may have beside bytes. */
export type NumberKind = keyof Ranges;

/** The numbers that are black and white. */
export type NumberRange = readonly [black: number, white: number];

/** How numbers of a kind are called: "floating numbers". */
export const NUMBER_KINDS: Readonly<Record<NumberKind, string>> = {
  uint16: "16 bits",
  uint32: "32 bits",
  int8: "8 bits with a sign",
  int16: "16 bits with a sign",
  int32: "32 bits with a sign",
  float: "floating numbers",
};

/**
 * The range of numbers of a kind, from the least and the largest that there are:
 *
 * - whole numbers from 0 on: 0 to 2ᵏ − 1 with the smallest k of 8, 10, 12, 14, 16, 24 and 32 that holds them, as cameras and scanners have so many bits;
 * - floating numbers within 0 … 1, −1 … 1 or 0 … 255: that interval, the first that holds them;
 * - all others: from the least to the largest.
 *
 * @example
 * rangeFor("uint16", 3, 4012); // [0, 4095]
 * rangeFor("float", 0.1, 0.9); // [0, 1]
 * rangeFor("int16", -1024, 3071); // [-1024, 3071]
 */
export function rangeFor(kind: NumberKind, least: number, largest: number): NumberRange {
  const tops = kind === "float" ? [] : [8, 10, 12, 14, 16, 24, 32].map((bits): NumberRange => [0, 2 ** bits - 1]);
  const usual: readonly NumberRange[] =
    kind === "float"
      ? [
          [0, 1],
          [-1, 1],
          [0, 255],
        ]
      : tops;
  const found = usual.find(([black, white]) => least >= black && largest <= white);
  return found ?? [least, largest > least ? largest : least + 1];
}
