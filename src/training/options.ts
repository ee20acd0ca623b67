import type { Samples } from "../data/samples.js";
import type { Network } from "../network/network.js";
import { defined } from "../values/defined.js";
import { flag, number, objectOf, whole, word } from "../values/kind.js";
import { NORMALIZATION, type Normalization } from "../values/normalization.js";
import { ARGUMENTS } from "../values/place.js";
import {
  defaulted,
  type OptionsOf,
  optional,
  type RecordOf,
  record,
  refuseUnknown,
  required,
} from "../values/record.js";
import type { TrainingState } from "./events.js";
import { expectSamples } from "./expect-samples.js";
import { CLIP } from "./solver/clip.js";
import { EARLY_STOPPING, type EarlyStopping } from "./solver/early-stopping.js";
import { dependsOnValidation, LEARNING_RATE, scheduleOf } from "./solver/schedule.js";
import { SOLVER, sgd } from "./solver/solver.js";
import type { Parameters } from "./step/initialize.js";
import { metricsOf } from "./step/objective.js";
import type { Ranks } from "./step/ranks.js";
import type { UpdateRule } from "./step/update.js";

/** How a network is trained: what of {@link TrainingOptions} is plain data. */
export const TRAINING = record(
  {
    /** passes over the training samples */
    epochs: required(whole(1)),
    /** samples in a step; 100 */
    batchSize: defaulted(whole(1), 100),
    /**
     * Parts that a batch is computed in, one after the other, for networks that need much memory: a step is that of the whole batch, but
     * for batch normalisation, which sees a part unless `syncBatchNorm` is true; 1.
     */
    subBatches: defaulted(whole(1), 1, "parts that a batch is computed in, to save memory"),
    /**
     * Batch normalisation sees the whole batch where it is divided into parts, among workers, ranks or by `subBatches`: a step is then that of the whole batch (PyTorch's
     * `SyncBatchNorm`). Parts wait for each other twice for each such layer, and `subBatches` save no memory; false
     */
    syncBatchNorm: defaulted(flag(), false, "let batch normalisation see the whole batch where it is divided"),
    /** one rate for all epochs; one for each, the last of which is held; or a schedule such as {@link cosine}; 0.001 */
    learningRate: defaulted(LEARNING_RATE, 0.001, "one number, or one for each epoch divided by commas"),
    /** the rule that moves the parameters; {@link sgd} as in the lecture */
    solver: defaulted(SOLVER, sgd(), "the rule that moves the weights"),
    /** a limit to the gradients of a step; none */
    clip: optional(CLIP),
    /**
     * The share, such as 0.999, that stays in each step of a mean of the weights over the last steps. Validation and the model then have
     * the mean; see {@link UpdateRule}. None unless given.
     */
    averaging: optional(
      number({ above: 0, below: 1 }),
      "use the mean of the weights over the last steps: the share that stays of it in each step, such as 0.999",
    ),
    /** ends training once validation no longer becomes better, and keeps the best parameters; never unless given */
    earlyStopping: optional(EARLY_STOPPING),
    /**
     * The epoch whose parameters are the result: the "last", or the "best" on validation (see {@link bestEpoch}). Early stopping keeps the
     * best by its own measure, whatever is said here; "last"
     */
    keep: defaulted(word(["last", "best"]), "last"),
    /**
     * Measures what goes on inside the network at the last step of each epoch (see {@link LayerStatistics}), and warns of parameters that
     * may explode, of steps that do nothing and of dead units; costs about a step for each epoch; false
     */
    layerStatistics: defaulted(flag(), false),
    /** decides initialization and order; 1 */
    seed: defaulted(whole(), 1),
  },
  ({ subBatches, batchSize }, refuse) => {
    if (subBatches > batchSize) refuse("subBatches", `at most ${batchSize}, the batch size`);
  },
);

/** How a network is trained, with all defaults. */
export type TrainingSettings = RecordOf<typeof TRAINING.fields>;

