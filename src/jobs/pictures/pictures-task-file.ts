/** The researcher's job: a network that tells the pictures of a data set apart. What is not asked for is chosen from the data. */

import { readFile } from "node:fs/promises";
import { Fields } from "../../blocks/fields.js";
import { layerFrom } from "../../blocks/layer.js";
import { classError, hasLabels, type Loss, softmaxLogLoss } from "../../blocks/loss/loss.js";
import { balanced } from "../../data/change/balance-classes.js";
import type { Jitter } from "../../data/change/jitter-description.js";
import { jittered } from "../../data/change/jitter-pictures.js";
import { type Mixing, mixed, SHARES } from "../../data/change/mix-pictures.js";
import type { Fit } from "../../data/pictures/image-file.js";
import { type NormalizationOptions, normalizationOf } from "../../data/pictures/mean.js";
import type { Size } from "../../data/pictures/picture-size.js";
import { openPictures, type PictureSamples, type Pictures } from "../../data/pictures/pictures-file.js";
import type { Samples } from "../../data/samples.js";
import { type Dataset, fewOf, keyOf } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";
import type { Device } from "../../engine/engine.js";
import type { Origins } from "../../evaluation/table/predictions.js";
import { descriptionOf } from "../../network/description.js";
import { networkTable } from "../../network/display/table.js";
import { dag, inputOf, lossesOf, type Network, outputOf, parametersOf, scoresOf } from "../../network/network.js";
import { type CompactOptions, compact, ZOO } from "../../network/zoo/index.js";
import { TRAINING_DEFAULTS, type TrainingOptions } from "../../training/options.js";
import { dependsOnEpochs, scheduleOf } from "../../training/solver/schedule.js";
import { defined } from "../../values/defined.js";
import type { ModelFrame } from "../run/checkpoint-file.js";
import type { Configuration } from "../run/run-file.js";
import { proposedRate } from "./proposed-rate.js";

/** What is done where some classes have far more pictures than others. */
export const BALANCES = ["none", "weights", "sampling"] as const;

/** What {@link picturesTask} is asked for; every option but the device has a default. What training takes too means what it means there. */
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
  readonly threads: number;
  readonly device: Device;
  /** a folder to keep decoded pictures in, so that the next run need not decode them */
  readonly cache?: string;
  /** is told how many of how many pictures were decoded */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Something that was not asked for, and was chosen. */
export interface Choice {
  readonly what: string;
  readonly value: string;
  readonly why: string;
}

