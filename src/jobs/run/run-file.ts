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

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../../engine/engine.js";
import {
  appendToFile,
  isTemporary,
  removeFile,
  sweepTemporaries,
  writeFileAtomically,
} from "../../files/atomic-file.js";
import { diskCode, diskReason } from "../../files/disk-error.js";
import { isLock } from "../../files/hold-folder-file.js";
import { type TrainedModel, toOnnx } from "../../network/model/model.js";
import { type Network, parametersOf } from "../../network/network.js";
import type { ModelFrame } from "../../training/checkpoint.js";
import { modelParameters, type TrainingEvent, type TrainingState } from "../../training/events.js";
import type { TrainingOptions } from "../../training/options.js";
import type { Parameters } from "../../training/step/initialize.js";
import type { Kind } from "../../values/kind.js";
import { expectPath } from "../../values/kind.js";
import { readNewestState, writeState } from "./checkpoint-file.js";
import { type Configuration, compareConfiguration, WAY_OUT, writeConfiguration } from "./configuration-file.js";
import { type Phase, trainPhases, withRest } from "./phases.js";
import { RunError, saveInRun } from "./run-error.js";
import { sealed } from "./seal.js";

/** What a run has in its folder. */
const OWN = [
  "config.json",
  "events.jsonl",
  "checkpoints",
  "model.onnx",
  "encoder.onnx",
  "report.html",
  "pictures",
  "learning-rate.png",
  "split.json",
  "predictions.csv",
  "evaluation.html",
  "done.json",
];

/** What of it is a run, and not made from one. */
const BEGUN = ["config.json", "events.jsonl", "checkpoints", "split.json"];

/** What of it nothing but a training or a cross-validation has. */
const MARKS = BEGUN.filter((name) => name !== "split.json");

/** The options of {@link openRun}. */
export interface RunOptions {
  /** forget an earlier run in the folder; false */
  readonly fresh?: boolean;
  /** further files to begin with, by their names: the split */
  readonly files?: Readonly<Record<string, string>>;
  /** what a configuration has; one that was written by another version is then told from one with other settings */
  readonly declared?: Kind<Configuration>;
  /** what is trained where that is a part of the network; checkpoints then have no more */
  readonly part?: ModelPart | undefined;
}

/** A part of a model that is trained by itself. */
export interface ModelPart {
  /** the part, as a model of further inputs */
  readonly frame: ModelFrame;
  /** the parameters of the whole that are not in it */
  readonly rest: Parameters;
}

/** A run in its folder. */
export interface Run {
  readonly folder: string;
  /** where an earlier session stopped */
  readonly resume: TrainingState | undefined;
  /** what the user should know about going on */
  readonly notes: readonly string[];
  /** the parameters that checkpoints need not have, as training leaves them as they are; none where all is trained */
  readonly rest: Parameters;
  /** Keeps what an event tells. @throws RunError when the disk does not take it; what was kept before stays good */
  record(event: TrainingEvent): Promise<void>;
  /** Writes `model.onnx`, unless it is there already, with its checksum. @param metadata what else it says, by key */
  finish(state: TrainingState, metadata?: Readonly<Record<string, string>>): Promise<TrainedModel>;
  /** Takes away what was written, where the run is new and nothing of it was kept: training could not begin. */
  discard(): Promise<void>;
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
  { fresh = false, declared, files = {}, part }: RunOptions = {},
): Promise<Run> {
  expectPath("folder", folder);
  const content = (await namesIn(folder)).filter((name) => !isTemporary(name) && !isLock(name));
  const known = content.includes("config.json");
  if (content.length > 0 && !known && !content.every((name) => OWN.includes(name))) {
    throw new RunError(
      `${folder} holds ${content.slice(0, 3).join(", ")} and no run. Choose another folder with --out.`,
    );
  }
  const place = join(folder, "checkpoints");
  if (!known && !fresh && (content.includes("model.onnx") || (await namesIn(place)).length > 0)) {
    throw new RunError(`${folder} holds a run without config.json, which says what it was made from. ${WAY_OUT}`);
  }
  for (const each of [folder, place, join(folder, "pictures")]) await sweepTemporaries(each);
  if (fresh) for (const name of OWN) await removeFile(join(folder, name));
  const frames = part ? [part.frame, frame] : [frame];
  const rest: Parameters = part?.rest ?? new Map();
  const notes = known && !fresh ? [...(await compareConfiguration(folder, configuration, declared))] : [];
  const resume = fresh ? undefined : await newestState(folder, frames, notes);
  let begun = resume !== undefined;
  const isNew = fresh || !known;
  const save = (what: string, write: () => Promise<unknown>): Promise<void> => saveInRun(folder, what, begun, write);
  const run: Run = {
    folder,
    resume,
    notes,
    rest,
    async record(event) {
      if (event.type === "batch") return;
      if ("state" in event) {
        await save(`epoch ${event.state.epoch + (event.state.batch > 0 ? 1 : 0)}`, () =>
          writeState(place, frameOf(frames, event.state), event.state),
        );
        begun = true;
      }
      const line = `${JSON.stringify(lineOf(event))}\n`;
      await save("the events", () => appendToFile(join(folder, "events.jsonl"), line));
    },
    async finish(state, metadata = {}) {
      const parameters = withRest(frame.network, modelParameters(state), rest);
      const model = { ...frame, parameters, history: state.history };
      const bytes = sealed(toOnnx(model, { extraMetadata: metadata }));
      await save("the model", () => writeUnlessThere(join(folder, "model.onnx"), bytes));
      return model;
    },
    async discard() {
      if (!isNew || begun) return;
      for (const name of BEGUN) await removeFile(join(folder, name)).catch(() => undefined);
    },
  };
  try {
    await save("the configuration", () => writeConfiguration(folder, configuration));
    for (const [name, text] of Object.entries(files)) {
      await save(name, () => writeFileAtomically(join(folder, name), text));
    }
    await save("the events", () => rewindEvents(join(folder, "events.jsonl"), resume));
  } catch (error) {
    await run.discard();
    throw error;
  }
  return run;
}

