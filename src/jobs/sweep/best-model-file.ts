/** The model to use, after a sweep has found settings: trained on all pictures with these. */

import { join, resolve } from "node:path";
import type { Job } from "../events/job.js";
import { type FinalTraining, trainAsBefore } from "../pictures/train-as-before-file.js";
import { readConfiguration } from "../run/configuration-file.js";
import { PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";
import type { TrialResult } from "./ladder-file.js";

/** What the last model is trained with. */
export interface BestRun extends Pick<FinalTraining, "title" | "folder" | "data" | "dataset" | "settings"> {
  readonly best: TrialResult;
}

/** Trains a model on all pictures with all that was asked and chosen for the best trial. An earlier one that was made with another trial's settings is replaced. */
export async function* trainBest({ best, ...run }: BestRun, job: Job): ReturnType<typeof trainAsBefore> {
  const configurationIn = (folder: string) => readConfiguration(join(folder, "config.json"), PICTURES_CONFIGURATION);
  const before = await configurationIn(best.folder);
  const earlier = await configurationIn(join(run.folder, "final")).catch(() => undefined);
  const fresh = earlier !== undefined && earlier.trial !== best.number;
  return yield* trainAsBefore({ ...run, data: resolve(run.data), before, fresh, also: { trial: best.number } }, job);
}
