/** ONNX Runtime's web build: WebAssembly anywhere, WebGPU in a browser. */

import type { InferenceSession } from "onnxruntime-common";
import { GraphBuilder } from "../graph/builder.js";
import { encodeModel } from "../graph/codec/codec.js";
import { modelOf } from "../graph/model.js";
import { errorText } from "../values/error-text.js";
import { number, objectOf, whole, word } from "../values/kind.js";
import { ARGUMENTS } from "../values/place.js";
import { type Engine, EngineError } from "./engine.js";
import { runtimeEngine, SILENT } from "./runtime.js";
import { filesOf, type WasmPaths } from "./web-files.js";

export type { WasmPaths } from "./web-files.js";

/** The devices of {@link webEngine}. */
export type WebDevice = "wasm" | "webgpu";

/** The options of {@link webEngine}. */
export interface WebEngineOptions {
  /** "wasm" unless said otherwise; "webgpu" needs a browser (in Node, `nodeEngine` has it) */
  readonly device?: WebDevice;
  /**
   * Threads of the WebAssembly build; 1 unless said otherwise. More need a cross-origin isolated page: in any other the engine has one, says so on the
   * console, and its `threads` is 1.
   */
  readonly threads?: number;
  /** Where ONNX Runtime's own files lie; where the bundler put them, or beside the program, unless said otherwise: see {@link WasmPaths} */
  readonly wasmPaths?: WasmPaths;
  /** Seconds that loading the runtime may take; 60 unless said otherwise. It is 14 MB for "wasm", and 27 for "webgpu". */
  readonly loadingTime?: number;
}

/** What is needed of a build of onnxruntime-web. */
type WebRuntime = Pick<typeof import("onnxruntime-web"), "env" | "InferenceSession" | "Tensor">;

/** The runtimes of a page, which are loaded once: each build has one number of threads. */
const loaded = new Map<WebDevice, Promise<WebRuntime>>();

/**
 * An engine on onnxruntime-web. Only the build that the device needs is loaded: the WebAssembly build runs in browsers and in Node. All engines
 * of a page on one device share the runtime, its files and its number of threads, the first one's; `threads` of an engine says what it has.
 *
 * @throws TypeError, RangeError when an option is wrong; EngineError when the runtime cannot be loaded, or not within `loadingTime`
 * @example
 * const engine = await webEngine({ device: "wasm" });
 */
export async function webEngine(options: WebEngineOptions = {}): Promise<Engine> {
  objectOf(options, ARGUMENTS);
  const device = word(["wasm", "webgpu"]).take(options.device ?? "wasm", { path: "device" });
  const asked = whole(1).take(options.threads ?? 1, { path: "threads" });
  const seconds = number({ above: 0 }).take(options.loadingTime ?? 60, { path: "loadingTime" });
  const session: InferenceSession.SessionOptions = {
    executionProviders: [device],
    graphOptimizationLevel: "all",
    logSeverityLevel: SILENT,
  };
  const runtime = loaded.get(device) ?? loadRuntime(device, asked, options.wasmPaths, seconds, session);
  loaded.set(device, runtime);
  const { env } = await runtime;
  const threads = env.wasm.numThreads ?? 1;
  if (threads !== asked)
    console.warn(`Bell Pepper computes with ${counted(threads)} in place of ${asked}: ${reasonFor(threads)}`);
  return runtimeEngine(await runtime, { device, threads, session });
}

const counted = (threads: number): string => (threads === 1 ? "1 thread" : `${threads} threads`);

/** Why there are not as many threads as were asked for. */
const reasonFor = (threads: number): string =>
  threads === 1 && !canShareMemory()
    ? 'the page is not cross-origin isolated. Its server must send the headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp".'
    : "all engines of a page have as many as the first.";

/** Whether memory can be shared with other threads: in Node always, in a page where it is cross-origin isolated. */
const canShareMemory = (): boolean =>
  typeof SharedArrayBuffer === "function" &&
  (!("crossOriginIsolated" in globalThis) || globalThis.crossOriginIsolated === true);

/** Loads a build, and waits until it has run its first program: only then its files have been fetched and its threads have started. */
async function loadRuntime(
  device: WebDevice,
  threads: number,
  wasmPaths: WasmPaths | undefined,
  seconds: number,
  session: InferenceSession.SessionOptions,
): Promise<WebRuntime> {
  const files = filesOf(device, wasmPaths);
  const first = async (): Promise<WebRuntime> => {
    const runtime = device === "webgpu" ? await import("onnxruntime-web/webgpu") : await import("onnxruntime-web/wasm");
    runtime.env.wasm.numThreads = canShareMemory() ? threads : 1;
    if (files !== undefined) runtime.env.wasm.wasmPaths = files;
    const program = await runtime.InferenceSession.create(smallest(), session);
    await program.release();
    return runtime;
  };
  const place =
    files === undefined ? "" : ` from ${typeof files === "string" ? files : `${files.mjs} and ${files.wasm}`}`;
  const failed = (reason: string, cause?: unknown): EngineError =>
    new EngineError(`ONNX Runtime could not be loaded for ${device}${place} (wasmPaths says from where): ${reason}`, {
      cause,
    });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(failed(`it took longer than ${seconds} s.`)), 1000 * seconds);
  });
  try {
    return await Promise.race([
      first().catch((error) => {
        throw failed(errorText(error).split("\n")[0], error);
      }),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** The smallest program: y = x. */
function smallest(): Uint8Array {
  const g = new GraphBuilder("smallest");
  g.output("y", g.op("Identity", [g.input("x", "float32", [1])]));
  return encodeModel(modelOf(g.build()));
}
