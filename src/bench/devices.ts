/** Training steps on every device of the machine, with what they make beside their time. */

import { DEVICES, NODE_DEVICES } from "../engine/devices.js";
import type { Device } from "../engine/engine.js";
import { defaultThreads } from "../engine/node.js";
import { errorText } from "../values/error-text.js";
import type { Checked } from "./device-check.js";
import { interleaved, median, ratio, timeText, turnsOf } from "./interleaved.js";
import { NETWORKS } from "./networks.js";
import { checkSteps, ownSteps, type Peer, type PyTorch, pyTorchCardSteps } from "./peers.js";

/** Starts processes one after the other; those that fail are told, and left out. */
export async function startAll(
  starting: readonly (() => Promise<Peer | string>)[],
  print: (text: string) => void,
): Promise<Peer[]> {
  const started: Peer[] = [];
  for (const start of starting) {
    const made = await start();
    if (typeof made === "string") print(`    skipped: ${made}`);
    else started.push(made);
  }
  return started;
}

/** Runs processes in turn, closes them, and tells what each took, and how the first one compares. */
export async function compareAll(peers: readonly Peer[], print: (text: string) => void, isRace = true): Promise<void> {
  try {
    if (peers.length === 0) return;
    const warm = [];
    for (const each of peers) warm.push(median(await each.run(2)));
    const [own, ...others] = await interleaved(peers, ...turnsOf(Math.max(...warm)));
    for (const [i, measured] of [own, ...others].entries()) {
      const { loaded, first, megabytes } = peers[i];
      print(
        `    ${measured.name.padEnd(32)} ${timeText(measured)}, ${megabytes().toFixed(0)} MB at most, ready in ${seconds(loaded)}, first step ${seconds(first)}`,
      );
    }
    if (others.length === 0 || !isRace) return;
    const best = others.reduce((a, b) => (b.median < a.median ? b : a));
    print(`    ${ratio(best, own).toFixed(2)} × as fast as ${best.name}`);
  } catch (error) {
    print(`    skipped: ${errorText(error)}`);
  } finally {
    for (const each of peers) each.close();
  }
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** A network on the processor, with one thread and as many as are used, and in WebAssembly; then on each other device, an NVIDIA card beside PyTorch. */
export async function measureDevices(
  networks: readonly string[],
  torch: PyTorch | undefined,
  print: (text: string) => void,
): Promise<void> {
  for (const name of networks) {
    print(`  ${name}, batch ${NETWORKS[name].batch}`);
    const counts = [...new Set([1, defaultThreads()])];
    const processor = counts.map(
      (count) => () => ownSteps(name, count, "cpu", `cpu, ${count} thread${count > 1 ? "s" : ""}`),
    );
    await compareAll(await startAll([...processor, () => ownSteps(name, 1, "wasm", "wasm")], print), print, false);
    for (const line of checkTexts(await checkSteps(name, "wasm"), "wasm")) print(`      ${line}`);
    for (const device of NODE_DEVICES.filter(isCard)) {
      const started = await startAll([() => ownSteps(name, 1, device, device)], print);
      if (started.length === 0) continue;
      const peers =
        torch && device === "cuda" ? [false, true].map((tf32) => () => pyTorchCardSteps(torch, name, tf32)) : [];
      await compareAll([...started, ...(await startAll(peers, print))], print);
      for (const line of checkTexts(await checkSteps(name, device), device)) print(`      ${line}`);
    }
  }
}

const isCard = (device: Device): boolean =>
  DEVICES[device].layout === "batch-first" && (DEVICES[device].platform ?? process.platform) === process.platform;

/** A pixel next to 0 that is cut off here and not there, or the other winner of two that are equal but for rounding, changes a gradient by more than rounding. */
const MOST_MOVED_OFF = 1e-3;

/** Whether the steps are right, and what a step carries from the processor to the device and back. */
function checkTexts(checked: Checked | string, device: Device): string[] {
  if (typeof checked === "string") return [`${device}: ${checked}`];
  const { objective, moved, steps, lastObjective, values, megabytes, nodes, copies, left } = checked;
  const right = objective <= DEVICES[device].tolerance && moved <= MOST_MOVED_OFF;
  const onProcessor = Object.entries(left).map(([operator, count]) => `${operator} ${count}`);
  return [
    `${device}: ${right ? "✓" : "✗"} objective off by ${objective.toExponential(1)}, the first step by ${moved.toExponential(1)}; objective of step ${steps} off by ${lastObjective.toExponential(1)}`,
    ...(Object.keys(nodes).length === 0
      ? []
      : [
          `a step takes and gives ${values} values (${megabytes.toFixed(1)} MB), and copies ${copies} between; on the processor: ${onProcessor.join(", ") || "nothing"}`,
        ]),
  ];
}
