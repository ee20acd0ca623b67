/** From pictures that nobody has sorted to a network that knows how they look, in a folder of its own. */

import { join, resolve } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { activityLoss } from "../../blocks/loss/code-losses.js";
import { expectOneKind } from "../../data/pictures/expect-one-kind-file.js";
import { normalizationOf } from "../../data/pictures/mean.js";
import { type TellPass, tellingSamples } from "../../data/pictures/passes.js";
import { openPictures, type PictureSamples, type Pictures } from "../../data/pictures/pictures-file.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { splitDataset } from "../../data/sources/split.js";
import { splitText } from "../../data/sources/split-file.js";
import { openUnlabelled } from "../../data/sources/unlabelled-file.js";
import { nodeEngine } from "../../engine/node.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { folderToHold } from "../../files/hold-folder-file.js";
import { descriptionOf } from "../../network/description.js";
import { addLayers, truncateNetwork, withLoss } from "../../network/edit/edit.js";
import { type TrainedModel, toOnnx } from "../../network/model/model.js";
import { inputOf, type Network, outputOf, parametersOf, withoutLoss } from "../../network/network.js";
import type { NextStep } from "../../report/page/text/next-steps.js";
import { shellWord } from "../../report/page/text/next-steps.js";
import type { ModelFrame } from "../../training/checkpoint.js";
import { keptEpoch, modelParameters, type TrainingState } from "../../training/events.js";
import { settingsOf, type TrainingOptions } from "../../training/options.js";
import { initialize, type Parameters } from "../../training/step/initialize.js";
import { featureLayers } from "../../unsupervised/encoder.js";
import { firstFilters } from "../../unsupervised/first-filters.js";
import { codeOf } from "../../unsupervised/use.js";
import { defined } from "../../values/defined.js";
import { expectPath } from "../../values/kind.js";
import { type OptionsOf, pick, type RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { type DecodingWatch, decodingEvents } from "../events/decoding-events.js";
import { type Job, optionsOf, runJob } from "../events/job.js";
import type {
  DecodedEvent,
  DecodingEvent,
  DoneEvent,
  OpenedEvent,
  PreparedEvent,
  StartedEvent,
  StoppedEvent,
  TrainingJobEvent,
  WrittenEvent,
} from "../events/job-events.js";
import { choosePace, chooser, proposeNetwork, proposeShape } from "../pictures/choices.js";
import { expectChannels, planNetwork } from "../pictures/network-plan-file.js";
import { picturesDigest } from "../pictures/pictures-task-file.js";
import { ENCODER } from "../pictures/pretrained-start-file.js";
import { openedEvent } from "../pictures/surprises.js";
import { trainOnAll } from "../pictures/train-on-all.js";
import type { Configuration } from "../run/configuration-file.js";
import { layersDigest } from "../run/contents-file.js";
import { nameOf } from "../run/name.js";
import { saveInRun } from "../run/run-error.js";
import { openRun, type RunOptions } from "../run/run-file.js";
import { sealed } from "../run/seal.js";
import { trainToEnd } from "../run/train-run.js";
import { ENGINE } from "../settings/engine-settings.js";
import { PRETRAIN, PRETRAIN_CONFIGURATION } from "../settings/pretrain-settings.js";
import { scheduledEpochs } from "../settings/training-settings.js";
import { lookAt } from "./look-at.js";
import { learningOf, type PretrainingTask } from "./pretraining-plan.js";

/** What {@link pretrain} is asked for; every option has a default. */
export interface PretrainOptions extends OptionsOf<typeof PRETRAIN.fields> {
  /** stops the job: the step under way is finished and saved */
  readonly signal?: AbortSignal | undefined;
}

type Settings = RecordOf<typeof PRETRAIN.fields>;

/** What {@link pretrain} makes. */
export interface Pretrained {
  readonly folder: string;
  readonly configuration: Configuration;
  /** pictures become codes; what a training with labels may begin with */
  readonly encoder: TrainedModel;
  /** encoder and decoder; absent where nothing is made of a code */
  readonly model?: TrainedModel;
  /** the mean over the pictures that were kept out of (y − x)², normalised: 1 is what the mean picture has; absent with `model` */
  readonly error?: number;
  readonly next: readonly NextStep[];
  readonly files: { readonly model?: string; readonly encoder: string; readonly page: string };
}

/** What {@link pretrain} tells, in this order; "decoding" and "training" many times. */
export type PretrainEvent =
  | OpenedEvent
  | DecodingEvent
  | DecodedEvent
  | PreparedEvent
  | StartedEvent
  | TrainingJobEvent
  | WrittenEvent
  | StoppedEvent
  | DoneEvent<Pretrained>;

/** What was learned, before it is shown. */
interface Learned {
  readonly parameters: Parameters;
  /** encoder, decoder and losses; absent where there is no decoder of pictures */
  readonly whole?: Network;
  /** the encoder */
  readonly encoder: Network;
  readonly states: readonly { readonly name: string; readonly state: TrainingState }[];
  readonly notes: readonly string[];
}

/**
 * Trains a network on pictures of which nobody has said what they are (labels are never read), in a folder that then has the encoder, `encoder.onnx`, the whole autoencoder, `model.onnx`,
 * and a page with reconstructions, filters and, of a variational one, pictures that nobody has taken. `train` begins with it (`start`). A run that was stopped goes on where it was.
 *
 * @param data a folder of pictures, sorted or not; a list; or the files of MNIST or CIFAR
 * @throws Error when there are no pictures or none can be decoded; RangeError when an option does not fit them or the network has no mirror; RunError when the folder holds
 *   another run or does not take what is written
 * @example
 * const size = { width: 16, height: 16 };
 * for await (const event of pretrain("animals", { kind: "denoising", size, epochs: 2, batchSize: 4, folder: "runs/looks" })) {
 *   if (event.type === "done") console.log(event.result.files.encoder, event.result.error);
 * }
 */
export async function* pretrain(
  data: string,
  given: PretrainOptions = {},
): AsyncGenerator<PretrainEvent, void, undefined> {
  expectPath("data", data);
  const { signal, options } = optionsOf(given);
  const settings = PRETRAIN.make(options);
  const { folder = join("runs", `${nameOf(data)}-${settings.kind}`), fresh } = settings;
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<PretrainEvent, void, undefined> {
    const held = job.closing(await folderToHold(folder));
    const dataset = await openUnlabelled(data);
    if (expectOneKind(dataset)) throw new UsageError(`${data} holds sounds: learning without labels is of pictures.`);
    yield openedEvent(dataset);
    const task = yield* decodingEvents<PretrainingTask>(
      async (watch) => planTask(dataset, data, folder, settings, watch),
      signal,
    );
    job.closing(task.pictures);
    const { training, validation, pictures, choices, configuration } = task;
    yield { type: "decoded", broken: pictures.broken, warnings: pictures.warnings, findings: [] };
    const counts = { training: training.count, validation: validation.count };
    yield { type: "prepared", counts, classes: dataset.classes, shape: pictures.shape, choices, configuration };
    await held.begin();
    const learned = yield* learn(task, fresh, job);
    const result = yield* finish(task, learned, data, job);
    yield { type: "done", result, seconds: job.seconds() };
  });
}

