/** A run that several processes train in: the first of them has its folder, and the others follow it. */

import { crc32 } from "node:zlib";
import { decodeCheckpoint, encodeCheckpoint, type ModelFrame } from "../../training/checkpoint.js";
import { modelParameters, type TrainingState } from "../../training/events.js";
import type { JobRanks } from "../events/job-ranks.js";
import type { Configuration } from "./configuration-file.js";
import { withRest } from "./phases.js";
import { frameOf, openRun, type Run, type RunOptions } from "./run-file.js";

/**
 * Opens a run as {@link openRun} does, for all processes that train in it: the first reads the folder and tells the others where to go on. Theirs writes nothing.
 *
 * @throws RunError, in the first alone, when the folder cannot be used
 */
export async function openRunAmong(
  ranks: JobRanks | undefined,
  folder: string,
  configuration: Configuration,
  frame: ModelFrame,
  options: RunOptions = {},
): Promise<Run> {
  if (!ranks) return openRun(folder, configuration, frame, options);
  const { part } = options;
  const frames = part ? [part.frame, frame] : [frame];
  if (ranks.rank > 0) {
    const resume = stateIn(await ranks.broadcast(new Uint8Array()), frames);
    return follower(folder, frame, { resume, rest: part?.rest ?? new Map() });
  }
  const run = await openRun(folder, configuration, frame, options);
  const { resume } = run;
  await ranks.broadcast(
    resume ? encodeCheckpoint(frameOf(frames, resume), resume, { checksum: crc32 }) : new Uint8Array(),
  );
  return run;
}

const stateIn = (bytes: Uint8Array, frames: readonly ModelFrame[]): TrainingState | undefined =>
  bytes.length === 0 ? undefined : decodeCheckpoint(bytes, frames, crc32).state;

/** The run of a process that follows the one that writes. */
const follower = (folder: string, frame: ModelFrame, { resume, rest }: Pick<Run, "resume" | "rest">): Run => ({
  ...{ folder, resume, rest, notes: [] },
  record: async () => undefined,
  finish: async (state) => ({
    ...frame,
    parameters: withRest(frame.network, modelParameters(state), rest),
    history: state.history,
  }),
  discard: async () => undefined,
});
