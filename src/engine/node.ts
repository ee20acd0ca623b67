/** ONNX Runtime in Node: its native library, or WebAssembly where that cannot be used. */

import { createRequire } from "node:module";
import { env } from "onnxruntime-common";
import type * as NativeRuntime from "onnxruntime-node";
import type * as WebRuntime from "onnxruntime-web";
import { errorText } from "../values/error-text.js";
import { objectOf } from "../values/kind.js";
import { ARGUMENTS } from "../values/place.js";
import { expectWhole } from "../values/range.js";
import { type Device, type Engine, EngineError } from "./engine.js";
import { besideCaller } from "./node-aside.js";
import { defaultThreads } from "./node-threads.js";
import { runtimeEngine, SILENT } from "./runtime.js";

export { defaultThreads } from "./node-threads.js";

/** The options of {@link nodeEngine}. */
export interface NodeEngineOptions {
  /** "cpu" unless said otherwise; "wasm" takes its place, with a warning, where the native library cannot be used */
  readonly device?: Device;
  /**
   * Threads to compute with; as many as the machine has cores, 8 at most. One operator may use all of them, or in a worker its share. Results are bit-equal only
   * at an equal number.
   */
  readonly threads?: number;
  /**
   * Threads beside the caller's that run programs side by side, each with its share of `threads` for an operator: training divides its batches among them, as {@link train}
   * does by `subBatches`. On the processor, by the native library; 1
   */
  readonly workers?: number;
  /** Where the native library writes a profile of each program, as a Chrome trace: the start of the file's name. */
  readonly profile?: string;
}

/**
 * How long a thread without work spins before it sleeps. As fast as endless spinning on an idle machine, and far faster where
 * another program wants a core.
 */
const SPIN_MICROSECONDS = "100";

/** Loaded at the first use, not with this module: one of the runtimes may be absent, and a program that only reads pictures needs none. */
const load = createRequire(import.meta.url);

type Native = { readonly runtime: typeof NativeRuntime } | { readonly problem: string };
let native: Native | undefined;

function loadNative(): Native {
  try {
    const runtime: typeof NativeRuntime = load("onnxruntime-node");
    return { runtime };
  } catch (error) {
    const [message] = errorText(error).split("\n");
    if (message.includes("'onnxruntime-node'")) {
      const install = `npm install --ignore-scripts onnxruntime-node@${env.versions.common}`;
      return { problem: `the package onnxruntime-node is not installed (${install})` };
    }
    if (message.includes("onnxruntime_binding.node'")) {
      return { problem: `onnxruntime-node has no library for ${process.platform} on ${process.arch}` };
    }
    return { problem: `onnxruntime-node does not load (${message})` };
  }
}

/**
 * Why ONNX Runtime's native library cannot be used here.
 *
 * @returns such as "onnxruntime-node has no library for darwin on x64"; undefined where the library can be used
 * @example
 * const engine = nodeEngine({ device: nativeProblem() === undefined ? "cpu" : "wasm" });
 */
export function nativeProblem(): string | undefined {
  native ??= loadNative();
  return "problem" in native ? native.problem : undefined;
}

/**
 * An engine on onnxruntime-node, or on onnxruntime-web for the device "wasm", whose engines share their number of threads, the first one's.
 *
 * @throws TypeError when the options are no object; EngineError when the device needs the native library, and that cannot be used. In the place of "cpu" the engine is then a "wasm"
 *   one, and Node is given a warning.
 * @example
 * const engine = nodeEngine({ threads: 1 });
 * const program = await engine.load(graph);
 */
export function nodeEngine(options: NodeEngineOptions = {}): Engine {
  objectOf(options, ARGUMENTS);
  const { device = "cpu", workers = 1, threads = Math.max(defaultThreads(), workers) } = options;
  expectWhole("the number of workers", [workers], 1);
  if (workers > threads)
    throw new EngineError(`There are ${workers} workers for ${threads} threads: expected at most as many.`);
  if (workers > 1 && device !== "cpu") throw new EngineError(`Workers compute on the processor, not on ${device}.`);
  if (device === "wasm") return wasmEngine(threads);
  native ??= loadNative();
  if ("runtime" in native) return nativeEngine(native.runtime, device, threads, workers, options.profile);
  if (device !== "cpu") throw new EngineError(`There is no ${device} in WebAssembly, and ${native.problem}.`);
  if (workers > 1) throw new EngineError(`There is one worker in WebAssembly, and ${native.problem}.`);
  warnOfWasm(native.problem);
  return wasmEngine(threads);
}

function nativeEngine(
  runtime: typeof NativeRuntime,
  device: Device,
  threads: number,
  workers: number,
  profile: string | undefined,
): Engine {
  // CUDA's libraries round the factors of float32 products to 10 bits otherwise. They read it when they are loaded.
  if (device === "cuda") process.env.NVIDIA_TF32_OVERRIDE ??= "0";
  return runtimeEngine(runtime, {
    device,
    threads: Math.floor(threads / workers),
    workers,
    ...(device === "cpu" ? { aside: (worker) => besideCaller(load.resolve("onnxruntime-node"), worker) } : {}),
    session: {
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      logSeverityLevel: SILENT,
      extra: { session: { intra_op: { spin_duration_us: SPIN_MICROSECONDS } } },
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    },
  });
}

function wasmEngine(threads: number): Engine {
  // Both builds call themselves "cpu", and the first one keeps the name: an engine for "cpu" would be this one, which writes nothing in place.
  native ??= loadNative();
  const runtime: typeof WebRuntime = load("onnxruntime-web");
  runtime.env.wasm.numThreads = threads;
  return runtimeEngine(runtime, {
    device: "wasm",
    threads,
    session: { executionProviders: ["wasm"], graphOptimizationLevel: "all", logSeverityLevel: SILENT },
  });
}

let warned = false;

function warnOfWasm(problem: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    `Computing in WebAssembly, which takes some 3 times as long as native code: ${problem}. \`bellpepper doctor\` says more.`,
    "BellPepperWarning",
  );
}
