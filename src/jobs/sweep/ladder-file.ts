/** The trials of a sweep side by side, each taken from rung to rung in threads of its own. */

import { join } from "node:path";
import { holdFolder } from "../../files/hold-folder-file.js";
import { type MeasuredError, measureError } from "../../search/certainty.js";
import { nextStep, rungEpochs, type TrialState } from "../../search/next-step.js";
import type { SettingValues } from "../../search/space.js";
import { errorText } from "../../values/error-text.js";
import type { RecordOf } from "../../values/record.js";
import { RunError } from "../run/run-error.js";
import { inThread } from "../run/thread-file.js";
import type { SWEEP_LETTERS } from "../settings/sweep-settings.js";
import { readTrial, type TrialEvent, type TrialJob, type TrialRecord, type TrialTask } from "./trial-file.js";

const inOwnThread: NonNullable<LadderOptions["work"]> = (job, signal, tell) =>
  inThread(new URL("./trial-worker-file.js", import.meta.url), job, signal, tell);

/** How a sweep is done. */
export type SweepSettings = RecordOf<typeof SWEEP_LETTERS.fields>;

/** A trial: the settings that are tried. */
export interface Trial {
  readonly values: SettingValues;
  /** its training, with the first seed */
  readonly what: TrialTask;
  /** how many epochs it has in all */
  readonly epochs: number;
}

/** What a trial has shown. */
export interface TrialResult {
  /** from 1 */
  readonly number: number;
  readonly values: SettingValues;
  /** the folder of its run with the first seed */
  readonly folder: string;
  /** the validation errors after each epoch, a list for each seed */
  readonly curves: readonly (readonly number[])[];
  /** the epochs that all of its seeds have, as far as trials are compared */
  readonly epochs: number;
  /** its error after these, and how sure that is; undefined where it has come to no comparison */
  readonly measured?: MeasuredError;
  /** why it could not be trained any further */
  readonly failed?: string;
}

/** The trials of a sweep, and how far each has come. */
export interface Ladder {
  readonly trials: readonly Trial[];
  /** what each has shown; undefined where it has not begun */
  results(): readonly (TrialResult | undefined)[];
  /** whether nothing is left to be trained */
  done(): boolean;
  /**
   * Trains, so many trials at the same time, until all is done or the signal is aborted. Where one fails for another reason than its settings, the
   * others save and stop.
   *
   * @throws RunError that names the trial
   */
  climb(signal: AbortSignal, tell: (event: LadderEvent) => void): Promise<void>;
}

/** What a ladder tells. */
export type LadderEvent =
  | { readonly type: "trial"; readonly trial: number; readonly seed: number; readonly event: TrialEvent }
  | { readonly type: "judged"; readonly result: TrialResult };

/** What a ladder is made of. */
export interface LadderOptions {
  /** the sweep's folder */
  readonly folder: string;
  readonly trials: readonly Trial[];
  readonly settings: SweepSettings;
  /** how many samples each error is measured by */
  readonly samples: number;
  /** threads for all trials together, of which each has a share, and how many trials are trained at the same time */
  readonly threads: number;
  readonly together: number;
  /** trains a trial to an epoch; {@link trainTrial} in a thread of its own */
  readonly work?: (job: TrialJob, signal: AbortSignal, tell: (event: TrialEvent) => void) => Promise<void>;
}

/** The folder of a trial's run with one of its seeds, both from 1. */
export const trialFolder = (folder: string, number: number, seed = 1): string =>
  join(folder, `trial-${number}${seed > 1 ? `-seed-${seed}` : ""}`);

/** Whether a name is that of a trial's folder. */
export const isTrialName = (name: string): boolean => /^trial-\d+(-seed-\d+)?$/.test(name);

/** The epochs after which a trial is compared with others. */
export const rungsOf = (
  { epochs }: Pick<Trial, "epochs">,
  { strategy, reduction, firstRung }: SweepSettings,
): number[] => (strategy === "asha" ? rungEpochs(epochs, { reduction, first: Math.min(firstRung, epochs) }) : [epochs]);

