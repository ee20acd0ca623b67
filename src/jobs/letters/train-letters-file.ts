/** The lecture's job: from drawn letters to a network that reads the lecture's sentence, in a folder of its own. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readImage } from "../../data/pictures/image-file.js";
import { nodeEngine } from "../../engine/node.js";
import { predict } from "../../evaluation/table/predict.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { folderToHold } from "../../files/hold-folder-file.js";
import type { TrainedModel } from "../../network/model/model.js";
import { type LineReading, readLine } from "../../reading/read-line.js";
import type { NextStep } from "../../report/page/text/next-steps.js";
import { keptEpoch } from "../../training/events.js";
import { findLearningRate, type RangeTest } from "../../training/solver/learning-rate.js";
import type { EpochStatistics } from "../../training/statistics/epoch-statistics.js";
import { defined } from "../../values/defined.js";
import type { OptionsOf } from "../../values/record.js";
import { optionsOf, runJob } from "../events/job.js";
import type {
  DoneEvent,
  PredictedEvent,
  PreparedEvent,
  StartedEvent,
  StoppedEvent,
  TrainingJobEvent,
  WrittenEvent,
} from "../events/job-events.js";
import { isFirst, type JobRanks } from "../events/job-ranks.js";
import { readLineOf } from "../events/next-steps.js";
import type { Configuration } from "../run/configuration-file.js";
import { trainToEnd } from "../run/train-run.js";
import { LETTERS, TRAIN_LETTERS } from "../settings/letters-settings.js";
import { type LettersOptions, lettersTask, openLetters } from "./letters-task-file.js";

/** The lecture's sentence, and its picture. */
const SENTENCE = "the rat the cat the dog chased killed ate the malt";
const SENTENCE_FILE = fileURLToPath(new URL("../../../assets/sentence-lato.png", import.meta.url));

/** What {@link trainLetters} is asked for; every option has a default. */
export interface TrainLettersOptions extends OptionsOf<typeof TRAIN_LETTERS.fields> {
  /** stops the job: the step under way is finished and saved */
  readonly signal?: AbortSignal | undefined;
  /** the processes that train together; this one alone unless given */
  readonly ranks?: JobRanks | undefined;
}

/** Which letters are trained on. */
export interface LettersPreparedEvent extends PreparedEvent {
  /** typefaces to train on, and to measure by */
  readonly typefaces: { readonly training: number; readonly validation: number };
}

/** The model has read the lecture's sentence. */
export interface ReadEvent {
  readonly type: "read";
  readonly reading: LineReading;
  /** what it should have read */
  readonly expected: string;
}

/** What {@link trainLetters} makes. */
export interface TrainedLetters {
  readonly folder: string;
  readonly model: TrainedModel;
  readonly history: readonly EpochStatistics[];
  /** the epoch that the model is of, from 1: the last; the best on validation where letters are trained on as they are */
  readonly epoch: number;
  /** what the model says about the validation letters */
  readonly predictions: ClassTable;
  readonly reading: LineReading;
  readonly configuration: Configuration;
  /** commands that may be typed next */
  readonly next: readonly NextStep[];
  /** the paths of what was written */
  readonly files: { readonly model: string; readonly page: string };
}

/** What {@link trainLetters} tells, in this order; "training" many times. */
export type TrainLettersEvent =
  | LettersPreparedEvent
  | StartedEvent
  | TrainingJobEvent
  | PredictedEvent
  | ReadEvent
  | WrittenEvent
  | StoppedEvent
  | DoneEvent<TrainedLetters>;

/**
 * Trains the lecture's network for letters, in a folder that then has the model and a report, and reads the lecture's sentence with it. A
 * run that was stopped goes on where it was.
 *
 * @throws Error when the letters cannot be read; RangeError when an option is out of range; RunError when the folder holds another run or
 * does not take what is written
 * @example
 * for await (const event of trainLetters({ epochs: 1, letters: "my-letters", folder: "runs/my-letters" })) {
 *   if (event.type === "read") console.log(event.reading.text);
 * }
 */
export async function* trainLetters(
  given: TrainLettersOptions = {},
): AsyncGenerator<TrainLettersEvent, void, undefined> {
  const { signal, ranks, options } = optionsOf(given);
  const { folder, fresh, ...own } = TRAIN_LETTERS.make(options);
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<TrainLettersEvent, void, undefined> {
    const held = isFirst(ranks) ? job.closing(await folderToHold(folder)) : undefined;
    const { run, frame, letters, training, settings, configuration } = await openLetters(
      folder,
      own,
      fresh,
      held?.begin,
      ranks,
    );
    const { training: plain, validation } = letters;
    yield {
      type: "prepared",
      counts: { training: plain.count, validation: validation.count },
      typefaces: { training: plain.typefaces.length, validation: validation.typefaces.length },
      classes: frame.classes,
      shape: plain.shape,
      choices: [],
      configuration,
    };
    const engine = nodeEngine(own);
    const state = yield* trainToEnd(run, engine, [{ network: frame.network, settings }], job);

    const model = await run.finish(state);
    yield { type: "written", what: "model", path: join(folder, "model.onnx") };
    const predictions = await predict(engine, model, validation, defined({ ranks }));
    yield { type: "predicted", table: predictions };
    const image = await readImage(SENTENCE_FILE, { channels: 1 });
    const reading = await readLine(engine, model, image);
    yield { type: "read", reading, expected: SENTENCE };
    signal?.throwIfAborted();
    const { history } = state;
    const epoch = keptEpoch(state);
    const next = [readLineOf(join(folder, "model.onnx"))];
    const files = { model: join(folder, "model.onnx"), page: join(folder, "report.html") };
    const result = { folder, model, history, epoch, predictions, reading, configuration, next, files };
    if (!isFirst(ranks)) return yield { type: "done", result, seconds: job.seconds() };
    // Charts bring large libraries with them, for which there is room when nothing trains any more.
    const { writeReport } = await import("../../report/training/report-file.js");
    await writeReport(folder, {
      title: "Letters a–z",
      model,
      history,
      film: state.film,
      epoch,
      next,
      configuration,
      // A run in several sessions took longer than this one.
      ...(run.resume ? {} : { seconds: job.seconds() }),
      predictions,
      validation,
      training: plain,
      ...(training === plain ? {} : { jittered: training }),
      sentence: { image, expected: SENTENCE, reading },
    });
    yield { type: "written", what: "page", path: files.page };
    yield { type: "done", result, seconds: job.seconds() };
  });
}

/**
 * Looks which learning rates the letters network could be trained with, and draws what it found.
 *
 * @returns the test, and the path of the picture, `learning-rate.png` in the folder
 * @throws as {@link trainLetters} does
 * @example
 * const { test, picture } = await findLettersRate("runs/rate", { letters: "my-letters", batchSize: 50 });
 * test.suggestion; // a rate, or undefined where the objective fell at none
 */
export async function findLettersRate(
  folder: string,
  options: LettersOptions = {},
): Promise<{ readonly test: RangeTest; readonly picture: string }> {
  const { frame, settings } = await lettersTask(options);
  const { learningRateChart } = await import("../../report/charts/learning-rate-chart.js");
  const { pngFromSvg } = await import("../../report/page/pictures/raster-file.js");
  const test = await findLearningRate(nodeEngine(LETTERS.make(options)), frame.network, settings);
  const picture = join(folder, "learning-rate.png");
  await writeFileAtomically(picture, await pngFromSvg(learningRateChart(test).text));
  return { test, picture };
}
