import { createLogUpdate } from "log-update";
import type { Pass, TellPass } from "../../data/pictures/passes.js";
import type { InspectingEvent } from "../../jobs/index.js";
import { durationText } from "./progress.js";

/** Progress through many things of one kind, on a terminal as a line that is drawn anew, elsewhere as a line now and then. */
export interface ScanProgress {
  show(done: number, total: number): void;
  /** Takes the line away. */
  done(): void;
}

/** Where there is no terminal, a line after so many seconds; the first one sooner, so that one sees that something happens. */
const SECONDS = 10;
const FIRST = 2;

/** What the time that is left is told from: so many things in so many seconds after the first one, which waits for threads that start. */
const ENOUGH = { things: 8, seconds: 2 };

/**
 * "looked at 1200 of 10000 pictures  412 a second  21 s left"
 *
 * @param output standard error, so that what is printed stays clean
 */
export function scanProgress(output: NodeJS.WriteStream, verb: string, things = "pictures"): ScanProgress {
  const live = output.isTTY ? createLogUpdate(output) : undefined;
  const started = performance.now();
  let first: { readonly done: number; readonly at: number } | undefined;
  let drawn = live ? started : started - 1000 * (SECONDS - FIRST);
  return {
    show(done, total) {
      const now = performance.now();
      if (done > 0) first ??= { done, at: now };
      if (now - drawn < (live ? 80 : 1000 * SECONDS)) return;
      drawn = now;
      const since = first && { things: done - first.done, seconds: (now - first.at) / 1000 };
      const known = since && since.things >= ENOUGH.things && since.seconds >= ENOUGH.seconds;
      const speed = known ? since.things / since.seconds : 0;
      const pace = speed >= 1 ? `${Math.round(speed)} a second` : `${durationText(1 / speed)} each`;
      const rest = !known ? "" : `  ${pace}  ${durationText((total - done) / speed)} left`;
      const text = `${verb} ${done} of ${total} ${things}${rest}`;
      if (live) live(text);
      else output.write(`${text}\n`);
    },
    done() {
      live?.clear();
    },
  };
}

/** Progress through one pass after another, of which each has its own speed. */
export function passesProgress(output: NodeJS.WriteStream): { show: TellPass; done(): void } {
  let under: { readonly pass: Pass; readonly progress: ScanProgress } | undefined;
  const done = (): void => under?.progress.done();
  return {
    show(count, total, pass) {
      if (under?.pass !== pass) {
        done();
        under = { pass, progress: scanProgress(output, pass) };
      }
      under.progress.show(count, total);
    },
    done,
  };
}

/** Progress through parts of different kinds: "3 of 12: filters", and within a part that takes long as in {@link scanProgress}; where there is no terminal, only the latter is told. */
export function partsProgress(output: NodeJS.WriteStream): {
  show(event: Pick<InspectingEvent, "part" | "done" | "total" | "under">): void;
  done(): void;
} {
  const live = output.isTTY ? createLogUpdate(output) : undefined;
  let within: { readonly key: string; readonly progress: ScanProgress } | undefined;
  const done = (): void => {
    within?.progress.done();
    within = undefined;
    live?.clear();
  };
  return {
    show({ part, done: before, total, under }) {
      const place = `${before + 1} of ${total}: ${part}`;
      if (!under) {
        done();
        live?.(`${place} …`);
        return;
      }
      const key = `${place}/${under.things}`;
      if (within?.key !== key) {
        done();
        within = { key, progress: scanProgress(output, `${place},`, under.things) };
      }
      within.progress.show(under.done, under.total);
    },
    done,
  };
}
