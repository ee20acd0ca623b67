/** What `bellpepper train` is told about how to train, and what that means. */

import { type Command, Option } from "commander";
import type { TrainingOptions } from "../../training/options.js";
import {
  cosine,
  oneCycle,
  onPlateau,
  type Schedule,
  scheduleOf,
  stepped,
  warmUp,
} from "../../training/solver/schedule.js";
import { adaDelta, adaGrad, adam, adamW, rmsProp, type Solver, sgd } from "../../training/solver/solver.js";
import { defined } from "../../values/defined.js";
import { UsageError } from "../failure.js";
import { number, numbers, whole } from "./options.js";

/** The solvers by their names on the command line. */
const SOLVERS = {
  sgd,
  nesterov: (options: { readonly momentum?: number; readonly weightDecay?: number }) =>
    sgd({ ...options, nesterov: true }),
  adagrad: adaGrad,
  adadelta: adaDelta,
  rmsprop: rmsProp,
  adam,
  adamw: adamW,
} as const;

/** The schedules by their names on the command line: from the rate and the number of epochs. */
const SCHEDULES = {
  constant: (rate: number): number => rate,
  step: (rate: number, epochs: number): Schedule => stepped({ rate, every: Math.ceil(epochs / 3) }),
  cosine: (rate: number): Schedule => cosine({ rate }),
  "one-cycle": (rate: number): Schedule => oneCycle({ rate }),
  plateau: (rate: number): Schedule => onPlateau({ rate, patience: 2 }),
} as const;

/** What the options say about training. */
export type SolverSettings = Pick<
  TrainingOptions,
  "subBatches" | "learningRate" | "solver" | "clip" | "averaging" | "earlyStopping"
>;

/** The values that the command line gives. */
export interface SolverFlags {
  readonly learningRate?: readonly number[];
  readonly schedule: keyof typeof SCHEDULES;
  readonly warmUp?: number;
  readonly solver: keyof typeof SOLVERS;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly clip?: number;
  readonly clipValue?: number;
  readonly subBatches: number;
  readonly averaging?: number;
  readonly patience?: number;
}

/**
 * Adds the options that say how the parameters move.
 *
 * @param rate the learning rate where none is given; chosen by the job unless it is said here
 */
export const withSolverOptions = (command: Command, rate?: number): Command =>
  command
    .addOption(
      new Option("--learning-rate <rates>", "one number, or one for each epoch divided by commas")
        .argParser(numbers(number(0, { open: true })))
        .default(rate === undefined ? undefined : [rate]),
    )
    .addOption(
      new Option(
        "--schedule <name>",
        "how the rate goes on: step, to a tenth after each third of the epochs; plateau, to a tenth after 3 epochs in which validation was not better",
      )
        .choices(Object.keys(SCHEDULES))
        .default("constant"),
    )
    .option("--warm-up <epochs>", "epochs in which the rate grows from zero", number(0, { open: true }))
    .addOption(
      new Option("--solver <name>", "the rule that moves the weights").choices(Object.keys(SOLVERS)).default("sgd"),
    )
    .option("--momentum <share>", "how much of the last step sgd keeps (0.9)", number(0, { below: 1 }))
    .option("--weight-decay <strength>", "the pull of every weight towards zero (0.0005; adamw: 0.01)", number(0))
    .option("--clip <length>", "the longest that all gradients together may be", number(0, { open: true }))
    .option("--clip-value <size>", "the largest that each number of a gradient may be", number(0, { open: true }))
    .option("--sub-batches <count>", "parts that a batch is computed in, to save memory", whole(1), 1)
    .option(
      "--averaging <share>",
      "use the mean of the weights over the last steps: the share that stays of it in each step, such as 0.999",
      number(0, { open: true, below: 1 }),
    )
    .option(
      "--patience <epochs>",
      "stop after so many epochs in which validation was not better, and keep the best one",
      whole(1),
    );

/**
 * What the command line says, as training wants it.
 *
 * @throws UsageError when two options do not go together
 */
export function solverSettings(flags: SolverFlags, epochs: number | undefined): SolverSettings {
  const { clip, clipValue, averaging, patience, subBatches } = flags;
  if (clip !== undefined && clipValue !== undefined) {
    throw new UsageError("--clip and --clip-value: give one of them.");
  }
  return {
    solver: solverOf(flags),
    ...ratesOf(flags, epochs),
    subBatches,
    ...(clip === undefined ? {} : { clip: { norm: clip } }),
    ...(clipValue === undefined ? {} : { clip: { value: clipValue } }),
    ...defined({ averaging }),
    ...(patience === undefined ? {} : { earlyStopping: { patience } }),
  };
}

function solverOf({ solver, momentum, weightDecay }: SolverFlags): Solver {
  if (momentum !== undefined && solver !== "sgd" && solver !== "nesterov") {
    throw new UsageError(`--momentum belongs to --solver sgd and nesterov, not to ${solver}.`);
  }
  return SOLVERS[solver]({
    ...defined({ momentum, weightDecay }),
  });
}

function ratesOf(
  { learningRate, schedule, warmUp: epochsOfWarmUp }: SolverFlags,
  epochs: number | undefined,
): Pick<SolverSettings, "learningRate"> {
  if (!learningRate) {
    const option = schedule !== "constant" ? `--schedule ${schedule}` : epochsOfWarmUp !== undefined && "--warm-up";
    if (option) throw new UsageError(`${option} starts from a rate: give one with --learning-rate.`);
    return {};
  }
  if (learningRate.length > 1 && schedule !== "constant") {
    throw new UsageError(`--schedule ${schedule} starts from one rate; --learning-rate has ${learningRate.length}.`);
  }
  if (schedule === "step" && epochs === undefined) {
    throw new UsageError("--schedule step divides the epochs into thirds: give their number with --epochs.");
  }
  const rates = learningRate.length > 1 ? learningRate : SCHEDULES[schedule](learningRate[0], epochs ?? 1);
  return { learningRate: epochsOfWarmUp === undefined ? rates : warmUp(epochsOfWarmUp, scheduleOf(rates)) };
}
