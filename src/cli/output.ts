/** What happens when nobody takes what the command prints. */

import { diskCode, diskReason } from "../files/disk-error.js";
import { EXIT } from "./failure.js";

let working = false;
let lost = false;

/**
 * Watches the output. A reader that has seen enough (`| head`) ends a command that only prints; a job goes on without it, since what it makes
 * is in its folder, and says so once. A full disk ends a command that only prints with a message.
 */
export function watchOutput(): void {
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error) => {
    if (working) return goOn(error);
    if (diskCode(error) === "EPIPE") process.exit(EXIT.done);
    process.stderr.write(`bellpepper: what is printed cannot be written: ${diskReason(error)}.\n`);
    process.exit(EXIT.failed);
  });
}

function goOn(error: Error): void {
  if (lost) return;
  lost = true;
  const why = diskCode(error) === "EPIPE" ? "nobody reads it any more" : diskReason(error);
  process.stderr.write(`What is printed is lost (${why}); the job goes on, and writes its results into its folder.\n`);
}

/** Says that a job is under way: from now on the command goes on without its output. */
export function beginWork(): void {
  working = true;
}
