/** What a training without labels has learned, as the beginning of one with labels. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { exists, statIfExists } from "../../files/exists-file.js";
import { formatShape } from "../../graph/dimension.js";
import { type Network, parametersOf } from "../../network/network.js";
import type { CompactOptions } from "../../network/zoo/compact.js";
import type { Parameters } from "../../training/step/initialize.js";
import { defined } from "../../values/defined.js";
import type { Normalization } from "../../values/normalization.js";
import { optionName } from "../../values/option-name.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import type { RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { readAnyModel } from "../foreign/any-model-file.js";
import type { PICTURES } from "../settings/pictures-settings.js";
import { PRETRAIN_CONFIGURATION } from "../settings/pretrain-settings.js";

/** The file of a run's folder that a training with labels begins with. */
export const ENCODER = "encoder.onnx";

/** Parameters to begin with, and how pictures are prepared for them. */
export interface PretrainedStart {
  readonly parameters: Parameters;
  readonly preprocessing: Preprocessing;
  readonly normalization: Normalization;
  /** the checksum of the model's file */
  readonly digest: string;
  /** the network that it was made for */
  readonly network?: string;
  readonly compact?: CompactOptions;
}

/** What the run says itself. */
const SAID = ["size", "channels", "fit", "mean"] as const;

/**
 * Opens what `pretrain` has left in a folder, or a model of ours as a file.
 *
 * @returns undefined where none was asked for
 * @throws UsageError when an option contradicts it, or there is nothing to begin with; ModelFormatError when its file cannot be read
 */
export async function openPretrained(settings: RecordOf<typeof PICTURES.fields>): Promise<PretrainedStart | undefined> {
  const { start, from } = settings;
  if (start === undefined) return undefined;
  if (from !== undefined) throw new UsageError("--start and --from: give one of them.");
  const said = SAID.find((name) => settings[name] !== undefined);
  if (said)
    throw new UsageError(`${optionName(said)}: what --start begins with says how pictures are prepared. Leave it out.`);
  const isFolder = (await statIfExists(start))?.isDirectory() ?? false;
  const file = isFolder ? join(start, ENCODER) : start;
  if (!(await exists(file))) {
    throw new UsageError(
      `--start ${start}: expected the folder of a run of \`bellpepper pretrain\` that is done, with ${ENCODER} in it, or a model's file.`,
    );
  }
  const { model, digest } = await readAnyModel(file, {});
  if (model.preprocessing === undefined) {
    throw new UsageError(
      `--start ${start}: its file does not say how pictures are prepared; expected one of \`bellpepper pretrain\`.`,
    );
  }
  const { preprocessing, normalization, parameters } = model;
  return { parameters, preprocessing, normalization, digest, ...(isFolder ? await networkIn(start) : {}) };
}

/** The network that the run of a folder was made for. */
async function networkIn(folder: string): Promise<Pick<PretrainedStart, "network" | "compact">> {
  const path = join(folder, "config.json");
  const { network, compact } = PRETRAIN_CONFIGURATION.read(JSON.parse(await readFile(path, "utf8")), path);
  return defined({ network, compact });
}

/** How much of a network begins as it was learned, in a sentence. */
export function beginningText(network: Network, { parameters }: PretrainedStart): string {
  const layers = network.layers.filter(({ parameters: own }) => own.length > 0);
  const begun = layers.filter(({ parameters: own }) =>
    own.some(({ name, shape }) => {
      const value = parameters.get(name);
      return value !== undefined && formatShape(value.shape) === formatShape(shape);
    }),
  );
  const last = begun.at(-1);
  return last
    ? `Of the ${layers.length} layers with weights ${begun.length}, up to '${last.name}', begin as they were learned without labels.`
    : `None of the ${parametersOf(network).length} parameters is among those that were learned without labels.`;
}
