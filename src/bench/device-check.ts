/**
 * Training steps of a network on a device, compared with those on one thread of the processor: `node device-check.js NETWORK DEVICE` prints a {@link Checked}
 * as JSON, or an error with one line.
 */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDevice } from "../engine/devices.js";
import { type Device, EngineError, type Values } from "../engine/engine.js";
import { nodeEngine } from "../engine/node.js";
import { errorText } from "../values/error-text.js";
import { repeated } from "./interleaved.js";
import { NETWORKS } from "./networks.js";
import { type TimedStep, timedStep } from "./timed-step.js";

/** What steps on a device made of it. */
export interface Checked {
  /** so many steps were compared */
  readonly steps: number;
  /** the largest difference of the objective in the first steps, relative to it */
  readonly objective: number;
  /** the largest difference in a tensor after them, relative to the largest number in it */
  readonly parameters: number;
  /** the tensor with that */
  readonly parameter: string;
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

/** The largest difference of two values, relative to the largest number of the second. */
function difference({ data }: Values[string], { data: expected }: Values[string]): number {
  let [off, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    off = Math.max(off, Math.abs(Number(data[i]) - Number(expected[i])));
    largest = Math.max(largest, Math.abs(Number(expected[i])));
    // what is not finite never passes
    if (!Number.isFinite(Number(data[i]))) return Number.POSITIVE_INFINITY;
  }
  return off === 0 ? 0 : off / largest;
}

const bytesOf = (values: Values): number => Object.values(values).reduce((sum, { data }) => sum + data.byteLength, 0);

/** Steps on the device and on the processor, side by side. */
async function compared(name: string, device: Device): Promise<Omit<Checked, "nodes" | "copies" | "left">> {
  const [step, expected] = [await start(device, name), await start("cpu", name)];
  let objective = 0;
  for (let i = 0; i < STEPS; i++) {
    for (const each of [step, expected]) await each();
    objective = Math.max(objective, difference(step.made().objective, expected.made().objective));
  }
  const made = step.made();
  const [parameter, parameters] = Object.entries(expected.made())
    .filter(([output]) => output.includes("/"))
    .map(([output, value]): [string, number] => [output, difference(made[output], value)])
    .reduce((a, b) => (b[1] > a[1] ? b : a));
  const values = Object.keys(step.fed).length + Object.keys(made).length;
  const megabytes = (bytesOf(step.fed) + bytesOf(made)) / 1e6;
  for (const each of [step, expected]) await each.close();
  return { steps: STEPS, objective, parameters, parameter, values, megabytes };
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
