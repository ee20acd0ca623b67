/** A graphics card that takes all of a graph or refuses it. */

import * as runtime from "onnxruntime-node";
import type { Engine } from "../src/engine/engine.js";
import { runtimeEngine, SILENT } from "../src/engine/runtime.js";
import type { Graph } from "../src/graph/types.js";

const engine: Engine = runtimeEngine(runtime, {
  device: "webgpu",
  threads: 1,
  session: {
    executionProviders: ["webgpu"],
    graphOptimizationLevel: "all",
    logSeverityLevel: SILENT,
    extra: { session: { disable_cpu_ep_fallback: "1" } },
  },
});

/** @throws EngineError when the runtime would leave a node of the graph to the processor, or refuses it altogether */
export async function expectOnCard(graph: Graph): Promise<void> {
  await (await engine.load(graph)).close();
}

/** Whether the runtime would leave a node of the graph to the processor. @throws EngineError when it refuses the graph for another reason */
export async function leavesCard(graph: Graph): Promise<boolean> {
  try {
    await expectOnCard(graph);
    return false;
  } catch (error) {
    if (/fallback to CPU EP has been explicitly disabled/.test(String(error))) return true;
    throw error;
  }
}
