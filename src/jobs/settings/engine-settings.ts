import { NODE_DEVICES } from "../../engine/devices.js";
import { defaultThreads } from "../../engine/node-threads.js";
import { whole, word } from "../../values/kind.js";
import { defaulted, optional, type Refuse } from "../../values/record.js";

/** What jobs are told about what computes; `nodeEngine` takes it as it is. */
export const ENGINE = {
  /** threads to compute with; {@link defaultThreads} */
  threads: defaulted(whole(1), defaultThreads(), "threads to compute with"),
  /** where to compute */
  device: defaulted(word(NODE_DEVICES), "cpu", "where to compute"),
};

/** What jobs that train are told beside. */
export const TRAINING_ENGINE = {
  ...ENGINE,
  /** threads beside the program's own that each compute a share of every batch, with their share of the threads */
  workers: defaulted(whole(1), 1, "divide each batch among so many workers, each with its share of the threads"),
};

/** How many processes trained together, in a configuration; absent where it was one. */
export const RANKS = optional(whole(2));

/** What must hold between them. */
export function expectWorkers(
  { workers, threads, device }: { readonly workers: number; readonly threads: number; readonly device: string },
  refuse: Refuse,
): void {
  if (workers > threads) refuse("workers", `at most ${threads}, the threads`);
  if (workers > 1 && device !== "cpu") refuse("workers", `1 on ${device}: they compute on the processor`);
}
