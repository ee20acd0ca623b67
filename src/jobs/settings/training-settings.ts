/** What jobs are told about training. */

import * as training from "../../training/options.js";
import { dependsOnEpochs, type Schedule, scheduleOf } from "../../training/solver/schedule.js";
import { whole } from "../../values/kind.js";
import { defaulted, optional } from "../../values/record.js";

const { subBatches, solver, clip, averaging, earlyStopping, learningRate } = training.TRAINING.fields;

/** What every training is told; each job adds epochs, the size of a batch and the learning rate with defaults of its own. */
export const TRAINING = {
  subBatches,
  solver,
  clip,
  averaging,
  earlyStopping,
  /** decides every random choice */
  seed: defaulted(whole(0), 1, "decides every random choice"),
};

/** Whether batch normalisation sees the whole batch; the letters' network has none. */
export const SYNC_BATCH_NORM = training.TRAINING.fields.syncBatchNorm;

/** One rate for all epochs, one for each, or a schedule. */
export const LEARNING_RATE = optional(learningRate.kind, learningRate.doc);

/** The number of epochs in a configuration whose rates depend on it: with more of them a run is another one from its first step on. */
export const SCHEDULED_EPOCHS = optional(whole(1));

/** What {@link SCHEDULED_EPOCHS} is; nothing where the rates do not depend on the number of epochs. */
export const scheduledEpochs = (
  rates: number | readonly number[] | Schedule,
  epochs: number,
): { readonly scheduledEpochs?: number } => (dependsOnEpochs(scheduleOf(rates)) ? { scheduledEpochs: epochs } : {});