/** Decodes the pictures, and chooses what was not asked for. */
async function planTask(
  dataset: Dataset,
  data: string,
  folder: string,
  settings: Settings,
  watch: DecodingWatch,
): Promise<PretrainingTask> {
  const plan = await planNetwork(settings.network, 2, settings.compact);
  const { size, channels, fit, cache, network: name = "" } = settings;
  const pictures = await openPictures(
    dataset,
    defined({
      size: size ?? (plan.input && { width: plan.input.width, height: plan.input.height }),
      channels: channels ?? (plan.input && expectChannels(plan.input.channels, name)),
      ...{ fit, cache },
      ...watch,
    }),
  );
  try {
    return await taskOf(
      dataset,
      data,
      folder,
      settings,
      pictures,
      plan.network(pictures.shape),
      watch.onProgress,
      plan.input === undefined,
    );
  } catch (error) {
    await pictures.close();
    throw error;
  }
}

/** What learns of decoded pictures, and how. */
async function taskOf(
  dataset: Dataset,
  data: string,
  folder: string,
  settings: Settings,
  pictures: Pictures,
  network: Network,
  tell: TellPass,
  isFree: boolean,
): Promise<PretrainingTask> {
  const { kind, seed, validation: share, mean } = settings;
  const { shape } = pictures;
  const wanted = inputOf(network);
  if (wanted.channels !== shape.channels || wanted.height !== shape.height || wanted.width !== shape.width) {
    throw new UsageError(
      `Network '${network.name}' takes ${wanted.channels}×${wanted.height}×${wanted.width}; the pictures are brought to ${shape.channels}×${shape.height}×${shape.width}.`,
    );
  }
  const split = share === 0 ? trainOnAll(dataset) : splitDataset(dataset, { validation: share, seed });
  const [training, validation] = [pictures.samples(split.training), pictures.samples(split.validation)];
  if (training.count === 0) throw new RangeError("No picture is left to train on.");
  const learning = learningOf(network, settings);
  const chosen = chooser();
  if (!settings.size && isFree) chosen.choose("size", undefined, proposeShape(shape));
  if (settings.network === undefined) chosen.choose("network", undefined, proposeNetwork(network));
  const learner =
    learning.how === "autoencoder"
      ? learning.autoencoder.network
      : learning.how === "stages"
        ? learning.stages[0].network
        : network;
  const pace = choosePace(learning.how === "patches" ? chooser() : chosen, settings, learner, training.count);
  const normalization = await normalizationOf(tellingSamples(training, "measured", tell, breathe), defined({ mean }));
  const checked = (samples: PictureSamples) => picturesDigest(tellingPictures(samples, tell));
  const configuration = PRETRAIN_CONFIGURATION.make({
    ...withoutPlace(settings),
    ...defined({ mean }),
    ...pace,
    task: "pretrain",
    network: settings.network ?? network.name,
    layers: descriptionOf(network).layers.length,
    size: [shape.width, shape.height],
    channels: shape.channels,
    contents: {
      layers: layersDigest(network),
      training: await checked(training),
      validation: await checked(validation),
    },
    data: resolve(data),
    ...scheduledEpochs(pace.learningRate, pace.epochs),
  });
  const title = `${nameOf(data)}, ${kind}`;
  return {
    settings,
    title,
    folder,
    network,
    learning,
    dataset,
    split,
    pictures,
    training,
    validation,
    normalization,
    pace,
    choices: chosen.choices,
    configuration,
  };
}

