/** The researcher's job: a network that tells the pictures of a data set apart. What is not asked for is chosen from the data. */

import { type BALANCES, balanceClasses } from "../../data/change/balance-classes.js";
import type { Jitter } from "../../data/change/jitter-description.js";
import { jitterPictures } from "../../data/change/jitter-pictures.js";
import { type Mixing, mixPictures } from "../../data/change/mix-pictures.js";
import type { Fit } from "../../data/pictures/image-file.js";
import { type NormalizationOptions, normalizationOf } from "../../data/pictures/mean.js";
import type { Size } from "../../data/pictures/picture-size.js";
import { openPictures, type PictureSamples, type Pictures } from "../../data/pictures/pictures-file.js";
import type { Samples } from "../../data/samples.js";
import type { Dataset } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";
import type { ClassTarget } from "../../data/target.js";
import type { Device } from "../../engine/engine.js";
import { defaultThreads } from "../../engine/node.js";
import { descriptionOf } from "../../network/description.js";
import type { Network } from "../../network/network.js";
import type { CompactOptions } from "../../network/zoo/index.js";
import { TRAINING_DEFAULTS, type TrainingOptions } from "../../training/options.js";
import { dependsOnEpochs, scheduleOf } from "../../training/solver/schedule.js";
import { defined } from "../../values/defined.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { Choice } from "../events/job-events.js";
import type { ModelFrame } from "../run/checkpoint-file.js";
import type { Configuration } from "../run/run-file.js";
import { choosePace, chooser, type Pace, proposeNetwork, proposeShape } from "./choices.js";
import { smoothLabels, takeShares, weighClasses } from "./network-losses.js";
import { expectChannels, expectFits, type NetworkPlan, planNetwork } from "./network-plan-file.js";

/** What {@link picturesTask} is asked for; every option has a default. What training takes too means what it means there. */
export interface PicturesOptions
  extends Pick<TrainingOptions, "subBatches" | "learningRate" | "solver" | "clip" | "averaging" | "earlyStopping"> {
  /** the name of a network of the zoo, or a JSON file with a list of layers or with a whole network; {@link compact} */
  readonly network?: string;
  /** how wide {@link compact} is, and how much it drops */
  readonly compact?: CompactOptions;
  /** the share of a label that is spread over all classes by the network's softmax log-loss; what the network says */
  readonly labelSmoothing?: number;
  /** the size that the pictures are brought to; that of the network, or one proposed from theirs */
  readonly size?: Size;
  /** how a picture comes to a size of other proportions; "squash" */
  readonly fit?: Fit;
  /** 1 (grey) or 3; those of the network, or of the pictures */
  readonly channels?: 1 | 3;
  /** passes over the pictures; as many as make about 6000 steps, from 10 to 60 */
  readonly epochs?: number;
  /** pictures in a step; about a fortieth of them, from 16 to 100 */
  readonly batchSize?: number;
  /** the mean of the training pictures that is taken away: of each "channel", of all as one "pixel", or the mean "image"; "channel" */
  readonly mean?: NormalizationOptions["mean"];
  /** how training pictures are changed at random; not at all */
  readonly jitter?: Jitter;
  /** how pairs of training pictures are mixed, after jitter; not at all */
  readonly mixing?: Mixing;
  /**
   * "weights": mistakes in a class count in inverse proportion to its number of pictures; "sampling": every class is shown equally often;
   * "none" (default): pictures count alike
   */
  readonly balance?: (typeof BALANCES)[number];
  /** decides every random choice; 1 */
  readonly seed?: number;
  /** threads to compute with; {@link defaultThreads} */
  readonly threads?: number;
  /** where to compute; "cpu" */
  readonly device?: Device;
  /** a folder to keep decoded pictures in, so that the next run need not decode them */
  readonly cache?: string;
  /** is told how many of how many pictures were decoded */
  readonly onProgress?: (done: number, total: number) => void;
  /** ends the decoding of pictures */
  readonly signal?: AbortSignal;
}

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
}

/**
 * Decodes the pictures, and chooses what was not asked for.
 *
 * @param split which pictures are for training and which for validation
 * @throws RangeError when the network does not fit the pictures or the classes; Error when no picture can be decoded; the signal's reason
 * @example
 * const dataset = await openDataset("animals");
 * const task = await picturesTask(dataset, splitDataset(dataset), { threads: 1, device: "cpu", epochs: 1 });
 * for await (const event of train(nodeEngine(), task.network, task.settings)) console.log(event.type);
 */
