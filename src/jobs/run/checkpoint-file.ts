/** The states of a run as files. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { removeFile, writeFileAtomically } from "../../files/atomic-file.js";
import { diskReason } from "../../files/disk-error.js";
import { readBytes } from "../../files/read-file.js";
import {
  checkpointName,
  checkpointsAmong,
  decodeCheckpoint,
  encodeCheckpoint,
  type ModelFrame,
  outdatedCheckpoints,
} from "../../training/checkpoint.js";
import type { TrainingState } from "../../training/events.js";

/** Writes a checkpoint into a folder, then removes all but the newest. */
export async function writeState(place: string, frame: ModelFrame, state: TrainingState): Promise<void> {
  const name = checkpointName(state);
  await writeFileAtomically(join(place, name), encodeCheckpoint(frame, state, { checksum: crc32 }));
  for (const other of outdatedCheckpoints(await readdir(place), name)) await removeFile(join(place, other));
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
      return decodeCheckpoint(await readBytes(join(place, name)), frames, crc32).state;
    } catch (error) {
      notes.push(`${join(place, name)} cannot be used (${diskReason(error)}); trying the one before.`);
    }
  }
  return undefined;
}
