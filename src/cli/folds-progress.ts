import { createLogUpdate } from "log-update";
import type { ToldEvent } from "../runs/fold-worker-file.js";
import { colours } from "./colours.js";
import { durationText, statisticsText } from "./progress.js";

/** Shows what happens in the folds of a cross-validation. */
export interface FoldsProgress {
  show(fold: number, event: ToldEvent): void;
  /** Leaves the last state on the screen. */
  done(): void;
}

/** On a terminal a line for each fold under way, elsewhere a line for each epoch. */
export function foldsProgress(output: NodeJS.WriteStream, count: number): FoldsProgress {
  const live = output.isTTY ? createLogUpdate(output) : undefined;
  const lines = new Map<number, string>();
  const started = new Map<number, number>();
  let drawn = 0;
  const name = (fold: number): string => `fold ${String(fold + 1).padStart(String(count).length)}/${count}`;
  const print = (line: string): void => {
    live?.clear();
    output.write(`${line}\n`);
  };
  return {
    show(fold, event) {
      if (event.type === "warning") return print(colours.yellow(`! ${name(fold)}: ${event.message}`));
      if (event.type === "epoch") {
        const { epoch, train, validation } = event;
        lines.delete(fold);
        const measured = validation ? `   validation  ${statisticsText(validation)}` : "";
        return print(`${name(fold)}  epoch ${epoch}   train  ${statisticsText(train)}${measured}`);
      }
      if (event.type !== "batch" || !live) return;
      const now = performance.now();
      if (event.batch === 1 || !started.has(fold)) started.set(fold, now);
      const seconds = (now - (started.get(fold) ?? now)) / 1000;
      const left = (seconds / event.batch) * (event.batches - event.batch);
      const place = `epoch ${event.epoch} ${event.part} ${event.batch}/${event.batches}`;
      const { statistics } = event;
      lines.set(
        fold,
        `${name(fold)}  ${place}  ${statisticsText(statistics)}  ${Math.round(statistics.imagesPerSecond)} images/s  ${durationText(left)} left in the epoch`,
      );
      if (now - drawn < 80) return;
      drawn = now;
      live(
        [...lines]
          .sort(([a], [b]) => a - b)
          .map(([, line]) => line)
          .join("\n"),
      );
    },
    done() {
      live?.clear();
    },
  };
}
