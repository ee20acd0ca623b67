/** What `bellpepper train` is told about how to train, and what that means. */

import type { Command } from "commander";
import { LEARNING_RATE, TRAINING } from "../../jobs/settings/training-settings.js";
import type { TrainingOptions } from "../../training/options.js";
import { CLIP_NORM, CLIP_VALUE } from "../../training/solver/clip.js";
import { EARLY_STOPPING } from "../../training/solver/early-stopping.js";
import {
  cosine,
  oneCycle,
  onPlateau,
  type Schedule,
  scheduleOf,
  stepped,
  warmUp,
} from "../../training/solver/schedule.js";
import { adaDelta, adaGrad, adam, adamW, rmsProp, SOLVERS, type Solver, sgd } from "../../training/solver/solver.js";
import { defined } from "../../values/defined.js";
import { list, number, word } from "../../values/kind.js";
import { defaulted, optional, type RecordOf } from "../../values/record.js";
import { UsageError } from "../failure.js";
import { namesOf, withFields } from "./field-options.js";

/** The solvers by their names on the command line. */
const SOLVER_WORDS = {
  sgd,
  nesterov: (options: { readonly momentum?: number; readonly weightDecay?: number }) =>
    sgd({ ...options, nesterov: true }),
  adagrad: adaGrad,
  adadelta: adaDelta,
  rmsprop: rmsProp,
  adam,
  adamw: adamW,
} as const;

/** The schedules by their names on the command line, from the rate. */
const SCHEDULE_WORDS = {
  constant: (rate: number): number => rate,
  step: (rate: number): Schedule => stepped({ rate }),
  cosine: (rate: number): Schedule => cosine({ rate }),
  "one-cycle": (rate: number): Schedule => oneCycle({ rate }),
  plateau: (rate: number): Schedule => onPlateau({ rate, patience: 2 }),
} as const;

/** What the command line is told about training, in words of its own: some of them are parts of a solver, a schedule or a limit. */
const FLAGS = {
  learningRate: optional(list(number({ above: 0, scale: "log" }), 1), LEARNING_RATE.doc),
  schedule: defaulted(
    word(namesOf(SCHEDULE_WORDS)),
    "constant",
    "how the rate goes on: step, to a tenth after each third of the epochs; plateau, to a tenth after 3 epochs in which validation was not better",
  ),
  warmUp: optional(number({ above: 0 }), "epochs in which the rate grows from zero"),
  solver: optional(word(namesOf(SOLVER_WORDS)), TRAINING.solver.doc),
  momentum: optional(SOLVERS.sgd.fields.momentum.kind, "how much of the last step sgd keeps (0.9)"),
  weightDecay: optional(
    SOLVERS.sgd.fields.weightDecay.kind,
    "the pull of every weight towards zero (0.0005; adamw: 0.01)",
  ),
  clip: optional(CLIP_NORM.fields.norm.kind, CLIP_NORM.fields.norm.doc),
  clipValue: optional(CLIP_VALUE.fields.value.kind, CLIP_VALUE.fields.value.doc),
  subBatches: TRAINING.subBatches,
  averaging: TRAINING.averaging,
  patience: optional(EARLY_STOPPING.fields.patience.kind, EARLY_STOPPING.fields.patience.doc),
};

/** The values that the command line gives. */
export type SolverFlags = RecordOf<typeof FLAGS>;

/** What the options say about training. */
export type SolverSettings = Pick<
  TrainingOptions,
  "subBatches" | "learningRate" | "solver" | "clip" | "averaging" | "earlyStopping"
>;

/**
 * Adds the options that say how the parameters move.
 *
 * @param usual what is taken where nothing is given: the solver in words, the learning rate, which the job chooses unless it is said here, and
 *   how it goes on
 */
export const withSolverOptions = (
  command: Command,
  {
    solver,
    rate,
    schedule = "constant",
  }: { readonly solver: string; readonly rate?: number; readonly schedule?: keyof typeof SCHEDULE_WORDS },
): Command =>
  withFields(
    command,
    {
      ...FLAGS,
      solver: { ...FLAGS.solver, doc: `${FLAGS.solver.doc} (${solver})` },
      schedule: { ...FLAGS.schedule, default: schedule },
      learningRate: rate === undefined ? FLAGS.learningRate : { ...FLAGS.learningRate, default: [rate] },
    },
    {
      learningRate: "rates",
      schedule: "name",
      warmUp: "epochs",
      solver: "name",
      momentum: "share",
      weightDecay: "strength",
      clip: "length",
      clipValue: "size",
      subBatches: "count",
      averaging: "share",
      patience: "epochs",
    },
  );

/**
 * What the command line says, as training wants it.
 *
 * @throws UsageError when two options do not go together
 */
export function solverSettings(flags: SolverFlags): SolverSettings {
  const { clip, clipValue, averaging, patience, subBatches } = flags;
  if (clip !== undefined && clipValue !== undefined) {
    throw new UsageError("--clip and --clip-value: give one of them.");
  }
  return {
    ...defined({ solver: solverOf(flags) }),
    ...ratesOf(flags),
    subBatches,
    ...(clip === undefined ? {} : { clip: { norm: clip } }),
    ...(clipValue === undefined ? {} : { clip: { value: clipValue } }),
    ...defined({ averaging }),
    ...(patience === undefined ? {} : { earlyStopping: { patience } }),
  };
}

/** The solver that was asked for; a momentum or a weight decay alone is one of SGD. */
function solverOf({ solver: asked, momentum, weightDecay }: SolverFlags): Solver | undefined {
  if (asked === undefined && momentum === undefined && weightDecay === undefined) return undefined;
  const solver = asked ?? "sgd";
  if (momentum !== undefined && solver !== "sgd" && solver !== "nesterov") {
    throw new UsageError(`--momentum belongs to --solver sgd and nesterov, not to ${solver}.`);
  }
  return SOLVER_WORDS[solver](defined({ momentum, weightDecay }));
}

function ratesOf({
  learningRate,
  schedule,
  warmUp: epochsOfWarmUp,
}: SolverFlags): Pick<SolverSettings, "learningRate"> {
  if (!learningRate) {
    const option = schedule !== "constant" ? `--schedule ${schedule}` : epochsOfWarmUp !== undefined && "--warm-up";
    if (option) throw new UsageError(`${option} starts from a rate: give one with --learning-rate.`);
    return {};
  }
  if (learningRate.length > 1 && schedule !== "constant") {
    throw new UsageError(`--schedule ${schedule} starts from one rate; --learning-rate has ${learningRate.length}.`);
  }
  const rates = learningRate.length > 1 ? learningRate : SCHEDULE_WORDS[schedule](learningRate[0]);
  return { learningRate: epochsOfWarmUp === undefined ? rates : warmUp(epochsOfWarmUp, scheduleOf(rates)) };
}
