/** The page's side: it starts the worker, and tells what the worker tells. */

import type { Jitter } from "../../data/change/jitter-description.js";
import { jitterPictures } from "../../data/change/jitter-pictures.js";
import { type PlainSamples, samplesFrom } from "../../data/plain-samples.js";
import { EngineError } from "../../engine/engine.js";
import type { WebEngineOptions } from "../../engine/web.js";
import { descriptionOf } from "../../network/description.js";
import { ownDigests } from "../../network/model/own-digests.js";
import type { Network } from "../../network/network.js";
import { number, objectOf } from "../../values/kind.js";
import { ARGUMENTS, wrongKind } from "../../values/place.js";
import type { TrainingEvent } from "../events.js";
import { expectMeasurable, settingsOf, type TrainingOptions } from "../options.js";
import { LEARNING_RATE } from "../solver/schedule.js";
import { DivergenceError } from "../statistics/diagnosis.js";
import { expectName } from "./checkpoints.js";
import type { FromWorker, KeptAs, Task, ToWorker, Wishes } from "./messages.js";
import { sendLarge } from "./parcel.js";

/** The options of {@link trainInWorker}: those of `train`, with samples as plain data, and a few more. */
export interface WorkerTrainingOptions
  extends Omit<TrainingOptions, "training" | "validation" | "signal" | "steering"> {
  readonly training: PlainSamples;
  /** measured after each epoch; never trained on */
  readonly validation?: PlainSamples;
  /** how the training pictures change at random, anew in each epoch; see `jitterPictures`. Not at all unless given */
  readonly jitter?: Jitter;
  /** what computes in the worker: the device, its threads, where the runtime's files lie */
  readonly engine?: WebEngineOptions;
  /**
   * The name under which states are kept in the browser: after each epoch, when training is stopped, and every so many seconds (30). Where some
   * are there already, training goes on from the newest. None are kept unless given.
   */
  readonly checkpoints?: string | { readonly name: string; readonly everySeconds?: number };
  /** ends training after the step under way */
  readonly signal?: AbortSignal;
  /** A worker of your own, which calls `serveTraining` after it has defined your blocks and losses; ours, which knows none, unless given. */
  readonly worker?: () => Worker;
}

/** A training in a worker: its events, and what may be done to it while it runs. */
export interface WorkerTraining extends AsyncGenerator<TrainingEvent, void, undefined> {
  /** Lets it wait after the step under way; up to four events that were made before may still come. */
  pause(): void;
  /** Lets it go on. */
  resume(): void;
  /** Ends it after the step under way; the last event is then "stopped". */
  stop(): void;
  /**
   * Gives it another learning rate from the next step on, also for later, when it goes on from its checkpoints.
   *
   * @throws TypeError, RangeError when it is none; when it depends on validation, and there is none
   */
  changeLearningRate(rate: NonNullable<TrainingOptions["learningRate"]>): void;
}

/**
 * Trains in a worker beside the page, as the same events as `train` gives: the page stays awake, and may pause it, stop it and change its learning rate.
 *
 * The worker begins with the first event that is asked for, may be four events ahead, and ends with the loop over them. Where `checkpoints` have
 * a name, what was trained is kept in the browser, and the same call goes on from there, bit for bit, after the tab was closed. Bundlers find the
 * worker's module; pages without one take this function from the package's `dist/page/bellpepper.js`, beside which it lies.
 *
 * @throws TypeError, RangeError at once, when an option is wrong or does not fit the network; in the loop what `train` throws; EngineError when the worker cannot be started
 * @example
 * async function trainLetters(): Promise<void> {
 *   const training = await plainSamples(letters.training);
 *   const options = { training, normalization, epochs: 15, jitter: { rotate: 10 }, checkpoints: "letters" };
 *   for await (const event of trainInWorker(ocr(), options)) {
 *     if (event.type === "epoch") console.log(event.epoch, event.train.objective);
 *   }
 * }
 */
export function trainInWorker(network: Network, options: WorkerTrainingOptions): WorkerTraining {
  const task = taskOf(network, options);
  const { signal, validation, worker } = options;
  let wishes: Wishes = { learningRate: undefined, paused: false, stopped: signal?.aborted ?? false };
  let tell: (message: ToWorker) => void = () => undefined;
  const wish = (more: Partial<Wishes>): void => {
    wishes = { ...wishes, ...more };
    tell({ type: "wishes", wishes });
  };
  const stop = (): void => wish({ stopped: true });

  async function* run(): AsyncGenerator<TrainingEvent, void, undefined> {
    const line = openLine(worker ?? ownWorker);
    signal?.addEventListener("abort", stop);
    let running = false;
    try {
      await line.ready(task.engine.loadingTime ?? LOADING_TIME);
      const rest = await sendLarge(task, line.post);
      tell = line.post;
      wish({});
      tell({ type: "start", task: rest });
      running = true;
      for (let message = await line.next(); message.type !== "done"; message = await line.next()) {
        if (message.type === "failed") {
          running = false;
          throw errorOf(message);
        }
        if (message.type !== "event") continue;
        yield message.event;
        tell({ type: "taken" });
      }
      running = false;
    } finally {
      signal?.removeEventListener("abort", stop);
      if (running) {
        stop();
        await line.end();
      }
      tell = () => undefined;
      line.close();
    }
  }

  return Object.assign(run(), {
    pause: () => wish({ paused: true }),
    resume: () => wish({ paused: false }),
    stop,
    changeLearningRate(rate: NonNullable<TrainingOptions["learningRate"]>) {
      const learningRate = LEARNING_RATE.take(rate, { path: "rate" });
      expectMeasurable(learningRate, validation);
      wish({ learningRate });
    },
  });
}

