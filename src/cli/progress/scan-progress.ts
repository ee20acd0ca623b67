import { createLogUpdate } from "log-update";
import { durationText } from "./progress.js";

/** Progress through many things of one kind, on a terminal as a line that is drawn anew, elsewhere as a line now and then. */
export interface ScanProgress {
  show(done: number, total: number): void;
  /** Takes the line away. */
  done(): void;
}

/** Where there is no terminal, a line after so many seconds; the first one sooner, so that one sees that something happens. */
const SECONDS = 10;
const FIRST = 3;

/**
 * "looked at 1200 of 10000 pictures  412 a second  21 s left"
 *
 * @param output standard error, so that what is printed stays clean
 */
export function scanProgress(output: NodeJS.WriteStream, verb: string): ScanProgress {
  const live = output.isTTY ? createLogUpdate(output) : undefined;
  const started = performance.now();
  let begun = started;
  let drawn = live ? started : started - 1000 * (SECONDS - FIRST);
  return {
    show(done, total) {
      const now = performance.now();
      // what is done before the first picture is not its time
      if (done === 0) begun = now;
      if (now - drawn < (live ? 80 : 1000 * SECONDS)) return;
      drawn = now;
      const speed = done / ((now - begun) / 1000);
      const rest = done === 0 ? "" : `  ${Math.round(speed)} a second  ${durationText((total - done) / speed)} left`;
      const text = `${verb} ${done} of ${total} pictures${rest}`;
      if (live) live(text);
      else output.write(`${text}\n`);
    },
    done() {
      live?.clear();
    },
  };
}
