/** ONNX Runtime's web build: WebAssembly anywhere, WebGPU in a browser. */

import type { Engine } from "./engine.js";
import { runtimeEngine, SILENT } from "./runtime.js";

/** The options of {@link webEngine}. */
export interface WebEngineOptions {
  /** "wasm" unless said otherwise; "webgpu" needs a browser (in Node, `nodeEngine` has it) */
  readonly device?: "wasm" | "webgpu";
  /** Threads of the WebAssembly build; more than one needs a cross-origin isolated page. 1 unless said otherwise. */
  readonly threads?: number;
}

/**
 * An engine on onnxruntime-web. The runtime is loaded when it is asked for, and only the build that the device needs: the
 * WebAssembly build runs in browsers and in Node. All engines of a page share its number of threads, the first one's.
 *
 * @example
 * const engine = await webEngine({ device: "wasm" });
 */
export async function webEngine(options: WebEngineOptions = {}): Promise<Engine> {
  const device = options.device ?? "wasm";
  const threads = options.threads ?? 1;
  const ort = device === "webgpu" ? await import("onnxruntime-web/webgpu") : await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = threads;
  return runtimeEngine(ort, {
    device,
    threads,
    session: { executionProviders: [device], graphOptimizationLevel: "all", logSeverityLevel: SILENT },
  });
}
