/** The processes that do a job together: what of them jobs know. */

import { expectAgreement } from "../../cluster/agreement-file.js";
import type { Mpi } from "../../cluster/mpi-file.js";
import type { Configuration } from "../run/configuration-file.js";

/**
 * The processes that do a job together, as `openMpi` gives them. Each calls the same job with the same settings, and sees the same events; the first of them
 * alone writes into the folder. Where the job fails in one, that one ends all (`abort`).
 */
export type JobRanks = Pick<Mpi, "rank" | "size" | "sum" | "gather" | "broadcast" | "names">;

/** Whether this process is the one that writes: the first of those that work together, or the only one. */
export const isFirst = (ranks: JobRanks | undefined): boolean => ranks === undefined || ranks.rank === 0;

/** Where things lie, which may differ from machine to machine. */
const PLACES = ["data", "letters", "from"];

/**
 * Compares what all are about to do.
 *
 * @throws Error, in all the same, when some are about to do something else: which ones, and whether their settings, network or pictures differ
 */
export async function expectSameJob(ranks: JobRanks | undefined, configuration: Configuration): Promise<void> {
  if (!ranks) return;
  const { contents = {}, threads: _, ...settings } = configuration;
  const { training, validation, ...network } = { training: "", validation: "", ...(contents as object) };
  const said = Object.entries(settings).filter(([name]) => !PLACES.includes(name));
  await expectAgreement(ranks, {
    configuration: JSON.stringify(said),
    network: JSON.stringify(network),
    data: JSON.stringify([training, validation]),
  });
}
