/** The model to use, after a cross-validation has said how good it is: trained on all pictures, as its folds were. */

import { join } from "node:path";
import type { Dataset } from "../../data/sources/dataset.js";
import { nodeEngine } from "../../engine/node.js";
import type { ExpectedError } from "../../report/training/input.js";
import { progressOf } from "../../training/solver/early-stopping.js";
import { HISTORY } from "../../training/statistics/epoch-statistics.js";
import { defined } from "../../values/defined.js";
import { pick, type RecordOf } from "../../values/record.js";
import { decodingEvents } from "../events/decoding-events.js";
import type { Job } from "../events/job.js";
import type {
  DecodingEvent,
  PredictedEvent,
  PreparedEvent,
  StartedEvent,
  TrainingJobEvent,
  WrittenEvent,
} from "../events/job-events.js";
import { measureElsewhere } from "../events/next-steps.js";
import { type PicturesTask, picturesTask } from "../pictures/pictures-task-file.js";
import { trainOnAll } from "../pictures/train-on-all.js";
import { preparedEvent, type TrainedTask, trainTask } from "../pictures/train-task-file.js";
import type { Configuration } from "../run/configuration-file.js";
import { readModel } from "../run/model-file.js";
import { PICTURES, PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";
import type { FoldJob } from "./fold-file.js";

/** The model that is trained on all pictures, and where it is. */
export interface FinalModel extends Omit<TrainedTask, "predictions"> {
  readonly folder: string;
}

/** What the last model is trained with. */
export interface FinalRun {
  readonly title: string;
  /** the cross-validation's folder; the model goes into its folder `final` */
  readonly folder: string;
  readonly data: string;
  readonly dataset: Dataset;
  readonly settings: RecordOf<typeof PICTURES.fields>;
  readonly folds: readonly FoldJob[];
  /** what the folds were trained with, asked for and chosen */
  readonly configuration: Configuration;
  readonly expected: ExpectedError;
}

/**
 * Trains a model on all pictures with all that was asked and chosen for the folds. Where those stopped early, it ends after the median of
 * their best epochs, with the rates that they had: there is nothing left that could tell when to stop.
 */
export async function* trainFinal(
  { title, folder, data, dataset, settings, folds, configuration, expected }: FinalRun,
  job: Job,
): AsyncGenerator<
  DecodingEvent | PreparedEvent | StartedEvent | TrainingJobEvent | PredictedEvent | WrittenEvent,
  FinalModel,
  undefined
> {
  const place = join(folder, "final");
  const { earlyStopping, order } = PICTURES_CONFIGURATION.read(configuration, "the folds");
  const lastEpoch = earlyStopping && (await medianBest(folds, earlyStopping));
  const split = trainOnAll(dataset);
  const task = yield* decodingEvents<PicturesTask>(
    (decoding) => picturesTask(dataset, split, asTrained(configuration, settings), decoding),
    job.signal,
  );
  job.closing(task.pictures);
  const kept = {
    ...task.configuration,
    data,
    validation: 0,
    folds: folds.length,
    ...defined({ lastEpoch, order }),
  };
  yield preparedEvent(task, kept);
  const engine = nodeEngine(settings);
  const next = (model: string) => [measureElsewhere(model, settings.define)];
  const { predictions: _, ...trained } = yield* trainTask(
    {
      title,
      folder: place,
      task,
      dataset,
      split,
      configuration: kept,
      engine,
      next,
      expected,
      ...defined({ until: lastEpoch }),
    },
    job,
  );
  return { folder: place, ...trained };
}

/**
 * What a training on all pictures is asked for, so that it is as another one on some of them was.
 *
 * @param configuration what that one was trained with, asked for and chosen
 * @param settings what was asked of it: what computes, and where
 */
export function asTrained(
  configuration: Configuration,
  { threads, device, define, cache }: RecordOf<typeof PICTURES.fields>,
): RecordOf<typeof PICTURES.fields> {
  // As a whole: a field that is forgotten would be chosen anew, to suit others that are kept.
  const { size, earlyStopping: _, network, ...chosen } = PICTURES_CONFIGURATION.read(configuration, "the training");
  const own = { size: { width: size[0], height: size[1] }, threads, device, define, ...defined({ cache }) };
  const named = chosen.from === undefined ? { network } : {};
  return pick(PICTURES.fields, { ...chosen, ...named, ...own });
}

/** The median of the best epochs of the folds; of an even number of them the lower middle. */
async function medianBest(
  folds: readonly FoldJob[],
  stopping: NonNullable<RecordOf<typeof PICTURES.fields>["earlyStopping"]>,
): Promise<number> {
  const best = await Promise.all(
    folds.map(async ({ folder }) => {
      const path = join(folder, "model.onnx");
      const { history } = await readModel(path);
      return progressOf(HISTORY.take(history, { where: path, path: "history" }), stopping).best;
    }),
  );
  best.sort((a, b) => a - b);
  return Math.max(1, best[Math.floor((best.length - 1) / 2)]);
}
