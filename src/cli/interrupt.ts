import { EXIT } from "./failure.js";

/** A signal that is aborted when the user asks the program to stop. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Leaves Ctrl-C to Node again. */
  release(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Lets Ctrl-C (SIGINT), SIGTERM and SIGHUP (the terminal was closed) stop work by a signal; the second time the program ends at once, but
 * for SIGHUP, which comes more than once when a terminal is closed.
 *
 * @param doing what is done before the program ends: "saving"
 */
export function onInterrupt(doing: () => string): Interrupt {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      if (signal !== "SIGHUP") process.exit(EXIT.stopped);
      return;
    }
    controller.abort();
    process.stderr.write(`\n${doing()}; press again to leave at once\n`);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return {
    signal: controller.signal,
    release() {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}
