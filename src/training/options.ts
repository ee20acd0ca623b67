import type { Samples } from "../data/samples.js";
import type { Network } from "../network/network.js";
import { defined } from "../values/defined.js";
import type { Normalization } from "../values/normalization.js";
import { expectInRange, expectWhole } from "../values/range.js";
import type { TrainingState } from "./events.js";
import { expectSamples } from "./expect-samples.js";
import { type Clip, expectClip } from "./solver/clip.js";
import { type EarlyStopping, expectEarlyStopping } from "./solver/early-stopping.js";
import { dependsOnValidation, expectSchedule, type Schedule, scheduleOf } from "./solver/schedule.js";
import { expectSolver, type Solver, sgd } from "./solver/solver.js";
import type { Parameters } from "./step/initialize.js";
import { metricsOf } from "./step/objective.js";
import type { UpdateRule } from "./step/update.js";

/** The options of {@link train}. */
export interface TrainingOptions {
  readonly training: Samples;
  /** measured after each epoch; never trained on */
  readonly validation?: Samples;
  readonly normalization: Normalization;
  /** passes over the training samples */
  readonly epochs: number;
  /** samples in a step; 100 */
  readonly batchSize?: number;
  /**
   * Parts that a batch is computed in, one after the other, for networks that need much memory: a step is that of the whole batch, but
   * for batch normalisation, which sees a part; 1.
   */
  readonly subBatches?: number;
  /** one rate for all epochs; one for each, the last of which is held; or a schedule such as {@link cosine}; 0.001 */
  readonly learningRate?: number | readonly number[] | Schedule;
  /** the rule that moves the parameters; {@link sgd} as in the lecture */
  readonly solver?: Solver;
  /** a limit to the gradients of a step; none */
  readonly clip?: Clip;
  /**
   * The share, such as 0.999, that stays in each step of a mean of the weights over the last steps. Validation and the model then have
   * the mean; see {@link UpdateRule}. None unless given.
   */
  readonly averaging?: number;
  /** ends training once validation no longer becomes better, and keeps the best parameters; never unless given */
  readonly earlyStopping?: EarlyStopping;
  /**
   * Looks inside the network at the last step of each epoch (see {@link LayerStatistics}), and warns of parameters that may explode, of
   * steps that do nothing and of dead units; costs about a step for each epoch; false
   */
  readonly layerStatistics?: boolean;
  /** decides initialization and order; 1 */
  readonly seed?: number;
  /**
   * What to begin with in the place of random numbers: the parameters of a model that was trained before, to train it further or for
   * something else. Those that the network has under the same name and of the same shape are taken; see {@link initialize}.
   */
  readonly start?: Parameters;
  /** where an earlier run stopped */
  readonly resume?: TrainingState;
  /** ends training after the step under way */
  readonly signal?: { readonly aborted: boolean };
}

/** The defaults of {@link TrainingOptions}: those of the lecture. */
export const TRAINING_DEFAULTS = {
  batchSize: 100,
  subBatches: 1,
  learningRate: 0.001,
  solver: sgd(),
  layerStatistics: false,
  seed: 1,
} as const;

/** What these options do with the gradients of a step. */
export function ruleOf({
  solver,
  clip,
  averaging,
}: Pick<TrainingOptions, "solver" | "clip" | "averaging">): UpdateRule {
  return {
    solver: solver ?? TRAINING_DEFAULTS.solver,
    ...defined({ clip, averaging }),
  };
}

/** @throws RangeError when an option is out of range, or does not fit the network */
export function expectOptions(network: Network, options: TrainingOptions): void {
  const { training, validation, clip, averaging, earlyStopping } = options;
  const { batchSize, subBatches, learningRate, solver, seed } = { ...TRAINING_DEFAULTS, ...options };
  expectWhole("epochs", [options.epochs], 1);
  expectWhole("batchSize", [batchSize], 1);
  expectWhole("subBatches", [subBatches], 1);
  if (subBatches > batchSize) {
    throw new RangeError(`Invalid value for subBatches: a batch of ${batchSize} cannot be divided into ${subBatches}.`);
  }
  const schedule = scheduleOf(learningRate);
  expectSchedule(schedule);
  expectSolver(solver);
  if (clip) expectClip(clip);
  if (averaging !== undefined) expectInRange("averaging", averaging, { above: 0, below: 1 });
  if (earlyStopping) expectEarlyStopping(earlyStopping);
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`Invalid value for seed: expected a whole number, got ${seed}.`);
  }
  const waits = dependsOnValidation(schedule) ? "The schedule 'onPlateau'" : earlyStopping && "Early stopping";
  if (waits && !validation) throw new RangeError(`${waits} needs validation samples.`);
  if (earlyStopping) expectMeasured(network, earlyStopping);
  expectSamples(network, training, "training");
  if (validation) expectSamples(network, validation, "validation");
}

/** @throws RangeError when what is to become better is not measured */
function expectMeasured(network: Network, { measure = "objective" }: EarlyStopping): void {
  const measured = ["objective", ...metricsOf(network).map(({ name }) => name)];
  if (measured.includes(measure)) return;
  throw new RangeError(
    `Early stopping by ${measure}: the losses of network '${network.name}' measure ${measured.join(", ")}.`,
  );
}
