/** One fold of a cross-validation: a run of its own in a folder of its own. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatasetOptions } from "../../data/sources/dataset.js";
import { datasetOptions, type Grouping } from "../../data/sources/grouping.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { readSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import { predict } from "../../evaluation/table/predict.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { readPredictions, writePredictions } from "../../evaluation/table/predictions-file.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import type { TrainingEvent } from "../../training/events.js";
import { defined } from "../../values/defined.js";
import { text } from "../../values/kind.js";
import { type RecordOf, record, required } from "../../values/record.js";
import type { Choice } from "../events/job-events.js";
import { originsOf } from "../pictures/origins.js";
import { picturesTask } from "../pictures/pictures-task-file.js";
import type { Configuration } from "../run/configuration-file.js";
import { RunError } from "../run/run-error.js";
import { openRun, trainPhasesInRun } from "../run/run-file.js";
import type { Contents } from "../settings/contents-settings.js";
import { type PICTURES, PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";

/** What a fold is told; plain data, so that it can be handed to another thread. */
export interface FoldJob extends Grouping, Pick<DatasetOptions, "order"> {
  /** from 0 */
  readonly fold: number;
  /** how many folds there are */
  readonly count: number;
  /** its run's folder, with the split in `split.json` */
  readonly folder: string;
  /** the data set */
  readonly data: string;
  readonly options: RecordOf<typeof PICTURES.fields>;
  /** what all folds are made from: they are not pooled with one that is made from something else */
  readonly contents?: Contents;
}

/** A fold is about to begin, or to go on. */
export interface FoldStartedEvent {
  readonly type: "started";
  /** what was chosen because it was not asked for */
  readonly choices: readonly Choice[];
  /** all settings, asked for and chosen */
  readonly configuration: Configuration;
  readonly epochs: number;
  /** complete epochs of an earlier run */
  readonly done: number;
}

/** An event without the state, which is large and in the checkpoint. */
type WithoutState<E> = E extends { readonly state: unknown } ? Omit<E, "state"> : E;

/** What happens in a fold; plain data, so that it can be handed to another thread. */
export type FoldEvent = FoldStartedEvent | WithoutState<Exclude<TrainingEvent, { readonly type: "stopped" }>>;

/** The file with a fold's predictions. */
export const foldPredictions = ({ folder }: Pick<FoldJob, "folder">): string => join(folder, "predictions.csv");

/**
 * Trains and measures a fold, from where it was before.
 *
 * @param tell is told that the fold starts, and each event of its training
 * @returns the predictions for the fold's validation pictures; undefined when the signal ended it before
 * @throws RunError when its folder holds a fold with other settings
 */
export async function trainFold(
  { fold, folder, data, options, contents, ...grouping }: FoldJob,
  signal: { readonly aborted: boolean },
  tell: (event: FoldEvent) => void,
): Promise<ClassTable | undefined> {
  const isDone = await isWhole(folder);
  const dataset = await openDataset(data, datasetOptions(grouping));
  const task = await picturesTask(dataset, await readSplit(join(folder, "split.json"), dataset), options);
  try {
    if (contents && JSON.stringify(task.configuration.contents) !== JSON.stringify(contents)) {
      throw new RunError("the network, a module or the pictures were changed while the folds were trained.");
    }
    const { order } = grouping;
    const own = { ...task.configuration, data, ...defined({ order }), fold: fold + 1 };
    const run = await openRun(folder, own, task.frame, { declared: PICTURES_CONFIGURATION, part: task.part });
    const { choices, configuration, settings } = task;
    const { epochs } = settings;
    tell({ type: "started", choices, configuration, epochs, done: isDone ? epochs : (run.resume?.epoch ?? 0) });
    if (isDone) return await readPredictions(foldPredictions({ folder }), "classes");
    const engine = nodeEngine(options);
    let state = run.resume;
    // The best epoch would be chosen by the pictures that the fold is measured by: its error would be better than that of a new model.
    const phases = task.phases.map((phase) => ({ ...phase, settings: { ...phase.settings, keep: "last" as const } }));
    for await (const event of trainPhasesInRun(run, engine, phases, signal)) {
      if ("state" in event) state = event.state;
      if (event.type === "stopped") return undefined;
      tell(withoutState(event));
    }
    if (!state) throw new Error(`Fold ${fold + 1} made no step.`);
    const model = await run.finish(state, task.trainedOn);
    const folds = new Int32Array(task.validation.count).fill(fold);
    const table = await predict(engine, model, task.validation, { origins: { ...originsOf(task.validation), folds } });
    await writePredictions(foldPredictions({ folder }), table);
    await writeFileAtomically(join(folder, DONE), `${JSON.stringify({ predictions: await predictionsSum(folder) })}\n`);
    return table;
  } finally {
    await task.pictures.close();
  }
}

/** The file with the checksum of the predictions; it is there when the fold is done. */
const DONE = "done.json";

const DONE_CONTENT = record({ predictions: required(text()) });

const predictionsSum = async (folder: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(foldPredictions({ folder })))
    .digest("hex");

/** Whether a fold is done, and its predictions are those that were written; if not, they are made again from its last checkpoint. */
async function isWhole(folder: string): Promise<boolean> {
  try {
    const { predictions } = DONE_CONTENT.read(JSON.parse(await readFile(join(folder, DONE), "utf8")), DONE);
    return predictions === (await predictionsSum(folder));
  } catch {
    return false;
  }
}

/** What an event tells, as plain data. */
export function withoutState(event: Exclude<TrainingEvent, { readonly type: "stopped" }>): FoldEvent {
  if (event.type !== "epoch") return event;
  const { state: _, ...rest } = event;
  return rest;
}