/** The options of {@link train}. */
export interface TrainingOptions extends OptionsOf<typeof TRAINING.fields> {
  readonly training: Samples;
  /** measured after each epoch; never trained on */
  readonly validation?: Samples;
  readonly normalization: Normalization;
  /**
   * What to begin with in the place of random numbers: the parameters of a model that was trained before, to train it further or for
   * something else. Those that the network has under the same name and of the same shape are taken; see {@link initialize}.
   */
  readonly start?: Parameters;
  /** where an earlier run stopped */
  readonly resume?: TrainingState;
  /**
   * The processes that train together: each is given the same options but its own rank, reads its share of each batch, and comes to the same parameters. This one
   * alone unless given.
   */
  readonly ranks?: Ranks;
  /** ends training after the step under way */
  readonly signal?: { readonly aborted: boolean };
  /** what may change while training runs; it is looked at in each step */
  readonly steering?: Steering;
}

/** What of a training may be changed while it runs. */
export interface Steering {
  /** takes the place of the learning rate of the settings from the next step on; it stays in the states, so that a training that is resumed goes on with it */
  readonly learningRate?: TrainingSettings["learningRate"] | undefined;
  /** whether the event of the next training batch is to have a state that may be kept; false */
  readonly keepsState?: boolean | undefined;
}

/** The defaults of {@link TrainingOptions}: those of the lecture. */
export const TRAINING_DEFAULTS = TRAINING.defaults;

/** What the settings do with the gradients of a step. */
export const ruleOf = ({
  solver,
  clip,
  averaging,
}: Pick<TrainingSettings, "solver" | "clip" | "averaging">): UpdateRule => ({
  solver,
  ...defined({ clip, averaging }),
});

/** The names of all options. */
const OPTIONS = [
  ...["training", "validation", "normalization"],
  ...Object.keys(TRAINING.fields),
  ...["start", "resume", "ranks", "signal", "steering"],
];

/**
 * The settings among options, with all defaults.
 *
 * @throws TypeError, RangeError when an option is out of range or not known, or does not fit the network
 */
export function settingsOf(network: Network, options: TrainingOptions): TrainingSettings {
  objectOf(options, ARGUMENTS);
  const { training, validation, normalization, start: _, resume: __, ranks: ___, ...rest } = options;
  const { signal: ____, steering: _____, ...plain } = rest;
  refuseUnknown(new Map(Object.entries(options)), OPTIONS, ARGUMENTS);
  const settings = TRAINING.make(plain);
  NORMALIZATION.take(normalization, { path: "normalization" });
  const { learningRate, earlyStopping, keep } = settings;
  expectMeasurable(learningRate, validation);
  const waits = waitingFor(earlyStopping, keep);
  if (waits && !validation) throw new RangeError(`${waits} needs validation samples.`);
  if (earlyStopping) expectMeasured(network, earlyStopping);
  expectSamples(network, training, "training");
  if (validation) expectSamples(network, validation, "validation");
  return settings;
}

/** @throws RangeError when rates depend on validation, and there is none */
export function expectMeasurable(learningRate: TrainingSettings["learningRate"], validation: unknown): void {
  if (validation || !dependsOnValidation(scheduleOf(learningRate))) return;
  throw new RangeError("The schedule 'onPlateau' needs validation samples.");
}

/** What looks at validation, in words; undefined where nothing does. */
function waitingFor(earlyStopping: EarlyStopping | undefined, keep: TrainingSettings["keep"]): string | undefined {
  if (earlyStopping) return "Early stopping";
  return keep === "best" ? "Keeping the best epoch" : undefined;
}

/** @throws RangeError when what is to become better is not measured */
function expectMeasured(network: Network, { measure = "objective" }: EarlyStopping): void {
  const measured = ["objective", ...metricsOf(network).map(({ name }) => name)];
  if (measured.includes(measure)) return;
  throw new RangeError(
    `Early stopping by ${measure}: the losses of network '${network.name}' measure ${measured.join(", ")}.`,
  );
}
