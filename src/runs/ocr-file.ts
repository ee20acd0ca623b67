/** The lecture's job: train the network for letters. */

import { jitter } from "../data/jitter.js";
import type { LetterSplit } from "../data/letters.js";
import { loadLetters, PACKAGED_LETTERS } from "../data/letters-file.js";
import type { Device, Engine } from "../engine/engine.js";
import { ocr } from "../network/zoo.js";
import type { TrainingEvent } from "../training/events.js";
import type { Samples } from "../training/samples.js";
import { TRAINING_DEFAULTS, type TrainingOptions, train } from "../training/train.js";
import { type Configuration, type ModelFrame, openRun, type Run } from "./run-file.js";

/** What {@link openOcr} is asked for. */
export interface OcrOptions {
  /** passes over the letters; 15 */
  readonly epochs: number;
  readonly batchSize: number;
  /** one, or one for each epoch */
  readonly learningRate: readonly number[];
  readonly momentum: number;
  readonly weightDecay: number;
  /** whether letters get neighbours and shifts, and which */
  readonly jitter: "none" | "text" | "lecture";
  readonly seed: number;
  readonly threads: number;
  readonly device: Device;
  /** a folder with a letters set; the packaged one */
  readonly letters?: string;
}

/** The lecture's recipe. */
export const OCR_DEFAULTS = {
  ...TRAINING_DEFAULTS,
  learningRate: [TRAINING_DEFAULTS.learningRate],
  epochs: 15,
  jitter: "none",
} as const;

/** The training of the letters network, in its folder and ready to go. */
export interface OcrRun {
  readonly run: Run;
  readonly frame: ModelFrame;
  readonly letters: LetterSplit;
  /** what the network is trained on: the training letters, jittered where that was asked for */
  readonly training: Samples;
  readonly configuration: Configuration;
  /** Trains on; each event is kept in the folder before it is passed on. */
  events(engine: Engine, signal: AbortSignal): AsyncGenerator<TrainingEvent>;
}

/** (255 − 0)·scale is 256, as in the lecture, whose pixels are 0 … 1 times 256. */
const SCALE = 256 / 255;

/**
 * Opens the run in a folder: a new one, or the one that was begun there.
 *
 * @param fresh forget an earlier run in this folder
 * @throws RunError when the folder cannot be used; Error when the letters cannot be read
 * @example
 * const options = { ...OCR_DEFAULTS, epochs: 1, threads: 1, device: "cpu", letters: "my-letters" } as const;
 * const { run, events } = await openOcr("runs/ocr", options, false);
 * for await (const event of events(nodeEngine(), new AbortController().signal)) {
 *   if (event.type === "epoch") await run.finish(event.state);
 * }
 */
export async function openOcr(folder: string, options: OcrOptions, fresh: boolean): Promise<OcrRun> {
  const { letters: source, learningRate, ...rest } = options;
  const letters = await loadLetters(source ?? PACKAGED_LETTERS);
  const frame = {
    network: ocr(letters.training.classes.length),
    classes: letters.training.classes,
    normalization: { mean: [letters.mean], scale: SCALE },
  };
  const configuration = { task: "ocr", ...rest, learningRate, letters: source ?? "packaged" };
  const run = await openRun(folder, configuration, frame, fresh);
  const kind = options.jitter;
  const training = kind === "none" ? letters.training : jitter(letters.training, options.seed, { neighbours: kind });
  return {
    run,
    frame,
    letters,
    training,
    configuration,
    async *events(engine, signal) {
      const { epochs, batchSize, momentum, weightDecay, seed } = options;
      const settings: TrainingOptions = {
        ...{ training, validation: letters.validation, normalization: frame.normalization },
        ...{ epochs, batchSize, learningRate, momentum, weightDecay, seed, signal },
        ...(run.resume ? { resume: run.resume } : {}),
      };
      for await (const event of train(engine, frame.network, settings)) {
        await run.record(event);
        yield event;
      }
    },
  };
}
