/** Any model, opened to be asked what pictures are. */

import { type Engine, EngineError } from "../../engine/engine.js";
import { nodeEngine } from "../../engine/node.js";
import { expectPictureClasses, type PreparedClassifier, preparedClassifier } from "../../evaluation/classifier.js";
import { plainClassifier } from "../../evaluation/plain-model.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { withBothSides } from "../../network/model/both-sides.js";
import type { Fit, Preprocessing } from "../../values/preprocessing.js";
import { type OptionsOf, pick, type RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { type AnyModel, readAnyModel, readPlainModel } from "../foreign/any-model-file.js";
import { ENGINE } from "../settings/engine-settings.js";
import { FOREIGN } from "../settings/foreign-settings.js";
import { type ModelPreprocessing, preprocessingOf } from "./model-preprocessing.js";

/** A model that can be asked. */
export interface AskedModel {
  readonly classes: readonly string[];
  /** the numbers in WordNet of its classes, where they are known */
  readonly classIds?: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly classifier: PreparedClassifier;
  /** what computes */
  readonly engine: Engine;
  /** its layers, to look into; undefined where the file runs as it is */
  readonly inside?: Pick<ReadAskedModel, "model" | "eightBit">;
  /** what surprises: one plain sentence each */
  readonly notes: readonly string[];
}

/** A model that says of a picture what it is, with how pictures are prepared for it. */
export interface ReadAskedModel extends AnyModel, ModelPreprocessing {}

/**
 * Reads a model that says what a picture is. One that gives a single number says yes or no, and is given both classes.
 *
 * @param fit what was asked for where the model does not say it
 * @throws as `readAnyModel` and `preprocessingOf`; RangeError when it takes something else than a picture, or gives something else than a number for each class
 */
export async function readAskedModel(
  path: string,
  settings: OptionsOf<typeof FOREIGN>,
  fit?: Fit,
): Promise<ReadAskedModel> {
  const found = await readAnyModel(path, settings);
  expectPictureClasses(found.model.network, path);
  const own = found.model.preprocessing?.fit;
  if (found.format !== "bellpepper" && fit !== undefined && own !== undefined && fit !== own) {
    throw new UsageError(
      `--fit ${fit}: how pictures are prepared for a model of another toolbox is said by --prepare, a file with "fit": "${fit}" here; else it is ${own}. Leave --fit out.`,
    );
  }
  const { preprocessing, notes } = preprocessingOf(found.model, fit);
  const { note, ...both } = withBothSides(found, found.opposite) ?? {};
  const said = [...found.notes, ...notes];
  return { ...found, ...both, preprocessing, notes: note === undefined ? said : [...said, note] };
}

/**
 * Opens a model file, ours or another toolbox's. What cannot be made a network runs as it is, where it takes one picture and gives a number for each class.
 *
 * @throws as `readAnyModel`; RangeError when it takes no pictures, or gives no probability for each class; EngineError when the device cannot be used
 */
export async function openAnyModel(
  path: string,
  settings: RecordOf<typeof FOREIGN & typeof ENGINE>,
): Promise<AskedModel> {
  const engine = nodeEngine(pick(ENGINE, settings));
  try {
    const { model, eightBit, classIds, preprocessing, notes } = await readAskedModel(path, pick(FOREIGN, settings));
    const classifier = await preparedClassifier(engine, model, path, eightBit);
    return {
      ...{ classes: model.classes, preprocessing, classifier, notes, engine, inside: { model, eightBit } },
      ...(classIds ? { classIds } : {}),
    };
  } catch (error) {
    if (!(error instanceof ModelFormatError)) throw error;
    const found = await readPlainModel(path, pick(FOREIGN, settings)).catch((reason: unknown) => {
      if (reason instanceof UsageError) throw reason;
      if (!(reason instanceof EngineError)) throw error;
      throw new ModelFormatError(`${error.message} It does not run as it is, either: ${reason.message}`, {
        cause: reason,
      });
    });
    if (!found) throw error;
    const { plain, notes, ...use } = found;
    const classifier = await plainClassifier(engine, plain, { ...use, owner: path });
    return {
      ...use,
      ...{ classifier, engine },
      notes: ["The file is no network that layers can be made of: it runs as it is.", ...notes],
    };
  }
}
