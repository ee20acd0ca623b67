import type { TellPass } from "../../data/pictures/passes.js";
import { eventsWhile } from "./event-stream.js";
import type { DecodingEvent } from "./job-events.js";

/** What the decoding of pictures takes to tell how far it is, and to be stopped. */
export interface DecodingWatch {
  readonly onProgress: TellPass;
  readonly signal: AbortSignal;
}

/** Tells how many pictures are decoded while they are; then gives what the work gives. */
export const decodingEvents = <R>(
  work: (watch: DecodingWatch) => Promise<R>,
  signal: AbortSignal | undefined,
): AsyncGenerator<DecodingEvent, R, undefined> =>
  eventsWhile<DecodingEvent, R>(
    (tell, stop) =>
      work({ signal: stop, onProgress: (done, total, pass) => tell({ type: "decoding", pass, done, total }) }),
    signal,
  );
