/** The training step in WebAssembly: in Node, and in a browser with one thread and with several. */

import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { answerOfPage } from "./browser.js";
import { median } from "./interleaved.js";
import { NETWORKS } from "./networks.js";
import { type OperatorTime, operatorTimes } from "./profile.js";
import type { PageAnswer } from "./wasm-page.js";
import type { WasmTask, WasmTimes } from "./wasm-step.js";

/** What a measurement said. */
interface Answer {
  readonly times: WasmTimes;
  /** what the runtime printed */
  readonly lines: readonly string[];
}

async function inNode(task: WasmTask): Promise<Answer> {
  const script = fileURLToPath(new URL("wasm-process.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)], {
    maxBuffer: 2 ** 30,
  });
  const lines = stdout.trim().split("\n");
  return { times: JSON.parse(lines.at(-1) ?? ""), lines };
}

/** Undefined where there is no browser. */
async function inPage(task: WasmTask): Promise<Answer | undefined> {
  const search = new URLSearchParams({ task: JSON.stringify(task) });
  const text = await answerOfPage(new URL("wasm-page.js", import.meta.url), search);
  if (text === undefined) return undefined;
  const answer: PageAnswer = JSON.parse(text);
  if ("error" in answer) throw new Error(`The page failed: ${answer.error}`);
  return answer;
}

/** Those of a profile that the runtime printed, an event a line. */
function profileOf(lines: readonly string[]): readonly OperatorTime[] {
  const events = lines.flatMap((line) => line.split("\n")).filter((line) => line.startsWith('{"cat"'));
  return operatorTimes(events.map((line) => JSON.parse(line.replace(/,\s*$/, ""))));
}

const timesText = (where: string, { times, first, loaded }: WasmTimes): string =>
  `${where.padEnd(22)} ${median(times).toFixed(1).padStart(8)} ms, at best ${Math.min(...times).toFixed(1)}; the first ${first.toFixed(0)}, ready in ${(loaded / 1000).toFixed(1)} s`;

/** Milliseconds of steps that are worth measuring; networks that take longer are measured by fewer. */
const WORTH = 4000;
const MOST_STEPS = 40;

/** Measures a network, and tells lines of text. */
export async function measureWasm(name: string, print: (text: string) => void): Promise<void> {
  const { batch } = NETWORKS[name];
  print(`${name}, batch ${batch}`);
  const task: WasmTask = { network: name, threads: 1, steps: 1, profile: false };
  const { times: probe } = await inNode(task);
  const steps = Math.min(MOST_STEPS, Math.max(3, Math.round(WORTH / probe.times[0])));
  print(`  ${timesText("Node, 1 thread", (await inNode({ ...task, steps })).times)}`);
  for (const threads of [1, 2].slice(0, availableParallelism())) {
    const answer = await inPage({ ...task, steps, threads });
    if (!answer) {
      print("  in a browser: skipped, there is none (CHROMIUM names the one to take)");
      break;
    }
    print(`  ${timesText(`Chromium, ${threads} thread${threads > 1 ? "s" : ""}`, answer.times)}`);
  }
  const { lines } = await inNode({ ...task, steps: Math.min(steps, 10), profile: true });
  for (const { type, milliseconds, nodes } of profileOf(lines).slice(0, 10))
    print(`    ${type.padEnd(20)} ${milliseconds.toFixed(1).padStart(8)} ms ${`${nodes}`.padStart(6)} operators`);
}
