/** ONNX Runtime's web build: WebAssembly anywhere, WebGPU in a browser. */

import * as ort from "onnxruntime-web/webgpu";
import type { Engine } from "./engine.js";
import { runtimeEngine } from "./runtime.js";

/** The options of {@link webEngine}. */
export interface WebEngineOptions {
  /** "wasm" unless said otherwise */
  readonly device?: "wasm" | "webgpu";
  /** Threads of the WebAssembly build; more than one needs a cross-origin isolated page. 1 unless said otherwise. */
  readonly threads?: number;
}

/**
 * An engine on onnxruntime-web.
 *
 * @example
 * const engine = webEngine({ device: "wasm" });
 */
export function webEngine(options: WebEngineOptions = {}): Engine {
  const device = options.device ?? "wasm";
  const threads = options.threads ?? 1;
  ort.env.wasm.numThreads = threads;
  return runtimeEngine(ort, {
    device,
    threads,
    writesInPlace: false,
    session: { executionProviders: [device], graphOptimizationLevel: "all", logSeverityLevel: 3 },
  });
}