/** What a choice would be. */
interface Proposal<T> extends Pick<Choice, "why"> {
  readonly value: T;
  /** the value in words; itself */
  readonly text?: string;
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
  readonly shown: Samples;
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
 * @throws RangeError when the network does not fit the pictures or the classes; Error when no picture can be decoded
 * @example
 * const dataset = await openDataset("animals");
 * const task = await picturesTask(dataset, splitDataset(dataset), { threads: 1, device: "cpu", epochs: 1 });
 * for await (const event of train(nodeEngine(), task.network, task.settings)) console.log(event.type);
 */
export async function picturesTask(dataset: Dataset, split: Split, options: PicturesOptions): Promise<PicturesTask> {
  const {
    fit = "squash",
    mean = "channel",
    jitter = {},
    mixing,
    balance = "none",
    seed = 1,
    threads,
    device,
  } = options;
  const { cache, onProgress, network: asked } = options;
  const { classes } = dataset;
  expectClasses(classes);
  const choices: Choice[] = [];
  const plan = await plannedNetwork(asked, classes.length, options.compact);
  const wanted = plan.input;
  const size = options.size ?? (wanted && { width: wanted.width, height: wanted.height });
  const channels = options.channels ?? (wanted && expectChannels(wanted.channels, asked ?? ""));
  const pictures = await openPictures(dataset, {
    fit,
    ...defined({ size, channels, cache, onProgress }),
  });
  const { shape } = pictures;
  if (!size) {
    const text = `${shape.width}×${shape.height}${shape.channels === 1 ? ", grey" : ", colour"}`;
    choices.push({ what: "size", value: text, why: "from the pictures' own sizes" });
  }
  const planned = plan.network(shape);
  expectFits(planned, shape, classes);
  if (asked === undefined) {
    const { parameters } = networkTable(planned).totals;
    const value = `compact, ${planned.layers.length - 1} layers, ${parameters} parameters`;
    choices.push({ what: "network", value, why: "made for the size of the pictures" });
  }

  const [training, validation] = [pictures.samples(split.training), pictures.samples(split.validation)];
  if (training.count === 0) throw new RangeError("No picture is left to train on.");
  const { labelSmoothing } = options;
  const unweighted = labelSmoothing === undefined ? planned : smoothed(planned, labelSmoothing);
  const network = balance === "weights" ? weighted(unweighted, training) : unweighted;
  const drawn = balance === "sampling" ? balanced(training, seed) : training;
  const moved = jittered(drawn, jitter, seed);
  const shown = mixing ? mixed(moved, mixing, seed) : moved;
  const { subBatches, solver, clip, averaging, earlyStopping } = { ...TRAINING_DEFAULTS, ...options };
  const decided = <T>(given: T | undefined, what: string, { value, text = `${value}`, why }: Proposal<T>): T => {
    if (given !== undefined) return given;
    choices.push({ what, value: text, why });
    return value;
  };
  const batchSize = decided(options.batchSize, "batch", {
    value: Math.min(100, Math.max(16, Math.round(training.count / 40))),
    why: `for ${training.count} pictures to train on`,
  });
  const steps = Math.ceil(training.count / batchSize);
  const epochs = decided(options.epochs, "epochs", {
    value: Math.min(60, Math.max(10, Math.round(6000 / steps))),
    why: `${steps} steps each, about 6000 in all are usual`,
  });
  const learningRate = decided(options.learningRate, "rate", proposedRate(network, solver, batchSize));
  const normalization = await normalizationOf(training, { mean });
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
    network: mixing ? forMixed(network) : network,
    pictures,
    training,
    validation,
    shown,
    choices,
    changes: shown !== drawn,
    settings: {
      ...how,
      training: shown,
      normalization,
      inspect: true,
      validation: mixing ? mixed(validation, {}, seed) : validation,
    },
    configuration: {
      task: "pictures",
      network: asked ?? "compact",
      layers: descriptionOf(network).layers.length,
      size: [shape.width, shape.height],
      channels: shape.channels,
      fit,
      mean,
      jitter,
      balance,
      ...defined({ mixing, compact: options.compact, labelSmoothing }),
      ...how,
      threads,
      device,
      ...(dependsOnEpochs(scheduleOf(learningRate)) ? { scheduledEpochs: epochs } : {}),
    },
  };
}

/** Where pictures come from, for a table of predictions: their names, and groups where any has one; the others are groups of one. */
export function originsOf({ items }: PictureSamples): Origins {
  const grouped = items.some(({ group }) => group !== undefined);
  const paths = items.map(keyOf);
  return { paths, ...(grouped ? { groups: items.map(({ group }, i) => group ?? paths[i]) } : {}) };
}

/** The pictures of a table of predictions, row by row. @throws RangeError when the data set has one of them no more */
export function pictureSamplesOf(dataset: Dataset, pictures: Pictures, { paths = [] }: Origins): PictureSamples {
  const places = new Map(dataset.items.map((item, i) => [keyOf(item), i]));
  return pictures.samples(
    paths.map((path) => {
      const place = places.get(path);
      if (place === undefined) throw new RangeError(`The data set has no picture '${path}' any more.`);
      return place;
    }),
  );
}

/**
 * Samples with the classes of a model: the same names, in the model's order. Classes that the samples do not have are no harm.
 *
 * @throws RangeError when the samples have a class that the model does not know
 */
export function asClasses<S extends Samples>(samples: S, classes: readonly string[]): S {
  const numbers = samples.classes.map((name) => classes.indexOf(name));
  const unknown = samples.classes.filter((_, k) => numbers[k] < 0);
  if (unknown.length > 0) {
    throw new RangeError(
      `The model does not know the class${unknown.length > 1 ? "es" : ""} ${fewOf(unknown)}; it knows ${fewOf(classes, 5)}.`,
    );
  }
  return { ...samples, classes, labels: Int32Array.from(samples.labels, (label) => numbers[label]) };
}

function expectClasses(classes: readonly string[]): void {
  if (classes.length < 2) {
    throw new RangeError(
      `There ${classes.length === 1 ? `is one class, '${classes[0]}'` : "is no class"}: expected at least 2 to tell apart.`,
    );
  }
}

/** A network that was asked for: the size of its images where that is fixed, and the network for a size. */
interface Plan {
  readonly input?: Network["inputs"][0]["shape"];
  network(shape: Network["inputs"][0]["shape"]): Network;
}

