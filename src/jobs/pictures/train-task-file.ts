/** A task in its folder, from the first step to the report: what `trainPictures` does, and a cross-validation for its last model. */

import { join } from "node:path";
import { type Dataset, keyOf } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";
import { splitText } from "../../data/sources/split-file.js";
import type { Engine } from "../../engine/engine.js";
import type { Baseline } from "../../evaluation/baselines/features.js";
import { predict } from "../../evaluation/table/predict.js";
import { type ClassTable, classTable } from "../../evaluation/table/predictions.js";
import { writePredictions } from "../../evaluation/table/predictions-file.js";
import type { TrainedModel } from "../../network/model/model.js";
import type { NextStep } from "../../report/page/text/next-steps.js";
import type { ExpectedError } from "../../report/training/input.js";
import { keptEpoch } from "../../training/events.js";
import type { EpochStatistics } from "../../training/statistics/epoch-statistics.js";
import { defined } from "../../values/defined.js";
import type { Job } from "../events/job.js";
import type {
  PredictedEvent,
  PreparedEvent,
  StartedEvent,
  TrainingJobEvent,
  WrittenEvent,
} from "../events/job-events.js";
import { isFirst, type JobRanks } from "../events/job-ranks.js";
import type { Configuration } from "../run/configuration-file.js";
import { openRunAmong } from "../run/run-among.js";
import { trainToEnd } from "../run/train-run.js";
import { PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";
import { baselinesOf } from "./baselines.js";
import { originsOf } from "./origins.js";
import type { PicturesTask } from "./pictures-task-file.js";

/** A task, and where it is done. */
export interface TaskRun {
  readonly title: string;
  readonly folder: string;
  readonly task: PicturesTask;
  readonly dataset: Dataset;
  readonly split: Split;
  /** all settings, as the run keeps them */
  readonly configuration: Configuration;
  readonly fresh?: boolean;
  readonly engine: Engine;
  /** the processes that do it together, of which the first writes */
  readonly ranks?: JobRanks | undefined;
  /** the epoch after which training ends, where that is before the last one that its rates were made for */
  readonly until?: number;
  /** commands that may be typed next */
  next(model: string): readonly NextStep[];
  /** what is known of the error where there are no pictures to measure by */
  readonly expected?: ExpectedError;
}

/** What is made of a task. */
export interface TrainedTask {
  readonly model: TrainedModel;
  readonly history: readonly EpochStatistics[];
  /** the epoch that the model is of, from 1 */
  readonly epoch: number;
  /** what the model says about the validation pictures; of no picture where there are none */
  readonly predictions: ClassTable;
  /** what simple methods say of the validation pictures, by what the frozen layers make of them; none where these are computed in each step, or there are none */
  readonly baselines: readonly Baseline[];
  /** commands that may be typed next */
  readonly next: readonly NextStep[];
  /** the paths of what was written; there are no predictions where there are no validation pictures */
  readonly files: { readonly model: string; readonly predictions?: string; readonly page: string };
}

/** Trains a task in its folder, and writes the model, what it says about the validation pictures, and the report. */
export async function* trainTask(
  {
    title,
    folder,
    task,
    dataset,
    split,
    configuration,
    fresh = false,
    engine,
    ranks,
    until,
    next: nextOf,
    ...more
  }: TaskRun,
  job: Job,
): AsyncGenerator<StartedEvent | TrainingJobEvent | PredictedEvent | WrittenEvent, TrainedTask, undefined> {
  const { training, validation, frame } = task;
  const own = { "split.json": splitText(dataset, split) };
  const { part } = task;
  const run = await openRunAmong(ranks, folder, configuration, frame, {
    ...{ fresh, declared: PICTURES_CONFIGURATION, files: own, part },
  });
  const state = yield* trainToEnd(run, engine, task.phases, job, until);
  const { history } = state;
  const epoch = keptEpoch(state);

  const model = await run.finish(state, task.trainedOn);
  const files = { model: join(folder, "model.onnx"), predictions: join(folder, "predictions.csv") };
  yield { type: "written", what: "model", path: files.model };
  const next = nextOf(files.model);
  const measured = validation.count > 0;
  const predictions = measured
    ? await predict(engine, model, validation, { origins: originsOf(validation), ...defined({ ranks }) })
    : classTable(model.classes, new Int32Array(), new Float32Array());
  if (measured) yield { type: "predicted", table: predictions };
  const page = join(folder, "report.html");
  const written = { model: files.model, ...(measured ? { predictions: files.predictions } : {}), page };
  const trained = { model, history, epoch, predictions, next, files: written };
  if (!isFirst(ranks)) return { ...trained, baselines: [] };
  if (measured) {
    await writePredictions(files.predictions, predictions, { scores: "best" });
    yield { type: "written", what: "predictions", path: files.predictions };
  }
  job.signal?.throwIfAborted();
  const baselines = await baselinesOf(engine, task);
  // Charts bring large libraries with them, for which there is room when nothing trains any more.
  const { writeReport } = await import("../../report/training/report-file.js");
  await writeReport(folder, {
    title,
    model,
    predictions,
    baselines,
    configuration,
    history,
    film: state.film,
    epoch,
    notes: [...task.notes, ...momentsNote(task)],
    next,
    // A run in several sessions took longer than this one.
    ...(run.resume ? {} : { seconds: job.seconds() }),
    training,
    validation: { ...validation, names: validation.items.map(keyOf) },
    ...(task.changes ? { jittered: task.shown } : {}),
    ...defined({ expected: more.expected }),
  });
  yield { type: "written", what: "page", path: page };
  return { ...trained, baselines };
}

/** What becomes of the moments of batch normalisations, where training begins with a model. */
const momentsNote = ({ choices }: PicturesTask): string[] =>
  choices.filter(({ what }) => what === "moments").map(({ value, why }) => `The moments are ${value}: ${why}.`);

/** What is told of a task before it begins. */
export const preparedEvent = (
  { training, validation, frame, pictures, choices }: PicturesTask,
  configuration: Configuration,
): PreparedEvent => ({
  type: "prepared",
  counts: { training: training.count, validation: validation.count },
  classes: frame.classes,
  shape: pictures.shape,
  choices,
  configuration,
});
