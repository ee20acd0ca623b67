/** The folder of a sweep: a folder for each trial's run, and what is common to all. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isTemporary, removeFile, sweepTemporaries } from "../../files/atomic-file.js";
import { isLock } from "../../files/hold-folder-file.js";
import { RunError } from "../run/run-error.js";
import { isTrialName } from "./ladder-file.js";
import { readTrial } from "./trial-file.js";

/** What a sweep has in its folder beside the folders that are runs. */
const OWN = ["config.json", "split.json", "cache", "networks", "trials.csv", "sweep.html", "pictures"];

const isRunIn = (name: string): boolean => isTrialName(name) || name === "final";

const namesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).filter((name) => !isLock(name) && !isTemporary(name));

/** @throws RunError where a folder holds something else than a sweep */
export async function expectSweepFolder(folder: string): Promise<void> {
  const names = await namesIn(folder);
  const foreign = names.filter((name) => !OWN.includes(name) && !isRunIn(name));
  if (foreign.length === 0 || names.includes("config.json")) return;
  throw new RunError(
    `${folder} holds ${foreign.slice(0, 3).join(", ")} and no sweep. Choose another folder with --out.`,
  );
}

/** Makes a folder that is held ready. @param fresh whether what is there is removed */
export async function beginFolder(folder: string, fresh: boolean): Promise<void> {
  for (const each of [folder, join(folder, "pictures"), join(folder, "networks")]) await sweepTemporaries(each);
  if (fresh) await clearFolder(folder);
}

/** Removes what was written where no trial has begun: the first one was refused, or the disk is full. What is only stopped goes on with what it has. */
export async function dropUnlessBegun(folder: string, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  const names = await namesIn(folder);
  const begun = await Promise.all(
    names.filter(isTrialName).map(async (name) => {
      const { errors, failed } = await readTrial(join(folder, name));
      return errors.length > 0 || failed !== undefined || (await namesIn(join(folder, name, "checkpoints"))).length > 0;
    }),
  );
  if (!begun.includes(true)) await clearFolder(folder);
}

/** Removes what a sweep has made. */
async function clearFolder(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (OWN.includes(name) || isRunIn(name)) await removeFile(join(folder, name));
  }
}
