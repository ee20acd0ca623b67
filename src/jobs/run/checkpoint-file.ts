/** The states of a run as files: models that also hold what training needs to go on. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { removeFile, writeFileAtomically } from "../../files/atomic-file.js";
import { diskReason } from "../../files/disk-error.js";
import { readBytes } from "../../files/read-file.js";
import { expectType } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { descriptionOf } from "../../network/description.js";
import { readModelFile, type TrainedModel, toOnnx } from "../../network/model/model.js";
import type { TrainingState } from "../../training/events.js";
import { HISTORY } from "../../training/statistics/epoch-statistics.js";
import type { Parameters } from "../../training/step/initialize.js";
import { byName, list, number, text, whole } from "../../values/kind.js";
import { optional, record, required } from "../../values/record.js";
import { isSealed, sealed } from "./seal.js";

/** What of a model does not change in training. */
export type ModelFrame = Omit<TrainedModel, "parameters" | "history">;

const STATE_KEY = "bellpepper.training";
/** Begins the names of the tensors that are the best parameters so far. */
const BEST = "best/";
/** Begins the names of the tensors that are the first layer's filters after an epoch. */
const FILM = "film/";
const KEPT = 2;

/** What a checkpoint keeps of a state beside its tensors and its history. */
const STATE = record({
  epoch: required(whole(0)),
  batch: required(whole(0)),
  sums: required(byName(number())),
  step: required(whole(0)),
  /** the names of what the solver keeps */
  kept: required(list(text())),
  /** the best epoch so far, where the best is kept */
  best: optional(whole(1)),
  /** the epochs whose first filters are kept */
  film: optional(list(whole(0))),
});

const fileOf = ({ epoch, batch }: { epoch: number; batch: number }): string =>
  `epoch-${String(epoch).padStart(4, "0")}-batch-${String(batch).padStart(6, "0")}.onnx`;

const CHECKPOINT = /^epoch-(\d+)-batch-(\d+)\.onnx$/;

/** The checkpoints among files, the oldest first: by their numbers, which may have more digits than their places. */
function checkpointsAmong(names: readonly string[]): string[] {
  const found = names.flatMap((name) => {
    const [, epoch, batch] = CHECKPOINT.exec(name) ?? [];
    return epoch === undefined ? [] : [{ name, epoch: Number(epoch), batch: Number(batch) }];
  });
  return found.sort((a, b) => a.epoch - b.epoch || a.batch - b.batch).map(({ name }) => name);
}

/** Writes a checkpoint into a folder, then removes all but the newest. */
export async function writeState(place: string, frame: ModelFrame, state: TrainingState): Promise<void> {
  const { epoch, batch, sums, step, parameters, state: kept, best, history, film } = state;
  const bests = [...(best?.parameters ?? [])].map(([name, value]): [string, Tensor] => [BEST + name, value]);
  const filmed = (film ?? []).map((frame): [string, Tensor] => [`${FILM}${frame.epoch}`, frame.filters]);
  // What is undefined is left out of JSON.
  const epochs = film?.map((frame) => frame.epoch);
  const rest = { epoch, batch, sums, step, kept: [...kept.keys()], best: best?.epoch, film: epochs };
  const bytes = toOnnx(
    { ...frame, parameters, history },
    { extraTensors: new Map([...kept, ...bests, ...filmed]), extraMetadata: { [STATE_KEY]: JSON.stringify(rest) } },
  );
  const name = fileOf(state);
  await writeFileAtomically(join(place, name), sealed(bytes));
  // The newest ones stay; what is later than this one was damaged, or training would have gone on from there.
  const all = checkpointsAmong(await readdir(place));
  const at = all.indexOf(name) + 1;
  for (const other of [...all.slice(0, Math.max(0, at - KEPT)), ...all.slice(at)]) await removeFile(join(place, other));
}

/**
 * The newest checkpoint that is whole.
 *
 * @param names the files in the folder
 * @param frames what they may be states of
 * @param notes told of those that are not
 */
export async function readNewestState(
  place: string,
  names: readonly string[],
  frames: readonly ModelFrame[],
  notes: string[],
): Promise<TrainingState | undefined> {
  for (const name of checkpointsAmong(names).reverse()) {
    try {
      return await readState(join(place, name), frames);
    } catch (error) {
      notes.push(`${join(place, name)} cannot be used (${diskReason(error)}); trying the one before.`);
    }
  }
  return undefined;
}

async function readState(path: string, frames: readonly ModelFrame[]): Promise<TrainingState> {
  const bytes = await readBytes(path);
  const whole = isSealed(bytes);
  const { model, extraTensors, extraMetadata } = readModelFile(bytes);
  const identity = ({ network, classes, normalization }: ModelFrame): string =>
    JSON.stringify([descriptionOf(network), classes, normalization]);
  if (!frames.some((frame) => identity(model) === identity(frame)))
    throw new Error("it is of another network, or of other samples");
  const state = STATE.read(JSON.parse(extraMetadata[STATE_KEY] ?? "null"), "state");
  const tensors = (names: Iterable<string>, prefix = ""): Parameters =>
    new Map(
      [...names].map((name) => {
        const value = extraTensors.get(prefix + name);
        if (!value) throw new Error(`${prefix}${name} is missing`);
        return [name, expectType(value, "float32", prefix + name)] as const;
      }),
    );
  const { epoch, batch, sums, step, kept, best, film } = state;
  const filmed = film && [...tensors(film.map(String), FILM)].map(([of, filters]) => ({ epoch: Number(of), filters }));
  const read = {
    epoch,
    batch,
    sums,
    parameters: model.parameters,
    step,
    state: tensors(kept),
    ...(best === undefined ? {} : { best: { epoch: best, parameters: tensors(model.parameters.keys(), BEST) } }),
    history: HISTORY.take(model.history, { where: "its history", path: "" }),
    ...(filmed ? { film: filmed } : {}),
  };
  if (!whole) throw new Error("it has no checksum");
  return read;
}
