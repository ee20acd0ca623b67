import type { TrainedModel } from "../../network/model/model.js";
import { inputOf } from "../../network/network.js";
import { type Fit, PREPROCESSING, type Preprocessing } from "../../values/preprocessing.js";
import { UsageError } from "../../values/usage-error.js";

/** How pictures become the images of a model. */
export interface ModelPreprocessing {
  readonly preprocessing: Preprocessing;
  /** what the user should know about it */
  readonly notes: readonly string[];
}

/**
 * How pictures become the images of a model: as the model itself says it. One of an earlier version does not say it; then what is asked for
 * holds, else pictures are squashed, and this is said.
 *
 * @param fit what was asked for
 * @throws UsageError when something else is asked for than the model says; RangeError when the model takes no pictures, but other inputs
 */
export function preprocessingOf({ network, preprocessing }: TrainedModel, fit: Fit | undefined): ModelPreprocessing {
  if (preprocessing) {
    if (fit !== undefined && fit !== preprocessing.fit) {
      throw new UsageError(
        `--fit ${fit}: the model was trained on pictures with --fit ${preprocessing.fit}, which holds wherever it is used. Leave --fit out.`,
      );
    }
    return { preprocessing, notes: [] };
  }
  const { channels, width, height } = inputOf(network);
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(
      `The model '${network.name}' takes images of ${channels} channels: expected 1 (grey) or 3 (colour), as pictures have.`,
    );
  }
  const used = fit ?? "squash";
  return {
    preprocessing: PREPROCESSING.make({ channels, width, height, fit: used }),
    notes: [
      `The model does not say how its pictures were prepared: they are brought to ${width}×${height} by --fit ${used}${fit ? "" : "; give the rule that it was trained with, if it was another one"}.`,
    ],
  };
}
