/**
 * A run lives in a folder:
 *
 *   config.json         what was asked for
 *   events.jsonl        what happened, a line for each epoch, warning and stop
 *   checkpoints/        the two newest states: ONNX files that also hold the solver's memory
 *   model.onnx          the trained model, at the end
 *   report.html         the report, at the end, with its pictures/
 */

import { appendFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Fields } from "../blocks/fields.js";
import { writeFileAtomically } from "../data/atomic-file.js";
import { expectType } from "../graph/tensor.js";
import { descriptionOf } from "../network/description.js";
import { readModelFile, type TrainedModel, toOnnx } from "../network/model.js";
import type { EpochStatistics, Statistics, TrainingEvent, TrainingState } from "../training/events.js";
import { momentumOf, trained } from "../training/graphs.js";

/** What a run was asked to do, as JSON has it. */
export type Configuration = Readonly<Record<string, string | number | readonly number[]>>;

/** Raised when a run's folder cannot be used, or does not take what is written to it. */
export class RunError extends Error {
  override readonly name = "RunError";
}

/** Settings that may change when a run goes on: how far and where it is computed, not what. */
const MAY_CHANGE = new Set(["epochs", "threads", "device"]);
const OWN = ["config.json", "events.jsonl", "checkpoints", "model.onnx", "report.html", "pictures"];
const STATE_KEY = "bellpepper.training";
const KEPT = 2;

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

/** What of a model does not change in training. */
export type ModelFrame = Omit<TrainedModel, "parameters" | "history">;

/**
 * Opens a run's folder, and finds where to go on in it.
 *
 * @param folder where it is; it is made if need be
 * @param configuration what was asked for; it must be the same when a run goes on, but for epochs, threads and device
 * @param frame the network, its classes and its normalization
 * @param fresh forget an earlier run in this folder
 * @throws RunError when the folder holds something else, or a run with other settings
 * @example
 * const run = await openRun("runs/letters", { epochs: 1 }, model, false);
 * const options = { ...letters, normalization, epochs: 1, ...(run.resume ? { resume: run.resume } : {}) };
 * for await (const event of train(nodeEngine(), model.network, options)) await run.record(event);
 */
export async function openRun(
  folder: string,
  configuration: Configuration,
  frame: ModelFrame,
  fresh: boolean,
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
  if (known && !fresh) await expectSame(folder, configuration, notes);
  const resume = fresh ? undefined : await newestState(folder, frame, notes);
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
      if (event.type !== "warning") {
        await kept(folder, `epoch ${event.state.epoch + (event.state.batch > 0 ? 1 : 0)}`, () =>
          writeState(folder, frame, event.state),
        );
      }
      await kept(folder, "the events", () =>
        appendFile(join(folder, "events.jsonl"), `${JSON.stringify(lineOf(event))}\n`),
      );
    },
    async finish(state) {
      const model = { ...frame, parameters: state.parameters, history: state.history };
      await kept(folder, "the model", () => writeFileAtomically(join(folder, "model.onnx"), toOnnx(model)));
      return model;
    },
  };
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

async function expectSame(folder: string, configuration: Configuration, notes: string[]): Promise<void> {
  const path = join(folder, "config.json");
  let before: Record<string, unknown>;
  try {
    before = JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new RunError(
      `${path} is not readable as JSON. Start over with --fresh, or choose another folder with --out.`,
    );
  }
  const changed = [...new Set([...Object.keys(before), ...Object.keys(configuration)])].filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(configuration[key]),
  );
  const told = (key: string): string =>
    `${key} ${JSON.stringify(before[key])}, now ${JSON.stringify(configuration[key])}`;
  const fatal = changed.filter((key) => !MAY_CHANGE.has(key));
  if (fatal.length > 0) {
    throw new RunError(
      `${folder} holds a run with other settings (${fatal.map(told).join("; ")}). Start over with --fresh, or choose another folder with --out.`,
    );
  }
  const rounding = changed.filter((key) => key !== "epochs");
  if (rounding.length > 0)
    notes.push(`The run began with ${rounding.map(told).join("; ")}: results may differ in the last digits.`);
}