async function plannedNetwork(asked = "compact", classes: number, options?: CompactOptions): Promise<Plan> {
  if (asked === "compact") return { network: (shape) => compact(shape, classes, options) };
  if (options) {
    const given = Object.keys(options).join(" and ");
    throw new RangeError(`Invalid value for network: ${given} can be chosen for compact only, got '${asked}'.`);
  }
  if (Object.hasOwn(ZOO, asked)) {
    const network = ZOO[asked](classes);
    return { input: inputOf(network), network: () => network };
  }
  if (!asked.endsWith(".json")) {
    const names = ["compact", ...Object.keys(ZOO)].join(", ");
    throw new RangeError(`Invalid value for network: expected one of ${names}, or a .json file, got '${asked}'.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(await readFile(asked, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new RangeError(`${asked} is no JSON: ${error.message}`);
    throw error;
  }
  const list = Array.isArray(json) ? json : new Fields(json, asked).list("layers");
  const layers = list.map((layer, i) => layerFrom(new Fields(layer, `${asked}: layer ${i + 1}`)));
  const name = Array.isArray(json)
    ? "custom"
    : (new Fields(json, asked).optional("name", (f, k) => f.text(k)).name ?? "custom");
  return { network: (shape) => dag(name, { image: shape }, layers) };
}

function expectChannels(channels: number, network: string): 1 | 3 {
  if (channels === 1 || channels === 3) return channels;
  throw new RangeError(`Network '${network}' takes ${channels} channels; pictures have 1 or 3.`);
}

function expectFits(network: Network, shape: Pictures["shape"], classes: readonly string[]): void {
  const input = inputOf(network);
  const text = (s: typeof input): string => `${s.channels}×${s.height}×${s.width}`;
  if (text(input) !== text(shape)) {
    throw new RangeError(`Network '${network.name}' takes ${text(input)}; the pictures are brought to ${text(shape)}.`);
  }
  const scores = outputOf(network);
  if (scores.channels !== classes.length || scores.height !== 1 || scores.width !== 1) {
    throw new RangeError(
      `Network '${network.name}' gives ${text(scores)} scores; expected one for each of the ${classes.length} classes.`,
    );
  }
  if (parametersOf(network).length === 0) throw new RangeError(`Network '${network.name}' has nothing to learn.`);
}

/** The network with a weight for each class in its losses: n / (K·n_k), so that all classes together weigh the same. */
function weighted(network: Network, { labels, count, classes }: Samples): Network {
  const counts = classes.map((_, k) => Array.from(labels).filter((label) => label === k).length);
  const present = counts.filter((n) => n > 0).length;
  const classWeights = counts.map((n) => (n === 0 ? 0 : count / (present * n)));
  return withLosses(network, (loss) => (loss.weight > 0 ? { ...loss, classWeights } : loss));
}

/** The network with softened labels in its losses. @throws RangeError when a loss has none */
function smoothed(network: Network, labelSmoothing: number): Network {
  expectSoftmaxLog(network, "Labels can be smoothed");
  return withLosses(network, (loss) => (loss.weight > 0 ? softmaxLogLoss({ ...loss, labelSmoothing }) : loss));
}

/**
 * The network for pictures that are several classes by shares: its softmax log-losses are for shares, and its error is still measured by
 * labels.
 *
 * @throws RangeError when it is trained by a loss of another kind
 */
function forMixed(network: Network): Network {
  expectSoftmaxLog(network, "Pictures can be mixed");
  const scores = scoresOf(network).name;
  const forShares = withLosses(network, (loss) =>
    loss.weight > 0 ? { ...loss, loss: "softmaxCrossEntropy", target: SHARES } : loss,
  );
  if (lossesOf(forShares).some(({ layer }) => hasLabels(layer))) return forShares;
  const { inputs, layers } = descriptionOf(forShares);
  return dag(network.name, inputs, [...layers, classError({ name: "error", inputs: [scores] })]);
}

function expectSoftmaxLog(network: Network, what: string): void {
  const other = lossesOf(network).find(({ layer }) => layer.weight > 0 && layer.loss !== "softmaxLog");
  if (!other) return;
  throw new RangeError(
    `${what} for a network with softmaxLogLoss; '${network.name}' has a loss of kind ${other.layer.loss}.`,
  );
}

function withLosses(network: Network, change: (loss: Loss) => Loss): Network {
  const { inputs, layers } = descriptionOf(network);
  return dag(
    network.name,
    inputs,
    layers.map((layer) => (layer.type === "loss" ? change(layer) : layer)),
  );
}
