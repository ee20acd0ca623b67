/** Why a model takes pictures for what it takes them for. */

import type { Image } from "../../data/pictures/image.js";
import { fromLast } from "../../data/pictures/resize/arrange.js";
import type { Guess } from "../../evaluation/classifier.js";
import { answerOf, type Why, whyOf } from "../../inspection/attribution/why.js";
import { batchOf } from "../../inspection/batches.js";
import type { RecordOf } from "../../values/record.js";
import { type EXPLAIN, isExplained, type WHY_NOT } from "../settings/explain-settings.js";
import type { AskedModel } from "./asked-model-file.js";
import { classNamed } from "./class-named.js";
import { openWithMaps } from "./open-with-maps.js";

/** A picture as the network is given it, in red, green, blue, and why the network says what it says. */
export interface ExplainedGuess {
  readonly image: Image;
  readonly why: Why;
}

/** A network that is opened to explain what it says. */
export interface Explainer {
  /** what surprises: one plain sentence each */
  readonly notes: readonly string[];
  /** @param guesses all classes, the likeliest first */
  explain(image: Image, guesses: readonly Guess[], signal: AbortSignal | undefined): Promise<ExplainedGuess>;
  close(): Promise<void>;
}

/** The model that is asked, and the path of its file. */
type Asked = Pick<AskedModel, "classes" | "classIds" | "engine" | "inside" | "preprocessing"> & {
  readonly path: string;
};

/**
 * @returns undefined where nothing is to be explained
 * @throws UsageError for a class that the model has not; RangeError when the file is no network that layers can be made of
 */
export async function explainerOf(
  { path, classes, classIds, engine, inside, preprocessing: { order, labelOffset = 0 } }: Asked,
  settings: RecordOf<typeof EXPLAIN & typeof WHY_NOT>,
): Promise<Explainer | undefined> {
  if (!isExplained(settings)) return undefined;
  const { explainBy: method, whyNot } = settings;
  const asked = whyNot === undefined ? undefined : classNamed(whyNot, classes, classIds);
  if (!inside) {
    throw new RangeError(`${path}: no layers can be made of the file; to explain, expected a network to look into.`);
  }
  const opened = await openWithMaps(engine, inside.model, settings.mapLayer);
  const numberOf = ({ number }: Guess): number => number - 1 + labelOffset;
  return {
    notes: inside.eightBit ? [ROUNDED] : [],
    async explain(image, guesses, signal) {
      const [said, second] = guesses.map(numberOf);
      const other = asked === undefined || asked === said ? second : asked;
      const [answer, alternative] = [said, other].map((k) => (k === undefined ? undefined : answerOf(opened, k)));
      if (!answer) throw new RangeError(`${path} says nothing: there is nothing to explain.`);
      const why = await whyOf(opened, batchOf([image]), answer, alternative, { method, signal });
      return { image: order === "bgr" ? fromLast(image) : image, why };
    },
    close: () => opened.close(),
  };
}

/** What is told where a model computes in 8 bits. */
export const ROUNDED =
  "The model computes in 8 bits, which have no derivative: explained is what the same weights say in float32.";
