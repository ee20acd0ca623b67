/** From a path to a written folder, told as events: `bellpepper/jobs`. Runs in Node. */

import type { CrossvalidateEvent, CrossvalidateFoldEvent } from "./crossvalidation/crossvalidate-file.js";
import type { ClassifyPicturesEvent } from "./evaluation/classify-pictures-file.js";
import type { EvaluateModelEvent } from "./evaluation/evaluate-model-file.js";
import type { ConvertModelEvent } from "./foreign/convert-model-file.js";
import type { InspectEvent } from "./inspection/inspect-file.js";
import type { TrainLettersEvent } from "./letters/train-letters-file.js";
import type { TrainPicturesEvent } from "./pictures/train-pictures-file.js";
import type { PretrainEvent } from "./pretraining/pretrain-file.js";
import type { QuantizePicturesEvent } from "./quantization/quantize-pictures-file.js";
import type { CutSlidesEvent } from "./slides/cut-slides-file.js";
import type { SweepEvent } from "./sweep/sweep-file.js";

export { type Classifier, type Guess, SomeBroken } from "../evaluation/classifier.js";
export type { NextStep } from "../report/page/text/next-steps.js";
export {
  type CrossValidated,
  type CrossvalidateEvent,
  type CrossvalidateFoldEvent,
  type CrossvalidateOptions,
  crossvalidate,
  crossvalidateFold,
  type DividedEvent,
  type FoldDone,
  type FoldJobEvent,
} from "./crossvalidation/crossvalidate-file.js";
export type { FoldEvent, FoldStartedEvent } from "./crossvalidation/fold-file.js";
export { type AnyPicture, type OpenedClassifier, openClassifier } from "./evaluation/classifier-file.js";
export {
  type ClassifyImagesEvent,
  type ClassifyImagesOptions,
  classifyImages,
  type NamedGuess,
} from "./evaluation/classify-images-file.js";
export {
  type ClassifiedEvent,
  type ClassifiedPicture,
  type ClassifiedPictures,
  type ClassifyPicturesEvent,
  type ClassifyPicturesOptions,
  classifyPictures,
} from "./evaluation/classify-pictures-file.js";
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
  ExplainingEvent,
  OpenedEvent,
  Position,
  PredictedEvent,
  PreparedEvent,
  StartedEvent,
  StoppedEvent,
  TrainingJobEvent,
  WrittenEvent,
} from "./events/job-events.js";
export type { JobRanks } from "./events/job-ranks.js";
export { readAnyModel } from "./foreign/any-model-file.js";
export {
  type ConvertedModel,
  type ConvertModelEvent,
  type ConvertModelOptions,
  convertModel,
  type ModelReadEvent,
} from "./foreign/convert-model-file.js";
export { readForeignFile } from "./foreign/read-foreign-file.js";
export {
  type InspectEvent,
  type Inspected,
  type InspectingEvent,
  type InspectOptions,
  inspectModel,
} from "./inspection/inspect-file.js";
export {
  type LettersOptions,
  type LettersRun,
  type LettersTask,
  lettersTask,
  openLetters,
} from "./letters/letters-task-file.js";
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
  type PicturesOptions,
  type PicturesTask,
  picturesTask,
} from "./pictures/pictures-task-file.js";
export type { FinalModel } from "./pictures/train-as-before-file.js";
export {
  type TrainedPictures,
  type TrainPicturesEvent,
  type TrainPicturesOptions,
  trainPictures,
} from "./pictures/train-pictures-file.js";
export { findOutliers, type Outlier } from "./pretraining/outliers-file.js";
export { type PretrainEvent, type Pretrained, type PretrainOptions, pretrain } from "./pretraining/pretrain-file.js";
export type { EightBitMeasurement, EightBitNearness } from "./quantization/measurement.js";
export {
  type KeptLayer,
  type QuantizedPictures,
  type QuantizePicturesEvent,
  type QuantizePicturesOptions,
  type QuantizingEvent,
  quantizePictures,
} from "./quantization/quantize-pictures-file.js";
export type { SpeedRatio } from "./quantization/speed.js";
export type { Configuration } from "./run/configuration-file.js";
export { RunError } from "./run/run-error.js";
export { openRun, type Run, type RunOptions, trainInRun } from "./run/run-file.js";
export { CONVERT_MODEL } from "./settings/convert-settings.js";
export { CROSSVALIDATE } from "./settings/crossvalidate-settings.js";
export { CLASSIFY_PICTURES, EVALUATE_MODEL } from "./settings/evaluation-settings.js";
export { INSPECT } from "./settings/inspect-settings.js";
export { TRAIN_LETTERS } from "./settings/letters-settings.js";
export { BALANCES, TRAIN_PICTURES } from "./settings/pictures-settings.js";
export { PRETRAIN } from "./settings/pretrain-settings.js";
export { QUANTIZE } from "./settings/quantize-settings.js";
export { CUT_SLIDES } from "./settings/slides-settings.js";
export { SWEEP_LETTERS, SWEEP_PICTURES } from "./settings/sweep-settings.js";
export { type CutSlidesEvent, type CutSlidesOptions, type CuttingEvent, cutSlides } from "./slides/cut-slides-file.js";
export type { TrialResult } from "./sweep/ladder-file.js";
export type { Search } from "./sweep/plan.js";
export {
  type JudgedEvent,
  type PlannedEvent,
  type SweepEvent,
  type SweepLettersOptions,
  type SweepPicturesOptions,
  type Swept,
  sweepLetters,
  sweepPictures,
  type TrialJobEvent,
} from "./sweep/sweep-file.js";
export type { TrialEvent } from "./sweep/trial-file.js";

/** Whatever a job tells. */
export type JobEvent =
  | TrainPicturesEvent
  | TrainLettersEvent
  | PretrainEvent
  | CrossvalidateEvent
  | CrossvalidateFoldEvent
  | EvaluateModelEvent
  | ClassifyPicturesEvent
  | QuantizePicturesEvent
  | CutSlidesEvent
  | InspectEvent
  | ConvertModelEvent
  | SweepEvent;