export async function picturesTask(dataset: Dataset, split: Split, options: PicturesOptions): Promise<PicturesTask> {
  expectClasses(dataset.classes);
  const plan = await planNetwork(options.network, dataset.classes.length, options.compact);
  const pictures = await decodeFor(plan, dataset, options);
  try {
    return await planTask(plan, pictures, split, dataset.classes, options);
  } catch (error) {
    await pictures.close();
    throw error;
  }
}

/** The training of a network on pictures that are decoded. */
async function planTask(
  plan: NetworkPlan,
  pictures: Pictures,
  split: Split,
  classes: readonly string[],
  options: PicturesOptions,
): Promise<PicturesTask> {
  const { seed = 1, mixing } = options;
  const { shape } = pictures;
  const chosen = chooser();
  if (!options.size && !plan.input) chosen.choose("size", undefined, proposeShape(shape));
  const planned = plan.network(shape);
  expectFits(planned, shape, classes);
  if (options.network === undefined) chosen.choose("network", undefined, proposeNetwork(planned));

  const [training, validation] = [pictures.samples(split.training), pictures.samples(split.validation)];
  if (training.count === 0) throw new RangeError("No picture is left to train on.");
  const network = adaptLosses(planned, training, options);
  const { shown, changes } = changeSamples(training, options, seed);
  const { subBatches, solver, clip, averaging, earlyStopping } = { ...TRAINING_DEFAULTS, ...options };
  const { epochs, batchSize, learningRate } = choosePace(chosen, options, network, training.count, solver);
  const normalization = await normalizationOf(training, { mean: options.mean ?? "channel" });
  const how = {
    epochs,
    batchSize,
    subBatches,
    learningRate,
    solver,
    seed,
    ...defined({ clip, averaging, earlyStopping }),
  };
  return {
    frame: { network, classes, normalization },
    network: mixing ? takeShares(network) : network,
    pictures,
    training,
    validation,
    shown,
    changes,
    choices: chosen.choices,
    settings: {
      ...how,
      training: shown,
      normalization,
      layerStatistics: true,
      validation: mixing ? mixPictures(validation, {}, seed) : validation,
    },
    configuration: configurationOf(options, network, shape, how),
  };
}

/** The pictures, decoded to the size and the channels that were asked for, or else to those of the network, or else to their own. */
function decodeFor(
  { input }: NetworkPlan,
  dataset: Dataset,
  { size, channels, fit, cache, onProgress, signal, network = "" }: PicturesOptions,
): Promise<Pictures> {
  const wanted = {
    size: size ?? (input && { width: input.width, height: input.height }),
    channels: channels ?? (input && expectChannels(input.channels, network)),
  };
  return openPictures(dataset, defined({ ...wanted, fit, cache, onProgress, signal }));
}

/** The network with what was asked of its losses. */
function adaptLosses(
  network: Network,
  training: Samples<ClassTarget>,
  { labelSmoothing, balance }: PicturesOptions,
): Network {
  const smoothed = labelSmoothing === undefined ? network : smoothLabels(network, labelSmoothing);
  return balance === "weights" ? weighClasses(smoothed, training) : smoothed;
}

/** What is shown to the network: the training pictures balanced, jittered and mixed; and whether they then look different. */
function changeSamples(
  training: Samples<ClassTarget>,
  { balance, jitter = {}, mixing }: PicturesOptions,
  seed: number,
): { readonly shown: Samples<ClassTarget>; readonly changes: boolean } {
  const drawn = balance === "sampling" ? balanceClasses(training, seed) : training;
  const moved = jitterPictures(drawn, jitter, seed);
  const shown = mixing ? mixPictures(moved, mixing, seed) : moved;
  return { shown, changes: shown !== drawn };
}

/** All settings, asked for and chosen. */
function configurationOf(
  options: PicturesOptions,
  network: Network,
  shape: ImageShape,
  how: Pick<TrainingOptions, "epochs"> & Pace,
): Configuration {
  const { fit = "squash", mean = "channel", jitter = {}, balance = "none" } = options;
  const { mixing, compact, labelSmoothing, threads = defaultThreads(), device = "cpu" } = options;
  return {
    task: "pictures",
    network: options.network ?? "compact",
    layers: descriptionOf(network).layers.length,
    size: [shape.width, shape.height],
    channels: shape.channels,
    fit,
    mean,
    jitter,
    balance,
    ...defined({ mixing, compact, labelSmoothing }),
    ...how,
    threads,
    device,
    ...(dependsOnEpochs(scheduleOf(how.learningRate)) ? { scheduledEpochs: how.epochs } : {}),
  };
}

function expectClasses(classes: readonly string[]): void {
  if (classes.length < 2) {
    throw new RangeError(
      `There ${classes.length === 1 ? `is one class, '${classes[0]}'` : "is no class"}: expected at least 2 to tell apart.`,
    );
  }
}
