import { createInterface } from "node:readline";
import { errorText } from "../values/error-text.js";
import { repeated } from "./interleaved.js";

/**
 * Says, in lines of JSON, that something is ready and has run once, and then answers each line with a number by the milliseconds of so many runs, and the most memory that
 * the process ever had. What fails is said in one line.
 */
export async function answerRuns(ready: () => Promise<() => Promise<unknown>>): Promise<void> {
  const answer = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
  try {
    const started = performance.now();
    const run = await ready();
    const loaded = performance.now() - started;
    const timed = async (): Promise<number> => {
      const begun = performance.now();
      await run();
      return performance.now() - begun;
    };
    answer({ version: "", loaded, first: await timed() });
    for await (const runs of createInterface({ input: process.stdin })) {
      answer({ times: await repeated(timed, Number(runs)), megabytes: process.resourceUsage().maxRSS / 1024 });
    }
  } catch (error) {
    answer({ missing: errorText(error) });
  }
}
