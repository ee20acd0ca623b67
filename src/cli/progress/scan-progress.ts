import { createLogUpdate } from "log-update";
import { durationText } from "./progress.js";

/** Progress through many things of one kind, on a terminal as a line that is drawn anew, elsewhere as a line now and then. */
export interface ScanProgress {
  show(done: number, total: number): void;
  /** Takes the line away. */
  done(): void;
}

/** Where there is no terminal, a line after so many seconds. */
const SECONDS = 10;

/**
 * "looked at 1200 of 10000 pictures  412 a second  21 s left"
 *
 * @param output standard error, so that what is printed stays clean
 */
export function scanProgress(output: NodeJS.WriteStream, verb: string): ScanProgress {
  const live = output.isTTY ? createLogUpdate(output) : undefined;
  const started = performance.now();
  let drawn = started;
  return {
    show(done, total) {
      const now = performance.now();
      if (now - drawn < (live ? 80 : 1000 * SECONDS)) return;
      drawn = now;
      const speed = done / ((now - started) / 1000);
      const left = durationText((total - done) / speed);
      const text = `${verb} ${done} of ${total} pictures  ${Math.round(speed)} a second  ${left} left`;
      if (live) live(text);
      else output.write(`${text}\n`);
    },
    done() {
      live?.clear();
    },
  };
}
