/** ONNX Runtime in a thread of its own: what its caller does between the start of a run and its end goes on meanwhile. */

import * as threads from "node:worker_threads";
import type * as Common from "onnxruntime-common";
import type { DataType, ElementArrays, Tensor } from "../graph/types.js";
import type { RuntimePlace, RuntimeSession, RuntimeValue } from "./place.js";

/** A tensor on its way to the thread: the number of one that is kept there, one that moves there to be kept, or a copy. */
type Sent = number | (RuntimeValue & { readonly keep?: number });

type Named<T> = readonly (readonly [name: string, value: T])[];

/** What is asked of the thread, which does one thing after the other, in this order. */
type Question = { readonly call: number } & (
  | { readonly create: Uint8Array; readonly options: Common.InferenceSession.SessionOptions }
  | { readonly run: number; readonly feeds: Named<Sent>; readonly fetches: Named<Sent | null> }
  | { readonly release: number; readonly profiled: boolean }
);

/** To hand back the elements of a tensor that is kept there, or to forget them. */
type Command = { readonly give: number } | { readonly forget: number };

/** What comes of a question: the outputs that are not kept there, and what went wrong. */
interface Answer {
  readonly call: number;
  readonly values: Named<RuntimeValue>;
  readonly problem?: string;
}

/** What both sides see at once; each is one number, 1 or 0. */
interface Flags {
  /** whether elements were handed back */
  readonly given: Int32Array;
  /** whether the thread is at work */
  readonly atWork: Int32Array;
  /** whether the process is about to end */
  readonly leaving: Int32Array;
}

/** What the thread is told when it starts. */
interface Beginning {
  /** the runtime's file */
  readonly path: string;
  /** the way on which elements are handed back */
  readonly back: threads.MessagePort;
  readonly flags: Flags;
}

/**
 * The thread's program. It goes there as text, so that it needs no file of its own: it uses its arguments, and nothing else of this file but types.
 */
