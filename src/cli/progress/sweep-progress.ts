import { WriteStream } from "node:tty";
import { createLogUpdate } from "log-update";
import type { TrialJobEvent } from "../../jobs/index.js";
import { wrapLines } from "../../report/page/text/wrap.js";
import { colours } from "../text/colours.js";
import { columnsOf, fitting, metricTexts, type Output, speedText } from "./progress.js";

/** Shows what happens in the trials of a sweep. */
export interface SweepProgress {
  show(event: TrialJobEvent): void;
  /** Takes away what was drawn. */
  done(): void;
}

/** The lines of trials that are under way are drawn again after so many milliseconds, at the earliest. */
const PAUSE = 80;

/** On a terminal a line for each trial under way; elsewhere nothing but warnings, as each trial is told of when it is measured. */
export function sweepProgress(output: Output): SweepProgress {
  const live = output instanceof WriteStream && output.isTTY ? createLogUpdate(output) : undefined;
  const lines = new Map<number, string>();
  const epochs = new Map<number, number>();
  let drawn = 0;
  return {
    show({ trial, seed, event }) {
      if (event.type === "started") epochs.set(trial, event.epochs);
      if (event.type === "warning") {
        live?.clear();
        output.write(`${wrapLines(colours.yellow(`! trial ${trial}: ${event.message}`))}\n`);
      }
      if (event.type === "failed" || event.type === "epoch") lines.delete(trial);
      if (!live || event.type !== "batch") return;
      const { epoch, part, batch, batches, statistics } = event;
      const place = `epoch ${epoch}/${epochs.get(trial) ?? epoch} ${part} ${batch}/${batches}`;
      const name = `trial ${trial}${seed > 1 ? `, seed ${seed}` : ""}`;
      const begin = [name, place, ...metricTexts(statistics).slice(0, 1)].join("  ");
      lines.set(trial, fitting([`${begin}  ${speedText(statistics)}`, begin], columnsOf(output)));
      const now = performance.now();
      if (now - drawn < PAUSE) return;
      drawn = now;
      live([...lines.values()].join("\n"));
    },
    done() {
      live?.clear();
      lines.clear();
    },
  };
}
