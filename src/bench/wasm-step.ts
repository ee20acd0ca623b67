/** Training steps in WebAssembly, in Node and in a page alike. */

import { runtimeEngine, SILENT } from "../engine/runtime.js";
import { repeated } from "./interleaved.js";
import { NETWORKS } from "./networks.js";
import { timedStep } from "./timed-step.js";

/** What is measured. */
export interface WasmTask {
  readonly network: string;
  readonly threads: number;
  readonly steps: number;
  /** whether the runtime prints when each operator began and how long it took */
  readonly profile: boolean;
}

/** Milliseconds. */
export interface WasmTimes {
  /** until the program was ready, with the runtime itself */
  readonly loaded: number;
  /** of the first step, which gives its functions to the compiler */
  readonly first: number;
  readonly times: readonly number[];
}

export async function wasmSteps({ network: name, threads, steps, profile }: WasmTask): Promise<WasmTimes> {
  const started = performance.now();
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = threads;
  const engine = runtimeEngine(ort, {
    device: "wasm",
    threads,
    session: {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
      logSeverityLevel: SILENT,
      ...(profile ? { enableProfiling: true, profileFilePrefix: "step" } : {}),
    },
  });
  const { network, batch } = NETWORKS[name];
  const step = await timedStep(engine, network(), batch);
  const loaded = performance.now() - started;
  const first = await step();
  // compilers make functions fast once they have run for a while
  await repeated(step, Math.ceil(steps / 4));
  const times = await repeated(step, steps);
  await step.close();
  return { loaded, first, times };
}
