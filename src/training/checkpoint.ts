/** The state of a training as a file: a model that also holds what training needs to go on. */

import { expectType } from "../graph/tensor.js";
import type { Tensor } from "../graph/types.js";
import { descriptionOf } from "../network/description.js";
import { readModelFile, type TrainedModel, toOnnx } from "../network/model/model.js";
import { type Checksum, isSealed, sealed } from "../network/model/seal.js";
import { byName, list, number, text, whole } from "../values/kind.js";
import { optional, record, required } from "../values/record.js";
import type { TrainingState } from "./events.js";
import { LEARNING_RATE } from "./solver/schedule.js";
import { HISTORY } from "./statistics/epoch-statistics.js";
import type { Parameters } from "./step/initialize.js";

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
  /** where it was changed while training ran */
  learningRate: optional(LEARNING_RATE),
});

/** The name of a checkpoint's file, by where in training it is. */
export const checkpointName = ({ epoch, batch }: Pick<TrainingState, "epoch" | "batch">): string =>
  `epoch-${String(epoch).padStart(4, "0")}-batch-${String(batch).padStart(6, "0")}.onnx`;

const CHECKPOINT = /^epoch-(\d+)-batch-(\d+)\.onnx$/;

/** The checkpoints among files, the oldest first: by their numbers, which may have more digits than their places. */
export function checkpointsAmong(names: readonly string[]): string[] {
  const found = names.flatMap((name) => {
    const [, epoch, batch] = CHECKPOINT.exec(name) ?? [];
    return epoch === undefined ? [] : [{ name, epoch: Number(epoch), batch: Number(batch) }];
  });
  return found.sort((a, b) => a.epoch - b.epoch || a.batch - b.batch).map(({ name }) => name);
}

/**
 * The checkpoints to remove once one more is written: the two newest stay. What is later than the one written was damaged, or training would have
 * gone on from there.
 *
 * @param names all files, that which was written among them
 */
export function outdatedCheckpoints(names: readonly string[], written: string): string[] {
  const all = checkpointsAmong(names);
  const end = all.indexOf(written) + 1;
  return [...all.slice(0, Math.max(0, end - KEPT)), ...all.slice(end)];
}

/**
 * A state as an ONNX file with its checksum.
 *
 * @param frame the network that is trained, its classes and its normalization
 * @param metadata what else the file says, by key
 */
export function encodeCheckpoint(
  frame: ModelFrame,
  { epoch, batch, sums, step, parameters, state: kept, best, history, film, learningRate }: TrainingState,
  {
    checksum,
    metadata = {},
  }: { readonly checksum?: Checksum; readonly metadata?: Readonly<Record<string, string>> } = {},
): Uint8Array {
  const bests = [...(best?.parameters ?? [])].map(([name, value]): [string, Tensor] => [BEST + name, value]);
  const filmed = (film ?? []).map((frame): [string, Tensor] => [`${FILM}${frame.epoch}`, frame.filters]);
  // What is undefined is left out of JSON.
  const epochs = film?.map((frame) => frame.epoch);
  const rest = { epoch, batch, sums, step, kept: [...kept.keys()], best: best?.epoch, film: epochs, learningRate };
  const bytes = toOnnx(
    { ...frame, parameters, history },
    {
      extraTensors: new Map([...kept, ...bests, ...filmed]),
      extraMetadata: { ...metadata, [STATE_KEY]: JSON.stringify(rest) },
    },
  );
  return sealed(bytes, checksum);
}

/** What the file of a state holds. */
export interface Checkpoint {
  readonly frame: ModelFrame;
  readonly state: TrainingState;
  /** what else it says, by key */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a state that {@link encodeCheckpoint} wrote.
 *
 * @param frames what it may be a state of; anything unless given
 * @throws Error when it is not whole, no state, or a state of something else
 */
export function decodeCheckpoint(bytes: Uint8Array, frames?: readonly ModelFrame[], checksum?: Checksum): Checkpoint {
  const hasChecksum = isSealed(bytes, checksum);
  const { model, extraTensors, extraMetadata } = readModelFile(bytes);
  const identity = ({ network, classes, normalization }: ModelFrame): string =>
    JSON.stringify([descriptionOf(network), classes, normalization]);
  if (frames && !frames.some((frame) => identity(model) === identity(frame)))
    throw new Error("it is of another network, or of other samples");
  const { [STATE_KEY]: written = "null", ...metadata } = extraMetadata;
  const { kept, best, film, ...rest } = STATE.read(JSON.parse(written), "state");
  const tensors = (names: Iterable<string>, prefix = ""): Parameters =>
    new Map(
      [...names].map((name) => {
        const value = extraTensors.get(prefix + name);
        if (!value) throw new Error(`${prefix}${name} is missing`);
        return [name, expectType(value, "float32", prefix + name)] as const;
      }),
    );
  const filmed = film && [...tensors(film.map(String), FILM)].map(([of, filters]) => ({ epoch: Number(of), filters }));
  const { parameters, history, ...frame } = model;
  const state = {
    ...rest,
    parameters,
    state: tensors(kept),
    ...(best === undefined ? {} : { best: { epoch: best, parameters: tensors(parameters.keys(), BEST) } }),
    history: HISTORY.take(history, { where: "its history", path: "" }),
    ...(filmed ? { film: filmed } : {}),
  };
  if (!hasChecksum) throw new Error("it has no checksum");
  return { frame, state, metadata };
}
