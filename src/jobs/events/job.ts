/** The frame of a job: what is the same in all of them. */

import { defined } from "../../values/defined.js";
import { isStop } from "./event-stream.js";
import type { Position, StoppedEvent } from "./job-events.js";

/** A job under way. */
export interface Job {
  /** ends it when it is aborted */
  readonly signal: AbortSignal | undefined;
  /** Notes that the job can go on from here, and how far a training is. */
  save(position?: Position): void;
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
  const job: Job = {
    signal,
    save(now) {
      saved = true;
      position = now;
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
    if (!isStop(error, signal)) throw error;
    yield { type: "stopped", folder, saved, ...defined({ position }) };
  } finally {
    for (const resource of open.reverse()) await resource.close();
  }
}
