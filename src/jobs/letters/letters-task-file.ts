/** The lecture's job: train the network for letters. */

import { jitterLetters } from "../../data/letters/jitter-letters.js";
import type { LetterSplit } from "../../data/letters/letters.js";
import { loadLetters, PACKAGED_LETTERS } from "../../data/letters/letters-file.js";
import type { Samples } from "../../data/samples.js";
import type { Engine } from "../../engine/engine.js";
import { defaultThreads } from "../../engine/node.js";
import { ocr } from "../../network/zoo/index.js";
import type { TrainingEvent } from "../../training/events.js";
import type { TrainingOptions } from "../../training/options.js";
import { dependsOnEpochs, scheduleOf } from "../../training/solver/schedule.js";
import type { ModelFrame } from "../run/checkpoint-file.js";
import { type Configuration, openRun, type Run, trainInRun } from "../run/run-file.js";
import { OCR_DEFAULTS, type OcrOptions } from "./letters-options.js";

/** What the letters network is trained with. */
export interface OcrTask {
  readonly frame: ModelFrame;
  readonly letters: LetterSplit;
  /** what the network is trained on: the training letters, jittered where that was asked for */
  readonly training: Samples;
  /** the options of {@link train} */
  readonly settings: TrainingOptions;
}

/** The training of the letters network, in its folder and ready to go. */
export interface OcrRun extends OcrTask {
  readonly run: Run;
  readonly configuration: Configuration;
  /** Trains on; each event is kept in the folder before it is passed on. */
  events(engine: Engine, signal: AbortSignal): AsyncGenerator<TrainingEvent>;
}

/** (255 − 0)·scale is 256, as in the lecture, whose pixels are 0 … 1 times 256. */
const SCALE = 256 / 255;

/**
 * Loads the letters, and says how the network is trained on them.
 *
 * @throws Error when the letters cannot be read
 * @example
 * const { frame, settings } = await ocrTask({ letters: "my-letters" });
 * const { suggestion } = await findLearningRate(nodeEngine(), frame.network, { ...settings, steps: 10 });
 */
export async function ocrTask(options: OcrOptions): Promise<OcrTask> {
  const { jitter: kind, letters: source, threads: _, device: __, ...rest } = { ...OCR_DEFAULTS, ...options };
  const letters = await loadLetters(source ?? PACKAGED_LETTERS);
  const { names: classes } = letters.training.target;
  const frame = { network: ocr(classes.length), classes, normalization: { mean: [letters.mean], scale: SCALE } };
  const training =
    kind === "none" ? letters.training : jitterLetters(letters.training, rest.seed, { neighbours: kind });
  const settings = {
    ...rest,
    layerStatistics: true,
    training,
    validation: letters.validation,
    normalization: frame.normalization,
  };
  return { frame, letters, training, settings };
}

/**
 * Opens the run in a folder: a new one, or the one that was begun there.
 *
 * @param fresh forget an earlier run in this folder
 * @throws RunError when the folder cannot be used; Error when the letters cannot be read
 * @example
 * const { run, events } = await openOcr("runs/ocr", { epochs: 1, letters: "my-letters" }, false);
 * for await (const event of events(nodeEngine(), new AbortController().signal)) {
 *   if (event.type === "epoch") await run.finish(event.state);
 * }
 */
export async function openOcr(folder: string, options: OcrOptions, fresh: boolean): Promise<OcrRun> {
  const task = await ocrTask(options);
  const { letters, threads = defaultThreads(), device = "cpu", ...rest } = options;
  const asked = { ...OCR_DEFAULTS, ...rest };
  const configuration = {
    task: "ocr",
    ...asked,
    threads,
    device,
    letters: letters ?? "packaged",
    // Where the rates depend on the number of epochs, a run with more of them is another run from its first step on.
    ...(dependsOnEpochs(scheduleOf(asked.learningRate)) ? { scheduledEpochs: asked.epochs } : {}),
  };
  const run = await openRun(folder, configuration, task.frame, fresh);
  return {
    ...task,
    run,
    configuration,
    events: (engine, signal) => trainInRun(run, engine, task.frame.network, { ...task.settings, signal }),
  };
}
