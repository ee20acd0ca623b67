/** The folds of a cross-validation side by side, each in a thread of its own. */

import { Worker } from "node:worker_threads";
import { RunError } from "../run/run-error.js";
import type { FoldEvent, FoldJob } from "./fold-file.js";
import type { FoldMessage } from "./fold-worker-file.js";

/**
 * Trains folds, so many at the same time, until all are done or the signal is aborted. Where one fails, the others save and stop.
 *
 * @param tell is told what happens in each fold, by its number from 0
 * @throws RunError when a fold fails: it names the fold
 */
export async function trainFolds(
  jobs: readonly FoldJob[],
  together: number,
  signal: AbortSignal,
  tell: (fold: number, event: FoldEvent) => void,
): Promise<void> {
  const waiting = [...jobs];
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  const lane = async (): Promise<void> => {
    for (let job = waiting.shift(); job && !stop.aborted; job = waiting.shift()) {
      await trainInThread(job, stop, tell).catch((error: unknown) => {
        failure.abort();
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: together }, lane));
  for (const each of lanes) if (each.status === "rejected") throw each.reason;
}

/** Trains a fold in a thread, until it is done or was stopped. */
function trainInThread(
  job: FoldJob,
  signal: AbortSignal,
  tell: (fold: number, event: FoldEvent) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./fold-worker-file.js", import.meta.url), { workerData: job });
    const stop = (): void => thread.postMessage("stop");
    signal.addEventListener("abort", stop, { once: true });
    const fail = (reason: string): void => reject(new RunError(`Fold ${job.fold + 1} of ${job.count}: ${reason}`));
    thread.on("message", (message: FoldMessage) => {
      if (message.type === "event") tell(job.fold, message.event);
      else if (message.type === "failed") fail(message.message);
      else resolve();
    });
    thread.on("error", (error) => fail(error.message));
    thread.on("exit", (code) => {
      signal.removeEventListener("abort", stop);
      if (code !== 0) fail(`its thread ended with code ${code}.`);
    });
  });
}