const tellingPictures = (samples: PictureSamples, tell: TellPass): PictureSamples => ({
  ...samples,
  ...tellingSamples(samples, "checked", tell, breathe),
});

/** What a run is known by: where it lies is none of it. */
function withoutPlace({ folder: _, fresh: __, cache: ___, size: ____, ...rest }: Settings) {
  return rest;
}

/** Trains in the run's folder. */
async function* learn(
  task: PretrainingTask,
  fresh: boolean,
  job: Job,
): AsyncGenerator<StartedEvent | TrainingJobEvent, Learned, undefined> {
  const { learning, settings, network, training, normalization, folder, configuration, dataset, split } = task;
  const run = { fresh, declared: PRETRAIN_CONFIGURATION, files: { "split.json": splitText(dataset, split) } };
  if (learning.how === "autoencoder") {
    const { network: whole } = learning.autoencoder;
    const state = yield* trainStage(task, folder, whole, {}, run, job);
    return {
      parameters: modelParameters(state),
      whole,
      encoder: learning.autoencoder.encoder,
      states: [{ name: "", state }],
      notes: [],
    };
  }
  const features = featuresOf(network);
  await openRun(folder, configuration, frameOf(task, features), run);
  if (learning.how === "patches") {
    const { patches = PATCHES, seed } = settings;
    const made = await firstFilters(network, training, normalization, { kind: learning.filters, patches, seed });
    const encoder = upToLayer(features, made.layer);
    const names = new Set(parametersOf(encoder).map(({ name }) => name));
    const filters = [...made.parameters].filter(([name]) => names.has(name));
    const count = filters[0][1].shape[0];
    const notes =
      made.made < count
        ? [
            `Patches differ in ${made.made} directions only: the other ${count - made.made} filters of ${made.layer} are as they were drawn.`,
          ]
        : [];
    return { parameters: new Map([...initialize(encoder, seed), ...filters]), encoder, states: [], notes };
  }
  let parameters: Parameters = new Map();
  const states: Learned["states"][number][] = [];
  for (const [k, { layer, network: stage }] of learning.stages.entries()) {
    const state = yield* trainStage(task, join(folder, `layer-${k + 1}`), stage, { layer, parameters }, run, job);
    parameters = new Map([...parameters, ...modelParameters(state)]);
    states.push({ name: layer, state });
  }
  const own = new Set(parametersOf(features).map(({ name }) => name));
  return {
    parameters: new Map([...parameters].filter(([name]) => own.has(name))),
    encoder: features,
    states,
    notes: [],
  };
}

/** So many patches are looked at unless it is said. */
const PATCHES = 20_000;

/** The layers of a network that learn. */
function featuresOf(network: Network): Network {
  const layers = featureLayers(withLoss(network));
  return truncateNetwork(network, layers[layers.length - 1].output.name);
}

/** The layers of an encoder up to one, and what follows it without weights. */
function upToLayer(encoder: Network, name: string): Network {
  const at = encoder.layers.findIndex((placed) => placed.name === name);
  const next = encoder.layers.findIndex(({ parameters }, i) => i > at && parameters.length > 0);
  const last = encoder.layers[(next < 0 ? encoder.layers.length : next) - 1];
  return truncateNetwork(encoder, last.output.name);
}

