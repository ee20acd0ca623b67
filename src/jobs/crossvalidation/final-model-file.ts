/** The model to use, after a cross-validation has said how good it is: trained on all pictures, as its folds were. */

import { join } from "node:path";
import type { ExpectedError } from "../../report/training/input.js";
import { progressOf } from "../../training/solver/early-stopping.js";
import { HISTORY } from "../../training/statistics/epoch-statistics.js";
import { defined } from "../../values/defined.js";
import type { RecordOf } from "../../values/record.js";
import type { Job } from "../events/job.js";
import { type FinalTraining, trainAsBefore } from "../pictures/train-as-before-file.js";
import type { Configuration } from "../run/configuration-file.js";
import { readModel } from "../run/model-file.js";
import { type PICTURES, PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";
import type { FoldJob } from "./fold-file.js";

/** What the last model is trained with. */
export interface FinalRun extends Pick<FinalTraining, "title" | "folder" | "data" | "dataset" | "settings"> {
  readonly folds: readonly FoldJob[];
  /** what the folds were trained with, asked for and chosen */
  readonly configuration: Configuration;
  readonly expected: ExpectedError;
}

/**
 * Trains a model on all pictures with all that was asked and chosen for the folds. Where those stopped early, it ends after the median of
 * their best epochs, with the rates that they had: there is nothing left that could tell when to stop.
 */
export async function* trainFinal(
  { folds, configuration, ...run }: FinalRun,
  job: Job,
): ReturnType<typeof trainAsBefore> {
  const { earlyStopping, order } = PICTURES_CONFIGURATION.read(configuration, "the folds");
  const lastEpoch = earlyStopping && (await medianBest(folds, earlyStopping));
  const also = { folds: folds.length, ...defined({ lastEpoch, order }) };
  return yield* trainAsBefore({ ...run, before: configuration, also, ...defined({ until: lastEpoch }) }, job);
}

/** The median of the best epochs of the folds; of an even number of them the lower middle. */
async function medianBest(
  folds: readonly FoldJob[],
  stopping: NonNullable<RecordOf<typeof PICTURES.fields>["earlyStopping"]>,
): Promise<number> {
  const best = await Promise.all(
    folds.map(async ({ folder }) => {
      const path = join(folder, "model.onnx");
      const { history } = await readModel(path);
      return progressOf(HISTORY.take(history, { where: path, path: "history" }), stopping).best;
    }),
  );
  best.sort((a, b) => a - b);
  return Math.max(1, best[Math.floor((best.length - 1) / 2)]);
}
