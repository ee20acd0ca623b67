/** The folders inside of a cross-validation's: they are held as it is, begun anew, and taken away where nothing came of them. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isTemporary, removeFile, sweepTemporaries } from "../../files/atomic-file.js";
import { exists } from "../../files/exists-file.js";
import { holdFolder, isLock } from "../../files/hold-folder-file.js";
import type { Job } from "../events/job.js";
import { RunError } from "../run/run-error.js";

/** What a cross-validation has in its folder beside the folders that are runs. */
const OWN = ["config.json", "cache", "predictions.csv", "evaluation.html", "label-errors.csv", "pictures"];

const isRunIn = (name: string): boolean => /^fold-\d+$/.test(name) || name === "final";

/**
 * Refuses a folder that holds something else than a cross-validation, such as the pictures: the folds would be classes of theirs.
 *
 * @throws RunError that names what is there
 */
export async function expectFoldsFolder(folder: string): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !isLock(name) && !isTemporary(name));
  const foreign = names.filter((name) => !OWN.includes(name) && !isRunIn(name));
  if (foreign.length === 0 || names.includes("config.json")) return;
  throw new RunError(
    `${folder} holds ${foreign.slice(0, 3).join(", ")} and no cross-validation. Choose another folder with --out.`,
  );
}

/**
 * Holds the folders of the folds, and of the last model, until the job ends: each is a run that another process could train or start over. Only
 * then is anything in them removed.
 *
 * @param folder the cross-validation's, which is held
 * @param places the folders that it will write into
 * @param fresh whether what is there is removed
 * @throws Error when another process holds one of them
 */
export async function holdFolds(job: Job, folder: string, places: readonly string[], fresh: boolean): Promise<void> {
  for (const place of places) job.closing(await holdFolder(place));
  for (const each of [folder, join(folder, "pictures")]) await sweepTemporaries(each);
  if (!fresh) return;
  const others = (await readdir(folder)).filter(isRunIn).map((name) => join(folder, name));
  for (const other of others.filter((path) => !places.includes(path))) {
    const held = await holdFolder(other);
    await removeFile(other);
    await held.close();
  }
  for (const place of places) {
    for (const name of await readdir(place)) if (!isLock(name)) await removeFile(join(place, name));
  }
  for (const name of OWN) await removeFile(join(folder, name));
}

/** Does something that no other process that trains a fold in this folder does at the same time; it waits for them. */
export async function whileHeld<R>(folder: string, work: () => Promise<R>): Promise<R> {
  const held = await holdFolder(folder, { patience: 60_000 });
  try {
    return await work();
  } finally {
    await held.close();
  }
}

/**
 * {@link dropUnlessBegun} for one fold, whose folder is held, where other processes train others: what is common to all stays where there is another fold.
 */
export async function dropFoldUnlessBegun(
  folder: string,
  place: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await haveBegun([place])) return;
  await whileHeld(folder, async () => {
    const others = (await readdir(folder)).some((name) => isRunIn(name) && join(folder, name) !== place);
    await dropUnlessBegun(folder, [place], signal, !others);
  });
}

/** Removes what was written where no fold has kept a state: the start was refused, or the disk is full. What is only stopped goes on with
 * the pictures that were decoded for it; a cache elsewhere stays. @param common whether also what is common to all folds */
export async function dropUnlessBegun(
  folder: string,
  places: readonly string[],
  signal: AbortSignal | undefined,
  common = true,
): Promise<void> {
  if (signal?.aborted && (await exists(join(folder, "config.json")))) return;
  if (await haveBegun(places)) return;
  const ofAll = [join(folder, "config.json"), join(folder, "cache")];
  for (const own of [...places, ...(common ? ofAll : [])]) await removeFile(own);
}

/** Whether one of these folds has kept a state. */
async function haveBegun(places: readonly string[]): Promise<boolean> {
  const kept = await Promise.all(places.map((place) => readdir(join(place, "checkpoints")).catch(() => [])));
  return kept.some((names) => names.some((name) => !isTemporary(name)));
}
