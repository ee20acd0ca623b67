/** The worker's side: it trains, keeps states, and does what the page wishes. */

import { jitterPictures } from "../../data/change/jitter-pictures.js";
import { type PlainSamples, samplesFrom } from "../../data/plain-samples.js";
import { webEngine } from "../../engine/web.js";
import { crc32 } from "../../files/crc32.js";
import { networkFrom } from "../../network/description.js";
import { expectOwn } from "../../network/model/own-digests.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { encodeCheckpoint, type ModelFrame } from "../checkpoint.js";
import type { TrainingEvent, TrainingState } from "../events.js";
import { dependsOnEpochs, scheduleOf } from "../solver/schedule.js";
import { train } from "../train.js";
import { holdCheckpoints, keepCheckpoint, readCheckpoint } from "./checkpoints.js";
import { AHEAD, type FromWorker, type KeptAs, type Task, type ToWorker, type Wishes } from "./messages.js";
import { Arrived } from "./parcel.js";

/** Sends the page a message, and hands over the memory in it. */
type Post = (message: FromWorker, transfer?: ArrayBuffer[]) => void;

/**
 * Makes this worker train for the page that has started it by `trainInWorker`: for workers of your own, which define blocks and losses before.
 *
 * @example
 * // my-worker.js, for trainInWorker(…, { worker: () => new Worker(new URL("./my-worker.js", import.meta.url), { type: "module" }) })
 * // import "./my-blocks.js";
 * const startMyWorker = (): void => serveTraining();
 */
export function serveTraining(): void {
  // for the compiler it is a page's; a worker's takes no address where the message goes
  const post: Post = (message, transfer = []) => globalThis.postMessage(message, { transfer });
  const page = new Page(post);
  const arrived = new Arrived();
  globalThis.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
    if (data.type === "large" || data.type === "part") arrived.take(data);
    else if (data.type === "start") {
      runTask(arrived.unpack(data.task), page).then(
        () => post({ type: "done" }),
        (error) =>
          post({ type: "failed", name: error instanceof Error ? error.name : "Error", message: errorText(error) }),
      );
    } else page.hear(data);
  });
  post({ type: "ready" });
}

/** The page, as the worker knows it. */
class Page {
  #wishes: Wishes = { learningRate: undefined, paused: false, stopped: false };
  #ahead = 0;
  #wake = (): void => undefined;
  readonly #turns = new MessageChannel();

  constructor(readonly post: Post) {}

  get wishes(): Wishes {
    return this.#wishes;
  }

  hear(message: Extract<ToWorker, { type: "wishes" | "taken" }>): void {
    if (message.type === "wishes") this.#wishes = message.wishes;
    else this.#ahead--;
    this.#wake();
  }

  /** Tells an event. Its arrays are copied here, and handed over: the page has nothing to copy. */
  tell(event: TrainingEvent): void {
    const copy = structuredClone(event);
    this.#ahead++;
    this.post({ type: "event", event: copy }, buffersIn(copy));
  }

