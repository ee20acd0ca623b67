import type { Schedule } from "./solver/schedule.js";
import type { EpochStatistics, Statistics } from "./statistics/epoch-statistics.js";
import type { FilmFrame } from "./statistics/film.js";
import type { Parameters } from "./step/initialize.js";
import { parametersForUse } from "./step/update.js";

/** Sums over the samples so far of an epoch: those of the objective by name, `samples` (their weights), `seconds`, and those that images were `waited` for. */
export type Sums = Readonly<Record<string, number>>;

/** The best epoch so far. */
export interface Best {
  /** from 1 */
  readonly epoch: number;
  /** those that it was measured with */
  readonly parameters: Parameters;
}

/** All that training needs to go on from where it was; everything else follows from the configuration. */
export interface TrainingState {
  /** complete epochs */
  readonly epoch: number;
  /** batches done in the epoch after those */
  readonly batch: number;
  /** the sums over these batches */
  readonly sums: Sums;
  /** steps made in all */
  readonly step: number;
  readonly parameters: Parameters;
  /** what the solver keeps from step to step, "momentum/conv1/filters" and so on, and the means over the last steps, "average/…" */
  readonly state: Parameters;
  /** what validation has been best with, where the best is kept or training is to stop early */
  readonly best?: Best;
  /** the epochs so far */
  readonly history: readonly EpochStatistics[];
  /** the first layer's filters before the first epoch and after those so far, where what goes on inside is measured; of late epochs not all */
  readonly film?: readonly FilmFrame[];
  /** what took the place of the settings' learning rate while training ran (see `Steering`), where something did */
  readonly learningRate?: number | readonly number[] | Schedule;
}

/**
 * The parameters that a training has for use: the best ones where they are kept, else the means over the last steps where it keeps
 * them, else those of the last step.
 *
 * @example
 * const { training } = letters;
 * for await (const event of train(nodeEngine(), network, { training, normalization, epochs: 1 })) {
 *   if (event.type === "epoch") modelParameters(event.state).get("conv1/filters");
 * }
 */
export const modelParameters = ({ best, parameters, state }: TrainingState): Parameters =>
  best?.parameters ?? parametersForUse(parameters, state);

/**
 * The epoch whose parameters {@link modelParameters} gives, from 1.
 *
 * @example
 * const { training, validation } = letters;
 * const options = { training, validation, normalization, epochs: 2, keep: "best" } as const;
 * for await (const event of train(nodeEngine(), network, options)) {
 *   if (event.type === "epoch") console.log(`the best of ${event.epoch}: ${keptEpoch(event.state)}`);
 * }
 */
export const keptEpoch = ({ best, epoch }: TrainingState): number => best?.epoch ?? epoch;

/** What happens in training, in the order in which it happens. */
export type TrainingEvent =
  | {
      /** after each batch: the statistics of the epoch so far */
      readonly type: "batch";
      readonly part: "train" | "validation";
      readonly epoch: number;
      readonly batch: number;
      readonly batches: number;
      /** steps made in all */
      readonly step: number;
      /** of the last step */
      readonly learningRate: number;
      readonly statistics: Statistics;
      /** where one was asked for; see `Steering` */
      readonly state?: TrainingState;
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
      /** the last event when training ends before its last epoch because validation has not become better */
      readonly type: "exhausted";
      /** the last epoch */
      readonly epoch: number;
      /** the epoch whose parameters are the result */
      readonly best: number;
    }
  | {
      /** the last event when training was asked to stop */
      readonly type: "stopped";
      readonly state: TrainingState;
    };
