/** Cross-validation: every picture is predicted by a network that was not trained on it. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { openPictures, type Pictures } from "../../data/pictures/pictures-file.js";
import type { Dataset, Grouping } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";
import { readSplit, writeSplit } from "../../data/sources/split-file.js";
import type { PredictionTable } from "../../evaluation/table/predictions.js";
import { readPredictions } from "../../evaluation/table/predictions-file.js";
import { pooled } from "../../evaluation/table/subset.js";
import { exists } from "../../files/exists-file.js";
import { defined } from "../../values/defined.js";
import type { PicturesOptions } from "../pictures/pictures-task-file.js";
import { RunError } from "../run/run-file.js";
import { type FoldJob, type FoldStart, foldPredictions } from "./fold-file.js";
import type { FoldMessage, ToldEvent } from "./fold-worker-file.js";

/** How a cross-validation is done. */
export interface CrossValidationOptions extends Grouping {
  /** where it lives: a run's folder for each fold, `fold-1` and so on */
  readonly folder: string;
  /** the path of the data set */
  readonly data: string;
  /** how many folds are trained at the same time, each with its share of the threads; as many as there are threads */
  readonly parallel?: number;
  readonly signal?: AbortSignal;
  /** is told which pictures cannot be decoded, before any fold begins */
  readonly onDecoded?: (pictures: Pick<Pictures, "broken">) => void;
  /** is told what a fold, from 0, is about to do */
  readonly onStart?: (fold: number, start: FoldStart) => void;
  /** is told what happens in each fold */
  readonly onEvent?: (fold: number, event: ToldEvent) => void;
}

/**
 * Trains a network for each split and gathers what each says about its validation pictures. Folds run side by side in threads of their own; those
 * that are done are not done again, and one that was interrupted goes on where it was.
 *
 * @returns one table of all validation pictures, with the fold of each; undefined when the signal ended it before
 * @throws RunError when a fold fails: it names the fold
 * @example
 * const dataset = await openDataset("animals");
 * const options = { threads: 1, device: "cpu", epochs: 1 } as const;
 * const run = () => crossValidated(dataset, folds(dataset, 2), options, { folder: "runs/animals", data: "animals" });
 */
export async function crossValidated(
  dataset: Dataset,
  splits: readonly Split[],
  options: PicturesOptions,
  { folder, data, group, groupBy, parallel, signal, onDecoded, onStart, onEvent }: CrossValidationOptions,
): Promise<PredictionTable | undefined> {
  const together = Math.min(parallel ?? options.threads, splits.length);
  const threads = Math.max(1, Math.floor(options.threads / together));
  const { onProgress: _, ...plain } = options;
  const own = { ...plain, threads, cache: options.cache ?? join(folder, "cache") };
  const jobs = splits.map(
    (_, fold): FoldJob => ({
      fold,
      count: splits.length,
      folder: join(folder, `fold-${fold + 1}`),
      data,
      options: own,
      group,
      groupBy,
    }),
  );
  for (const [i, { folder: place }] of jobs.entries()) await keepSplit(place, dataset, splits[i]);
  onDecoded?.({ broken: await decodedOnce(dataset, { ...options, cache: own.cache }) });

  const waiting = [...jobs];
  // Where one fold fails, the others save and stop.
  const failure = new AbortController();
  const stop = AbortSignal.any(signal ? [signal, failure.signal] : [failure.signal]);
  const lane = async (): Promise<void> => {
    for (let job = waiting.shift(); job && !stop.aborted; job = waiting.shift()) {
      await inThread(job, stop, { onStart, onEvent }).catch((error: unknown) => {
        failure.abort();
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: together }, lane));
  for (const each of lanes) if (each.status === "rejected") throw each.reason;
  if (stop.aborted) return undefined;
  return pooled(await Promise.all(jobs.map((job) => readPredictions(foldPredictions(job)))));
}

/** Writes a fold's split, or checks that it is the one that the fold was begun with. */
async function keepSplit(folder: string, dataset: Dataset, split: Split): Promise<void> {
  const path = join(folder, "split.json");
  const begun = await exists(path);
  if (!begun) {
    await mkdir(folder, { recursive: true });
    return writeSplit(path, dataset, split);
  }
  const before = await readSplit(path, dataset);
  if (JSON.stringify(before) !== JSON.stringify(split)) {
    throw new RunError(
      `${folder} holds a fold with other pictures. Start over with --fresh, or choose another folder with --out.`,
    );
  }
}

/** Decodes the pictures into the cache, where the threads of the folds find them. @returns those that are broken */
async function decodedOnce(
  dataset: Dataset,
  { size, fit, channels, cache, onProgress }: PicturesOptions,
): Promise<Pictures["broken"]> {
  const pictures = await openPictures(dataset, {
    ...defined({ size, fit, channels, cache, onProgress }),
  });
  await pictures.close();
  return pictures.broken;
}

/** Trains a fold in a thread, until it is done or was stopped. */
function inThread(
  job: FoldJob,
  signal: AbortSignal,
  { onStart, onEvent }: { [K in "onStart" | "onEvent"]: CrossValidationOptions[K] | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./fold-worker-file.js", import.meta.url), { workerData: job });
    const stop = (): void => thread.postMessage("stop");
    signal.addEventListener("abort", stop, { once: true });
    const failed = (reason: string): void => reject(new RunError(`Fold ${job.fold + 1} of ${job.count}: ${reason}`));
    thread.on("message", (message: FoldMessage) => {
      if (message.type === "event") onEvent?.(job.fold, message.event);
      else if (message.type === "started") onStart?.(job.fold, message.start);
      else if (message.type === "failed") failed(message.message);
      else resolve();
    });
    thread.on("error", (error) => failed(error.message));
    thread.on("exit", (code) => {
      signal.removeEventListener("abort", stop);
      if (code !== 0) failed(`its thread ended with code ${code}.`);
    });
  });
}
