/** Processes that work together by MPI, as `mpirun` and `srun` start them. */

import { writeSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Ranks } from "../training/step/ranks.js";
import { launchOf } from "./launch-file.js";
import { ABORT_S, type Koffi, leave, loadKoffi, type Stretch } from "./library-file.js";
import {
  type Answer,
  END_MS,
  FLAGS,
  FORWARD_MS,
  type Names,
  type Opened,
  type Task,
  type ThreadStart,
  turnOf,
} from "./messages-file.js";

/** The processes that were started together with this one. Every rank calls the same functions in the same order. */
export interface Mpi extends Ranks {
  /** what is spoken: "libmpi.so.40 (Open MPI v4.1.4)" */
  readonly library: string;
  /** what each rank is called where a message names it: "rank 3 (process 4711 on node7)" */
  readonly names: readonly string[];
  /** seconds in which this rank has waited for others to come, and in which numbers were moved and added */
  readonly spent: { readonly waited: number; readonly moved: number };
  /** Hands every rank what each of them has, in the order of ranks. The sizes may differ. */
  gather(bytes: Uint8Array): Promise<Uint8Array[]>;
  /** Hands every rank what rank 0 has; what others give is not looked at. */
  broadcast(bytes: Uint8Array): Promise<Uint8Array>;
  /** Waits until every rank has come here. */
  barrier(): Promise<void>;
  /**
   * Ends all processes. What is wrong everywhere is said once: another rank than 0 waits for 2.5 s before it writes its message, and is ended
   * meanwhile where rank 0 has said the same.
   *
   * @param code the exit code, not 0
   * @param message is written to the standard error
   */
  abort(code: number, message?: string): never;
  /** Ends MPI, when all ranks have come here. A process that ends without it ends all. */
  close(): Promise<void>;
}

const WHY_ALONE = "This process was started alone; MPI is for those that mpirun or srun starts, two at least.";

/**
 * Opens MPI: its C library is loaded, and a thread started that speaks it.
 *
 * A rank that is killed, or whose machine is gone, ends the others within 10 s, with a message of one of them.
 *
 * @throws Error when this process was started alone (see {@link launchOf}), when koffi or the MPI library is missing, or when that is not the one that launched
 * @example
 * const join = async () => {
 *   const mpi = await openMpi();
 *   const squares = Float64Array.of(mpi.rank ** 2);
 *   await mpi.sum(squares);
 *   await mpi.close();
 *   return squares[0]; // of four ranks 14
 * };
 */
export async function openMpi(): Promise<Mpi> {
  const launch = launchOf();
  if (!launch) throw new Error(WHY_ALONE);
  const koffi = await loadKoffi();
  forbidHooks();
  const { port1: port, port2 } = new MessageChannel();
  const flags = new Int32Array(new SharedArrayBuffer(4 * Object.keys(FLAGS).length));
  const workerData: ThreadStart = { launch, port: port2, flags };
  const worker = new Worker(new URL("./thread-file.js", import.meta.url), { workerData, transferList: [port2] });
  const opened = await new Promise<Opened>((resolve, reject) => {
    port.once("message", resolve);
    worker.once("error", reject);
  });
  if ("problem" in opened) {
    // mostly it is the same everywhere: where rank 0 has ended with it, mpirun ends the others
    await pause(turnOf(launch.rank));
    throw new Error(opened.problem);
  }
  const mpi = new OpenMpi(koffi, port, worker, flags, opened);
  await mpi.introduce();
  return mpi;
}

/**
 * UCX, through which MPICH and Open MPI may speak, overwrites the first bytes of C's memory functions when MPI begins, and tries that out by taking a page from the
 * system and giving it back, without the lock of the heap: if another thread lets the heap grow at that moment, it loses its last page, and the program dies
 * later, somewhere. Without these hooks UCX announces memory to a network card anew for each message. Who has set the variable is left alone.
 */
function forbidHooks(): void {
  // that of a worker thread would be a copy, which C does not see
  process.env.UCX_MEM_EVENTS ??= "n";
}

class OpenMpi implements Mpi {
  readonly rank: number;
  readonly size: number;
  readonly library: string;
  names: readonly string[] = [];
  readonly spent = { waited: 0, moved: 0 };
  readonly #asked = new Map<number, { readonly kept: unknown; done(): void; fail(error: Error): void }>();
  readonly #pulse: NodeJS.Timeout;
  #count = 0;
  #uncaught: Error | undefined;
  #closed = false;

