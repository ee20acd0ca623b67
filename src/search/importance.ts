/** How much each setting matters for the error, by a rule that can be said in a sentence. */

import type { SettingValue, SettingValues, Space } from "./space.js";

/** A trial that was measured. */
export interface Tried {
  readonly values: SettingValues;
  /** infinite where it failed: behind all others */
  readonly error: number;
}

/** How much a setting matters. */
export interface Importance {
  readonly name: string;
  /** the share of the spread of the trials' ranks that its values explain, 0 to 1; undefined where there are too few trials to say */
  readonly share: number | undefined;
}

/** Numbers of an interval are put into so many groups. */
const GROUPS = 4;

/**
 * How much each setting matters, by itself: the trials are ranked by their errors, and the share of the variance of these ranks is taken that lies between
 * the setting's values (of an interval, four groups of equally many trials), less what as many groups explain by chance:
 *
 *     η² = 1 − (1 − R²)·(n − 1)/(n − g),   R² = the sum of squares between g groups by that of all n ranks
 *
 * This is η² of the test by Kruskal and Wallis (1952; Tomczak and Tomczak 2014); where it is below 0, it is 0. Ranks, because one trial that learned
 * nothing would outweigh all others. What two settings do only together is not seen. Trials that do not read a setting do not count for it.
 *
 * @returns the settings with more than one value among the trials, those that matter most first
 * @example
 * const trials = [8, 16, 8, 16].map((width, i) => ({ values: { width }, error: [0.4, 0.1, 0.3, 0.2][i] }));
 * importanceOf([choices("width", [8, 16])], trials)[0].share?.toFixed(2); // "0.70"
 */
export function importanceOf(space: Space, trials: readonly Tried[]): Importance[] {
  return space
    .map((dimension) => {
      const own = trials.filter(({ values }) => Object.hasOwn(values, dimension.name));
      const groups = "values" in dimension ? byValue(dimension.name, own) : byQuantile(dimension.name, own);
      return { name: dimension.name, groups: new Set(groups).size, share: shareOf(groups, own) };
    })
    .filter(({ groups }) => groups > 1)
    .map(({ name, share }) => ({ name, share }))
    .sort((a, b) => (b.share ?? -1) - (a.share ?? -1));
}

const byValue = (name: string, trials: readonly Tried[]): SettingValue[] => trials.map(({ values }) => values[name]);

/** The group of each trial; equal numbers are in the same one. */
function byQuantile(name: string, trials: readonly Tried[]): number[] {
  const numbers = trials.map(({ values }) => Number(values[name]));
  return numbers.map((own) => {
    const below = numbers.filter((other) => other < own).length;
    return Math.floor((below * GROUPS) / trials.length);
  });
}

/** The adjusted share of the ranks' variance between groups. */
function shareOf(groups: readonly SettingValue[], trials: readonly Tried[]): number | undefined {
  const count = trials.length;
  const members = [...new Set(groups)].map((group) => trials.map((_, i) => i).filter((i) => groups[i] === group));
  if (count <= members.length) return undefined;
  const ranks = ranksOf(trials.map(({ error }) => error));
  const mean = (count - 1) / 2;
  const all = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
  if (all === 0) return 0;
  let between = 0;
  for (const group of members) {
    const own = group.reduce((sum, i) => sum + ranks[i], 0) / group.length;
    between += group.length * (own - mean) ** 2;
  }
  const adjusted = 1 - ((1 - between / all) * (count - 1)) / (count - members.length);
  return Math.max(0, adjusted);
}

/** The place of each number among all, from 0; equal ones share the mean of their places. */
const ranksOf = (numbers: readonly number[]): number[] =>
  numbers.map((own) => {
    const below = numbers.filter((other) => other < own).length;
    const equal = numbers.filter((other) => other === own).length;
    return below + (equal - 1) / 2;
  });