function serve(
  { parentPort, workerData, MessageChannel }: typeof threads,
  load: (path: string) => typeof Common,
): void {
  const { path, back, flags }: Beginning = workerData;
  const runtime = load(path);
  // What is sent to a port that is closed belongs to nobody, and is freed at once; garbage is when there is much of it.
  const { port1: nowhere } = new MessageChannel();
  nowhere.close();
  const sessions = new Map<number, Common.InferenceSession>();
  const kept = new Map<number, Common.Tensor>();
  const arrived = (sent: Sent): Common.Tensor => {
    if (typeof sent !== "number") {
      const made = new runtime.Tensor(sent.type as "float32", sent.data as Float32Array, sent.dims);
      if (sent.keep !== undefined) kept.set(sent.keep, made);
      return made;
    }
    const known = kept.get(sent);
    if (!known) throw new Error(`There is no tensor ${sent}.`);
    return known;
  };
  const isKept = (sent: Sent | null): boolean => typeof sent === "number" || (sent !== null && sent.keep !== undefined);
  const answer = async (question: Question): Promise<Omit<Answer, "call">> => {
    if ("create" in question) {
      sessions.set(question.call, await runtime.InferenceSession.create(question.create, question.options));
      return { values: [] };
    }
    if ("release" in question) {
      const session = sessions.get(question.release);
      sessions.delete(question.release);
      if (question.profiled) session?.endProfiling();
      await session?.release();
      return { values: [] };
    }
    const feeds = Object.fromEntries(question.feeds.map(([name, sent]) => [name, arrived(sent)]));
    const into = Object.fromEntries(question.fetches.map(([name, sent]) => [name, sent && arrived(sent)]));
    let results: Readonly<Record<string, Common.OnnxValue>> = {};
    let problem: string | undefined;
    try {
      results = (await sessions.get(question.run)?.run(feeds, into)) ?? {};
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    const copies = question.feeds.flatMap(([name, sent]) => {
      const { data } = feeds[name];
      return isKept(sent) || !ArrayBuffer.isView(data) ? [] : [data.buffer as ArrayBuffer];
    });
    nowhere.postMessage(undefined, [...new Set(copies)]);
    const values = question.fetches.flatMap(([name, sent]) => {
      const value = isKept(sent) ? undefined : (into[name] ?? results[name]);
      return value ? [[name, { type: value.type, dims: value.dims, data: value.data }] as const] : [];
    });
    return problem === undefined ? { values } : { values, problem };
  };
  const give = (number: number): void => {
    const data = kept.get(number)?.data;
    kept.delete(number);
    // whoever waits for it is answered, also where there is nothing
    back.postMessage(data, ArrayBuffer.isView(data) ? [data.buffer as ArrayBuffer] : []);
    Atomics.store(flags.given, 0, 1);
    Atomics.notify(flags.given, 0);
  };
  const follow = async (message: Question | Command): Promise<void> => {
    if ("forget" in message) kept.delete(message.forget);
    else if ("give" in message) give(message.give);
    else {
      const given = await answer(message).catch((error: unknown) => ({ values: [], problem: String(error) }));
      parentPort?.postMessage({ call: message.call, ...given });
    }
  };
  const workOn = async (message: Question | Command): Promise<void> => {
    Atomics.store(flags.atWork, 0, 1);
    try {
      if (Atomics.load(flags.leaving, 0) === 0) await follow(message);
    } finally {
      Atomics.store(flags.atWork, 0, 0);
      Atomics.notify(flags.atWork, 0);
    }
  };
  let line = Promise.resolve();
  parentPort?.on("message", (message: Question | Command) => {
    line = line.then(() => workOn(message));
  });
}

/** A tensor whose elements lie in the thread from the first run on that takes it, until somebody here reads them. */
class KeptTensor<T extends DataType> implements Tensor<T>, RuntimeValue {
  /** undefined while they are there */
  #data: ElementArrays[T] | undefined;

  constructor(
    readonly thread: RuntimeThread,
    readonly number: number,
    readonly type: T,
    readonly shape: readonly number[],
    data: ElementArrays[T],
  ) {
    this.#data = data;
  }

  get dims(): readonly number[] {
    return this.shape;
  }

  get data(): ElementArrays[T] {
    this.#data ??= this.thread.giveBack(this.number) as ElementArrays[T];
    return this.#data;
  }

  /** As it is sent: with its elements, which move on the way, unless they are there. */
  toSend(): Sent {
    const data = this.#data;
    return data ? { type: this.type, dims: this.shape, data, keep: this.number } : this.number;
  }

  /** The memory that moves with it; none while its elements are there. */
  buffer(): ArrayBuffer | undefined {
    return this.#data?.buffer as ArrayBuffer | undefined;
  }

  /** Says that its elements have moved. */
  sent(): void {
    this.#data = undefined;
  }
}

/** A number that threads share, 0 at first. */
const flag = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

/** A thread of this process. */
class RuntimeThread {
  readonly #worker: threads.Worker;
  readonly #back: threads.MessagePort;
  readonly #flags: Flags = { given: flag(), atWork: flag(), leaving: flag() };
  readonly #asked = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  readonly #forgotten = new FinalizationRegistry((number: number) => this.#send({ forget: number }));
  #count = 0;

  constructor(path: string) {
    const { port1, port2 } = new threads.MessageChannel();
    const beginning: Beginning = { path, back: port2, flags: this.#flags };
    this.#back = port1;
    this.#worker = new threads.Worker(`(${serve})(require("node:worker_threads"), require)`, {
      eval: true,
      execArgv: [],
      workerData: beginning,
      transferList: [port2],
    });
    this.#worker.on("message", (answer: Answer) => {
      this.#asked.get(answer.call)?.resolve(answer);
      this.#asked.delete(answer.call);
      // an idle thread does not keep the program alive
      if (this.#asked.size === 0) this.#worker.unref();
    });
    this.#worker.on("error", (error) => {
      for (const { reject } of this.#asked.values()) reject(error);
      this.#asked.clear();
    });
    this.#worker.unref();
    // A thread that is stopped while the runtime is at work takes the process down with it.
    process.once("exit", () => {
      Atomics.store(this.#flags.leaving, 0, 1);
      Atomics.wait(this.#flags.atWork, 0, 1);
    });
  }

  async create(model: Uint8Array, options: Common.InferenceSession.SessionOptions): Promise<RuntimeSession> {
    const { call, problem } = await this.#ask((own) => ({ call: own, create: model, options }));
    if (problem !== undefined) throw new Error(problem);
    const profiled = options.enableProfiling === true;
    return {
      run: (feeds, fetches) => this.#run(call, feeds, fetches),
      // the thread ends profiling before it lets go of the session
      endProfiling: () => undefined,
      release: async () => void (await this.#ask((own) => ({ call: own, release: call, profiled }))),
    };
  }

  keep<T extends DataType>({ type, shape, data }: Tensor<T>): Tensor<T> {
    const tensor = new KeptTensor(this, ++this.#count, type, shape, data.slice() as ElementArrays[T]);
    this.#forgotten.register(tensor, tensor.number);
    return tensor;
  }

  /** The elements of a tensor that the thread keeps; waits until it has done what it was asked before. */
  giveBack(number: number): unknown {
    this.#send({ give: number });
    // what wakes this thread may be the word of the time before, which comes after its elements did
    for (;;) {
      Atomics.wait(this.#flags.given, 0, 0);
      Atomics.store(this.#flags.given, 0, 0);
      const received = threads.receiveMessageOnPort(this.#back);
      if (received) return received.message;
    }
  }

  async #run(
    session: number,
    feeds: Readonly<Record<string, RuntimeValue>>,
    fetches: Readonly<Record<string, RuntimeValue | null>>,
  ): Promise<Record<string, RuntimeValue>> {
    const moving = new Set<KeptTensor<DataType>>();
    const sent = (value: RuntimeValue): Sent => {
      if (!(value instanceof KeptTensor)) return alone(value);
      moving.add(value);
      return value.toSend();
    };
    const { values, problem } = await this.#ask(
      (call) => ({
        call,
        run: session,
        feeds: Object.entries(feeds).map(([name, value]) => [name, sent(value)]),
        fetches: Object.entries(fetches).map(([name, value]) => [name, value && sent(value)]),
      }),
      moving,
    );
    const results = new Map<string, RuntimeValue>();
    for (const [name, value] of Object.entries(fetches)) if (value) results.set(name, value);
    for (const [name, value] of values) {
      const target = fetches[name];
      if (target) (target.data as Float32Array).set(value.data as Float32Array);
      else results.set(name, value);
    }
    if (problem !== undefined) throw new Error(problem);
    return Object.fromEntries(results);
  }

  #ask(questionOf: (call: number) => Question, moving: ReadonlySet<KeptTensor<DataType>> = new Set()): Promise<Answer> {
    const call = ++this.#count;
    return new Promise((resolve, reject) => {
      // what cannot be sent stays here
      this.#send(questionOf(call), moving);
      if (this.#asked.size === 0) this.#worker.ref();
      this.#asked.set(call, { resolve, reject });
    });
  }

  #send(message: Question | Command, moving: ReadonlySet<KeptTensor<DataType>> = new Set()): void {
    const buffers = [...moving].flatMap((tensor) => tensor.buffer() ?? []);
    this.#worker.postMessage(message, buffers);
    for (const tensor of moving) tensor.sent();
  }
}

/** A value that takes nothing else along: the whole buffer of a part of an array would be copied. */
function alone({ type, dims, data }: RuntimeValue): RuntimeValue {
  const isPart = ArrayBuffer.isView(data) && data.byteLength !== data.buffer.byteLength;
  return { type, dims, data: isPart ? data.slice() : data };
}

const workers = new Map<number, RuntimeThread>();

/**
 * A thread of this process, which is started at the first call. It runs one program after the other, as the main thread does.
 *
 * @param path the runtime's file
 * @param worker which of them, from 0
 */
export function besideCaller(path: string, worker: number): RuntimePlace {
  const own = workers.get(worker) ?? new RuntimeThread(path);
  workers.set(worker, own);
  return {
    isAside: true,
    create: (model, options) => own.create(model, options),
    wrap: (tensor) =>
      tensor instanceof KeptTensor && tensor.thread === own
        ? tensor
        : { type: tensor.type, dims: tensor.shape, data: tensor.data },
    keep: (tensor) => own.keep(tensor),
  };
}
