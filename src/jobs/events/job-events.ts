/** What jobs tell while they work: each job has a union of these. */

import type { Pass } from "../../data/pictures/passes.js";
import type { Pictures } from "../../data/pictures/pictures-file.js";
import type { Dataset } from "../../data/sources/dataset.js";
import type { LocatedSample } from "../../evaluation/localisation/localisation-error.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import type { Finding } from "../../report/dataset/dataset-findings.js";
import type { TrainingEvent } from "../../training/events.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { Configuration } from "../run/configuration-file.js";

/** The data set was opened: its classes and its pictures are known, and nothing is decoded. */
export interface OpenedEvent {
  readonly type: "opened";
  readonly dataset: Dataset;
  /** what is worth a word: parts and groups that were found, and what was left out */
  readonly findings: readonly Finding[];
}

/** So many pictures were decoded, or gone through before or after that. */
export interface DecodingEvent {
  readonly type: "decoding";
  readonly pass: Pass;
  readonly done: number;
  readonly total: number;
}

/** All pictures are decoded, but for the broken ones, which are left out. */
export interface DecodedEvent extends Pick<Pictures, "broken" | "warnings"> {
  readonly type: "decoded";
  /** what is worth a word: copies on both sides of the split, classes that cannot be learned, pictures whose range of values was lost */
  readonly findings: readonly Finding[];
}

/** It is known where the model sees things. */
export interface LocalisedEvent {
  readonly type: "localised";
  /** each picture with its true boxes, and the five likeliest classes with theirs */
  readonly located: readonly LocatedSample[];
}

/** So many mistakes are explained. */
export interface ExplainingEvent {
  readonly type: "explaining";
  readonly done: number;
  readonly total: number;
}

/** Something that was not asked for, and was chosen. */
export interface Choice {
  readonly what: string;
  readonly value: string;
  readonly why: string;
}

/** It is known what is trained on what, and what was chosen for the user. */
export interface PreparedEvent {
  readonly type: "prepared";
  /** samples to train on, and to measure by */
  readonly counts: { readonly training: number; readonly validation: number };
  readonly classes: readonly string[];
  readonly shape: ImageShape;
  readonly choices: readonly Choice[];
  /** all settings, asked for and chosen */
  readonly configuration: Configuration;
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
  /** whether epochs may be added later; not where the rates depend on how many there are */
  readonly mayGrow: boolean;
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
  readonly table: ClassTable;
}

/** A file was written. */
export interface WrittenEvent {
  readonly type: "written";
  readonly what: "model" | "predictions" | "page" | "list";
  readonly path: string;
}

/** The last event of a job that its signal has stopped. */
export interface StoppedEvent {
  readonly type: "stopped";
  readonly folder: string;
  /** whether the same job in the same folder goes on from there */
  readonly saved: boolean;
  /** how far the training was saved, where it is one */
  readonly position?: Position;
  /** what was made before it was stopped, and is whole: a page without its last parts */
  readonly left?: string;
}

/** The last event of a job that is done. */
export interface DoneEvent<Result> {
  readonly type: "done";
  readonly result: Result;
  /** how long this session took */
  readonly seconds: number;
}
