/** The researcher's job: a network that tells the pictures of a data set apart. What is not asked for is chosen from the data. */

import { setImmediate as breathe } from "node:timers/promises";
import { balanceClasses } from "../../data/change/balance-classes.js";
import { chooseBorder } from "../../data/change/choose-border.js";
import type { Jitter } from "../../data/change/jitter-description.js";
import { jitterPictures, showsBeyond } from "../../data/change/jitter-pictures.js";
import { mixPictures } from "../../data/change/mix-pictures.js";
import { normalizationOf } from "../../data/pictures/mean.js";
import { type TellPass, tellingSamples } from "../../data/pictures/passes.js";
import {
  openPictures,
  type PictureOptions,
  type PictureSamples,
  type Pictures,
} from "../../data/pictures/pictures-file.js";
import type { Samples } from "../../data/samples.js";
import { type Dataset, keyOf } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";
import type { ClassTarget } from "../../data/target.js";
import { descriptionOf } from "../../network/description.js";
import type { Network } from "../../network/network.js";
import { settingsOf, type TrainingOptions } from "../../training/options.js";
import { defined } from "../../values/defined.js";
import { objectOf } from "../../values/kind.js";
import type { OptionsOf, RecordOf } from "../../values/record.js";
import type { DecodingWatch } from "../events/decoding-events.js";
import type { Choice } from "../events/job-events.js";
import type { ModelFrame } from "../run/checkpoint-file.js";
import type { Configuration } from "../run/configuration-file.js";
import { definitionsDigest, layersDigest, modulesDigest, pixelSums, samplesDigest } from "../run/contents-file.js";
import { importDefinitions } from "../run/definitions-file.js";
import { trainedOnEntry } from "../run/trained-on.js";
import type { Contents } from "../settings/contents-settings.js";
import { PICTURES, PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";
import { scheduledEpochs } from "../settings/training-settings.js";
import { type Chooser, choosePace, chooser, type Pace, proposeNetwork, proposeShape } from "./choices.js";
import { smoothLabels, takeShares, weighClasses } from "./network-losses.js";
import { expectChannels, expectFits, type NetworkPlan, planNetwork } from "./network-plan-file.js";

/** What {@link picturesTask} is asked for; every option has a default. */
export type PicturesOptions = OptionsOf<typeof PICTURES.fields>;

/** What is asked of a network and its training, with the defaults. */
type PicturesSettings = RecordOf<typeof PICTURES.fields>;

/** A network, the pictures that it is trained on and measured by, and how. */
export interface PicturesTask {
  readonly frame: ModelFrame;
  /** what is trained: the network of the frame, with a loss for mixed pictures where that was asked for */
  readonly network: Network;
  readonly pictures: Pictures;
  /** the training pictures as they are; validation and test are never changed */
  readonly training: PictureSamples;
  readonly validation: PictureSamples;
  /** what the network is trained on: balanced, jittered and mixed where that was asked for */
  readonly shown: Samples<ClassTarget>;
  /** whether those pictures look other than `training` */
  readonly changes: boolean;
  /** the options of {@link train} */
  readonly settings: TrainingOptions;
  readonly choices: readonly Choice[];
  /** all settings, asked for and chosen, as a run keeps them */
  readonly configuration: Configuration;
  /** which pictures it is trained on, for the metadata of the model's file */
  readonly trainedOn: Readonly<Record<string, string>>;
}

/**
 * Decodes the pictures, and chooses what was not asked for.
 *
 * @param split which pictures are for training and which for validation
 * @throws RangeError when the network does not fit the pictures or the classes; Error when no picture can be decoded; the signal's reason
 * @example
 * const dataset = await openDataset("animals");
 * const size = { width: 16, height: 16 };
 * const task = await picturesTask(dataset, splitDataset(dataset), { size, epochs: 1 });
 * for await (const event of train(nodeEngine(), task.network, task.settings)) console.log(event.type);
 */
export async function picturesTask(
  dataset: Dataset,
  split: Split,
  options: PicturesOptions = {},
  watch: Partial<DecodingWatch> = {},
): Promise<PicturesTask> {
  objectOf(dataset, { path: "dataset" });
  const settings = PICTURES.make(options);
  expectClasses(dataset.classes);
  await importDefinitions(settings.define);
  const plan = await planNetwork(settings.network, dataset.classes.length, settings.compact);
  const pictures = await openPictures(dataset, { ...decodingFor(plan, settings), ...watch });
  try {
    return await planTask(plan, pictures, split, dataset.classes, settings, watch.onProgress);
  } catch (error) {
    await pictures.close();
    throw error;
  }
}

/** What the pictures are decoded to: the size and the channels that were asked for, or else those of the network, or else their own. */
function decodingFor(
  { input }: NetworkPlan,
  { size, channels, fit, cache, network = "" }: PicturesSettings,
): PictureOptions {
  return defined({
    size: size ?? (input && { width: input.width, height: input.height }),
    channels: channels ?? (input && expectChannels(input.channels, network)),
    fit,
    cache,
  });
}

/** The training of a network on pictures that are decoded. */
async function planTask(
  plan: NetworkPlan,
  pictures: Pictures,
  split: Split,
  classes: readonly string[],
  asked: PicturesSettings,
  tell: TellPass | undefined,
): Promise<PicturesTask> {
  const { seed, mixing, subBatches, clip, averaging, earlyStopping } = asked;
  const { shape } = pictures;
  const chosen = chooser();
  if (!asked.size && !plan.input) chosen.choose("size", undefined, proposeShape(shape));
  const planned = plan.network(shape);
  expectFits(planned, shape, classes);
  if (asked.network === undefined) chosen.choose("network", undefined, proposeNetwork(planned));

  const [training, validation] = [pictures.samples(split.training), pictures.samples(split.validation)];
  if (training.count === 0) throw new RangeError("No picture is left to train on.");
  const network = adaptLosses(planned, training, asked);
  const jitter = await chooseJitter(chosen, asked.jitter, training);
  const { shown, changes } = changeSamples(training, { ...asked, jitter });
  const pace = choosePace(chosen, asked, network, training.count);
  const normalization = await normalizationOf(tellingSamples(training, "measured", tell, breathe), {
    mean: asked.mean,
  });
  const how = {
    ...pace,
    subBatches,
    seed,
    ...defined({ clip, averaging, earlyStopping }),
  };
  const trained = mixing ? takeShares(network) : network;
  const settings: TrainingOptions = {
    ...how,
    training: shown,
    normalization,
    layerStatistics: true,
    ...(validation.count > 0
      ? { validation: mixing ? mixPictures(validation, {}, seed) : validation, keep: "best" as const }
      : {}),
  };
  settingsOf(trained, settings);
  const checked = (samples: PictureSamples) => tellingSamples(samples, "checked", tell, breathe);
  const sums = await pixelSums(checked(training));
  return {
    frame: { network, classes, normalization, preprocessing: pictures.preprocessing },
    network: trained,
    pictures,
    training,
    validation,
    shown,
    changes,
    choices: chosen.choices,
    settings,
    configuration: configurationOf(
      { ...asked, jitter },
      network,
      shape,
      how,
      await contentsOf(planned, asked, await picturesDigest(training, sums), checked(validation)),
    ),
    trainedOn: trainedOnEntry(sums),
  };
}

/** The network with what was asked of its losses. */
function adaptLosses(
  network: Network,
  training: Samples<ClassTarget>,
  { labelSmoothing, balance }: PicturesSettings,
): Network {
  const smoothed = labelSmoothing === undefined ? network : smoothLabels(network, labelSmoothing);
  return balance === "weights" ? weighClasses(smoothed, training) : smoothed;
}

/** The jitter that was asked for, with a border that suits the pictures where none was. */
async function chooseJitter({ choose }: Chooser, jitter: Jitter, training: Samples<ClassTarget>): Promise<Jitter> {
  if (jitter.border !== undefined || jitter.fill !== undefined || !showsBeyond(jitter)) return jitter;
  const border = await chooseBorder(training);
  return { ...jitter, ...choose("border", undefined, { value: border.jitter, text: border.text, why: border.why }) };
}

/** What is shown to the network: the training pictures balanced, jittered and mixed; and whether they then look different. */
function changeSamples(
  training: Samples<ClassTarget>,
  { balance, jitter, mixing, seed }: PicturesSettings,
): { readonly shown: Samples<ClassTarget>; readonly changes: boolean } {
  const drawn = balance === "sampling" ? balanceClasses(training, seed) : training;
  const moved = jitterPictures(drawn, jitter, seed);
  const shown = mixing ? mixPictures(moved, mixing, seed) : moved;
  return { shown, changes: shown !== drawn };
}

/** What a run on pictures is made from. */
const contentsOf = async (
  planned: Network,
  { define }: PicturesSettings,
  training: string,
  validation: PictureSamples,
): Promise<Contents> => ({
  layers: layersDigest(planned),
  training,
  validation: await picturesDigest(validation),
  ...defined({ modules: await modulesDigest(define), definitions: definitionsDigest(planned) }),
});

/** The checksum of pictures: their names, labels and pixels. */
export const picturesDigest = (samples: PictureSamples, sums?: Uint32Array): Promise<string> =>
  samplesDigest(samples, (i) => keyOf(samples.items[i]), sums);

/** All settings, asked for and chosen. */
function configurationOf(
  { network: name = "compact", cache: _, define: __, ...asked }: PicturesSettings,
  network: Network,
  { width, height, channels }: Pictures["shape"],
  pace: Pace,
  contents: Contents,
): Configuration {
  return PICTURES_CONFIGURATION.make({
    ...asked,
    ...pace,
    task: "pictures",
    network: name,
    layers: descriptionOf(network).layers.length,
    size: [width, height],
    channels,
    contents,
    ...scheduledEpochs(pace.learningRate, pace.epochs),
  });
}

function expectClasses(classes: readonly string[]): void {
  if (classes.length < 2) {
    throw new RangeError(
      `There ${classes.length === 1 ? `is one class, '${classes[0]}'` : "is no class"}: expected at least 2 to tell apart.`,
    );
  }
}
