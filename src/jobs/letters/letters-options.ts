/** The options of the lecture's job, apart from the job: the command names them without loading what does it. */

import type { Device } from "../../engine/engine.js";
import { TRAINING_DEFAULTS, type TrainingOptions } from "../../training/options.js";

/** What the training of the letters network is asked for; every option has a default. What training takes too means what it means there. */
export interface OcrOptions
  extends Pick<TrainingOptions, "subBatches" | "learningRate" | "solver" | "clip" | "averaging" | "earlyStopping"> {
  /** passes over the letters; 15 */
  readonly epochs?: number;
  /** letters in a step; 100 */
  readonly batchSize?: number;
  /** whether letters get neighbours and shifts, and which; "none" */
  readonly jitter?: "none" | "text" | "lecture";
  /** decides every random choice; 1 */
  readonly seed?: number;
  /** threads to compute with; {@link defaultThreads} */
  readonly threads?: number;
  /** where to compute; "cpu" */
  readonly device?: Device;
  /** a folder with a letters set; the packaged one */
  readonly letters?: string;
}

/** The lecture's recipe. */
export const OCR_DEFAULTS = { ...TRAINING_DEFAULTS, epochs: 15, jitter: "none" } as const;