/**
 * Refuses to write what is made from a model into a folder with a training or a cross-validation: their predictions and pictures would be lost.
 *
 * @throws RunError when the folder holds one
 */
export async function expectNoRun(folder: string): Promise<void> {
  const marks = (await namesIn(folder)).filter((name) => MARKS.includes(name) || /^fold-\d+$/.test(name));
  if (marks.length === 0) return;
  throw new RunError(
    `${folder} holds a run (${marks.slice(0, 3).join(", ")}), whose predictions and pictures would be overwritten. Choose another folder with --out.`,
  );
}

/** The frame of a state: the one whose parameters it has. */
export const frameOf = (frames: readonly ModelFrame[], { parameters }: TrainingState): ModelFrame =>
  frames.find(({ network }) => parametersOf(network).length === parameters.size) ?? frames[0];

/** Where to go on. @throws RunError when no checkpoint can be used, or a finished model has none that it would go on from */
async function newestState(
  folder: string,
  frames: readonly ModelFrame[],
  notes: string[],
): Promise<TrainingState | undefined> {
  const place = join(folder, "checkpoints");
  const found: string[] = [];
  const state = await readNewestState(place, await namesIn(place), frames, found);
  if (!state && found.length > 0) {
    throw new RunError(
      `No checkpoint can be used: ${found.map((note) => note.replace("; trying the one before.", "")).join("; ")}. ${WAY_OUT}`,
    );
  }
  if (!state && (await namesIn(folder)).includes("model.onnx")) {
    throw new RunError(`${folder} holds a finished model and no checkpoint to go on from. ${WAY_OUT}`);
  }
  notes.push(...found);
  return state;
}

/** A finished model is not written anew: it is the same, down to the time of the file. */
async function writeUnlessThere(path: string, bytes: Uint8Array): Promise<void> {
  const before = await readFile(path).catch(() => undefined);
  if (before?.equals(bytes)) return;
  await writeFileAtomically(path, bytes);
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
export const trainInRun = (
  run: Run,
  engine: Engine,
  network: Network,
  { signal, ...settings }: TrainingOptions,
): AsyncGenerator<TrainingEvent> => trainPhasesInRun(run, engine, [{ network, settings }], signal);

/** {@link trainInRun} for a training in phases. */
export async function* trainPhasesInRun(
  run: Run,
  engine: Engine,
  phases: readonly Phase[],
  signal?: { readonly aborted: boolean },
): AsyncGenerator<TrainingEvent> {
  try {
    for await (const event of trainPhases(engine, phases, run.resume, run.rest, signal)) {
      await run.record(event);
      yield event;
    }
  } catch (error) {
    await run.discard();
    throw error;
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
    if (diskCode(error) === "ENOENT") return [];
    throw new RunError(
      `${folder} cannot be used for a run: ${diskCode(error) === "ENOTDIR" ? "it is a file, not a folder" : diskReason(error)}.`,
    );
  }
}

/** Makes the log agree with the state that training goes on from: one line for each epoch before it, none after. */
async function rewindEvents(path: string, resume: TrainingState | undefined): Promise<void> {
  const epochs = (resume?.history ?? []).map((entry) => `${JSON.stringify({ type: "epoch", ...entry })}\n`);
  await writeFileAtomically(path, epochs.join(""));
}
