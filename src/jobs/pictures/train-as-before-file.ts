/** The model to use, after trainings on some of the pictures have said what is good: trained on all of them, as one of these was. */

import { join } from "node:path";
import { nodeEngine } from "../../engine/node.js";
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
import type { Configuration } from "../run/configuration-file.js";
import { PICTURES, PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";
import { type PicturesTask, picturesTask } from "./pictures-task-file.js";
import { trainOnAll } from "./train-on-all.js";
import { preparedEvent, type TaskRun, type TrainedTask, trainTask } from "./train-task-file.js";

/** The model that is trained on all pictures, and where it is. */
export interface FinalModel extends Omit<TrainedTask, "predictions"> {
  readonly folder: string;
}

/** What a model is trained with on all pictures. */
export interface FinalTraining extends Pick<TaskRun, "title" | "dataset" | "fresh" | "until" | "expected"> {
  /** the folder of the trainings before; the model goes into its folder `final` */
  readonly folder: string;
  /** where the pictures are, as the configuration says it */
  readonly data: string;
  /** what one of these was trained with, asked for and chosen */
  readonly before: Configuration;
  /** what was asked of it */
  readonly settings: RecordOf<typeof PICTURES.fields>;
  /** what the configuration says beside its settings */
  readonly also: Configuration;
}

/** Trains a model on all pictures with all that was asked and chosen for one on some of them. */
export async function* trainAsBefore(
  { folder, data, dataset, before, settings, also, ...run }: FinalTraining,
  job: Job,
): AsyncGenerator<
  DecodingEvent | PreparedEvent | StartedEvent | TrainingJobEvent | PredictedEvent | WrittenEvent,
  FinalModel,
  undefined
> {
  const place = join(folder, "final");
  const split = trainOnAll(dataset);
  const task = yield* decodingEvents<PicturesTask>(
    (decoding) => picturesTask(dataset, split, asTrained(before, settings), decoding),
    job.signal,
  );
  job.closing(task.pictures);
  const configuration = { ...task.configuration, data, validation: 0, ...also };
  yield preparedEvent(task, configuration);
  const engine = nodeEngine(settings);
  const next = (model: string) => [measureElsewhere(model, settings.define)];
  const { predictions: _, ...trained } = yield* trainTask(
    { ...run, folder: place, task, dataset, split, configuration, engine, next },
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
function asTrained(
  configuration: Configuration,
  { threads, device, define, cache }: RecordOf<typeof PICTURES.fields>,
): RecordOf<typeof PICTURES.fields> {
  // As a whole: a field that is forgotten would be chosen anew, to suit others that are kept.
  const { size, earlyStopping: _, network, ...chosen } = PICTURES_CONFIGURATION.read(configuration, "the training");
  const own = { size: { width: size[0], height: size[1] }, threads, device, define, ...defined({ cache }) };
  const named = chosen.from === undefined ? { network } : {};
  return pick(PICTURES.fields, { ...chosen, ...named, ...own });
}
