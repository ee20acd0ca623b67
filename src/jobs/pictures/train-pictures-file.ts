/** From a folder of pictures to a trained network in a folder of its own. */

import { join, resolve } from "node:path";
import { JITTER_PRESETS } from "../../data/change/jitter-description.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { datasetOptions, GROUPING, type Grouping } from "../../data/sources/grouping.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { type Split, splitDataset } from "../../data/sources/split.js";
import { readSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import { exists } from "../../files/exists-file.js";
import { folderToHold } from "../../files/hold-folder-file.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { expectPath } from "../../values/kind.js";

import { type Field, type OptionsOf, pick, type RecordOf } from "../../values/record.js";
import { decodingEvents } from "../events/decoding-events.js";
import { optionsOf, runJob } from "../events/job.js";
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
import { expectSameJob, isFirst, type JobRanks } from "../events/job-ranks.js";
import { crossvalidateFinal, lookInside, measureElsewhere } from "../events/next-steps.js";
import { type Configuration, WAY_OUT } from "../run/configuration-file.js";
import { nameOf } from "../run/name.js";

import { RunError } from "../run/run-error.js";
import { PICTURES, TRAIN_PICTURES } from "../settings/pictures-settings.js";

import { type PicturesTask, picturesTask } from "./pictures-task-file.js";
import { decodedEvent, openedEvent } from "./surprises.js";
import { trainOnAll } from "./train-on-all.js";
import { preparedEvent, type TrainedTask, trainTask } from "./train-task-file.js";

/** What {@link trainPictures} is asked for; every option has a default. */
export interface TrainPicturesOptions extends OptionsOf<typeof TRAIN_PICTURES.fields> {
  /** stops the job: the step under way is finished and saved */
  readonly signal?: AbortSignal | undefined;
  /** the processes that train together; this one alone unless given */
  readonly ranks?: JobRanks | undefined;
}

type Settings = RecordOf<typeof TRAIN_PICTURES.fields>;

/** What {@link trainPictures} makes. */
export interface TrainedPictures extends TrainedTask {
  readonly folder: string;
  readonly configuration: Configuration;
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
 * pictures, and a report. What is not asked for is chosen from the pictures. The model is that of the epoch that was best on validation; where
 * all pictures are trained on, that of the last. A run that was stopped goes on where it was.
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
  given: TrainPicturesOptions = {},
): AsyncGenerator<TrainPicturesEvent, void, undefined> {
  expectPath("data", data);
  const { signal, ranks, options } = optionsOf(given);
  const settings = TRAIN_PICTURES.make(options);
  const { folder = join("runs", nameOf(data)), fresh, validation } = settings;
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<TrainPicturesEvent, void, undefined> {
    const held = isFirst(ranks) ? job.closing(await folderToHold(folder)) : undefined;
    const dataset = await openDataset(data, datasetOptions(settings));
    yield openedEvent(dataset);
    const split = await splitFor(dataset, folder, settings);
    const task = yield* decodingEvents<PicturesTask>(
      (decoding) => picturesTask(dataset, split, pick(PICTURES.fields, settings), { ...decoding, ranks }),
      signal,
    );
    const { batchSize, balance } = settings;
    yield yield* decodedEvent(
      dataset,
      job.closing(task.pictures),
      { split, batchSize, balance, pace: task.settings, notes: task.notes },
      signal,
    );
    const configuration = { ...task.configuration, data: resolve(data), validation, ...groupingText(settings) };
    yield preparedEvent(task, configuration);
    await expectSameJob(ranks, configuration);
    const engine = nodeEngine(settings);
    await held?.begin();
    const title = nameOf(data);
    const { define } = settings;
    const next = (model: string) => [
      measureElsewhere(model, define),
      lookInside(model, data, define),
      crossvalidateFinal(data, define, askedOf(options)),
    ];
    const trained = yield* trainTask(
      { next, title, folder, task, dataset, split, configuration, fresh, engine, ranks },
      job,
    );
    yield { type: "done", result: { folder, configuration, ...trained }, seconds: job.seconds() };
  });
}

/** What was asked of a training, other than by default, that a cross-validation is asked in the same words. */
function askedOf(options: object): Record<string, unknown> {
  const { define: _, ...fields } = { ...PICTURES.fields, ...GROUPING };
  const given = new Map<string, unknown>(Object.entries(options));
  const asked = Object.entries<Field<unknown>>(fields).filter(([name, { default: usual }]) => {
    const value = given.get(name);
    return value !== undefined && JSON.stringify(value) !== JSON.stringify(usual);
  });
  return Object.fromEntries(asked.map(([name]) => [name, presetOf(given.get(name)) ?? given.get(name)]));
}

/** The name of a jitter that is one of the presets. */
const presetOf = (jitter: unknown): string | undefined =>
  Object.entries(JITTER_PRESETS).find(([, preset]) => JSON.stringify(preset) === JSON.stringify(jitter))?.[0];

/** What belongs together, as a configuration has it. */
export const groupingText = ({ group, groupBy }: Grouping): Configuration =>
  defined({ group, groupBy: groupBy?.source });

/** The split that was asked for, or that of the run that was begun in the folder, or a new one. */
export async function splitFor(
  dataset: Dataset,
  folder: string,
  { split, fresh, validation, seed }: Pick<Settings, "split" | "fresh" | "validation" | "seed">,
): Promise<Split> {
  if (split !== undefined) return readSplit(split, dataset);
  const begun = join(folder, "split.json");
  if (!fresh && (await exists(begun))) {
    return readSplit(begun, dataset).catch((error: unknown) => {
      throw new RunError(`The run in ${folder} cannot go on. ${errorText(error)} ${WAY_OUT}`);
    });
  }
  return validation === 0 ? trainOnAll(dataset) : splitDataset(dataset, { validation, seed });
}
