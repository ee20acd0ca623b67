/** The devices that tests run on, and the comparison of what comes out. */

import { existsSync } from "node:fs";
import { describe, expect } from "vitest";
import { DEVICES } from "../src/engine/devices.js";
import type { Device, Engine, Program, Values } from "../src/engine/engine.js";
import { nodeEngine } from "../src/engine/node.js";
import { webEngine } from "../src/engine/web.js";
import { GraphBuilder } from "../src/graph/builder.js";
import { float32 } from "../src/graph/tensor.js";
import type { Graph, Tensor } from "../src/graph/types.js";

/** A device under test. */
export interface TestDevice {
  readonly name: Device;
  readonly engine: Engine;
  /** how far a result may be off, relative to the largest number in it */
  readonly tolerance: number;
}

const device = (name: Device, engine: Engine): TestDevice => ({
  name,
  engine,
  tolerance: DEVICES[name].tolerance,
});

/** ONNX Runtime's native library, one thread. */
export const cpu = device("cpu", nodeEngine({ threads: 1 }));

/** The WebAssembly build, one thread. */
export const wasm = device("wasm", await webEngine({ device: "wasm" }));

/** Graphics cards, real ones or one in software. */
const cards = (["webgpu", "cuda"] as const).map((name) => device(name, nodeEngine({ device: name, threads: 1 })));

/**
 * Programs that are never closed, so that a graphics adapter always has one: with its last one, the runtime shuts it down, which takes a
 * tenth of a second, and forgets what it has compiled, which takes seconds.
 */
const open: Program[] = [];

/** Every device that this machine has. */
export const devices: TestDevice[] = [cpu, wasm];
for (const card of cards) if (await isPresent(card)) devices.push(card);

/** Whether the device runs a graph, which then stays loaded. */
async function isPresent(candidate: TestDevice): Promise<boolean> {
  // Where there is no NVIDIA card, the runtime complains on the standard error.
  if (candidate.name === "cuda" && !existsSync("/dev/nvidiactl")) return false;
  const g = new GraphBuilder("is there a device?");
  g.output("y", g.op("Neg", [g.input("x", "float32", [1])]));
  try {
    const program = await candidate.engine.load(g.build());
    open.push(program);
    const { y } = await program.run({ x: float32([1], [1]) });
    return y.data[0] === -1;
  } catch {
    return false;
  }
}

/** A group of tests for each device; one that is absent is shown as skipped. */
export function describeDevices(name: string, body: (device: TestDevice) => void): void {
  for (const each of devices) describe(`${name}, ${each.name}`, () => body(each));
  for (const card of cards.filter((card) => !devices.includes(card))) {
    describe.skip(`${name}, ${card.name}: absent`, () => body(card));
  }
}

/** A group of tests for each device where tensors lie between runs; one that is absent is shown as skipped. */
export function describeCards(name: string, body: (device: TestDevice) => void): void {
  for (const card of cards.filter(({ name }) => DEVICES[name].keepsTensors)) {
    if (devices.includes(card)) describe(`${name}, ${card.name}`, () => body(card));
    else describe.skip(`${name}, ${card.name}: absent`, () => body(card));
  }
}

/** Runs a graph once. */
export async function runOn({ engine }: TestDevice, graph: Graph, inputs: Values): Promise<Values> {
  const program = await engine.load(graph);
  try {
    return await program.run(inputs);
  } finally {
    await program.close();
  }
}

/** What a result is compared with: the same shape, and numbers of any kind. */
export interface Expected {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/**
 * The largest difference of two arrays, divided by the largest number of the second, or by `floor` where that is larger; not a
 * number where one is missing.
 */
export function difference(
  actual: ArrayLike<number | bigint>,
  expected: ArrayLike<number | bigint>,
  floor = 0,
): number {
  if (actual.length !== expected.length) return Number.NaN;
  let largest = floor;
  let off = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [Number(actual[i]), Number(expected[i])];
    largest = Math.max(largest, Math.abs(e));
    off = Math.max(off, Math.abs(a - e));
  }
  return off === 0 ? 0 : off / (largest === 0 ? 1 : largest);
}

/** Expects a shape, and numbers that differ from the expected ones by at most tolerance · the largest of those, or · floor. */
export function expectClose(actual: Tensor, expected: Expected, tolerance: number, what: string, floor = 0): void {
  expect(actual.shape, `shape of ${what}`).toEqual(expected.shape);
  expect(difference(actual.data, expected.data, floor), what).toBeLessThanOrEqual(tolerance);
}
