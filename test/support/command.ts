import { execFile } from "node:child_process";
import { join } from "node:path";

/** The built command's program; `npm test` builds it first. */
export const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");

/** How a command ended, and what it wrote. */
export interface Outcome {
  /** its exit code, or the name of the signal that ended it */
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command in a folder, as a user would. */
export const runCommand = (cwd: string, ...call: readonly string[]): Promise<Outcome> =>
  outcomeOf([MAIN, ...call], cwd);

/** Runs Node with these arguments. */
export function outcomeOf(args: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd }, (error, out, err) => {
      resolve({ code: error ? (error.code ?? error.signal ?? "unknown") : 0, out, err });
    });
  });
}
