/** The model to use, after a sweep has found settings: trained on all pictures with these. */

import { join, resolve } from "node:path";
import type { Dataset } from "../../data/sources/dataset.js";
import { nodeEngine } from "../../engine/node.js";
import type { RecordOf } from "../../values/record.js";
import { asTrained } from "../crossvalidation/final-model-file.js";
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
import { readConfiguration } from "../run/configuration-file.js";
import { type PICTURES, PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";
import type { TrialResult } from "./ladder-file.js";

/** The model that is trained on all pictures, and where it is. */
export interface SweptModel extends Omit<TrainedTask, "predictions"> {
  readonly folder: string;
}

/** What the last model is trained with. */
export interface BestRun {
  readonly title: string;
  /** the sweep's folder; the model goes into its folder `final` */
  readonly folder: string;
  readonly data: string;
  readonly dataset: Dataset;
  readonly best: TrialResult;
  /** what was asked of the best trial's training */
  readonly options: RecordOf<typeof PICTURES.fields>;
}

/** Trains a model on all pictures with all that was asked and chosen for the best trial. An earlier one that was made with another trial's settings is replaced. */
export async function* trainBest(
  { title, folder, data, dataset, best, options }: BestRun,
  job: Job,
): AsyncGenerator<
  DecodingEvent | PreparedEvent | StartedEvent | TrainingJobEvent | PredictedEvent | WrittenEvent,
  SweptModel,
  undefined
> {
  const place = join(folder, "final");
  const asked = await readConfiguration(join(best.folder, "config.json"), PICTURES_CONFIGURATION);
  const split = trainOnAll(dataset);
  const task = yield* decodingEvents<PicturesTask>(
    (decoding) => picturesTask(dataset, split, asTrained(asked, options), decoding),
    job.signal,
  );
  job.closing(task.pictures);
  const configuration = { ...task.configuration, data: resolve(data), validation: 0, trial: best.number };
  yield preparedEvent(task, configuration);
  const before = await readConfiguration(join(place, "config.json"), PICTURES_CONFIGURATION).catch(() => undefined);
  const { predictions: _, ...trained } = yield* trainTask(
    {
      ...{ title, folder: place, task, dataset, split, configuration, engine: nodeEngine(options) },
      fresh: before !== undefined && before.trial !== best.number,
      next: (model) => [measureElsewhere(model, options.define)],
    },
    job,
  );
  return { folder: place, ...trained };
}
