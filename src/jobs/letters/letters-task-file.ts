/** The lecture's job: train the network for letters. */

import type { Jitter } from "../../data/change/jitter-description.js";
import { jitterPictures } from "../../data/change/jitter-pictures.js";
import { jitterLetters } from "../../data/letters/jitter-letters.js";
import type { LetterSplit } from "../../data/letters/letters.js";
import { loadLetters, PACKAGED_LETTERS } from "../../data/letters/letters-file.js";
import type { Samples } from "../../data/samples.js";
import type { Engine } from "../../engine/engine.js";
import type { Network } from "../../network/network.js";
import { ocr } from "../../network/zoo/index.js";
import type { ModelFrame } from "../../training/checkpoint.js";
import type { TrainingEvent } from "../../training/events.js";
import { settingsOf, type TrainingOptions } from "../../training/options.js";
import { defined } from "../../values/defined.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { OptionsOf, RecordOf } from "../../values/record.js";
import { expectSameJob, type JobRanks } from "../events/job-ranks.js";
import { expectFits, planNetwork } from "../pictures/network-plan-file.js";
import type { Configuration } from "../run/configuration-file.js";
import { layersDigest, samplesDigest } from "../run/contents-file.js";
import { openRunAmong } from "../run/run-among.js";
import { type Run, trainInRun } from "../run/run-file.js";
import type { Contents } from "../settings/contents-settings.js";
import { LETTERS, LETTERS_CONFIGURATION } from "../settings/letters-settings.js";
import { scheduledEpochs } from "../settings/training-settings.js";

/** What {@link openLetters} is asked for; every option has a default. */
export type LettersOptions = OptionsOf<typeof LETTERS.fields>;

/** What the letters network is trained with. */
export interface LettersTask {
  readonly frame: ModelFrame;
  readonly letters: LetterSplit;
  /** what the network is trained on: the training letters, jittered where that was asked for */
  readonly training: Samples;
  /** the options of {@link train} */
  readonly settings: TrainingOptions;
}

/** The training of the letters network, in its folder and ready to go. */
export interface LettersRun extends LettersTask {
  readonly run: Run;
  readonly configuration: Configuration;
  /** Trains on; each event is kept in the folder before it is passed on. */
  events(engine: Engine, signal: AbortSignal): AsyncGenerator<TrainingEvent>;
}

/** Of the letters that are trained on to read text: so many by themselves, and no letters at all. */
const ALONE = 0.3;
const OTHERS = 0.15;
/** What lines of text look like beside those of the letters set: turned and slanted, narrow and wide, small, out of focus, in poor light. */
const LINE_JITTER: Jitter = {
  rotate: 2.5,
  shear: [-10, 14],
  scale: [0.87, 1.12],
  aspect: [0.8, 1.25],
  contrast: [0.9, 1.5],
  blur: 1.1,
  noise: 0.06,
  border: "edge",
};

/** (255 − 0)·scale is 256, as in the lecture, whose pixels are 0 … 1 times 256. */
const SCALE = 256 / 255;

/**
 * Loads the letters, and says how the network is trained on them.
 *
 * @throws Error when the letters cannot be read
 * @example
 * const { frame, settings } = await lettersTask({ letters: "my-letters" });
 * const { suggestion } = await findLearningRate(nodeEngine(), frame.network, { ...settings, steps: 10 });
 */
export async function lettersTask(options: LettersOptions = {}): Promise<LettersTask> {
  const {
    jitter: kind,
    letters: source = PACKAGED_LETTERS,
    threads: _,
    workers: __,
    device: ___,
    network,
    ...rest
  } = LETTERS.make(options);
  const letters = await loadLetters(source);
  const { names: classes } = letters.training.target;
  const frame = {
    network: await networkFor(network, letters.training.shape, classes),
    classes,
    normalization: { mean: [letters.mean], scale: SCALE },
  };
  const training =
    kind === "none"
      ? letters.training
      : kind === "lecture"
        ? jitterLetters(letters.training, rest.seed, { neighbours: kind })
        : jitterPictures(
            jitterLetters(letters.training, rest.seed, {
              alone: ALONE,
              others: OTHERS,
              signs: letters.signs,
              ligatures: letters.ligatures,
            }),
            LINE_JITTER,
            rest.seed,
          );
  const settings: TrainingOptions = {
    ...rest,
    layerStatistics: true,
    // Validation shows letters alone. It cannot choose between epochs of networks for letters with neighbours, and their rate falls to nothing.
    keep: kind === "none" ? ("best" as const) : ("last" as const),
    training,
    validation: letters.validation,
    normalization: frame.normalization,
  };
  settingsOf(frame.network, settings);
  return { frame, letters, training, settings };
}

/** The network in a file; the lecture's where there is none. */
async function networkFor(path: string | undefined, shape: ImageShape, classes: readonly string[]): Promise<Network> {
  if (path === undefined) return ocr(classes.length);
  const { network } = await planNetwork(path, classes.length);
  const own = network(shape);
  expectFits(own, shape, classes);
  return own;
}

/**
 * Opens the run in a folder: a new one, or the one that was begun there.
 *
 * @param fresh forget an earlier run in this folder
 * @param begin is called before anything is written; nothing unless given
 * @param ranks the processes that train together; this one alone unless given
 * @throws RunError when the folder cannot be used; Error when the letters cannot be read
 * @example
 * const { run, events } = await openLetters("runs/ocr", { epochs: 1, letters: "my-letters" });
 * for await (const event of events(nodeEngine(), new AbortController().signal)) {
 *   if (event.type === "epoch") await run.finish(event.state);
 * }
 */
export async function openLetters(
  folder: string,
  options: LettersOptions,
  fresh = false,
  begin = async (): Promise<void> => undefined,
  ranks?: JobRanks,
): Promise<LettersRun> {
  const { settings: alone, ...task } = await lettersTask(options);
  const settings = { ...alone, ...defined({ ranks }) };
  const made = { ...LETTERS.make(options), ...defined({ ranks: ranks?.size }) };
  const configuration = configurationOf(made, await contentsOf(task));
  await expectSameJob(ranks, configuration);
  await begin();
  const declared = LETTERS_CONFIGURATION;
  const run = await openRunAmong(ranks, folder, configuration, task.frame, { fresh, declared });
  return {
    ...{ ...task, settings, run, configuration },
    events: (engine, signal) => trainInRun(run, engine, task.frame.network, { ...settings, signal }),
  };
}

const contentsOf = async ({
  frame,
  letters: { training, validation },
}: Omit<LettersTask, "settings">): Promise<Contents> => ({
  layers: layersDigest(frame.network),
  training: await samplesDigest(training),
  validation: await samplesDigest(validation),
});

/** All settings, as a run keeps them. */
const configurationOf = (
  { letters = "packaged", ...asked }: RecordOf<typeof LETTERS.fields> & { readonly ranks?: number },
  contents: Contents,
): Configuration =>
  LETTERS_CONFIGURATION.make({
    task: "ocr",
    ...asked,
    letters,
    contents,
    ...scheduledEpochs(asked.learningRate, asked.epochs),
  });
