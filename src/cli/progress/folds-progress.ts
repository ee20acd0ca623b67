import { WriteStream } from "node:tty";
import { createLogUpdate } from "log-update";
import type { FoldEvent } from "../../jobs/index.js";
import { wrapLines } from "../../report/page/text/wrap.js";
import { colours } from "../text/colours.js";
import { columnsOf, durationText, fitting, metricTexts, type Output, speedText } from "./progress.js";

/** Shows what happens in the folds of a cross-validation. */
export interface FoldsProgress {
  show(fold: number, event: FoldEvent): void;
  /** Leaves the last state on the screen. */
  done(): void;
}

/**
 * On a terminal a line for each fold under way, elsewhere a line for each epoch; with the time that is left for all folds.
 *
 * @param count how many folds there are
 * @param here how many of them are trained
 */
export function foldsProgress(output: Output, count: number, here = count): FoldsProgress {
  const live = output instanceof WriteStream && output.isTTY ? createLogUpdate(output) : undefined;
  const lines = new Map<number, string>();
  /** complete epochs of the folds that have begun */
  const done = new Map<number, number>();
  const begun = performance.now();
  let epochs = 0;
  /** epochs since `begun` */
  let trained = 0;
  let drawn = 0;
  /** the share of its epoch that each fold under way has done */
  const shares = new Map<number, number>();
  const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
  const leftText = (): string => {
    const [under, seconds] = [sum(shares.values()), (performance.now() - begun) / 1000];
    const left = here * epochs - sum(done.values()) - under;
    return trained + under === 0 ? "" : `  ${durationText((seconds / (trained + under)) * left)} left`;
  };
  const name = (fold: number): string => `fold ${String(fold + 1).padStart(String(count).length)}/${count}`;
  const print = (line: string): void => {
    live?.clear();
    output.write(`${wrapLines(line)}\n`);
  };
  return {
    show(fold, event) {
      if (event.type === "started") {
        epochs = event.epochs;
        done.set(fold, event.done);
        if (event.done > 0) {
          print(`${name(fold)}  ${event.done === epochs ? "is done" : `goes on after epoch ${event.done}`}`);
        }
      }
      if (event.type === "warning") return print(colours.yellow(`! ${name(fold)}: ${event.message}`));
      if (event.type === "epoch") {
        const { epoch, train, validation } = event;
        lines.delete(fold);
        shares.delete(fold);
        done.set(fold, epoch);
        trained++;
        const { objective } = train;
        const [error] = validation ? metricTexts(validation) : metricTexts(train);
        const measured = error ?? `objective ${(validation?.objective ?? objective).toFixed(3)}`;
        const begin = `${name(fold)}  epoch ${epoch}/${epochs}  ${measured}`;
        const texts = [`${begin}  ${speedText(train)}${leftText()}`, `${begin}${leftText()}`, begin];
        live?.clear();
        return void output.write(`${fitting(texts, columnsOf(output))}\n`);
      }
      if (event.type === "exhausted") done.set(fold, epochs);
      if (event.type !== "batch") return;
      if (event.part === "train") shares.set(fold, event.batch / event.batches);
      if (!live) return;
      const { statistics } = event;
      const place = `epoch ${event.epoch}/${epochs} ${event.part} ${event.batch}/${event.batches}`;
      const begin = [name(fold), place, ...metricTexts(statistics).slice(0, 1)].join("  ");
      lines.set(fold, fitting([`${begin}  ${speedText(statistics)}`, begin], columnsOf(output)));
      const now = performance.now();
      if (now - drawn < 80) return;
      drawn = now;
      const rows = [...lines].sort(([a], [b]) => a - b).map(([, line]) => line);
      live(`${rows.join("\n")}\n${leftText().trim()}`);
    },
    done() {
      live?.clear();
    },
  };
}
