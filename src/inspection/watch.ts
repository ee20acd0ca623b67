/** Long work that is watched and stopped. */

/** What ends a computation when it is asked to: an AbortSignal. */
export interface Stop {
  throwIfAborted(): void;
}

/** How long work is watched and stopped. */
export interface Watch {
  /** is told how many pictures of how many went through the network */
  readonly onProgress?: (done: number, total: number) => void;
  /** ends it, with the signal's reason: an AbortSignal */
  readonly signal?: Stop | undefined;
}
