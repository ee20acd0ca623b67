/** One fold of a cross-validation: a run of its own in a folder of its own. */

import { join } from "node:path";
import { datasetOptions, type Grouping } from "../../data/sources/dataset.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { readSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import { type PredictionTable, predict } from "../../evaluation/table/predictions.js";
import { readPredictions, writePredictions } from "../../evaluation/table/predictions-file.js";
import { exists } from "../../files/exists-file.js";
import type { TrainingEvent } from "../../training/events.js";
import type { Choice } from "../events/job-events.js";
import { originsOf } from "../pictures/origins.js";
import { type PicturesOptions, picturesTask } from "../pictures/pictures-task-file.js";
import { type Configuration, openRun, trainedIn } from "../run/run-file.js";

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
  readonly options: Omit<PicturesOptions, "onProgress">;
}

/** What a fold is about to do. */
export interface FoldStart {
  /** what was chosen because it was not asked for */
  readonly choices: readonly Choice[];
  /** all settings, asked for and chosen */
  readonly configuration: Configuration;
  readonly epochs: number;
  /** complete epochs of an earlier run */
  readonly done: number;
}

/** The file with a fold's predictions; it is there when the fold is done. */
export const foldPredictions = ({ folder }: Pick<FoldJob, "folder">): string => join(folder, "predictions.csv");

/**
 * Trains and measures a fold, from where it was before.
 *
 * @param started told before it trains
 * @param told of each event of training
 * @returns the predictions for the fold's validation pictures; undefined when the signal ended it before
 * @throws RunError when its folder holds a fold with other settings
 */
export async function trainFold(
  { fold, folder, data, options, ...grouping }: FoldJob,
  signal: { readonly aborted: boolean },
  started: (start: FoldStart) => void,
  told: (event: TrainingEvent) => void,
): Promise<PredictionTable | undefined> {
  const done = await exists(foldPredictions({ folder }));
  const dataset = await openDataset(data, datasetOptions(grouping));
  const task = await picturesTask(dataset, await readSplit(join(folder, "split.json"), dataset), options);
  try {
    const run = await openRun(folder, { ...task.configuration, data, fold: fold + 1 }, task.frame, false);
    const { choices, configuration, settings } = task;
    const { epochs } = settings;
    started({ choices, configuration, epochs, done: done ? epochs : (run.resume?.epoch ?? 0) });
    if (done) return await readPredictions(foldPredictions({ folder }));
    const engine = nodeEngine(options);
    let state = run.resume;
    for await (const event of trainedIn(run, engine, task.network, { ...settings, signal })) {
      if ("state" in event) state = event.state;
      if (event.type === "stopped") return undefined;
      told(event);
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