/** Opens the trials of a sweep: what each has shown before is read from its folder. */
export async function openLadder(options: LadderOptions): Promise<Ladder> {
  const { folder, trials, settings, samples, threads, together, work = inOwnThread } = options;
  const { seeds, reduction } = settings;
  const numbers = Array.from({ length: seeds }, (_, seed) => seed + 1);
  const records: TrialRecord[][] = [];
  const recordOf = async (trial: number, seed: number): Promise<TrialRecord> => {
    const record = await readTrial(trialFolder(folder, trial + 1, seed));
    const { epochs } = trials[trial];
    // It was ended behind its last epoch, and before its model was written.
    const isCut = record.errors.length >= epochs && !record.finished;
    return isCut ? { ...record, errors: record.errors.slice(0, epochs - 1) } : record;
  };
  for (const trial of trials.keys()) {
    records.push(await Promise.all(numbers.map((seed) => recordOf(trial, seed))));
  }
  const running = new Set<number>();

  const stateOf = (trial: number): TrialState | undefined => {
    const own = records[trial];
    if (!own.some(({ begun }) => begun) && !running.has(trial)) return undefined;
    const reached = Math.min(...own.map(({ errors }) => errors.length));
    const rungs = rungsOf(trials[trial], settings).filter((rung) => rung <= reached);
    const last = rungs.at(-1) ?? 0;
    return {
      errors: rungs.map((rung) => mean(own.map(({ errors }) => errors[rung - 1]))),
      failed: own.some(({ failed }) => failed !== undefined),
      underWay: last === 0 || own.some(({ errors }) => errors.length > last),
      running: running.has(trial),
    };
  };
  const next = () =>
    nextStep(
      trials.map((_, trial) => stateOf(trial)),
      { trials: trials.length, rungs: rungsOf(trials[0], settings).length, reduction },
    );
  const resultOf = (trial: number): TrialResult | undefined => {
    const own = records[trial];
    if (!own.some(({ begun }) => begun)) return undefined;
    const failed = own.find((record) => record.failed !== undefined)?.failed;
    const reached = Math.min(...own.map(({ errors }) => errors.length));
    const epochs = rungsOf(trials[trial], settings).findLast((rung) => rung <= reached) ?? 0;
    return {
      number: trial + 1,
      values: trials[trial].values,
      folder: trialFolder(folder, trial + 1),
      curves: own.map(({ errors }) => errors),
      epochs,
      ...(epochs > 0
        ? {
            measured: measureError(
              own.map(({ errors }) => errors[epochs - 1]),
              samples,
            ),
          }
        : {}),
      ...(failed === undefined ? {} : { failed }),
    };
  };

  const trainSeed = (
    trial: number,
    seed: number,
    place: string,
    until: number,
    signal: AbortSignal,
    tell: (event: LadderEvent) => void,
  ): Promise<void> => {
    const what = withSeed(trials[trial].what, seed, Math.max(1, Math.floor(threads / together)));
    const job: TrialJob = { trial: trial + 1, folder: place, until, what };
    const told = (event: TrialEvent): void => tell({ type: "trial", trial: trial + 1, seed, event });
    return work(job, signal, told).catch((error: unknown) => {
      throw new RunError(`Trial ${trial + 1}: ${errorText(error)}`);
    });
  };

  /** Trains a trial to a rung, one seed after the other. */
  const train = async (
    trial: number,
    rung: number,
    signal: AbortSignal,
    tell: (event: LadderEvent) => void,
  ): Promise<void> => {
    const until = rungsOf(trials[trial], settings)[rung];
    for (const seed of numbers) {
      const place = trialFolder(folder, trial + 1, seed);
      // A run that another process could train or start over: it is held while it is trained here.
      const held = await holdFolder(place);
      try {
        await trainSeed(trial, seed, place, until, signal, tell);
      } finally {
        await held.close();
      }
      records[trial][seed - 1] = await recordOf(trial, seed);
      if (signal.aborted || records[trial][seed - 1].failed !== undefined) return;
    }
  };

  return {
    trials,
    results: () => trials.map((_, trial) => resultOf(trial)),
    done: () => next().type === "done",
    async climb(signal, tell) {
      const failure = new AbortController();
      const stop = AbortSignal.any([signal, failure.signal]);
      let waiting: (() => void)[] = [];
      const wake = (): void => {
        for (const each of waiting) each();
        waiting = [];
      };
      const lane = async (): Promise<void> => {
        while (!stop.aborted) {
          const step = next();
          if (step.type === "done") return;
          if (step.type === "wait") {
            await new Promise<void>((resolve) => waiting.push(resolve));
            continue;
          }
          running.add(step.trial);
          try {
            await train(step.trial, step.rung, stop, tell);
          } catch (error) {
            failure.abort();
            throw error;
          } finally {
            running.delete(step.trial);
            wake();
          }
          const result = resultOf(step.trial);
          if (result && !stop.aborted) tell({ type: "judged", result });
        }
      };
      const lanes = await Promise.allSettled(Array.from({ length: together }, lane));
      for (const each of lanes) if (each.status === "rejected") throw each.reason;
    },
  };
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** A trial's training with another seed, and its share of the threads. */
function withSeed(what: TrialTask, seed: number, threads: number): TrialTask {
  const own = { threads, seed: what.options.seed + seed - 1 };
  // apart, for the type checker: the options are those of the task
  return what.task === "ocr"
    ? { ...what, options: { ...what.options, ...own } }
    : { ...what, options: { ...what.options, ...own } };
}

/** The trials that were measured: those that came furthest first, and of these the best. One that failed stands at the end. */
export const rankTrials = (results: readonly (TrialResult | undefined)[]): TrialResult[] =>
  results
    .flatMap((result) => result ?? [])
    .sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1] || a.number - b.number);

const rank = ({ epochs, measured, failed }: TrialResult): readonly [number, number] => [
  failed === undefined ? -epochs : 1,
  measured?.error ?? 2,
];
