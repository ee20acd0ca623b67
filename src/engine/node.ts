/** ONNX Runtime's native library, in Node. */

import { availableParallelism } from "node:os";
import * as ort from "onnxruntime-node";
import type { Device, Engine } from "./engine.js";
import { runtimeEngine } from "./runtime.js";

/** The options of {@link nodeEngine}. */
export interface NodeEngineOptions {
  /** "cpu" unless said otherwise */
  readonly device?: Device;
  /** Threads that one operator may use; as many as the machine has cores, 8 at most. Results are bit-equal only at an equal number. */
  readonly threads?: number;
  /** Where the runtime writes a profile of each program, as a Chrome trace: the start of the file's name. */
  readonly profile?: string;
}

/**
 * The number of threads that are used when none is asked for: as many as the machine has cores, 8 at most.
 *
 * @example
 * const engine = nodeEngine({ threads: Math.min(defaultThreads(), 4) });
 */
export const defaultThreads = (): number => Math.min(availableParallelism(), 8);

/**
 * How long a thread without work spins before it sleeps. As fast as endless spinning on an idle machine, and far faster where
 * another program wants a core.
 */
const SPIN_MICROSECONDS = "100";

/**
 * An engine on onnxruntime-node.
 *
 * @example
 * const engine = nodeEngine({ threads: 1 });
 * const program = await engine.load(graph);
 */
export function nodeEngine(options: NodeEngineOptions = {}): Engine {
  const device = options.device ?? "cpu";
  const threads = options.threads ?? defaultThreads();
  return runtimeEngine(ort, {
    device,
    threads,
    session: {
      executionProviders: [device],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
      extra: { session: { intra_op: { spin_duration_us: SPIN_MICROSECONDS } } },
      ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
    },
  });
}
