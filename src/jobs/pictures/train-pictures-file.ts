/** From a folder of pictures to a trained network in a folder of its own. */

import { join, resolve } from "node:path";
import { type Dataset, keyOf } from "../../data/sources/dataset.js";
import { datasetOptions } from "../../data/sources/grouping.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { type Split, splitDataset } from "../../data/sources/split.js";
import { readSplit, writeSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import { predict } from "../../evaluation/table/predict.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { writePredictions } from "../../evaluation/table/predictions-file.js";
import { exists } from "../../files/exists-file.js";
import type { TrainedModel } from "../../network/model/model.js";
import type { EpochStatistics } from "../../training/statistics/epoch-statistics.js";
import { type OptionsOf, pick, type RecordOf } from "../../values/record.js";
import { decodingEvents } from "../events/decoding-events.js";
import { runJob } from "../events/job.js";
import type {
  DecodedEvent,
  DecodingEvent,
  DoneEvent,
  OpenedEvent,
  PredictedEvent,
  PreparedEvent,
  StartedEvent,
  StoppedEvent,
  TrainingJobEvent,
  WrittenEvent,
} from "../events/job-events.js";
import type { Configuration } from "../run/configuration-file.js";
import { nameOf } from "../run/name.js";
import { openRun } from "../run/run-file.js";
import { trainToEnd } from "../run/train-run.js";
import { PICTURES, PICTURES_CONFIGURATION, TRAIN_PICTURES } from "../settings/pictures-settings.js";
import { originsOf } from "./origins.js";
import { type PicturesTask, picturesTask } from "./pictures-task-file.js";

/** What {@link trainPictures} is asked for; every option has a default. */
export interface TrainPicturesOptions extends OptionsOf<typeof TRAIN_PICTURES.fields> {
  /** stops the job: the step under way is finished and saved */
  readonly signal?: AbortSignal | undefined;
}

type Settings = RecordOf<typeof TRAIN_PICTURES.fields>;

/** What {@link trainPictures} makes. */
export interface TrainedPictures {
  readonly folder: string;
  readonly model: TrainedModel;
  readonly history: readonly EpochStatistics[];
  /** what the model says about the validation pictures */
  readonly predictions: ClassTable;
  readonly configuration: Configuration;
  /** the paths of what was written */
  readonly files: { readonly model: string; readonly predictions: string; readonly page: string };
}

/** What {@link trainPictures} tells, in this order; "decoding" and "training" many times. */
export type TrainPicturesEvent =
  | OpenedEvent
  | DecodingEvent
  | DecodedEvent
  | PreparedEvent
  | StartedEvent
  | TrainingJobEvent
  | PredictedEvent
  | WrittenEvent
  | StoppedEvent
  | DoneEvent<TrainedPictures>;

/**
 * Trains a network that tells the pictures of a data set apart, in a folder that then has the model, what it says about the validation
 * pictures, and a report. What is not asked for is chosen from the pictures. A run that was stopped goes on where it was.
 *
 * @param data a folder with a folder of pictures for each class, a list, or the files of MNIST or CIFAR
 * @throws Error when the data set cannot be opened or decoded; RangeError when an option does not fit it; RunError when the folder holds
 * another run or does not take what is written
 * @example
 * const size = { width: 16, height: 16 };
 * for await (const event of trainPictures("animals", { size, epochs: 2, batchSize: 4, folder: "runs/animals" })) {
 *   if (event.type === "training" && event.event.type === "epoch") console.log(event.event.validation?.objective);
 *   if (event.type === "done") console.log(`measured by ${event.result.predictions.labels.length} pictures`);
 * }
 */
export async function* trainPictures(
  data: string,
  { signal, ...options }: TrainPicturesOptions = {},
): AsyncGenerator<TrainPicturesEvent, void, undefined> {
  const settings = TRAIN_PICTURES.make(options);
  const { folder = join("runs", nameOf(data)), fresh, validation } = settings;
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<TrainPicturesEvent, void, undefined> {
    const dataset = await openDataset(data, datasetOptions(settings));
    yield { type: "opened", dataset };
    const split = await splitFor(dataset, folder, settings);
    const task = yield* decodingEvents<PicturesTask>(
      (decoding) => picturesTask(dataset, split, pick(PICTURES.fields, settings), decoding),
      signal,
    );
    const { broken, warnings } = job.closing(task.pictures);
    yield { type: "decoded", broken, warnings };
    const configuration = { ...task.configuration, data: resolve(data), validation };
    yield preparedEvent(task, configuration);
    const run = await openRun(folder, configuration, task.frame, { fresh, declared: PICTURES_CONFIGURATION });
    await writeSplit(join(folder, "split.json"), dataset, split);
    // Charts bring large libraries with them: nobody waits for those whose call is wrong, and nobody lacks them in the end.
    const { writeReport } = await import("../../report/training/report-file.js");
    const engine = nodeEngine(settings);
    const state = yield* trainToEnd(run, engine, task.network, task.settings, job);

    const model = await run.finish(state);
    const files = { model: join(folder, "model.onnx"), predictions: join(folder, "predictions.csv") };
    yield { type: "written", what: "model", path: files.model };
    const predictions = await predict(engine, model, task.validation, { origins: originsOf(task.validation) });
    yield { type: "predicted", table: predictions };
    await writePredictions(files.predictions, predictions);
    yield { type: "written", what: "predictions", path: files.predictions };
    signal?.throwIfAborted();
    const { history } = state;
    const { page } = await writeReport(folder, {
      title: nameOf(data),
      model,
      predictions,
      configuration,
      history,
      // A run in several sessions took longer than this one.
      ...(run.resume ? {} : { seconds: job.seconds() }),
      training: task.training,
      validation: { ...task.validation, names: task.validation.items.map(keyOf) },
      ...(task.changes ? { jittered: task.shown } : {}),
    });
    yield { type: "written", what: "page", path: page };
    const result = { folder, model, history, predictions, configuration, files: { ...files, page } };
    yield { type: "done", result, seconds: job.seconds() };
  });
}

const preparedEvent = (
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

/** The split that was asked for, or that of the run that was begun in the folder, or a new one. */
async function splitFor(
  dataset: Dataset,
  folder: string,
  { split, fresh, validation, seed }: Settings,
): Promise<Split> {
  if (split !== undefined) return readSplit(split, dataset);
  const begun = join(folder, "split.json");
  if (!fresh && (await exists(begun))) return readSplit(begun, dataset);
  return splitDataset(dataset, { validation, seed });
}
