/** The researcher's job: a network that tells the pictures of a data set apart. What is not asked for is chosen from the data. */

import { setImmediate as breathe } from "node:timers/promises";
import { balanceClasses } from "../../data/change/balance-classes.js";
import { chooseBorder } from "../../data/change/choose-border.js";
import { type Jitter, jitterForSounds } from "../../data/change/jitter-description.js";
import { jitterPictures, showsBeyond } from "../../data/change/jitter-pictures.js";
import { mixPictures } from "../../data/change/mix-pictures.js";
import { expectOneKind } from "../../data/pictures/expect-one-kind-file.js";
import { normalizationOf } from "../../data/pictures/mean.js";
import { type TellPass, tellingSamples } from "../../data/pictures/passes.js";
import {
  openPictures,
  type PictureOptions,
  type PictureSamples,
  type Pictures,
} from "../../data/pictures/pictures-file.js";
import type { Samples } from "../../data/samples.js";
import { type Dataset, fewOf, keyOf } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";
import type { ClassTarget } from "../../data/target.js";
import { nodeEngine } from "../../engine/node.js";
import { descriptionOf } from "../../network/description.js";
import { inputOf, type Network } from "../../network/network.js";
import type { ModelFrame } from "../../training/checkpoint.js";
import { settingsOf, type TrainingOptions } from "../../training/options.js";
import { defined } from "../../values/defined.js";
import { objectOf } from "../../values/kind.js";
import type { Normalization } from "../../values/normalization.js";
import { type OptionsOf, pick, type RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import type { DecodingWatch } from "../events/decoding-events.js";
import type { Choice } from "../events/job-events.js";
import type { JobRanks } from "../events/job-ranks.js";
import type { Configuration } from "../run/configuration-file.js";
import { definitionsDigest, layersDigest, modulesDigest, pixelSums, samplesDigest } from "../run/contents-file.js";
import { importDefinitions } from "../run/definitions-file.js";
import type { Phase } from "../run/phases.js";
import type { ModelPart } from "../run/run-file.js";
import { trainedOnAmong, trainedOnEntry, trainedOnNotes } from "../run/trained-on.js";
import type { Contents } from "../settings/contents-settings.js";
import { ENGINE } from "../settings/engine-settings.js";
import { PICTURES, PICTURES_CONFIGURATION } from "../settings/pictures-settings.js";
import { scheduledEpochs } from "../settings/training-settings.js";
import {
  type Chooser,
  choosePace,
  chooser,
  type Pace,
  proposeLength,
  proposeNetwork,
  proposeShape,
} from "./choices.js";
import { divisionNotes } from "./division.js";
import { type Freezing, planFreezing } from "./freezing.js";
import { type FrozenFeatures, frozenFeatures, withFeatures } from "./frozen-features-file.js";
import { smoothLabels, takeShares, weighClasses } from "./network-losses.js";
import { expectChannels, expectFits, type NetworkPlan, planNetwork } from "./network-plan-file.js";
import { beginningText, openPretrained, type PretrainedStart } from "./pretrained-start-file.js";
import { openStart, type StartModel } from "./start-model-file.js";

/** What {@link picturesTask} is asked for; every option has a default. */
export type PicturesOptions = OptionsOf<typeof PICTURES.fields>;

/** What is asked of a network and its training, with the defaults. */
type PicturesSettings = RecordOf<typeof PICTURES.fields>;

/** Who is told of the decoding and may stop it, and the processes that train together. */
interface PicturesCircumstances extends Partial<DecodingWatch> {
  readonly ranks?: JobRanks | undefined;
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
  /** what is trained, one after the other: the network, or with some layers frozen, and then without */
  readonly phases: readonly [Phase, ...Phase[]];
  /** what is trained of the network, where that is a part by itself */
  readonly part?: ModelPart | undefined;
  /** what the frozen layers make of the pictures, where it is the same in every epoch */
  readonly frozen?: FrozenFeatures | undefined;
  /** what the user should know of the model that training begins with */
  readonly notes: readonly string[];
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
 * @throws RangeError when the network does not fit the pictures or the classes; Error when no picture, or none of a class, can be decoded; the
 *   signal's reason
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
  { ranks, ...watch }: PicturesCircumstances = {},
): Promise<PicturesTask> {
  objectOf(dataset, { path: "dataset" });
  const settings = PICTURES.make(options);
  expectClasses(dataset.classes);
  await importDefinitions(settings.define);
  const pretrained = await openPretrained(settings);
  const start = await openStart(settings, dataset.classes);
  const plan: Plan = start
    ? { input: inputOf(start.network), network: () => start.network, start }
    : {
        ...(await planNetwork(
          settings.network ?? pretrained?.network,
          dataset.classes.length,
          settings.compact ?? (settings.network === undefined ? pretrained?.compact : undefined),
        )),
        ...defined({ pretrained }),
      };
  expectSoundOptions(dataset, plan, settings);
  const pictures = await openPictures(dataset, { ...decodingFor(plan, settings), ...watch });
  try {
    expectWholeClasses(dataset, pictures);
    return await planTask(plan, pictures, split, dataset.classes, settings, { ...watch, ranks });
  } catch (error) {
    await pictures.close();
    throw error;
  }
}

/** The bytes of sounds are numbers already, of which the first layer makes samples. */
const AS_IT_IS: Normalization = { mean: [0], scale: 1 };

/** A network, and the model that it begins with. */
type Plan = NetworkPlan & { readonly start?: StartModel; readonly pretrained?: PretrainedStart };

/** What the pictures are decoded to: as a model says it; the size and the channels that were asked for, or else those of the network, or else their own. */
function decodingFor(
  { input, start, pretrained }: Plan,
  { size, channels, fit, rate, seconds, cache, network = "" }: PicturesSettings,
): PictureOptions {
  const model = start ?? pretrained;
  if (model) return { preprocessing: model.preprocessing, ...defined({ cache }) };
  return defined({
    size: size ?? (input && { width: input.width, height: input.height }),
    channels: channels ?? (input && expectChannels(input.channels, network)),
    ...{ fit, rate, seconds, cache },
  });
}

/** @throws UsageError when sounds are to be what only pictures can be */
function expectSoundOptions(
  dataset: Dataset,
  { input, start }: Plan,
  { mean, mixing, network }: PicturesSettings,
): void {
  if (!expectOneKind(dataset, start?.preprocessing)) return;
  const refuse = (what: string, expected: string): never => {
    throw new UsageError(`${what} is of pictures, and ${dataset.root} holds sounds. ${expected}`);
  };
  if (mean !== undefined) refuse("--mean", "Their spectrograms are normalised by a layer.");
  if (mixing) refuse("--mixup, as --cutmix,", "Leave it out.");
  if (input && !start) refuse(`The network ${network}`, "Expected compact, or a .json file of layers.");
}

/** The training of a network on pictures that are decoded. */
async function planTask(
  plan: Plan,
  pictures: Pictures,
  split: Split,
  classes: readonly string[],
  asked: PicturesSettings,
  { ranks, ...watch }: PicturesCircumstances,
): Promise<PicturesTask> {
  const tell: TellPass | undefined = watch.onProgress;
  const { seed, mixing, subBatches, syncBatchNorm, clip, averaging, earlyStopping } = asked;
  const { shape } = pictures;
  const { start, pretrained } = plan;
  const chosen = chooser();
  const { rate } = pictures.preprocessing;
  const begun = start ?? pretrained;
  if (rate !== undefined) {
    if (!begun) chosen.choose("length", asked.seconds, proposeLength(shape.width, rate));
  } else if (!asked.size && !plan.input && !pretrained) chosen.choose("size", undefined, proposeShape(shape));
  const planned = plan.network(shape, rate);
  expectFits(planned, shape, classes);
  if (!begun && asked.network === undefined) chosen.choose("network", undefined, proposeNetwork(planned, rate));

  const [training, validation] = [pictures.samples(split.training), pictures.samples(split.validation)];
  if (training.count === 0) throw new RangeError("No picture is left to train on.");
  const network = adaptLosses(planned, training, asked);
  const jitter = await chooseJitter(chosen, asked.jitter, training);
  const { shown, changes } = changeSamples(training, { ...asked, jitter });
  const { parts, chosen: freezing }: Freezing = start
    ? planFreezing(network, start.head, asked, chosen)
    : { parts: [{ network }], chosen: {} };
  const pace = choosePace(chosen, asked, learning(parts[parts.length - 1].network), training.count);
  const divided = divisionNotes(learning(network), {
    ...asked,
    batchSize: pace.batchSize,
    ranks: ranks?.size ?? 1,
  });
  if (asked.unfreezeAfter !== undefined && asked.unfreezeAfter >= pace.epochs) {
    throw new UsageError(
      `--unfreeze-after ${asked.unfreezeAfter}: the training has ${pace.epochs} epochs, so that nothing would be unfrozen. Expected fewer.`,
    );
  }
  const normalization =
    start?.normalization ??
    pretrained?.normalization ??
    (rate === undefined ? undefined : AS_IT_IS) ??
    (await normalizationOf(tellingSamples(training, "measured", tell, breathe), defined({ mean: asked.mean })));
  const how = {
    ...pace,
    subBatches,
    syncBatchNorm,
    seed,
    ...defined({ clip, averaging, earlyStopping }),
  };
  const settings: TrainingOptions = {
    ...how,
    training: shown,
    normalization,
    layerStatistics: true,
    ...defined({ ranks, start: (start ?? pretrained)?.parameters }),
    ...(validation.count > 0
      ? { validation: mixing ? mixPictures(validation, {}, seed) : validation, keep: "best" as const }
      : {}),
  };
  const frame = { network, classes, normalization, preprocessing: pictures.preprocessing };
  const whole = mapParts(parts, ({ network: own, until }) => ({
    ...{ network: mixing ? takeShares(own) : own, settings },
    ...defined({ until }),
  }));
  const changedBy = mixing ? "mixing" : changes ? "jitter" : undefined;
  const frozen =
    start &&
    (await frozenFeatures(
      { network: whole[0].network, start, training, validation, normalization, changedBy },
      { engine: nodeEngine(pick(ENGINE, asked)), cache: asked.cache, ...watch },
      chosen,
    ));
  const [phases, part] = frozen
    ? withFeatures(
        whole,
        frozen,
        (samples) => changeSamples({ ...training, ...samples }, { ...asked, jitter }).shown,
        frame,
        start,
      )
    : [whole, undefined];
  for (const phase of phases) settingsOf(phase.network, phase.settings);
  const checked = (samples: PictureSamples) => tellingSamples(samples, "checked", tell, breathe);
  const sums = await pixelSums(checked(training));
  const held = await pixelSums(checked(validation));
  return {
    frame,
    network: whole[whole.length - 1].network,
    phases,
    ...{ part, frozen },
    notes: [
      ...(start ? [...start.notes, ...seenBefore(start, held)] : []),
      ...(pretrained ? [beginningText(network, pretrained)] : []),
      ...divided,
    ],
    pictures,
    training,
    validation,
    shown,
    changes,
    choices: chosen.choices,
    settings,
    configuration: configurationOf(
      { ...asked, ...freezing, jitter, ...defined({ ranks: ranks?.size }) },
      network,
      shape,
      rate,
      how,
      await contentsOf(planned, asked, start ?? pretrained, [
        await picturesDigest(training, sums),
        await picturesDigest(validation, held),
      ]),
    ),
    trainedOn: trainedOnEntry(sums, start?.metadata),
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
  if (training.rate !== undefined) return jitterForSounds(jitter);
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

/** What is said where the model that training begins with knows some of the pictures that it is measured by. */
const seenBefore = ({ metadata }: StartModel, sums: Uint32Array): string[] =>
  trainedOnNotes(trainedOnAmong(metadata, sums), "the model of --from");

/** What a run on pictures is made from. */
const contentsOf = async (
  planned: Network,
  { define }: PicturesSettings,
  start: Pick<StartModel, "digest"> | undefined,
  [training, validation]: readonly [training: string, validation: string],
): Promise<Contents> => ({
  ...{ layers: layersDigest(planned), training, validation },
  ...defined({ start: start?.digest, modules: await modulesDigest(define), definitions: definitionsDigest(planned) }),
});

/** The checksum of pictures: their names, labels and pixels. */
export const picturesDigest = (samples: PictureSamples, sums?: Uint32Array): Promise<string> =>
  samplesDigest(samples, (i) => keyOf(samples.items[i]), sums);

/** All settings, asked for and chosen. */
function configurationOf(
  { network: name, cache: _, define: __, ...asked }: PicturesSettings & { readonly ranks?: number },
  network: Network,
  { width, height, channels }: Pictures["shape"],
  rate: number | undefined,
  pace: Pace,
  contents: Contents,
): Configuration {
  // A model to begin with says how its pictures are prepared.
  const { fit, mean } =
    asked.from === undefined && asked.start === undefined && rate === undefined
      ? ({ fit: "squash", mean: "channel", ...asked } as const)
      : asked;
  return PICTURES_CONFIGURATION.make({
    ...asked,
    ...defined({ fit, mean, rate }),
    ...pace,
    task: "pictures",
    network: name ?? network.name,
    layers: descriptionOf(network).layers.length,
    size: [width, height],
    channels,
    contents,
    ...scheduledEpochs(pace.learningRate, pace.epochs),
  });
}

/** What of a network learns. */
const learning = (network: Network): Network => ({
  ...network,
  layers: network.layers.filter(({ layer }) => layer.frozen !== true),
});

/** A list of at least one, one by one. */
const mapParts = <A, B>([first, ...more]: readonly [A, ...A[]], change: (part: A) => B): [B, ...B[]] => [
  change(first),
  ...more.map(change),
];

function expectClasses(classes: readonly string[]): void {
  if (classes.length < 2) {
    throw new RangeError(
      `There ${classes.length === 1 ? `is one class, '${classes[0]}'` : "is no class"}: expected at least 2 to tell apart.`,
    );
  }
}

/** @throws Error when no picture of a class can be decoded: a network would have a class of which it never sees anything */
function expectWholeClasses({ classes, items }: Dataset, { broken, samples }: Pictures): void {
  if (broken.length === 0) return;
  const seen = new Set(samples().items.map(({ label }) => label));
  const lost = new Set(items.map(({ label }) => label).filter((label) => !seen.has(label)));
  if (lost.size === 0) return;
  const own = new Set(items.filter(({ label }) => lost.has(label)).map(keyOf));
  const of = `${lost.size === 1 ? "class" : "the classes"} ${fewOf([...lost].map((label) => classes[label]))}`;
  const what = own.size === 1 ? `The only picture of ${of} cannot` : `None of the ${own.size} pictures of ${of} can`;
  const first = broken.find(({ path }) => own.has(path));
  const why = first ? ` ${first.path}: ${first.reason}.` : "";
  throw new Error(`${what} be decoded.${why} Mend them, or leave the class out.`);
}
