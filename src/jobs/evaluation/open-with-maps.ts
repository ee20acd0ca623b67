import type { Engine } from "../../engine/engine.js";
import { type Opened, openNetwork } from "../../inspection/opened.js";
import type { TrainedModel } from "../../network/model/model.js";
import { errorText } from "../../values/error-text.js";
import { optionName } from "../../values/option-name.js";
import { UsageError } from "../../values/usage-error.js";

/**
 * Opens a model, to look for evidence in a layer of its user's choice.
 *
 * @throws UsageError for a layer that the network has not, or that has no places; RangeError as `openNetwork`
 */
export async function openWithMaps(engine: Engine, model: TrainedModel, mapLayer: string | undefined): Promise<Opened> {
  try {
    return await openNetwork(engine, model, { mapLayer });
  } catch (error) {
    if (mapLayer === undefined || !(error instanceof RangeError)) throw error;
    throw new UsageError(`${optionName("mapLayer")} ${mapLayer}: ${errorText(error)}`);
  }
}