/** What a checkpoint says beside the parameters. */
const frameOf = ({ normalization, pictures }: PretrainingTask, network: Network): ModelFrame => ({
  network,
  classes: channelsOf(network),
  normalization,
  preprocessing: pictures.preprocessing,
});

/** What the channels of a network's output are. */
function channelsOf(network: Network): string[] {
  const { channels } = outputOf(network);
  return Array.from({ length: channels }, (_, i) => `channel ${i + 1}`);
}

/** Trains one network in a folder. */
async function* trainStage(
  task: PretrainingTask,
  folder: string,
  network: Network,
  { layer, parameters }: { readonly layer?: string; readonly parameters?: Parameters },
  run: RunOptions,
  job: Job,
): AsyncGenerator<StartedEvent | TrainingJobEvent, TrainingState, undefined> {
  const { pace, settings, training, validation, normalization, configuration } = task;
  const { seed, subBatches, clip, averaging, earlyStopping } = settings;
  const how: TrainingOptions = {
    ...pace,
    ...{ seed, subBatches, training, normalization, layerStatistics: true },
    ...defined({ clip, averaging, earlyStopping }),
    ...(parameters && parameters.size > 0 ? { start: parameters } : {}),
    ...(validation.count > 0 ? { validation, keep: "best" as const } : {}),
  };
  settingsOf(network, how);
  const opened = await openRun(folder, { ...configuration, ...defined({ layer }) }, frameOf(task, network), run);
  return yield* trainToEnd(opened, nodeEngine(settings), [{ network, settings: how }], job);
}

/** Writes what was learned, and shows it. */
async function* finish(
  task: PretrainingTask,
  { parameters, whole, encoder, states, notes }: Learned,
  data: string,
  job: Job,
): AsyncGenerator<WrittenEvent, Pretrained, undefined> {
  const { folder, settings, normalization, pictures, training, validation, configuration, title } = task;
  const engine = nodeEngine(pick(ENGINE, settings));
  const history = states.at(-1)?.state.history ?? [];
  const modelOfNetwork = (network: Network): TrainedModel => ({
    network,
    parameters: new Map(
      parametersOf(network).flatMap(({ name }) => {
        const value = parameters.get(name);
        return value ? [[name, value] as const] : [];
      }),
    ),
    ...{ classes: channelsOf(network), normalization, preprocessing: pictures.preprocessing, history },
  });
  const written = async (name: string, model: TrainedModel): Promise<string> => {
    const path = join(folder, name);
    await saveInRun(folder, name, true, () => writeFileAtomically(path, sealed(toOnnx(model))));
    return path;
  };
  // What is compared with nothing, and weighs nothing: the code is no scores of classes.
  const coded = addLayers(withoutLoss(encoder), [
    activityLoss({ name: "code loss", weight: 0, inputs: [codeOf(encoder)] }),
  ]);
  const own = modelOfNetwork(coded);
  const model = whole && modelOfNetwork(whole);
  const files = {
    ...(model ? { model: await written("model.onnx", model) } : {}),
    encoder: await written(ENCODER, own),
  };
  for (const path of Object.values(files)) yield { type: "written", what: "model", path };
  job.signal?.throwIfAborted();
  const measured = validation.count > 0 ? validation : training;
  const looks = await lookAt(engine, task, { model, encoder: own, measured });
  const { errors } = looks;
  const error = errors && errors.reduce((a, b) => a + b, 0) / errors.length;
  const next = nextSteps(folder, data, model !== undefined);
  const { writePretrainingPage } = await import("../../report/pretraining/pretraining-page-file.js");
  const page = await writePretrainingPage(folder, {
    ...{ title, kind: settings.kind, encoder: own, configuration, notes, next, looks },
    ...{ trainedOn: training.count, measured: measured.count, isHeldOut: validation.count > 0 },
    stages: states.map(({ name, state }) => ({
      name,
      ...{ history: state.history, epoch: keptEpoch(state), film: state.film ?? [] },
    })),
    ...defined({ model, error }),
    seconds: job.seconds(),
  });
  yield { type: "written", what: "page", path: page };
  return { folder, configuration, encoder: own, ...defined({ model, error }), next, files: { ...files, page } };
}

/** What may be done with what was learned. */
const nextSteps = (folder: string, data: string, hasModel: boolean): NextStep[] => [
  {
    command: `bellpepper train SORTED-PICTURES --start ${shellWord(folder)}`,
    why: "begins a training with labels with what was learned",
  },
  ...(hasModel
    ? [
        {
          command: `bellpepper data ${shellWord(data)} --model ${shellWord(folder)}`,
          why: "lists the pictures that it cannot make: those that are like no others",
        },
      ]
    : []),
];
