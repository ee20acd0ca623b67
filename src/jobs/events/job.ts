/** The frame of a job: what is the same in all of them. */

import { defined } from "../../values/defined.js";
import { objectOf } from "../../values/kind.js";
import { ARGUMENTS, wrongKind } from "../../values/place.js";
import { isStop } from "./event-stream.js";
import type { Position, StoppedEvent } from "./job-events.js";
import type { JobRanks } from "./job-ranks.js";

/** What every job may be given beside its settings. */
interface Stoppable {
  readonly signal?: AbortSignal | undefined;
  readonly ranks?: JobRanks | undefined;
}

/**
 * The signal and the processes that work together, among a job's options, and the others, which its settings check.
 *
 * @throws TypeError when they are no object
 */
export function optionsOf<O extends Stoppable>(
  options: O,
): Pick<O, "ranks"> & { readonly signal: AbortSignal | undefined; readonly options: Omit<O, "signal" | "ranks"> } {
  objectOf(options, ARGUMENTS);
  const { signal, ranks, ...rest } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrongKind({ path: "signal" }, "an AbortSignal", signal);
  }
  return { signal, ranks, options: rest };
}

/** Ends a job of several processes where another one was told to stop: all have saved the same step. */
export class StoppedElsewhere extends Error {}

/** A job under way. */
export interface Job {
  /** ends it when it is aborted */
  readonly signal: AbortSignal | undefined;
  /** Notes that the job can go on from here, and how far a training is. */
  save(position?: Position): void;
  /** Notes that something whole was left, though the job was stopped: its path. */
  leave(path: string): void;
  /** Has something closed when the job ends, however it ends: what was opened last comes first. @returns the same thing */
  closing<T extends { close(): Promise<void> }>(resource: T): T;
  /** how long the job has run */
  seconds(): number;
}

/**
 * Runs a job's body. Where the signal ends it, the last event is "stopped"; what was opened is closed.
 *
 * @param folder where the job keeps what it makes
 * @throws what the body throws, unless it is the signal's reason
 */
export async function* runJob<E>(
  folder: string,
  signal: AbortSignal | undefined,
  body: (job: Job) => AsyncGenerator<E, void, undefined>,
): AsyncGenerator<E | StoppedEvent, void, undefined> {
  const begun = performance.now();
  const open: { close(): Promise<void> }[] = [];
  let saved = false;
  let position: Position | undefined;
  let left: string | undefined;
  const job: Job = {
    signal,
    save(now) {
      saved = true;
      position = now;
    },
    leave(path) {
      left = path;
    },
    closing(resource) {
      open.push(resource);
      return resource;
    },
    seconds: () => (performance.now() - begun) / 1000,
  };
  try {
    yield* body(job);
  } catch (error) {
    if (!isStop(error, signal) && !(error instanceof StoppedElsewhere)) throw error;
    yield { type: "stopped", folder, saved, ...defined({ position, left }) };
  } finally {
    for (const resource of open.reverse()) await resource.close();
  }
}
