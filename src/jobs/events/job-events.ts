/** What jobs tell while they work: each job has a union of these. */

import type { Pictures } from "../../data/pictures/pictures-file.js";
import type { Dataset, Problem } from "../../data/sources/dataset.js";
import type { PredictionTable } from "../../evaluation/table/predictions.js";
import type { TrainingEvent } from "../../training/events.js";

/** The data set was opened: its classes, its pictures and what is worth a look (`problems`) are known, and nothing is decoded. */
export interface OpenedEvent {
  readonly type: "opened";
  readonly dataset: Dataset;
}

/** So many pictures were decoded. */
export interface DecodingEvent {
  readonly type: "decoding";
  readonly done: number;
  readonly total: number;
}

/** All pictures are decoded, but for the broken ones, which are left out. */
export interface DecodedEvent extends Pick<Pictures, "broken" | "warnings"> {
  readonly type: "decoded";
}

/** Something that was not asked for, and was chosen. */
export interface Choice {
  readonly what: string;
  readonly value: string;
  readonly why: string;
}

/** How far a training is: complete epochs, and batches done in the epoch after those. */
export interface Position {
  readonly epoch: number;
  readonly batch: number;
}

/** The run's folder is open, and training is about to begin, or to go on. */
export interface StartedEvent {
  readonly type: "started";
  readonly folder: string;
  /** how many epochs there are to be */
  readonly epochs: number;
  /** where training goes on; absent where it begins */
  readonly resumed?: Position;
  /** what the user should know about going on */
  readonly notes: readonly string[];
}

/** Something happened in training; what has to be kept of it is in the run's folder. */
export interface TrainingJobEvent {
  readonly type: "training";
  readonly event: Exclude<TrainingEvent, { readonly type: "stopped" }>;
}

/** The model has predicted what it is measured by. */
export interface PredictedEvent {
  readonly type: "predicted";
  readonly table: PredictionTable;
}

/** A file was written. */
export interface WrittenEvent {
  readonly type: "written";
  readonly what: "model" | "predictions" | "page" | "list";
  readonly path: string;
}

/** The last event of a job that its signal has stopped. The same job in the same folder goes on from there. */
export interface StoppedEvent {
  readonly type: "stopped";
  readonly folder: string;
  /** how far a training was saved; absent before the first step, and where nothing is trained */
  readonly saved?: Position;
}

/** The last event of a job that is done. */
export interface DoneEvent<Result> {
  readonly type: "done";
  readonly result: Result;
  /** how long this session took */
  readonly seconds: number;
}

/** Pictures that cannot be decoded, or lines that cannot be used, with the reason. */
export type { Problem };
