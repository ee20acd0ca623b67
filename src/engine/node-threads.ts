import { availableParallelism } from "node:os";

/**
 * The number of threads that are used when none is asked for: as many as the machine has cores, 8 at most.
 *
 * @example
 * const engine = nodeEngine({ threads: Math.min(defaultThreads(), 4) });
 */
export const defaultThreads = (): number => Math.min(availableParallelism(), 8);
