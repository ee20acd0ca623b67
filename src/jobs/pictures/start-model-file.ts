/** The trained model that a training begins with: its network with a new head, its weights, and how its pictures are prepared. */

import { truncateNetwork } from "../../network/edit/edit.js";
import { resizeNetwork, withNewHead } from "../../network/edit/head.js";
import type { TrainedModel } from "../../network/model/model.js";
import { inputOf, type Network, parametersOf } from "../../network/network.js";
import type { Parameters } from "../../training/step/initialize.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import type { ImageShape } from "../../values/image-shape.js";
import { hasMeanImage, type Normalization } from "../../values/normalization.js";
import { optionName } from "../../values/option-name.js";
import { PREPROCESSING, type Preprocessing } from "../../values/preprocessing.js";
import type { RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { preprocessingOf } from "../evaluation/model-preprocessing.js";
import { type AnyModel, readAnyModel, SizeNeeded } from "../foreign/any-model-file.js";
import type { PICTURES } from "../settings/pictures-settings.js";
import { START } from "../settings/start-settings.js";

type Settings = RecordOf<typeof PICTURES.fields>;

/** A trained model made ready to tell other classes apart. */
export interface StartModel {
  /** with a new head, of which nothing is learned yet */
  readonly network: Network;
  /** the layer that is learned anew */
  readonly head: string;
  /** the variable that the head reads */
  readonly features: string;
  /** those of the layers before the head */
  readonly parameters: Parameters;
  readonly preprocessing: Preprocessing;
  readonly normalization: Normalization;
  /** the checksum of the model's file */
  readonly digest: string;
  /** the metadata of its file */
  readonly metadata: Readonly<Record<string, string>>;
  /** what the user should know: one plain sentence each */
  readonly notes: readonly string[];
}

/** What is asked for that only makes sense with a model to begin with. */
const DEPENDENT = Object.keys(START).filter((name) => name !== "from");

/**
 * Opens the model that a training begins with.
 *
 * @param classes those that the new head tells apart
 * @returns undefined where none was asked for
 * @throws UsageError when an option contradicts the model, or makes no sense without one; ModelFormatError when its file cannot be read; RangeError when
 *   it has no last layer that can be replaced, or takes no images of the size that is asked for
 */
export async function openStart(settings: Settings, classes: readonly string[]): Promise<StartModel | undefined> {
  const { from } = settings;
  if (from === undefined) {
    const given = Object.entries(settings).find(([name, value]) => DEPENDENT.includes(name) && value !== undefined);
    if (given)
      throw new UsageError(`${optionName(given[0])} says something of a model to begin with: give it by --from.`);
    return undefined;
  }
  const asked = ["network", "compact", "mean"] as const;
  const other = asked.find((name) => settings[name] !== undefined);
  if (other) {
    const has = other === "mean" ? "the mean that is taken away" : "the network";
    throw new UsageError(
      `${optionName(other === "compact" ? "width" : other)}: the model of --from says ${has}. Leave it out.`,
    );
  }
  const { model, digest, notes, classNotes, extraMetadata: metadata } = await readStart(from, settings);
  const { preprocessing, notes: more } = about(from, () => preprocessingOf(model, settings.fit));
  if (settings.channels !== undefined && settings.channels !== preprocessing.channels) {
    throw new UsageError(
      `--channels ${settings.channels}: the model of --from takes pictures of ${preprocessing.channels} (${from}). Leave it out.`,
    );
  }
  const { network, head, features, averaged } = about(from, () =>
    withNewHead(resized(model, settings, from), classes.length),
  );
  if (network.inputs.length > 1) {
    const names = network.inputs.slice(1).map(({ name }) => `'${name}'`);
    throw new RangeError(
      `${from}: its network reads ${names.join(", ")} beside the image; pictures have nothing for it.`,
    );
  }
  const body = new Set(parametersOf(truncateNetwork(network, features)).map(({ name }) => name));
  return {
    ...{ network, head, features, digest, metadata },
    parameters: new Map([...model.parameters].filter(([name]) => body.has(name))),
    preprocessing: ofSize(preprocessing, inputOf(network)),
    normalization: model.normalization,
    notes: [
      ...notes.filter((note) => !classNotes.includes(note)),
      ...more,
      ...sameClasses(model, classes),
      ...(averaged ? [meanText(head, averaged)] : []),
    ],
  };
}

/** That the last layer is learned anew surprises where the classes are those of the model. */
const sameClasses = (model: TrainedModel, classes: readonly string[]): string[] =>
  classes.every((name) => model.classes.includes(name))
    ? ["The model tells these classes apart already; its last layer is learned anew all the same."]
    : [];

/** A network that looks at each place by itself is made to tell whole pictures apart. */
const meanText = (head: string, { height, width }: Pick<ImageShape, "height" | "width">): string =>
  `The model gives scores for each place of a map: of the ${height}×${width} that the new layer '${head}' gives, the mean is taken, so that a picture has one class.`;

/** Says which file an error is about. */
function about<R>(from: string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new RangeError(`${from}: ${errorText(error)}`, { cause: error });
  }
}

/** The model; one of a file that leaves the size of its images open is read for the size that is asked for. */
async function readStart(from: string, { prepare, size }: Settings): Promise<AnyModel> {
  try {
    return inFloats(await readAnyModel(from, { prepare }));
  } catch (error) {
    if (size === undefined || (error instanceof UsageError && !(error instanceof SizeNeeded))) throw error;
    return inFloats(await readAnyModel(from, { prepare, size }));
  }
}

/** The network for the size that is asked for. */
function resized({ network, normalization }: TrainedModel, { size }: Settings, from: string): Network {
  const own = inputOf(network);
  if (!size || (size.width === own.width && size.height === own.height)) return network;
  const refused = (reason: string, cause?: unknown): UsageError =>
    new UsageError(
      `--size ${size.width}x${size.height}: ${from} takes pictures of ${own.width}×${own.height}. ${reason}`,
      { cause },
    );
  if (hasMeanImage(normalization, own)) throw refused("What is taken away from them is a mean picture of that size.");
  try {
    return resizeNetwork(network, { ...own, ...size });
  } catch (error) {
    throw refused(errorText(error), error);
  }
}

/** The same preparation for another size: of what is cut off at the sides, the same share. */
function ofSize({ labelOffset: _, ...preprocessing }: Preprocessing, { height, width }: ImageShape): Preprocessing {
  const { border, height: h, width: w } = preprocessing;
  const cut = border && ([Math.round((border[0] * height) / h), Math.round((border[1] * width) / w)] as const);
  return PREPROCESSING.make({ ...preprocessing, height, width, ...defined({ border: cut }) });
}

/** Whole numbers of 8 bits do not learn: what they stand for does, and this is said. */
const inFloats = (found: AnyModel): AnyModel =>
  found.eightBit
    ? {
        ...found,
        notes: [
          ...found.notes,
          "The model computes with whole numbers of 8 bits: training begins with the floating-point numbers that they stand for.",
        ],
      }
    : found;
