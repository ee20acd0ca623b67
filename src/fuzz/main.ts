/**
 * `npm run fuzz`: what does the toolbox do with what nobody meant?
 *
 *   npm run fuzz                                     each kind of input for a minute
 *   npm run fuzz -- models --minutes 5 --seed 3      one kind, longer, and other cases
 *   npm run fuzz -- models --seed 3 --case 1234      one case again
 *
 * Cases run in a child process with little memory, so that one that crashes, hangs or eats memory is found, and named.
 */

import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Fault, runCases } from "./run-cases-file.js";
import { TARGETS } from "./targets.js";

/** So many cases are one child's, which then makes place for the next. */
const AT_ONCE = 200;
/** in MB */
const MEMORY = 1024;

/** What a child tells: the case that begins, or all that was wrong. */
type Told = { readonly number: number } | { readonly faults: readonly Fault[] };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    case: { type: "string" },
    child: { type: "string" },
    folder: { type: "string" },
  },
});
const seed = Number(values.seed);
const minutes = Number(values.minutes);
const kinds = positionals.length > 0 ? positionals : Object.keys(TARGETS);
const unknown = kinds.find((kind) => !Object.hasOwn(TARGETS, kind));

if (unknown !== undefined || !Number.isFinite(seed) || !(minutes > 0)) {
  process.stderr.write(
    `Expected kinds of ${Object.keys(TARGETS).join(", ")}, --minutes above 0 and a number as --seed.\n`,
  );
  process.exitCode = 2;
} else if (values.child !== undefined) {
  const [kind] = kinds;
  const first = Number(values.child);
  const tell = (told: Told): boolean => process.send?.(told) ?? false;
  const cases = { seed, first, count: AT_ONCE, folder: values.folder ?? tmpdir() };
  tell({ faults: await runCases(kind, TARGETS[kind], { ...cases, before: (number) => void tell({ number }) }) });
  process.disconnect?.();
} else {
  for (const kind of kinds) {
    if (values.case === undefined) await fuzz(kind);
    else {
      const folder = await mkdtemp(join(tmpdir(), "bellpepper-fuzz-"));
      const faults = await runCases(kind, TARGETS[kind], { seed, first: Number(values.case), count: 1, folder });
      for (const { what } of faults) process.stdout.write(`${what}\n`);
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Cases of one kind until the time is over. */
async function fuzz(kind: string): Promise<void> {
  process.stdout.write(`${kind}: ${TARGETS[kind].about}\n`);
  const folder = await mkdtemp(join(tmpdir(), "bellpepper-fuzz-"));
  const end = Date.now() + 60_000 * minutes;
  let next = 1;
  let found = 0;
  while (Date.now() < end) {
    const { last, faults } = await runChild(kind, next, folder, end);
    for (const { number, what } of faults) process.stdout.write(`  --seed ${seed} --case ${number}: ${what}\n`);
    found += faults.length;
    next = last + 1;
  }
  await rm(folder, { recursive: true, force: true });
  process.stdout.write(`  ${next - 1} cases, ${found} ${found === 1 ? "fault" : "faults"}\n`);
  if (found > 0) process.exitCode = 1;
}

/** Some cases in a process of their own: what was wrong, and which was the last. */
function runChild(
  kind: string,
  first: number,
  folder: string,
  end: number,
): Promise<{ last: number; faults: readonly Fault[] }> {
  const child = fork(
    fileURLToPath(import.meta.url),
    [kind, "--seed", `${seed}`, "--child", `${first}`, "--folder", folder],
    { execArgv: [`--max-old-space-size=${MEMORY}`], stdio: ["ignore", "ignore", "pipe", "ipc"] },
  );
  let last = first;
  let faults: readonly Fault[] | undefined;
  let why = "";
  let late: NodeJS.Timeout | undefined;
  const hurry = (): void => {
    clearTimeout(late);
    late = setTimeout(() => {
      why = "hangs";
      child.kill("SIGKILL");
    }, 2000 * TARGETS[kind].seconds);
  };
  hurry();
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  child.on("message", (told: Told) => {
    hurry();
    if ("faults" in told) faults = told.faults;
    else if (Date.now() > end + 2000) child.kill("SIGTERM");
    else last = told.number;
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      clearTimeout(late);
      if (faults || signal === "SIGTERM") resolve({ last, faults: faults ?? [] });
      else resolve({ last, faults: [{ number: last, what: `${why || `ends with ${signal ?? code}`} ${errors}` }] });
    });
  });
}
