/** A training run in its folder: `bellpepper/jobs`. Runs in Node. */

import type { CrossvalidateEvent } from "./crossvalidation/crossvalidate-file.js";
import type { EvaluateModelEvent } from "./evaluation/evaluate-model-file.js";
import type { TrainLettersEvent } from "./letters/train-letters-file.js";
import type { TrainPicturesEvent } from "./pictures/train-pictures-file.js";
import type { CutSlidesEvent } from "./slides/cut-slides-file.js";

export { BALANCES } from "../data/change/balance-classes.js";
export {
  type CrossValidated,
  type CrossvalidateEvent,
  type CrossvalidateOptions,
  crossvalidate,
  type DividedEvent,
  type FoldJobEvent,
} from "./crossvalidation/crossvalidate-file.js";
export type { FoldEvent, FoldStartedEvent } from "./crossvalidation/fold-file.js";
export {
  type EvaluatedModel,
  type EvaluateModelEvent,
  type EvaluateModelOptions,
  evaluateModel,
} from "./evaluation/evaluate-model-file.js";
export { eventsWhile, finishJob, JobStopped } from "./events/event-stream.js";
export type {
  Choice,
  DecodedEvent,
  DecodingEvent,
  DoneEvent,
  OpenedEvent,
  Position,
  PredictedEvent,
  PreparedEvent,
  StartedEvent,
  StoppedEvent,
  TrainingJobEvent,
  WrittenEvent,
} from "./events/job-events.js";
export {
  findLettersRate,
  type LettersPreparedEvent,
  type ReadEvent,
  type TrainedLetters,
  type TrainLettersEvent,
  type TrainLettersOptions,
  trainLetters,
} from "./letters/train-letters-file.js";
export {
  type TrainedPictures,
  type TrainPicturesEvent,
  type TrainPicturesOptions,
  trainPictures,
} from "./pictures/train-pictures-file.js";
export { type CutSlidesEvent, type CutSlidesOptions, type CuttingEvent, cutSlides } from "./slides/cut-slides-file.js";

/** Whatever a job tells. */
export type JobEvent =
  | TrainPicturesEvent
  | TrainLettersEvent
  | CrossvalidateEvent
  | EvaluateModelEvent
  | CutSlidesEvent;

export { OCR_DEFAULTS, type OcrOptions } from "./letters/letters-options.js";
export { type OcrRun, type OcrTask, ocrTask, openOcr } from "./letters/letters-task-file.js";
export {
  type PicturesOptions,
  type PicturesTask,
  picturesTask,
} from "./pictures/pictures-task-file.js";
export { type Configuration, openRun, type Run, RunError, trainInRun } from "./run/run-file.js";
