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

import { appendFile, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../../engine/engine.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { type TrainedModel, toOnnx } from "../../network/model/model.js";
import type { Network } from "../../network/network.js";
import { modelParameters, type TrainingEvent, type TrainingState } from "../../training/events.js";
import type { TrainingOptions } from "../../training/options.js";
import { train } from "../../training/train.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { anything, asGiven, byName, type Kind } from "../../values/kind.js";
import { type ModelFrame, newestState, writeState } from "./checkpoint-file.js";

/** What a run was asked to do, as JSON has it. */
export type Configuration = Readonly<Record<string, unknown>>;

/** Raised when a run's folder cannot be used, or does not take what is written to it. */
export class RunError extends Error {
  override readonly name = "RunError";
}

/** Settings that may change when a run goes on: how far and where it is computed, not what. */
const MAY_CHANGE = new Set(["epochs", "threads", "device"]);
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
 * const options = { ...letters, normalization, epochs: 1, ...(run.resume ? { resume: run.resume } : {}) };
 * for await (const event of train(nodeEngine(), model.network, options)) await run.record(event);
 */
export async function openRun(
  folder: string,
  configuration: Configuration,
  frame: ModelFrame,
  { fresh = false, declared }: RunOptions = {},
): Promise<Run> {
  const content = await list(folder);
  const known = content.includes("config.json");
  if (content.length > 0 && !known && !content.every((name) => OWN.includes(name))) {
    throw new RunError(
      `${folder} holds ${content.slice(0, 3).join(", ")} and no run. Choose another folder with --out.`,
    );
  }
  if (fresh) for (const name of OWN) await rm(join(folder, name), { recursive: true, force: true });
  const notes: string[] = [];
  const place = join(folder, "checkpoints");
  if (known && !fresh) await expectSame(folder, configuration, declared, notes);
  const resume = fresh ? undefined : await newestState(place, await list(place), frame, notes);
  await kept(folder, "the configuration", () =>
    writeFileAtomically(join(folder, "config.json"), `${JSON.stringify(configuration, null, 2)}\n`),
  );
  await kept(folder, "the events", () => rewindEvents(join(folder, "events.jsonl"), resume));
  return {
    folder,
    resume,
    notes,
    async record(event) {
      if (event.type === "batch") return;
      if ("state" in event) {
        await kept(folder, `epoch ${event.state.epoch + (event.state.batch > 0 ? 1 : 0)}`, () =>
          writeState(place, frame, event.state),
        );
      }
      await kept(folder, "the events", () =>
        appendFile(join(folder, "events.jsonl"), `${JSON.stringify(lineOf(event))}\n`),
      );
    },
    async finish(state) {
      const model = { ...frame, parameters: modelParameters(state), history: state.history };
      await kept(folder, "the model", () => writeFileAtomically(join(folder, "model.onnx"), toOnnx(model)));
      return model;
    },
  };
}

/**
 * Trains on in a run's folder: each event is kept there before it is passed on.
 *
 * @param settings the options of {@link train}
 * @example
 * const settings = { ...letters, normalization, epochs: 1 };
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

/** Turns the system's refusal into a sentence. */
async function kept(folder: string, what: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const reason =
      code === "ENOSPC" || code === "EDQUOT"
        ? "no space is left on the disk"
        : code === "EACCES" || code === "EPERM" || code === "EROFS"
          ? "the folder may not be written to"
          : error instanceof Error
            ? error.message
            : String(error);
    throw new RunError(
      `Could not save ${what} in ${folder}: ${reason}. What was saved before is whole; the same command goes on from there.`,
      { cause: error },
    );
  }
}

async function list(folder: string): Promise<string[]> {
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

/** The settings inside a configuration with their values as JSON: "solver.momentum" → "0.9". */
const leaves = (value: Readonly<Record<string, unknown>>, path = ""): [string, string][] =>
  Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? leaves({ ...inner }, `${path}${key}.`)
      : [[path + key, JSON.stringify(inner)]],
  );

/** What may be done about a run that cannot go on. */
const WAY_OUT = "Start over with --fresh, or choose another folder with --out.";

async function readConfiguration(
  path: string,
  declared: Kind<Configuration> = byName(anything()),
): Promise<Configuration> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new RunError(`${path} is not readable as JSON. ${WAY_OUT}`);
  }
  try {
    return asGiven(declared).take(json, { where: path, path: "" });
  } catch (error) {
    throw new RunError(`${errorText(error)} The run was begun by another version of Bell Pepper. ${WAY_OUT}`);
  }
}

async function expectSame(
  folder: string,
  configuration: Configuration,
  declared: Kind<Configuration> | undefined,
  notes: string[],
): Promise<void> {
  const before = await readConfiguration(join(folder, "config.json"), declared);
  const [then, now] = [new Map(leaves(before)), new Map(leaves(configuration))];
  const changed = [...new Set([...then.keys(), ...now.keys()])].filter((key) => then.get(key) !== now.get(key));
  const told = (key: string): string => `${key} ${then.get(key) ?? "none"}, now ${now.get(key) ?? "none"}`;
  const fatal = changed.filter((key) => !MAY_CHANGE.has(key));
  if (fatal.length > 0) {
    throw new RunError(`${folder} holds a run with other settings (${fatal.map(told).join("; ")}). ${WAY_OUT}`);
  }
  const rounding = changed.filter((key) => key !== "epochs");
  if (rounding.length > 0)
    notes.push(`The run began with ${rounding.map(told).join("; ")}: results may differ in the last digits.`);
}

/** Makes the log agree with the state that training goes on from: one line for each epoch before it, none after. */
async function rewindEvents(path: string, resume: TrainingState | undefined): Promise<void> {
  const epochs = (resume?.history ?? []).map((entry) => `${JSON.stringify({ type: "epoch", ...entry })}\n`);
  await writeFileAtomically(path, epochs.join(""));
}