const fileOf = ({ epoch, batch }: { epoch: number; batch: number }): string =>
  `epoch-${String(epoch).padStart(4, "0")}-batch-${String(batch).padStart(6, "0")}.onnx`;

const CHECKPOINT = /^epoch-\d+-batch-\d+\.onnx$/;

/** Writes a checkpoint, then removes all but the newest. */
async function writeState(folder: string, frame: ModelFrame, state: TrainingState): Promise<void> {
  const { epoch, batch, sums, parameters, momenta, history } = state;
  const place = join(folder, "checkpoints");
  const bytes = toOnnx(
    { ...frame, parameters, history },
    {
      extraTensors: new Map([...momenta].map(([name, value]) => [momentumOf(name), value])),
      extraMetadata: { [STATE_KEY]: JSON.stringify({ epoch, batch, sums }) },
    },
  );
  await mkdir(place, { recursive: true });
  await writeFileAtomically(join(place, fileOf(state)), bytes);
  const older = (await readdir(place))
    .filter((name) => CHECKPOINT.test(name))
    .sort()
    .slice(0, -KEPT);
  for (const name of older) await rm(join(place, name), { force: true });
}

/** The newest checkpoint that can be read. */
async function newestState(folder: string, frame: ModelFrame, notes: string[]): Promise<TrainingState | undefined> {
  const place = join(folder, "checkpoints");
  const names = (await list(place))
    .filter((name) => CHECKPOINT.test(name))
    .sort()
    .reverse();
  for (const name of names) {
    try {
      return await readState(join(place, name), frame);
    } catch (error) {
      notes.push(
        `${join(place, name)} cannot be used (${error instanceof Error ? error.message : String(error)}); trying the one before.`,
      );
    }
  }
  return undefined;
}

async function readState(path: string, frame: ModelFrame): Promise<TrainingState> {
  const { model, extraTensors, extraMetadata } = readModelFile(await readFile(path));
  const identity = ({ network, classes }: ModelFrame): string => JSON.stringify([descriptionOf(network), classes]);
  if (identity(model) !== identity(frame)) throw new Error("it is of another network");
  const fields = new Fields(JSON.parse(extraMetadata[STATE_KEY] ?? "null"), "state");
  const momenta = trained(frame.network).map(({ name }) => {
    const value = extraTensors.get(momentumOf(name));
    if (!value) throw new Error(`the momentum of ${name} is missing`);
    return [name, expectType(value, "float32", momentumOf(name))] as const;
  });
  return {
    epoch: fields.number("epoch"),
    batch: fields.number("batch"),
    sums: numbersByName(fields.object("sums")),
    parameters: model.parameters,
    momenta: new Map(momenta),
    history: historyFrom(model.history),
  };
}

const numbersByName = (fields: Fields): Record<string, number> =>
  Object.fromEntries(fields.keys().map((name) => [name, fields.number(name)]));

/** The epochs that a model file tells of. @throws TypeError when they are not what training writes */
export function historyFrom(json: unknown): EpochStatistics[] {
  if (!Array.isArray(json)) throw new TypeError("its history is no list of epochs");
  return json.map((entry: unknown, i) => {
    const fields = new Fields(entry, `history[${i}]`);
    const statistics = (name: string): Statistics => {
      const part = new Fields(fields.get(name), `history[${i}].${name}`);
      return {
        objective: part.number("objective"),
        ...part.optional("top1Error", (f, key) => f.number(key)),
        ...part.optional("top5Error", (f, key) => f.number(key)),
        ...part.optional("losses", (f, key) => numbersByName(f.object(key))),
        imagesPerSecond: part.number("imagesPerSecond"),
      };
    };
    const validated = fields.get("validation") !== undefined ? { validation: statistics("validation") } : {};
    return {
      epoch: fields.number("epoch"),
      learningRate: fields.number("learningRate"),
      train: statistics("train"),
      ...validated,
    };
  });
}

/** Makes the log agree with the state that training goes on from: one line for each epoch before it, none after. */
async function rewindEvents(path: string, resume: TrainingState | undefined): Promise<void> {
  const epochs = (resume?.history ?? []).map((entry) => `${JSON.stringify({ type: "epoch", ...entry })}\n`);
  await writeFileAtomically(path, epochs.join(""));
}
