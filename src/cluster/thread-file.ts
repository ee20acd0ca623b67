/**
 * The thread that speaks MPI: see mpi-file.ts. All calls are made here, one after the other, so that the library need not allow for several threads that call it.
 *
 * None blocks for long. Before numbers move, all ranks meet: a barrier that is begun, and asked about until it is done, with pauses in which others may have
 * the core. Meanwhile, and while there is nothing to do, the thread tells the next rank once a second that it is there, and listens to the one before.
 */

import { writeSync } from "node:fs";
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { errorText } from "../values/error-text.js";
import { type Launch, LIBRARY_VARIABLE } from "./launch-file.js";
import { bytesOf, type Library, loadKoffi, loadLibrary, type Request, type Stretch } from "./library-file.js";
import {
  type Answer,
  FLAGS,
  FORWARD_MS,
  type Names,
  type Opened,
  type Task,
  type ThreadStart,
} from "./messages-file.js";

/** How often a rank says that it is there, and after how long without a word it is taken for gone. */
const BEAT_MS = 1000;
const SILENT_MS = 6000;

/** What a rank tells the next one: that it is there, or that it says no more. */
const HERE = 1;
const FAREWELL = 2;

/** How long is asked without a pause whether all are there, and the longest pause. */
const SPIN_MS = 1;
const PAUSE_MS = 5;

/** How much moves in one call, in bytes. */
const PIECE = 1 << 22;

class Thread {
  readonly #next: number;
  readonly #before: number;
  /** another communicator, in which ranks tell one another that they are there */
  readonly #aside: ReturnType<Library["copy"]>;
  #names: readonly string[] = [];
  #sent: Request | undefined;
  #lastBeat = performance.now();
  #lastHeard = performance.now();

  constructor(
    readonly library: Library,
    readonly rank: number,
    readonly size: number,
    readonly flags: Int32Array,
  ) {
    this.#next = (rank + 1) % size;
    this.#before = (rank + size - 1) % size;
    this.#aside = library.copy(library.world);
  }

  /** Does what is asked, until MPI is ended. */
  serve(port: MessagePort): void {
    for (;;) {
      const heard = Atomics.load(this.flags, FLAGS.bell);
      const received: { message: Task | Names } | undefined = receiveMessageOnPort(port);
      if (!received) {
        this.#tick();
        Atomics.wait(this.flags, FLAGS.bell, heard, BEAT_MS);
      } else if ("names" in received.message) this.#names = received.message.names;
      else {
        port.postMessage(this.#answer(received.message));
        if ("end" in received.message) break;
      }
    }
    this.#end();
  }

  #answer(task: Task): Answer {
    const begun = performance.now();
    let met = begun;
    try {
      this.#meet();
      met = performance.now();
      this.#do(task);
      return { call: task.call, waited: met - begun, moved: performance.now() - met };
    } catch (error) {
      return { call: task.call, waited: met - begun, moved: 0, problem: errorText(error) };
    }
  }

  #do(task: Task): void {
    if ("sum" in task) this.#inPieces(task.sum, (piece) => this.library.sum(piece));
    else if ("spread" in task) this.#inPieces(task.spread, (piece) => this.library.spread(piece, task.root));
    else this.#takeLeave();
  }

  /**
   * What was sent is received before any rank ends MPI: some libraries complain of what is left, and a byte that counts as sent may still wait in the
   * sender, which sends no more when it has ended.
   */
  #takeLeave(): void {
    const farewell = this.library.send(FAREWELL, this.#next, this.#aside);
    while (this.library.receive(this.#before, this.#aside) !== FAREWELL) this.#pause(1);
    for (const sent of [this.#sent, farewell]) while (sent && !this.library.isDone(sent)) this.#pause(1);
    this.#meet();
  }

  #end(): void {
    this.library.end();
    Atomics.store(this.flags, FLAGS.ended, 1);
    Atomics.notify(this.flags, FLAGS.ended);
  }

  #inPieces({ address, kind, count }: Stretch, move: (piece: Stretch) => void): void {
    const most = PIECE / bytesOf(kind);
    for (let begin = 0; begin < count; begin += most) {
      this.#tick();
      move({ address: address + BigInt(begin * bytesOf(kind)), kind, count: Math.min(most, count - begin) });
    }
  }

  /** Waits until all ranks have come to this place. The longer it takes, the longer are the pauses: a fiftieth of the time waited. */
  #meet(): void {
    const request = this.library.meet();
    const begun = performance.now();
    while (!this.library.isDone(request)) {
      const waited = performance.now() - begun;
      if (waited > SPIN_MS) this.#pause(Math.min(waited / 50, PAUSE_MS));
      this.#tick();
    }
  }

  #pause(milliseconds: number): void {
    Atomics.wait(this.flags, FLAGS.never, 0, milliseconds);
  }

  #tick(): void {
    Atomics.add(this.flags, FLAGS.ticks, 1);
    const code = Atomics.load(this.flags, FLAGS.abort);
    if (code > 0) this.library.abort(code - 1);
    if (performance.now() - this.#lastBeat >= BEAT_MS) this.#beat();
  }

  /** Tells the next rank that this one is there, and listens to the one before. */
  #beat(): void {
    const now = performance.now();
    // Who was stopped for a while, with its job or alone, could not listen.
    if (now - this.#lastBeat > SILENT_MS / 2) this.#lastHeard = now;
    this.#lastBeat = now;
    if (this.#sent === undefined || this.library.isDone(this.#sent)) {
      this.#sent = this.library.send(HERE, this.#next, this.#aside);
    }
    while (this.library.receive(this.#before, this.#aside) !== undefined) this.#lastHeard = now;
    if (now - this.#lastHeard > SILENT_MS) this.#mourn();
  }

  /** The rank before is gone: its successor says so, and ends all. */
  #mourn(): never {
    const name = this.#names[this.#before] ?? `rank ${this.#before}`;
    writeSync(2, `bellpepper: ${name} is gone: nothing was heard of it for ${SILENT_MS / 1000} s. The others stop.\n`);
    this.#pause(FORWARD_MS);
    this.library.abort(1);
    process.kill(process.pid, "SIGKILL");
    throw new Error("A rank is gone.");
  }
}

/** @throws Error when there is no MPI, or not the one that launched this process */
async function begin(launch: Launch, flags: Int32Array): Promise<Thread> {
  const library = loadLibrary(await loadKoffi(), launch);
  if (!library.begin()) throw new Error(`${library.name} allows for no threads (MPI_THREAD_FUNNELED).`);
  const size = library.size();
  if (size === launch.size) return new Thread(library, library.rank(), size, flags);
  library.end();
  throw new Error(
    `${launch.by} started ${launch.size} processes, but ${library.name} sees ${size === 1 ? "this one alone" : size}: ${
      launch.by === "Slurm"
        ? "start them by `srun --mpi=pmix` or `srun --mpi=pmi2`, whichever your cluster's MPI was built for (`srun --mpi=list`)"
        : "it is another MPI than the one that launched them. Load the module of one MPI"
    }, or set ${LIBRARY_VARIABLE} to the path of the right libmpi.so.`,
  );
}

const { launch, port, flags }: ThreadStart = workerData;
const open = (opened: Opened): void => port.postMessage(opened);
try {
  const thread = await begin(launch, flags);
  open({ rank: thread.rank, size: thread.size, library: thread.library.name });
  thread.serve(port);
} catch (error) {
  open({ problem: errorText(error) });
}
port.close();
