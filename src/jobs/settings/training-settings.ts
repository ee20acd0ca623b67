/** What jobs are told about training. */

import type { Clip } from "../../training/solver/clip.js";
import { dependsOnEpochs, expectSchedule, type Schedule, scheduleOf } from "../../training/solver/schedule.js";
import { expectSolver, type Solver, sgd } from "../../training/solver/solver.js";
import { either, type Kind, list, number, objectOf, text, whole } from "../../values/kind.js";
import { defaulted, optional, record, required } from "../../values/record.js";

/** A learning rate. */
export const RATE = number({ above: 0 });

/** One rate for all epochs, one for each, or a schedule. */
const learningRate: Kind<number | readonly number[] | Schedule> = {
  expected: "a rate, rates or a schedule",
  take(value, at) {
    if (typeof value === "number") return RATE.take(value, at);
    if (Array.isArray(value)) return list(RATE, 1).take(value, at);
    const schedule = objectOf(value, at) as Schedule;
    expectSchedule(scheduleOf(schedule));
    return schedule;
  },
};

const solver: Kind<Solver> = {
  expected: "a solver",
  take(value, at) {
    const given = objectOf(value, at) as Solver;
    expectSolver(given);
    return given;
  },
};

/** A limit to the length of all gradients of a step together. */
export const CLIP_NORM = record({
  norm: required(number({ above: 0 }), "the longest that all gradients together may be"),
});

/** A limit to each number of a gradient. */
export const CLIP_VALUE = record({
  value: required(number({ above: 0 }), "the largest that each number of a gradient may be"),
});

const clip = either<Clip, Clip>("a norm or a value", (given) =>
  typeof given === "object" && given !== null && "value" in given ? CLIP_VALUE : CLIP_NORM,
);

/** When training ends before its last epoch. */
export const EARLY_STOPPING = record({
  patience: required(whole(1), "stop after so many epochs in which validation was not better, and keep the best one"),
  measure: optional(text()),
});

/** What every training is told; each job adds epochs, the size of a batch and the learning rate with defaults of its own. */
export const TRAINING = {
  /** parts that a batch is computed in, one after the other */
  subBatches: defaulted(whole(1), 1, "parts that a batch is computed in, to save memory"),
  /** the rule that moves the weights; {@link sgd} as in the lecture */
  solver: defaulted(solver, sgd(), "the rule that moves the weights"),
  /** a limit to the gradients of a step; none */
  clip: optional(clip),
  /** the share that stays in each step of a mean of the weights over the last steps; none */
  averaging: optional(
    number({ above: 0, below: 1 }),
    "use the mean of the weights over the last steps: the share that stays of it in each step, such as 0.999",
  ),
  /** ends training once validation no longer becomes better; never */
  earlyStopping: optional(EARLY_STOPPING),
  /** decides every random choice */
  seed: defaulted(whole(0), 1, "decides every random choice"),
};

/** One rate for all epochs, one for each, or a schedule. */
export const LEARNING_RATE = optional(learningRate, "one number, or one for each epoch divided by commas");

/** The number of epochs in a configuration whose rates depend on it: with more of them a run is another one from its first step on. */
export const SCHEDULED_EPOCHS = optional(whole(1));

/** What {@link SCHEDULED_EPOCHS} is; nothing where the rates do not depend on the number of epochs. */
export const scheduledEpochs = (
  rates: number | readonly number[] | Schedule,
  epochs: number,
): { readonly scheduledEpochs?: number } => (dependsOnEpochs(scheduleOf(rates)) ? { scheduledEpochs: epochs } : {});
