/** How a job tells what happens while it works. */

import { wrongKind } from "../../values/place.js";

/**
 * Events that work tells while it is under way, in their order; then what it gives. If the reader leaves its loop, the work's signal is
 * aborted and the work waited for.
 *
 * @param work tells events through its first argument; its signal is aborted when `signal` is, or when nobody reads any more
 * @throws what the work throws
 * @example
 * async function* counted() {
 *   const sum = yield* eventsWhile<number, number>(async (tell) => {
 *     for (const n of [1, 2, 3]) tell(n);
 *     return 6;
 *   });
 *   yield sum;
 * }
 * const numbers: number[] = [];
 * for await (const n of counted()) numbers.push(n);
 * numbers; // [1, 2, 3, 6]
 */
export async function* eventsWhile<E, R>(
  work: (tell: (event: E) => void, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<E, R, undefined> {
  const queue: E[] = [];
  const left = new AbortController();
  let ended = false;
  let wake = (): void => undefined;
  const tell = (event: E): void => {
    queue.push(event);
    wake();
  };
  const result = work(tell, signal ? AbortSignal.any([signal, left.signal]) : left.signal).finally(() => {
    ended = true;
    wake();
  });
  // Work may fail while the reader is busy with an event; the failure waits until the reader comes back.
  result.catch(() => undefined);
  try {
    while (true) {
      for (let event = queue.shift(); event !== undefined; event = queue.shift()) yield event;
      if (ended) return await result;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    if (!ended) {
      left.abort();
      await result.catch(() => undefined);
    }
  }
}

/** Whether an error is a signal's way to end work. */
export const isStop = (error: unknown, signal: AbortSignal | undefined): boolean =>
  signal?.aborted === true && error === signal.reason;

/** Raised by {@link finishJob} when a job was stopped before its end. */
export class JobStopped extends Error {
  override readonly name = "JobStopped";
}

/** The results with which a job ends. */
type ResultOf<E> = Extract<E, { readonly type: "done" }> extends { readonly result: infer R } ? R : never;

const isDone = <E extends { readonly type: string }>(event: E): event is Extract<E, { readonly type: "done" }> =>
  event.type === "done";

/**
 * Runs a job to its end, and gives its results.
 *
 * @throws JobStopped when its signal stopped it; what the job throws
 * @example
 * const { predictions } = await finishJob(trainPictures("animals", { epochs: 1, folder: "runs/quick" }));
 * topError(predictions, 1);
 */
export async function finishJob<E extends { readonly type: string }>(events: AsyncIterable<E>): Promise<ResultOf<E>> {
  if (typeof events !== "object" || events === null || !(Symbol.asyncIterator in events)) {
    throw wrongKind({ path: "events" }, "what a job tells, such as trainPictures(…)", events);
  }
  for await (const event of events) if (isDone(event) && "result" in event) return event.result as ResultOf<E>;
  throw new JobStopped("The job was stopped before its end.");
}
