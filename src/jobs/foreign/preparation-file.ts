/** How pictures are prepared for a model whose file does not say it, or says it wrongly. */

import { readText } from "../../files/text-file.js";
import type { ForeignPreprocessing } from "../../formats/foreign-model.js";
import { type ForeignSource, type ForeignUse, preprocessingOfForeign } from "../../formats/foreign-preprocessing.js";
import {
  kerasPreprocessing,
  knownPreprocessing,
  ORIGINS,
  type Origin,
  usualPreprocessing,
} from "../../network/zoo/preprocessing.js";
import { errorText } from "../../values/error-text.js";
import { list, number } from "../../values/kind.js";
import { nearestName } from "../../values/nearest.js";
import { PREPROCESSING } from "../../values/preprocessing.js";
import { optional, partial, pick, record } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";

const { width: _w, height: _h, channels: _c, ...RULES } = PREPROCESSING.fields;

/** What a file may say of the preparation of pictures: the fields of a model's preprocessing, and how bytes become numbers, (byte − mean) / deviation. */
export const PREPARATION = record({
  ...partial(RULES),
  /** what is taken away from bytes of 0 to 255: a number for each channel, in the order of the network's channels */
  mean: optional(list(number(), 1)),
  /** what the difference is divided by */
  deviation: optional(list(number({ above: 0 }), 1)),
});

/** What a network is called. */
interface Called {
  readonly network: string | undefined;
  readonly title: string | undefined;
}

/**
 * How pictures are prepared: what was asked for, before what the file says, before what is known or usual.
 *
 * @param asked the name of who published the weights, or a JSON file with the fields of {@link PREPARATION}
 * @param called its name in the zoo, where it has one, and that by which Keras' file calls it
 * @throws UsageError when neither a name nor a file is asked for, or whoever is named has no rule for that network; Error when the file is wrong
 */
export async function preparationOf(
  asked: string | undefined,
  said: ForeignPreprocessing | undefined,
  source: ForeignSource,
  called: Called,
): Promise<ForeignUse> {
  if (asked === undefined) return preprocessingOfForeign(said, source);
  const origin = ORIGINS.find((name) => name === asked);
  if (origin) {
    const { labelOffset } = said ?? {};
    const known = ruleOf(origin, called, source);
    const use = preprocessingOfForeign(labelOffset === undefined ? {} : { labelOffset }, { ...source, known });
    if (!use.missing.some(({ part }) => part === "pixels")) return use;
    throw new UsageError(
      `--prepare ${origin}: the mean of ${called.network} stands in a file of its own; expected a JSON file with the mean.`,
    );
  }
  if (!asked.endsWith(".json")) {
    const near = nearestName(asked, ORIGINS);
    throw new UsageError(
      `--prepare: expected ${ORIGINS.join(", ")}, or a JSON file, got '${asked}'${near === undefined ? "." : `; did you mean ${near}?`}`,
    );
  }
  return ofFile(asked, preprocessingOfForeign(said, source), said, source);
}

function ruleOf(origin: Origin, { network, title }: Called, { image }: ForeignSource) {
  const known =
    (network === undefined ? undefined : knownPreprocessing(network, origin)) ??
    (origin === "keras" && title !== undefined ? kerasPreprocessing(title, image) : undefined);
  const rule = known ?? usualPreprocessing(origin, image);
  if (rule) return rule;
  throw new UsageError(
    `--prepare ${origin}: ${origin} has no rule for ${network ?? (title || "this network")}; expected a JSON file with fit, resampling, order, mean and deviation.`,
  );
}

async function ofFile(
  path: string,
  use: ForeignUse,
  said: ForeignPreprocessing | undefined,
  source: ForeignSource,
): Promise<ForeignUse> {
  const { mean, deviation, ...rules } = await readPreparation(path);
  const numbers = { ...(mean ? { mean } : {}), ...(deviation ? { deviation } : {}) };
  const pixels = preprocessingOfForeign({ ...said, ...numbers }, source);
  const given = (part: string): boolean => Object.hasOwn(rules, part);
  return {
    preprocessing: PREPROCESSING.make({ ...use.preprocessing, ...pick(partial(RULES), rules) }),
    normalization: pixels.normalization,
    missing: pixels.missing.filter(({ part }) => !given(part)),
  };
}

async function readPreparation(path: string) {
  const text = await readText(path);
  try {
    return PREPARATION.read(JSON.parse(text), path);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${path}: expected JSON: ${errorText(error)}`, { cause: error });
    throw error;
  }
}
