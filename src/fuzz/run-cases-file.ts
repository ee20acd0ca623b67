/** Runs cases of a target, one after the other, each in a folder and from a seed of its own. */

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { stream } from "../random/stream.js";
import { errorText } from "../values/error-text.js";
import { faultIn, type Target } from "./target.js";

/** What was found: the case's number says which it was, and makes it again. */
export interface Fault {
  readonly number: number;
  readonly what: string;
}

/** Which cases. */
export interface Cases {
  readonly seed: number;
  /** the number of the first */
  readonly first: number;
  readonly count: number;
  /** where each has its folder */
  readonly folder: string;
  /** is told of each case before it begins */
  readonly before?: (number: number) => void;
}

/** Runs cases, and gives what was wrong: errors that nobody has documented, and cases that took too long. */
export async function runCases(
  name: string,
  target: Target,
  { seed, first, count, folder, before }: Cases,
): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (let number = first; number < first + count; number++) {
    before?.(number);
    const own = join(folder, "case");
    await mkdir(own, { recursive: true });
    const started = performance.now();
    try {
      await target.run(stream(seed, name, number), own);
    } catch (error) {
      const what = typeof error === "string" ? error : faultIn(error);
      if (what !== undefined) faults.push({ number, what: error instanceof Error ? (error.stack ?? what) : what });
    }
    const seconds = (performance.now() - started) / 1000;
    if (seconds > target.seconds) faults.push({ number, what: `took ${seconds.toFixed(0)} s` });
    await rm(own, { recursive: true, force: true }).catch((error) =>
      faults.push({ number, what: `its folder cannot be removed: ${errorText(error)}` }),
    );
  }
  return faults;
}
