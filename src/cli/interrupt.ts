import { EXIT } from "./failure.js";

/** A signal that is aborted when the user, or the system, asks the program to stop. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Leaves the signals to Node again. */
  release(): void;
}

/**
 * Ctrl-C; what systems send before they end a program; that a terminal was closed; and two that a cluster can be told to send before a job's time
 * is over. One that a system does not have never comes.
 */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

/** Within this time, another Ctrl-C is the same: npx hands on what the terminal has sent to the program, too. */
const SAME_MS = 500;

/**
 * Lets signals of the system stop work by an AbortSignal. Ctrl-C for the second time ends the program at once; all others may come more than once, from
 * whoever started the program, and from a cluster first before the time is over and then when it is.
 *
 * @param doing what is done before the program ends: "saving"; undefined where nothing is said
 */
export function onInterrupt(doing: (() => string) | undefined): Interrupt {
  const controller = new AbortController();
  let asked = 0;
  const stop = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (controller.signal.aborted) {
      if (signal === "SIGINT" && now - asked > SAME_MS) process.exit(EXIT.stopped);
      return;
    }
    asked = now;
    controller.abort();
    if (!doing) return;
    process.stderr.write(
      signal === "SIGINT" ? `\n${doing()}; press again to leave at once\n` : `\n${signal}: ${doing()}\n`,
    );
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return {
    signal: controller.signal,
    release() {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}
