/**
 * Training steps of a network on a device, compared with those on one thread of the processor: `node device-check.js NETWORK DEVICE` prints a {@link Checked}
 * as JSON, or an error with one line.
 */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDevice } from "../engine/devices.js";
import { brought, type Device, EngineError } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import { next } from "../training/step/update.js";
import { errorText } from "../values/error-text.js";
import { repeated } from "./interleaved.js";
import { NETWORKS } from "./networks.js";
import { type TimedStep, timedStep } from "./timed-step.js";

/** What steps on a device made of it. */
export interface Checked {
  /** by how much the objective of the first step differs, relative to it */
  readonly objective: number;
  /** by how much the parameters after it differ, relative to how far they have moved: ‖p − p′‖ / ‖p′ − p₀‖ over all of them */
  readonly moved: number;
  /** so many steps were made */
  readonly steps: number;
  /** by how much the objective of the last one differs: what is off by rounding alone grows, the more so in deep networks that are not trained yet */
  readonly lastObjective: number;
  /** values handed over at each step and those that come back */
  readonly values: number;
  /** megabytes of them */
  readonly megabytes: number;
  /** what the runtime says of each node, where it does: how many run where, by provider */
  readonly nodes: Readonly<Record<string, number>>;
  /** nodes that copy between the processor and the device */
  readonly copies: number;
  /** what runs on the processor instead, by operator */
  readonly left: Readonly<Record<string, number>>;
}

const STEPS = 3;

const start = (device: Device, name: string, profile?: string): Promise<TimedStep> => {
  const { batch, network } = NETWORKS[name];
  const engine = nodeEngine({ threads: 1, device, ...(profile === undefined ? {} : { profile }) });
  return timedStep(engine, network(), batch);
};

/** The objective of the last step. */
const objectiveOf = (step: TimedStep): number => Number(step.made().objective.data[0]);

/** By how much a number differs from the expected one, relative to it; what is no number never passes. */
const difference = (actual: number, expected: number): number => Math.abs(actual - expected) / Math.abs(expected);

/** ‖p − p′‖ / ‖p′ − p₀‖ over all parameters that move, with p′ those of the processor. */
async function movedOff(step: TimedStep, expected: TimedStep): Promise<number> {
  let [off, moved] = [0, 0];
  const [made, right] = [await brought(step.made()), expected.made()];
  for (const [name, { data: before }] of Object.entries(expected.fed)) {
    const [p, q] = [made[next(name)]?.data, right[next(name)]?.data];
    if (!p || !q || name.startsWith("momentum/")) continue;
    for (let i = 0; i < before.length; i++) {
      off += (Number(p[i]) - Number(q[i])) ** 2;
      moved += (Number(q[i]) - Number(before[i])) ** 2;
    }
  }
  return Math.sqrt(off / moved);
}

/** Steps on the device and on the processor, side by side. */
async function compared(name: string, device: Device): Promise<Omit<Checked, "nodes" | "copies" | "left">> {
  const [step, expected] = [await start(device, name), await start("cpu", name)];
  const objectives: number[] = [];
  let moved = 0;
  for (let i = 0; i < STEPS; i++) {
    for (const each of [step, expected]) await each();
    objectives.push(difference(objectiveOf(step), objectiveOf(expected)));
    if (i === 0) moved = await movedOff(step, expected);
  }
  if (!Number.isFinite(objectives[STEPS - 1] + moved)) throw new EngineError("it computes what is no number");
  const crossing = step.crossing();
  const megabytes = crossing.reduce((sum, { data }) => sum + data.byteLength, 0) / 1e6;
  for (const each of [step, expected]) await each.close();
  return {
    objective: objectives[0],
    moved,
    steps: STEPS,
    lastObjective: objectives[STEPS - 1],
    values: crossing.length,
    megabytes,
  };
}

/** Where the nodes of a step run, from the runtime's own profile; there is none of the WebAssembly build. */
async function placed(name: string, device: Device): Promise<Pick<Checked, "nodes" | "copies" | "left">> {
  const [nodes, left]: Record<string, number>[] = [{}, {}];
  if (device === "wasm") return { nodes, copies: 0, left };
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-devices-"));
  try {
    const step = await start(device, name, join(folder, "step"));
    await repeated(step, 2);
    await step.close();
    const [file] = await readdir(folder);
    const events: { cat: string; name: string; args: { op_name: string; provider: string } }[] = JSON.parse(
      await readFile(join(folder, file), "utf8"),
    );
    const run = events.filter((event) => event.cat === "Node" && event.name.endsWith("_kernel_time"));
    for (const { op_name: operator, provider } of new Map(run.map((event) => [event.name, event.args])).values()) {
      nodes[provider] = (nodes[provider] ?? 0) + 1;
      if (provider === "CPUExecutionProvider" && device !== "cpu") left[operator] = (left[operator] ?? 0) + 1;
    }
    const copies = new Set(run.filter(({ args }) => args.op_name.startsWith("Memcpy")).map((event) => event.name)).size;
    return { nodes, copies, left };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const [name, device] = process.argv.slice(2);
try {
  if (!isDevice(device)) throw new EngineError(`There is no device '${device}'.`);
  const checked: Checked = { ...(await compared(name, device)), ...(await placed(name, device)) };
  process.stdout.write(`${JSON.stringify(checked)}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ missing: errorText(error) })}\n`);
}