  /** Lets messages in, and waits until training may go on. A step holds the worker's thread, so that none comes meanwhile. */
  async mayGoOn(): Promise<void> {
    await this.#turn();
    while (!this.#wishes.stopped && (this.#wishes.paused || this.#ahead >= AHEAD)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** A turn of the event loop; timers would take 4 ms. */
  #turn(): Promise<void> {
    const { port1, port2 } = this.#turns;
    return new Promise((resolve) => {
      port1.onmessage = () => resolve();
      port2.postMessage(undefined);
    });
  }
}

/** The memory of all arrays in plain data, each once. */
function buffersIn(data: unknown, found: Set<ArrayBuffer> = new Set()): ArrayBuffer[] {
  if (ArrayBuffer.isView(data)) {
    if (data.buffer instanceof ArrayBuffer) found.add(data.buffer);
  } else if (data instanceof Map) for (const value of data.values()) buffersIn(value, found);
  else if (typeof data === "object" && data !== null) for (const value of Object.values(data)) buffersIn(value, found);
  return [...found];
}

async function runTask(task: Task, page: Page): Promise<void> {
  const network = networkFrom(task.network);
  expectOwn(network, task.own);
  const release = task.checkpoints && (await holdCheckpoints(task.checkpoints.name));
  try {
    const { settings, normalization, jitter, start } = task;
    const plain = samplesFrom(task.training);
    const validation = task.validation && samplesFrom(task.validation);
    const frame = { network, classes: plain.target.names, normalization };
    const kept = task.checkpoints && (await openCheckpoints(task.checkpoints, frame, task));
    for (const message of kept?.notes ?? []) {
      page.tell({ type: "warning", epoch: (kept?.resume?.epoch ?? 0) + 1, message });
    }
    const steering = {
      get learningRate() {
        return page.wishes.learningRate;
      },
      get keepsState() {
        return kept?.isDue() ?? false;
      },
    };
    const signal = {
      get aborted() {
        return page.wishes.stopped;
      },
    };
    const training = jitter ? jitterPictures(plain, jitter, settings.seed) : plain;
    const resume = kept?.resume ?? task.resume;
    const given = { ...settings, training, normalization, signal, steering, ...defined({ validation, start, resume }) };
    await page.mayGoOn();
    for await (const event of train(await webEngine(task.engine), network, given)) {
      const state = "state" in event ? event.state : undefined;
      const problem = state && (await kept?.keep(state));
      page.tell(event.type === "batch" ? withoutState(event) : event);
      if (problem !== undefined) page.tell({ type: "warning", epoch: state?.epoch ?? 0, message: problem });
      await page.mayGoOn();
    }
  } finally {
    release?.();
  }
}

/** A state after a batch is kept here; the page has not asked for it. */
function withoutState(event: Extract<TrainingEvent, { type: "batch" }>): TrainingEvent {
  const { state: _, ...rest } = event;
  return rest;
}

/** The checkpoints of a training that runs. */
interface Checkpoints {
  readonly resume: TrainingState | undefined;
  /** what the user should know of those that were there */
  readonly notes: readonly string[];
  /** Whether it is time for the next one. */
  isDue(): boolean;
  /** Keeps a state. @returns what is wrong, where it cannot be kept: training goes on */
  keep(state: TrainingState): Promise<string | undefined>;
}

const CONFIGURATION = "bellpepper.configuration";

/** @throws RangeError when what is kept is of another training */
async function openCheckpoints({ name, everySeconds }: KeptAs, frame: ModelFrame, task: Task): Promise<Checkpoints> {
  const configuration = configurationOf(frame, task);
  const notes: string[] = [];
  const found = await readCheckpoint(name, notes);
  if (found) expectSame(name, JSON.parse(found.metadata[CONFIGURATION] ?? "{}"), configuration);
  let last = performance.now();
  return {
    resume: found?.state,
    notes,
    isDue: () => performance.now() - last >= 1000 * everySeconds,
    async keep(state) {
      last = performance.now();
      try {
        const metadata = { [CONFIGURATION]: JSON.stringify(configuration) };
        await keepCheckpoint(name, state, encodeCheckpoint(frame, state, { metadata }));
        return undefined;
      } catch (error) {
        return `The checkpoint could not be kept (${errorText(error)}); the one before stays.`;
      }
    },
  };
}

type Configuration = Readonly<Record<string, string>>;

/** All that decides the steps of a training, as texts by what it is; what is long, as its checksum. */
function configurationOf(
  frame: ModelFrame,
  { network, own, settings, training, validation, jitter }: Task,
): Configuration {
  const { epochs, ...rest } = settings;
  const text = new TextEncoder();
  const sum = (bytes: Uint8Array): string => crc32(bytes).toString(16);
  const checksum = ({ pixels, ...others }: PlainSamples): string =>
    `${sum(pixels)} ${sum(text.encode(JSON.stringify(others, listed)))}`;
  return Object.fromEntries(
    Object.entries({
      ...{ network: [network, own], normalization: frame.normalization, jitter, training: checksum(training) },
      validation: validation && checksum(validation),
      ...rest,
      ...(dependsOnEpochs(scheduleOf(settings.learningRate)) ? { epochs } : {}),
    }).flatMap(([key, value]) => (value === undefined ? [] : [[key, JSON.stringify(value)]])),
  );
}

/** Arrays of numbers as JSON has them. */
const listed = (_: string, value: unknown): unknown =>
  ArrayBuffer.isView(value) && "length" in value ? Array.from(value as Uint8Array, String) : value;

function expectSame(name: string, before: Configuration, now: Configuration): void {
  const differing = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (key) => before[key] !== now[key],
  );
  if (differing.length === 0) return;
  throw new RangeError(
    `The checkpoints '${name}' are of another training: ${differing.join(", ")} ${differing.length > 1 ? "differ" : "differs"}. ` +
      `Give these another name, or remove those by removeCheckpoints("${name}").`,
  );
}
