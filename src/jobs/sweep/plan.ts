/** Which trials a sweep has: what is searched, as settings of trainings that are checked before anything is trained. */

import { STACKED, type StackedOptions } from "../../network/zoo/stacked.js";
import { drawValues, gridOf, type SettingValues, type Space } from "../../search/space.js";
import { errorText } from "../../values/error-text.js";
import { optionName } from "../../values/option-name.js";
import { UsageError } from "../../values/usage-error.js";
import type { SweepSettings } from "./ladder-file.js";

/** What is searched, and what its values mean for a training. */
export interface Search<Options> {
  /** settings and the values that they may have */
  readonly space?: Space;
  /** settings of {@link stacked} and the values that they may have: each trial then has such a network */
  readonly architecture?: Space;
  /** The options of the training with some values of `space`; the values by their names unless given. */
  readonly settings?: (values: SettingValues) => Options;
  /** The words of a command that trains so, without those of `architecture`; an option for each value unless given. */
  readonly command?: (values: SettingValues) => readonly string[];
}

/** A trial before its network is made. */
export interface PlannedTrial<Options> {
  /** all values */
  readonly values: SettingValues;
  /** the options of its training */
  readonly options: Options;
  /** what its network is made by, where that is searched */
  readonly architecture?: StackedOptions;
}

/** So many trials there are, but for a grid. */
const TRIALS = 20;
/** More are not listed where only the time ends them. */
const MOST = 1000;

/** "learning-rate 0.01, width 16" */
export const valuesText = (values: SettingValues): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

/** All of what is searched. @throws UsageError when nothing is, or a name comes twice */
export function wholeSpace({ space = [], architecture = [] }: Pick<Search<unknown>, "space" | "architecture">): Space {
  const all = [...architecture, ...space];
  if (all.length === 0) throw new UsageError("Nothing is tried: name at least one setting and its values.");
  const twice = all.find(({ name }, i) => all.findIndex((other) => other.name === name) < i);
  if (twice) throw new UsageError(`${twice.name} is tried twice: give all of its values at once.`);
  return all;
}

/**
 * The trials, in their order.
 *
 * @param take checks the options of a training, and completes them
 * @throws UsageError when a trial's options cannot be: it names the trial's values
 */
export function planTrials<Options, Taken>(
  search: Search<Options>,
  { strategy, trials, hours, steps, seed, seeds }: SweepSettings,
  take: (options: Options) => Taken,
): PlannedTrial<Taken>[] {
  const space = wholeSpace(search);
  if (seeds > 1 && space.some(({ name }) => name === "seed")) {
    throw new UsageError("seed is tried, and each trial trained with several seeds: give one of the two.");
  }
  const count = trials ?? (hours === undefined ? TRIALS : MOST);
  const all = strategy === "grid" ? gridOf(space, { steps }) : drawValues(space, count, seed);
  return all.map((values) => planTrial(search, values, take));
}

function planTrial<Options, Taken>(
  search: Search<Options>,
  values: SettingValues,
  take: (options: Options) => Taken,
): PlannedTrial<Taken> {
  const { architecture = [], settings = asOptions } = search;
  try {
    const options = take(settings(valuesOf(search.space, values)));
    if (architecture.length === 0) return { values, options };
    return { values, options, architecture: STACKED.make(valuesOf(architecture, values)) };
  } catch (error) {
    throw new UsageError(`With ${valuesText(values)}: ${errorText(error)}`);
  }
}

/** Options by their names: the job checks what they are. */
const asOptions = <Options>(values: SettingValues): Options => values as Options;

/** The values of some settings. */
const valuesOf = (space: Space = [], values: SettingValues): SettingValues =>
  Object.fromEntries(space.flatMap(({ name }) => (Object.hasOwn(values, name) ? [[name, values[name]]] : [])));

/** The words of a command that trains with a trial's values. @param network the file with its network, where that is searched */
export function wordsOfTrial(search: Search<unknown>, values: SettingValues, network: string | undefined): string[] {
  const { command = asWords } = search;
  return [...command(valuesOf(search.space, values)), ...(network === undefined ? [] : ["--network", network])];
}

const asWords = (values: SettingValues): string[] =>
  Object.entries(values).flatMap(([name, value]) => [optionName(name), `${value}`]);

/** @throws UsageError where trials that are compared on the way have other numbers of epochs */
export function expectEqualEpochs({ strategy }: SweepSettings, epochs: readonly number[]): void {
  const other = epochs.find((each) => each !== epochs[0]);
  if (strategy !== "asha" || other === undefined) return;
  throw new UsageError(
    `epochs are tried (${epochs[0]}, ${other}), and asha compares trials after equally many: give one number of epochs, or another strategy.`,
  );
}
