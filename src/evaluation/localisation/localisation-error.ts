/** How often both the class and the place are right, by ImageNet's rule. */

import type { Box } from "../../data/sources/dataset.js";
import { boxOverlap } from "../metrics/targets/box-metrics.js";
import { type Interval, wilsonInterval } from "../statistics/intervals.js";

/** A class that a picture was taken for, and where. */
export interface PlacedGuess {
  /** an index into the classes */
  readonly label: number;
  readonly box: Box;
}

/** A picture with what is in it, and what it was taken for. */
export interface LocatedSample {
  readonly label: number;
  /** where things of its class are; none where nobody has said it */
  readonly boxes: readonly Box[];
  /** the likeliest first */
  readonly guesses: readonly PlacedGuess[];
}

/** From this overlap on, a box is found. */
export const FOUND = 0.5;

/** The best overlap of a guess with what is there; 0 where its class is another. */
export const overlapOf = ({ label, boxes }: LocatedSample, guess: PlacedGuess): number =>
  guess.label === label ? Math.max(0, ...boxes.map((box) => boxOverlap(box, guess.box))) : 0;

/** An error with its interval. */
export interface LocalisationError extends Interval {
  readonly error: number;
  /** of so many pictures, those whose place is known */
  readonly count: number;
  readonly wrong: number;
}

/**
 * The share of pictures for which none of the first k guesses has both the right class and a box that overlaps a true one by half or more: ImageNet's error of
 * "classification and localisation", with k = 5. Pictures without a true box are not counted. The interval is Wilson's, 95 %.
 *
 * @throws RangeError when no picture has a true box
 * @example
 * const box = { x: 0, y: 0, width: 10, height: 10 };
 * const found = { label: 3, boxes: [box], guesses: [{ label: 3, box: { ...box, height: 8 } }] };
 * const elsewhere = { ...found, guesses: [{ label: 3, box: { ...box, x: 8 } }] };
 * localisationError([found, elsewhere], 5).error; // 0.5
 */
export function localisationError(samples: readonly LocatedSample[], k: number): LocalisationError {
  const boxed = samples.filter(({ boxes }) => boxes.length > 0);
  if (boxed.length === 0) throw new RangeError("There is no error of no picture with a box.");
  const wrong = boxed.filter(
    (sample) => !sample.guesses.slice(0, k).some((guess) => overlapOf(sample, guess) >= FOUND),
  ).length;
  return { error: wrong / boxed.length, wrong, count: boxed.length, ...wilsonInterval(wrong, boxed.length) };
}
