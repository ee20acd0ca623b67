/**
 * A run lives in a folder:
 *
 *   config.json         what was asked for
 *   events.jsonl        what happened, a line for each epoch, warning and stop
 *   checkpoints/        the two newest states: ONNX files that also hold the solver's memory
 *   split.json          which pictures were for what, where they were divided
 *   model.onnx          the trained model, at the end
 *   predictions.csv     what it says about each picture that it was measured by
 *   learning-rate.png   which rates suit, where that was looked for
 *   report.html         the report, at the end, with its pictures/
 */

import { appendFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../../engine/engine.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { type TrainedModel, toOnnx } from "../../network/model/model.js";
import type { Network } from "../../network/network.js";
import { modelParameters, type TrainingEvent, type TrainingState } from "../../training/events.js";
import type { TrainingOptions } from "../../training/options.js";
import { train } from "../../training/train.js";
import { defined } from "../../values/defined.js";
import type { Kind } from "../../values/kind.js";
import { type ModelFrame, readNewestState, writeState } from "./checkpoint-file.js";
import { type Configuration, compareConfiguration, writeConfiguration } from "./configuration-file.js";
import { RunError, saveInRun } from "./run-error.js";

/** What a run has in its folder. */
const OWN = [
  "config.json",
  "events.jsonl",
  "checkpoints",
  "model.onnx",
  "report.html",
  "pictures",
  "learning-rate.png",
  "split.json",
  "predictions.csv",
  "evaluation.html",
];

/** The options of {@link openRun}. */
export interface RunOptions {
  /** forget an earlier run in the folder; false */
  readonly fresh?: boolean;
  /** what a configuration has; one that was written by another version is then told from one with other settings */
  readonly declared?: Kind<Configuration>;
}

/** A run in its folder. */
export interface Run {
  readonly folder: string;
  /** where an earlier session stopped */
  readonly resume: TrainingState | undefined;
  /** what the user should know about going on */
  readonly notes: readonly string[];
  /** Keeps what an event tells. @throws RunError when the disk does not take it; what was kept before stays good */
  record(event: TrainingEvent): Promise<void>;
  /** Writes `model.onnx`. */
  finish(state: TrainingState): Promise<TrainedModel>;
}

/**
 * Opens a run's folder, and finds where to go on in it.
 *
 * @param folder where it is; it is made if need be
 * @param configuration what was asked for; it must be the same when a run goes on, but for epochs, threads and device
 * @param frame the network, its classes and its normalization
 * @param options whether to forget an earlier run, and what a configuration may have
 * @throws RunError when the folder holds something else, or a run with other settings
 * @example
 * const run = await openRun("runs/letters", { epochs: 1 }, model);
 * const { training, validation } = letters;
 * const options = { training, validation, normalization, epochs: 1, ...(run.resume ? { resume: run.resume } : {}) };
 * for await (const event of train(nodeEngine(), model.network, options)) await run.record(event);
 */
export async function openRun(
  folder: string,
  configuration: Configuration,
  frame: ModelFrame,
  { fresh = false, declared }: RunOptions = {},
): Promise<Run> {
  const content = await namesIn(folder);
  const known = content.includes("config.json");
  if (content.length > 0 && !known && !content.every((name) => OWN.includes(name))) {
    throw new RunError(
      `${folder} holds ${content.slice(0, 3).join(", ")} and no run. Choose another folder with --out.`,
    );
  }
  if (fresh) for (const name of OWN) await rm(join(folder, name), { recursive: true, force: true });
  const place = join(folder, "checkpoints");
  const notes = known && !fresh ? [...(await compareConfiguration(folder, configuration, declared))] : [];
  const resume = fresh ? undefined : await readNewestState(place, await namesIn(place), frame, notes);
  await saveInRun(folder, "the configuration", () => writeConfiguration(folder, configuration));
  await saveInRun(folder, "the events", () => rewindEvents(join(folder, "events.jsonl"), resume));
  return {
    folder,
    resume,
    notes,
    async record(event) {
      if (event.type === "batch") return;
      if ("state" in event) {
        await saveInRun(folder, `epoch ${event.state.epoch + (event.state.batch > 0 ? 1 : 0)}`, () =>
          writeState(place, frame, event.state),
        );
      }
      await saveInRun(folder, "the events", () =>
        appendFile(join(folder, "events.jsonl"), `${JSON.stringify(lineOf(event))}\n`),
      );
    },
    async finish(state) {
      const model = { ...frame, parameters: modelParameters(state), history: state.history };
      await saveInRun(folder, "the model", () => writeFileAtomically(join(folder, "model.onnx"), toOnnx(model)));
      return model;
    },
  };
}

/**
 * Trains on in a run's folder: each event is kept there before it is passed on.
 *
 * @param settings the options of {@link train}
 * @example
 * const { training, validation } = letters;
 * const settings = { training, validation, normalization, epochs: 1 };
 * const run = await openRun("runs/letters", { epochs: 1 }, model);
 * for await (const event of trainInRun(run, nodeEngine(), network, settings)) console.log(event.type);
 */
export async function* trainInRun(
  run: Run,
  engine: Engine,
  network: Network,
  settings: TrainingOptions,
): AsyncGenerator<TrainingEvent> {
  for await (const event of train(engine, network, { ...settings, ...defined({ resume: run.resume }) })) {
    await run.record(event);
    yield event;
  }
}

/** An event as a line of `events.jsonl`: without the state, which is in the checkpoint. */
function lineOf(event: Exclude<TrainingEvent, { type: "batch" }>): object {
  if (event.type === "epoch") return { type: "epoch", ...event.state.history.at(-1) };
  if (event.type === "stopped") return { type: "stopped", epoch: event.state.epoch, batch: event.state.batch };
  return event;
}

/** The names of what is in a folder; none where it is not there. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return [];
    throw new RunError(
      `${folder} cannot be used for a run: ${code === "ENOTDIR" ? "it is a file, not a folder" : String(code)}.`,
    );
  }
}

/** Makes the log agree with the state that training goes on from: one line for each epoch before it, none after. */
async function rewindEvents(path: string, resume: TrainingState | undefined): Promise<void> {
  const epochs = (resume?.history ?? []).map((entry) => `${JSON.stringify({ type: "epoch", ...entry })}\n`);
  await writeFileAtomically(path, epochs.join(""));
}