  constructor(
    readonly koffi: Koffi,
    readonly port: MessagePort,
    readonly worker: Worker,
    readonly flags: Int32Array,
    opened: Exclude<Opened, { problem: string }>,
  ) {
    this.rank = opened.rank;
    this.size = opened.size;
    this.library = opened.library;
    port.on("message", (answer: Answer) => this.#hear(answer));
    worker.on("error", (error) => this.abort(1, error.message));
    this.#pulse = this.#watch();
    this.#rest();
    process.once("exit", this.#leaveTogether);
    process.on("uncaughtExceptionMonitor", this.#remember);
  }

  /** Lets the ranks know what each is called. */
  async introduce(): Promise<void> {
    const own = `rank ${this.rank} (process ${process.pid} on ${hostname()})`;
    const all = await this.gather(new TextEncoder().encode(own));
    this.names = all.map((bytes) => new TextDecoder().decode(bytes));
    const message: Names = { names: this.names };
    this.port.postMessage(message);
  }

  async sum(values: Float32Array | Float64Array): Promise<void> {
    const kind = values instanceof Float32Array ? "float" : "double";
    await this.#ask({ sum: this.#stretch(values, kind) }, values);
  }

  async gather(bytes: Uint8Array): Promise<Uint8Array[]> {
    const sizes = new Float64Array(this.size);
    sizes[this.rank] = bytes.length;
    await this.sum(sizes);
    const all = Array.from(sizes, (size, rank) => (rank === this.rank ? bytes.slice() : new Uint8Array(size)));
    for (const [root, each] of all.entries()) {
      if (each.length > 0) await this.#ask({ spread: this.#stretch(each, "byte"), root }, each);
    }
    return all;
  }

  async broadcast(bytes: Uint8Array): Promise<Uint8Array> {
    const [first] = await this.gather(this.rank === 0 ? bytes : new Uint8Array());
    return first;
  }

  barrier(): Promise<void> {
    return this.sum(new Float32Array());
  }

  abort(code: number, message?: string): never {
    if (message !== undefined) {
      this.#pause(turnOf(this.rank));
      writeSync(2, message.endsWith("\n") ? message : `${message}\n`);
      this.#pause(FORWARD_MS);
    }
    Atomics.store(this.flags, FLAGS.abort, code + 1);
    this.#ring();
    this.#pause(1000 * ABORT_S);
    return leave(this.koffi, code);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#ask({ end: true }, undefined);
    this.#closed = true;
    clearInterval(this.#pulse);
    process.off("exit", this.#leaveTogether);
    process.off("uncaughtExceptionMonitor", this.#remember);
    this.port.close();
    process.once("exit", (code) => {
      if (Atomics.wait(this.flags, FLAGS.ended, 0, END_MS) === "timed-out") leave(this.koffi, code);
    });
  }

  /** A process that ends before MPI was closed leaves the others waiting: they end with it. Node prints what was not caught only afterwards. */
  readonly #leaveTogether = (code: number): void => {
    if (code !== 0) this.abort(code, this.#uncaught?.stack);
    this.abort(1, `bellpepper: ${this.names[this.rank]} has ended before the others.`);
  };

  readonly #remember = (error: Error): void => {
    this.#uncaught = error;
  };

  #stretch(values: Float32Array | Float64Array | Uint8Array, kind: Stretch["kind"]): Stretch {
    return { address: this.koffi.address(values), kind, count: values.length };
  }

  /** @param kept what must not be freed until it is done */
  #ask(task: TaskOf<Task>, kept: unknown): Promise<void> {
    if (this.#closed) throw new Error("MPI was closed.");
    const call = ++this.#count;
    const asked: Task = { ...task, call };
    return new Promise((done, fail) => {
      this.#asked.set(call, { kept, done, fail });
      this.worker.ref();
      this.port.ref();
      this.port.postMessage(asked);
      this.#ring();
    });
  }

  #hear({ call, waited, moved, problem }: Answer): void {
    this.spent.waited += waited / 1000;
    this.spent.moved += moved / 1000;
    const asked = this.#asked.get(call);
    this.#asked.delete(call);
    if (this.#asked.size === 0) this.#rest();
    if (problem === undefined) asked?.done();
    else asked?.fail(new Error(problem));
  }

  /** Nothing is waited for: the thread does not keep the program alive. */
  #rest(): void {
    this.worker.unref();
    this.port.unref();
  }

  #ring(): void {
    Atomics.add(this.flags, FLAGS.bell, 1);
    Atomics.notify(this.flags, FLAGS.bell);
  }

  #pause(milliseconds: number): void {
    Atomics.wait(this.flags, FLAGS.never, 0, milliseconds);
  }

  /**
   * Looks once a second whether the thread moves. It hangs where a rank dies while numbers are moved, which takes a few milliseconds; then all that are left end.
   */
  #watch(): NodeJS.Timeout {
    let ticks = 0;
    let still = 0;
    const look = (): void => {
      const now = Atomics.load(this.flags, FLAGS.ticks);
      still = now === ticks ? still + 1 : 0;
      ticks = now;
      if (still < STILL_S) return;
      this.#pause(turnOf(this.rank));
      writeSync(
        2,
        `bellpepper: a rank is gone: numbers on their way have not moved for ${STILL_S} s. The others stop.\n`,
      );
      leave(this.koffi, 1);
    };
    return setInterval(look, 1000).unref();
  }
}

/** After how many seconds a thread that does not move hangs. */
const STILL_S = 7;

/** A task before it is numbered. */
type TaskOf<T> = T extends { readonly call: number } ? Omit<T, "call"> : never;
