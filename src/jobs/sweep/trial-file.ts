/** One trial of a sweep: a run of its own in a folder of its own, trained from rung to rung. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { datasetOptions, type Grouping } from "../../data/sources/grouping.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { readSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { diskCode } from "../../files/disk-error.js";
import { exists } from "../../files/exists-file.js";
import { DivergenceError } from "../../training/statistics/diagnosis.js";
import { measuredIn } from "../../training/statistics/epoch-statistics.js";
import type { RecordOf } from "../../values/record.js";
import { type FoldEvent, withoutState } from "../crossvalidation/fold-file.js";
import type { Choice } from "../events/job-events.js";
import { openLetters } from "../letters/letters-task-file.js";
import { picturesTask } from "../pictures/pictures-task-file.js";
import type { Configuration } from "../run/configuration-file.js";
import type { Phase } from "../run/phases.js";
import { openRun, type Run, trainPhasesInRun } from "../run/run-file.js";
import type { LETTERS } from "../settings/letters-settings.js";
import { type PICTURES, PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";

/** What a trial is trained on; plain data, so that it can be handed to another thread. */
export type TrialTask =
  | {
      readonly task: "pictures";
      readonly data: string;
      /** the file with the split of all trials */
      readonly split: string;
      readonly grouping: Grouping;
      readonly options: RecordOf<typeof PICTURES.fields>;
    }
  | { readonly task: "ocr"; readonly options: RecordOf<typeof LETTERS.fields> };

/** What a trial's thread is told. */
export interface TrialJob {
  /** from 1 */
  readonly trial: number;
  /** its run's folder */
  readonly folder: string;
  /** the epoch after which it pauses */
  readonly until: number;
  readonly what: TrialTask;
}

/** What happens in a trial; plain data. */
export type TrialEvent = FoldEvent | { readonly type: "failed"; readonly message: string };

/** A trial that can be trained. */
interface OpenedTrial {
  readonly run: Run;
  readonly phases: readonly Phase[];
  readonly choices: readonly Choice[];
  readonly configuration: Configuration;
  readonly metadata?: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * Trains a trial on to an epoch, from where it was before; after its last one the model is written. Where its objective is no longer a number, that is
 * noted in its folder: the sweep goes on without it.
 *
 * @param tell is told that the trial starts, and each event of its training
 * @throws RunError when its folder holds a run with other settings
 */
export async function trainTrial(
  { trial, folder, until, what }: TrialJob,
  signal: AbortSignal,
  tell: (event: TrialEvent) => void,
): Promise<void> {
  const opened = await openTrial(what, trial, folder);
  const { run, phases, choices, configuration, metadata } = opened;
  try {
    const { epochs } = what.options.epochs === undefined ? phases[0].settings : { epochs: what.options.epochs };
    tell({ type: "started", choices, configuration, epochs, done: run.resume?.epoch ?? 0 });
    let state = run.resume;
    if ((state?.epoch ?? 0) < until) {
      for await (const event of trainPhasesInRun(run, nodeEngine(what.options), phases, signal)) {
        if ("state" in event) state = event.state;
        if (event.type === "stopped") return;
        tell(withoutState(event));
        if (event.type === "epoch" && event.epoch >= until) break;
      }
    }
    if (state && state.epoch >= epochs) await run.finish(state, metadata);
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    await writeFileAtomically(join(folder, FAILED), `${JSON.stringify({ message: error.message })}\n`);
    tell({ type: "failed", message: error.message });
  } finally {
    await opened.close();
  }
}

async function openTrial(what: TrialTask, trial: number, folder: string): Promise<OpenedTrial> {
  // The epoch that counts is the one that was reached: none is chosen by the samples that the trials are measured by.
  const last = (phase: Phase): Phase => ({ ...phase, settings: { ...phase.settings, keep: "last" as const } });
  if (what.task === "ocr") {
    const { run, frame, settings, configuration } = await openLetters(folder, what.options);
    const phases = [last({ network: frame.network, settings })];
    return { run, phases, configuration, choices: [], close: async () => undefined };
  }
  const { data, split, grouping, options } = what;
  const dataset = await openDataset(data, datasetOptions(grouping));
  const task = await picturesTask(dataset, await readSplit(split, dataset), options);
  try {
    const configuration = { ...task.configuration, data, trial };
    const run = await openRun(folder, configuration, task.frame, { declared: PICTURES_CONFIGURATION, part: task.part });
    const phases = task.phases.map(last);
    const { choices, trainedOn: metadata } = task;
    return { run, phases, choices, configuration, metadata, close: () => task.pictures.close() };
  } catch (error) {
    await task.pictures.close();
    throw error;
  }
}

/** The file that says why a trial cannot be trained any further. */
const FAILED = "failed.json";

/** What a trial's run has shown. */
export interface TrialRecord {
  /** the validation error after each epoch, a share */
  readonly errors: readonly number[];
  /** whether anything of it is there */
  readonly begun: boolean;
  /** whether its model is there */
  readonly finished: boolean;
  /** why it cannot be trained any further */
  readonly failed?: string;
}

/** What a trial's run has shown so far, read from its folder. */
export async function readTrial(folder: string): Promise<TrialRecord> {
  const events = await readIfThere(join(folder, "events.jsonl"));
  const failed = await readIfThere(join(folder, FAILED));
  return {
    errors: (events ?? "").split("\n").flatMap(errorIn),
    begun: events !== undefined || failed !== undefined,
    finished: await exists(join(folder, "model.onnx")),
    ...(failed === undefined ? {} : { failed: messageIn(failed) }),
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (diskCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The error that a line of events tells. A line that was cut off tells none: the run goes on from its checkpoint, and writes it again. */
function errorIn(line: string): number[] {
  try {
    const { type, validation } = JSON.parse(line);
    return type === "epoch" ? [measuredIn(validation)[0].value] : [];
  } catch {
    return [];
  }
}

function messageIn(json: string): string {
  try {
    return String(JSON.parse(json).message);
  } catch {
    return "it failed";
  }
}
