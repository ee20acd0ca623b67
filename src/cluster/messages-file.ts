/** What the thread that speaks MPI and the one that asks it say to each other. */

import type { MessagePort } from "node:worker_threads";
import type { Launch } from "./launch-file.js";
import type { Stretch } from "./library-file.js";

/** What the thread is told when it starts. */
export interface ThreadStart {
  readonly launch: Launch;
  readonly port: MessagePort;
  /** what both threads see at once, numbered as in {@link FLAGS} */
  readonly flags: Int32Array;
}

export const FLAGS = {
  /** is counted up where the thread has something to do */
  bell: 0,
  /** is counted up as long as the thread does not hang */
  ticks: 1,
  /** the exit code with which all processes are to end, and 1; 0 as long as none is */
  abort: 2,
  /** 1 when MPI has ended */
  ended: 3,
  /** stays 0, to be waited for where nothing else is waited for */
  never: 4,
} as const;

/** What the thread is asked for; each is answered in the order of asking. */
export type Task = { readonly call: number } & (
  | { readonly sum: Stretch }
  | { readonly spread: Stretch; readonly root: number }
  | { readonly end: true }
);

/** What each rank is called, for the message that one is gone. */
export interface Names {
  readonly names: readonly string[];
}

export interface Answer {
  readonly call: number;
  /** milliseconds in which this rank waited for the others to come, and in which the numbers moved */
  readonly waited: number;
  readonly moved: number;
  readonly problem?: string;
}

/** The first answer. */
export type Opened =
  | { readonly rank: number; readonly size: number; readonly library: string }
  | { readonly problem: string };

/**
 * How long a rank waits before it says why all must end, in milliseconds: what is wrong everywhere is said by rank 0, which ends the others before it is their turn.
 * Open MPI gives them a second.
 */
export const turnOf = (rank: number): number => (rank === 0 ? 0 : 2500);

/** How long MPI may take to end, in milliseconds, when all ranks have done what they had to. MPICH 4.0 hangs there at times, over TCP. */
export const END_MS = 15_000;

/** How long what was written may take to be forwarded, in milliseconds, before the launcher is told to end all. */
export const FORWARD_MS = 100;
