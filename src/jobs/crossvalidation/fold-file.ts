/** One fold of a cross-validation: a run of its own in a folder of its own. */

import { join } from "node:path";
import { datasetOptions, type Grouping } from "../../data/sources/grouping.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { readSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import { predict } from "../../evaluation/table/predict.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { readPredictions, writePredictions } from "../../evaluation/table/predictions-file.js";
import { exists } from "../../files/exists-file.js";
import type { TrainingEvent } from "../../training/events.js";
import type { RecordOf } from "../../values/record.js";
import type { Choice } from "../events/job-events.js";
import { originsOf } from "../pictures/origins.js";
import { picturesTask } from "../pictures/pictures-task-file.js";
import type { Configuration } from "../run/configuration-file.js";
import { openRun, trainInRun } from "../run/run-file.js";
import { type PICTURES, PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";

/** What a fold is told; plain data, so that it can be handed to another thread. */
export interface FoldJob extends Grouping {
  /** from 0 */
  readonly fold: number;
  /** how many folds there are */
  readonly count: number;
  /** its run's folder, with the split in `split.json` */
  readonly folder: string;
  /** the data set */
  readonly data: string;
  readonly options: RecordOf<typeof PICTURES.fields>;
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

/** The file with a fold's predictions; it is there when the fold is done. */
export const foldPredictions = ({ folder }: Pick<FoldJob, "folder">): string => join(folder, "predictions.csv");

/**
 * Trains and measures a fold, from where it was before.
 *
 * @param tell is told that the fold starts, and each event of its training
 * @returns the predictions for the fold's validation pictures; undefined when the signal ended it before
 * @throws RunError when its folder holds a fold with other settings
 */
export async function trainFold(
  { fold, folder, data, options, ...grouping }: FoldJob,
  signal: { readonly aborted: boolean },
  tell: (event: FoldEvent) => void,
): Promise<ClassTable | undefined> {
  const isDone = await exists(foldPredictions({ folder }));
  const dataset = await openDataset(data, datasetOptions(grouping));
  const task = await picturesTask(dataset, await readSplit(join(folder, "split.json"), dataset), options);
  try {
    const run = await openRun(folder, { ...task.configuration, data, fold: fold + 1 }, task.frame, {
      declared: PICTURES_CONFIGURATION,
    });
    const { choices, configuration, settings } = task;
    const { epochs } = settings;
    tell({ type: "started", choices, configuration, epochs, done: isDone ? epochs : (run.resume?.epoch ?? 0) });
    if (isDone) return await readPredictions(foldPredictions({ folder }), "classes");
    const engine = nodeEngine(options);
    let state = run.resume;
    // The best epoch would be chosen by the pictures that the fold is measured by: its error would be better than that of a new model.
    for await (const event of trainInRun(run, engine, task.network, { ...settings, keep: "last", signal })) {
      if ("state" in event) state = event.state;
      if (event.type === "stopped") return undefined;
      tell(withoutState(event));
    }
    if (!state) throw new Error(`Fold ${fold + 1} made no step.`);
    const model = await run.finish(state);
    const folds = new Int32Array(task.validation.count).fill(fold);
    const table = await predict(engine, model, task.validation, { origins: { ...originsOf(task.validation), folds } });
    await writePredictions(foldPredictions({ folder }), table);
    return table;
  } finally {
    await task.pictures.close();
  }
}

function withoutState(event: Exclude<TrainingEvent, { readonly type: "stopped" }>): FoldEvent {
  if (event.type !== "epoch") return event;
  const { state: _, ...rest } = event;
  return rest;
}
