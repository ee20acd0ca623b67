import { EXIT } from "./failure.js";

/** A signal that is aborted when the user asks the program to stop. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Leaves Ctrl-C to Node again. */
  release(): void;
}

/**
 * Lets Ctrl-C (SIGINT) and SIGTERM stop work by a signal; the second time the program ends at once.
 *
 * @param doing what is done before the program ends: "saving"
 */
export function onInterrupt(doing: () => string): Interrupt {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.stopped);
    controller.abort();
    process.stderr.write(`\n${doing()}; press again to leave at once\n`);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  return {
    signal: controller.signal,
    release: () => void process.off("SIGINT", stop).off("SIGTERM", stop),
  };
}
