/** `bellpepper doctor`: what works on this machine, and why the rest does not. */

import { execFile } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { DEVICE_NAMES, DEVICES, PLATFORM_NAMES } from "../../engine/devices.js";
import type { Device } from "../../engine/engine.js";
import { defaultThreads, nativeProblem } from "../../engine/node.js";
import { type StepTimes, workersText } from "./workers.js";

/** What trying a device showed. */
export interface Probe {
  readonly device: Device;
  readonly works: boolean;
  /** speed, or the reason */
  readonly detail: string;
}

const PROBE = fileURLToPath(new URL("../probe.js", import.meta.url));
const TRAINING_PROBE = fileURLToPath(new URL("../probe-training.js", import.meta.url));
const SECONDS = 60;

/** Tries a device in a process of its own: a driver that crashes must not take the doctor with it. */
export async function probe(device: Device, threads: number): Promise<Probe> {
  const { platform, needs } = DEVICES[device];
  if (platform !== undefined && platform !== process.platform) {
    return { device, works: false, detail: `only on ${PLATFORM_NAMES[platform]}` };
  }
  const { line, problem } = await asked([PROBE, device, String(threads)]);
  if (problem === undefined) return { device, works: true, detail: line };
  const hint = needs === undefined || problem === LATE ? "" : ` (it takes ${needs})`;
  return { device, works: false, detail: `${problem.replace(/^The graph '.*' does not run on \w+: /, "")}${hint}` };
}

const LATE = `no answer within ${SECONDS} seconds`;

/** The last line of a program's output, or what went wrong. */
const asked = (args: readonly string[]): Promise<{ readonly line: string; readonly problem?: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 1000 * SECONDS }, (error, stdout, stderr) => {
      const line = stdout.trim().split("\n").at(-1) ?? "";
      if (!error && line !== "") return resolve({ line });
      const said = stderr.trim().split("\n").at(-1) ?? "";
      const problem = error?.killed ? LATE : said || `it ended with ${error?.code ?? "no word"}`;
      resolve({ line, problem });
    });
  });

/** Training steps with so many threads, in both ways. */
export async function trainingTimes(threads: number): Promise<string[]> {
  const { line, problem } = await asked([TRAINING_PROBE, String(threads)]);
  if (problem !== undefined) return [`Training steps could not be timed: ${problem}`];
  const times: StepTimes = JSON.parse(line);
  return workersText(times);
}

/** Which build of ONNX Runtime computes, and what that costs. */
function runtimeText(problem: string | undefined): string[] {
  if (problem === undefined) return ["ONNX Runtime's native library computes here."];
  return [
    `ONNX Runtime computes in WebAssembly here: ${problem}.`,
    "Everything works, but training takes some 3 times as long as with the native library, and no graphics card is used.",
  ];
}

/** The doctor's whole finding, as text. */
export async function doctorText(): Promise<string> {
  const cores = availableParallelism();
  const problem = nativeProblem();
  const lines = [
    `Node ${process.version}, ${process.platform} ${process.arch}`,
    `${cpus()[0]?.model.trim() || "unknown processor"}, ${cores} threads to use`,
    ...runtimeText(problem),
    "",
  ];
  for (const device of DEVICE_NAMES) {
    const absent = problem !== undefined && device !== "wasm";
    const { works, detail } = absent ? { works: false, detail: "only in the native library" } : await probe(device, 1);
    lines.push(`${works ? "✓" : "✗"} ${device.padEnd(7)} ${detail}`);
  }
  const counts = [1, 2, 4, 8, 16, 32].filter((count) => count <= cores);
  if (counts.length > 1) {
    const processor = problem === undefined ? "cpu" : "wasm";
    lines.push("", `matrix product on ${processor}, by --threads:`);
    for (const count of counts)
      lines.push(`  ${String(count).padStart(3)}   ${(await probe(processor, count)).detail}`);
    if (problem === undefined) lines.push("", ...(await trainingTimes(defaultThreads())));
  }
  return lines.join("\n");
}
