import type { Samples } from "../../data/samples.js";
import type { ClassTarget } from "../../data/target.js";
import type { Baseline } from "../../evaluation/baselines/features.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import type { TrainedModel } from "../../network/model/model.js";

import type { EpochStatistics } from "../../training/statistics/epoch-statistics.js";
import type { FilmFrame } from "../../training/statistics/film.js";
import type { SourcedSamples } from "../evaluation/pick-mistakes.js";
import type { NextStep } from "../page/text/next-steps.js";
import type { Sentence } from "../reading/sentence-section.js";

/** How often networks that were trained in the same way were wrong on pictures that they had not seen. */
export interface ExpectedError {
  /** what they said of them */
  readonly predictions: ClassTable;
  /** how many networks there were, each trained without another part of the pictures */
  readonly folds: number;
  /** the page that shows what they got wrong, from the report's folder */
  readonly page?: string;
}

/** What a report is made of. */
export interface ReportInput {
  readonly title: string;
  readonly model: TrainedModel;
  /** the statistics of each epoch */
  readonly history: readonly EpochStatistics[];
  /** the first layer's filters over the epochs; none */
  readonly film?: readonly FilmFrame[] | undefined;
  /** the epoch that the model is of, from 1; the last one */
  readonly epoch?: number;
  /** the settings, by name, in the order in which they are listed */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** what surprises, and what was assumed: a sentence each */
  readonly notes?: readonly string[];
  /** commands that may be typed next */
  readonly next?: readonly NextStep[];
  /** how long it all took */
  readonly seconds?: number;
  /** what the model says about `validation`; of no sample where all were trained on */
  readonly predictions: ClassTable;
  /** what simple methods say of `validation`, by the features of a frozen network; none */
  readonly baselines?: readonly Baseline[];
  /** what is known of the error where all samples were trained on */
  readonly expected?: ExpectedError;
  readonly validation: SourcedSamples;
  /** what was trained on, before any jitter */
  readonly training: SourcedSamples<ClassTarget>;
  /** what was trained on, with jitter */
  readonly jittered?: Samples;
  /** a line of writing, what it says, and what was read */
  readonly sentence?: Sentence;
  /** what it was computed on: processor, threads, device */
  readonly machine?: string;
}
