/** What is known of each device, in one place: engines, the command line, the doctor and the tests read it. */

import type { Graph } from "../graph/types.js";
import { type Costs, WEBASSEMBLY } from "../lowering/costs.js";
import type { Layout } from "../lowering/layouts.js";
import { forWebAssembly } from "../lowering/webassembly.js";
import type { Device } from "./engine.js";

/** An operating system, as Node names it. */
export type Platform = "linux" | "win32" | "darwin";

/** What is known of a device. */
export interface DeviceFacts {
  /** how images lie in memory where sizes are fixed: "batch-last" (C×H×W×N) for processors, "batch-first" (ONNX's N×C×H×W) for cards */
  readonly layout: Layout;
  /** what moves and products cost there */
  readonly costs?: Costs;
  /** writes in another way what the runtime computes wrongly there; loaded where it is needed: a page that trains in WebAssembly does without */
  readonly rewrite?: (graph: Graph) => Promise<Graph>;
  /** writes graphs of this toolbox without what the runtime computes slowly there */
  readonly quicken?: (graph: Graph) => Graph;
  /** whether the runtime writes outputs straight into the tensors that it is given */
  readonly writesInPlace: boolean;
  /** whether the runtime lets tensors lie there between runs; they are written in place, too */
  readonly keepsTensors?: boolean;
  /** how far a result may be off by rounding, relative to the largest number in it */
  readonly tolerance: number;
  /** what has it: `nodeEngine`, and with it the command line; `webEngine`, and with it a browser. The doctor tries all. */
  readonly engines: readonly ("node" | "web")[];
  /** the only operating system that has it; any where none is given */
  readonly platform?: Platform;
  /** what it takes beyond this package */
  readonly needs?: string;
}

/** A processor, which many images side by side keep busy. */
const PROCESSOR = { layout: "batch-last", writesInPlace: false, tolerance: 1e-5 } as const;

/** A card. It may compute divisions and elementary functions to a few units in the last place; its results are copied back. */
const CARD = { layout: "batch-first", writesInPlace: false, tolerance: 1e-4, engines: ["node"] } as const;

/**
 * The devices, in the order in which they are shown.
 *
 * @example
 * DEVICES.cuda.layout; // "batch-first"
 */
export const DEVICES: Readonly<Record<Device, DeviceFacts>> = {
  cpu: { ...PROCESSOR, writesInPlace: true, engines: ["node"] },
  wasm: { ...PROCESSOR, costs: WEBASSEMBLY, quicken: forWebAssembly, engines: ["node", "web"] },
  webgpu: {
    ...CARD,
    engines: ["node", "web"],
    keepsTensors: true,
    rewrite: async (graph) => (await import("../lowering/graphics.js")).forGraphics(graph),
    needs: "a graphics card with a Vulkan, Metal or Direct3D 12 driver",
  },
  cuda: {
    ...CARD,
    platform: "linux",
    rewrite: async (graph) => (await import("../lowering/cuda.js")).forCuda(graph),
    needs: "an NVIDIA card and onnxruntime-node's CUDA libraries",
  },
  dml: { ...CARD, platform: "win32" },
  coreml: { ...CARD, platform: "darwin" },
};

/** The names of all devices, in the order in which they are shown. */
export const DEVICE_NAMES: readonly Device[] = Object.keys(DEVICES).filter(isDevice);

/** The devices of `nodeEngine`, which are those that the command line offers. */
export const NODE_DEVICES: readonly Device[] = DEVICE_NAMES.filter((name) => DEVICES[name].engines.includes("node"));

/** Whether a word names a device. */
export function isDevice(name: string): name is Device {
  return Object.hasOwn(DEVICES, name);
}

/** Operating systems as people call them. */
export const PLATFORM_NAMES: Readonly<Record<Platform, string>> = { linux: "Linux", win32: "Windows", darwin: "macOS" };
