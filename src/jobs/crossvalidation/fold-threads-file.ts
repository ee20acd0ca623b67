/** The folds of a cross-validation side by side, each in a thread of its own. */

import { errorText } from "../../values/error-text.js";
import { RunError } from "../run/run-error.js";
import { inThread } from "../run/thread-file.js";
import type { FoldEvent, FoldJob } from "./fold-file.js";

const WORKER = new URL("./fold-worker-file.js", import.meta.url);

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
      const { fold, count } = job;
      await inThread<FoldEvent>(WORKER, job, stop, (event) => tell(fold, event)).catch((error: unknown) => {
        failure.abort();
        throw new RunError(`Fold ${fold + 1} of ${count}: ${errorText(error)}`);
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: together }, lane));
  for (const each of lanes) if (each.status === "rejected") throw each.reason;
}
