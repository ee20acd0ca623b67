import type { Parameters } from "./initialize.js";

/** How a network did on a set of samples. */
export interface Statistics {
  /** the mean objective */
  readonly objective: number;
  /** the share of samples (of pixels, where each has a label) whose label is not the class of the highest score; absent without labels */
  readonly top1Error?: number;
  /** the share of samples whose label is not among the five classes of the highest scores */
  readonly top5Error?: number;
  /** the mean of each loss by the name of its layer, where there are several */
  readonly losses?: Readonly<Record<string, number>>;
  readonly imagesPerSecond: number;
}

/** The statistics of one epoch. */
export interface EpochStatistics {
  /** from 1 */
  readonly epoch: number;
  readonly learningRate: number;
  readonly train: Statistics;
  readonly validation?: Statistics;
}

/** Sums over the samples so far of an epoch: those of the objective by name, `samples` (their weights) and `seconds`. */
export type Sums = Readonly<Record<string, number>>;

/** All that training needs to go on from where it was; everything else follows from the configuration. */
export interface TrainingState {
  /** complete epochs */
  readonly epoch: number;
  /** batches done in the epoch after those */
  readonly batch: number;
  /** the sums over these batches */
  readonly sums: Sums;
  readonly parameters: Parameters;
  /** the solver's memory, by parameter */
  readonly momenta: Parameters;
  /** the epochs so far */
  readonly history: readonly EpochStatistics[];
}

/** What happens in training, in the order in which it happens. */
export type TrainingEvent =
  | {
      /** after each batch: the statistics of the epoch so far */
      readonly type: "batch";
      readonly part: "train" | "validation";
      readonly epoch: number;
      readonly batch: number;
      readonly batches: number;
      readonly statistics: Statistics;
    }
  | ({
      /** after each epoch, with a state that may be kept */
      readonly type: "epoch";
      readonly state: TrainingState;
    } & EpochStatistics)
  | {
      /** something that the user should know; training goes on */
      readonly type: "warning";
      readonly epoch: number;
      readonly message: string;
    }
  | {
      /** the last event when training was asked to stop */
      readonly type: "stopped";
      readonly state: TrainingState;
    };