/** Seconds that a worker may take until it answers. */
const LOADING_TIME = 60;
/** Seconds after which a state is kept in the midst of an epoch. */
const EVERY_SECONDS = 30;

/** All that the worker needs. @throws TypeError, RangeError when something is wrong */
function taskOf(network: Network, options: WorkerTrainingOptions): Task {
  objectOf(options, ARGUMENTS);
  const { training, validation, jitter, engine = {}, checkpoints, signal, worker, ...rest } = options;
  const samples = samplesFrom(training);
  const settings = settingsOf(network, {
    ...rest,
    training: samples,
    ...(validation ? { validation: samplesFrom(validation) } : {}),
  });
  if (jitter) jitterPictures(samples, jitter, settings.seed);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw wrongKind({ path: "signal" }, "an AbortSignal", signal);
  const own = ownDigests(network);
  const [first] = Object.keys(own);
  if (first !== undefined && !worker) {
    throw new TypeError(
      `Layer '${first}' is of a block or a loss of your own, which our worker does not know: give a worker of your own (the option 'worker') that defines it and calls serveTraining.`,
    );
  }
  const kept = checkpoints === undefined ? undefined : keptAs(checkpoints);
  const { normalization, start, resume } = rest;
  if (kept && resume) throw new RangeError("resume: expected nothing beside checkpoints, from which training goes on.");
  const description = descriptionOf(network);
  return {
    ...{ network: description, own, settings, training, validation, normalization, jitter, start, resume },
    ...{ engine: sendable(engine), checkpoints: kept },
  };
}

function keptAs(checkpoints: NonNullable<WorkerTrainingOptions["checkpoints"]>): KeptAs {
  const { name, everySeconds = EVERY_SECONDS } =
    typeof checkpoints === "string"
      ? { name: checkpoints }
      : (objectOf(checkpoints, { path: "checkpoints" }) as KeptAs);
  return {
    name: expectName(name),
    everySeconds: number({ least: 0 }).take(everySeconds, { path: "checkpoints.everySeconds" }),
  };
}

/** The engine's options with addresses as texts, seen from the page. */
function sendable({ wasmPaths, ...rest }: WebEngineOptions): WebEngineOptions {
  const address = (path: string | URL): string => new URL(path, globalThis.location?.href).href;
  const folder = wasmPaths ?? mappedFolder(rest.device);
  if (folder === undefined) return rest;
  if (typeof folder === "string" || folder instanceof URL) return { ...rest, wasmPaths: address(folder) };
  return { ...rest, wasmPaths: { mjs: address(folder.mjs), wasm: address(folder.wasm) } };
}

/** The folder of ONNX Runtime's files by the page's import map; undefined where there is none, as behind every bundler. Workers have no import maps. */
function mappedFolder(device: WebEngineOptions["device"] = "wasm"): string | undefined {
  try {
    return new URL(".", import.meta.resolve(`onnxruntime-web/${device}`)).href;
  } catch {
    return undefined;
  }
}

/** The worker that knows the toolbox alone. Bundlers find its module by this very form. */
const ownWorker = (): Worker => new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

/** A line to a worker. */
interface Line {
  readonly post: (message: ToWorker, transfer?: ArrayBuffer[]) => void;
  /** Waits until the worker listens. @throws EngineError when it does not within so many seconds */
  ready(seconds: number): Promise<void>;
  next(): Promise<FromWorker>;
  /** Waits for its last message. */
  end(): Promise<void>;
  close(): void;
}

function openLine(start: () => Worker): Line {
  const worker = start();
  const inbox: FromWorker[] = [];
  let problem: EngineError | undefined;
  let wake = (): void => undefined;
  worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
    inbox.push(data);
    wake();
  });
  const fail = (message: string): void => {
    problem ??= new EngineError(message);
    wake();
  };
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    fail(`The worker that trains cannot be used: ${event.message || "its module does not load"}.`);
  });
  worker.addEventListener("messageerror", () => fail("The worker that trains has sent what cannot be read."));
  const next = async (): Promise<FromWorker> => {
    while (true) {
      const message = inbox.shift();
      if (message) return message;
      if (problem) throw problem;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    async ready(seconds) {
      const timer = setTimeout(
        () => fail(`The worker that trains has not answered within ${seconds} s.`),
        1000 * seconds,
      );
      try {
        await next();
      } finally {
        clearTimeout(timer);
      }
    },
    next,
    async end() {
      try {
        for (let message = await next(); message.type !== "done" && message.type !== "failed"; ) message = await next();
      } catch {
        // whoever has left the loop is told no more
      }
    },
    close: () => worker.terminate(),
  };
}

/** The error that the worker has had. */
function errorOf({ name, message }: Extract<FromWorker, { type: "failed" }>): Error {
  const known = { TypeError, RangeError, EngineError, DivergenceError };
  if (Object.hasOwn(known, name)) return new known[name as keyof typeof known](message);
  return Object.assign(new Error(message), { name });
}
