/** What training shows while it runs. */

import { createLogUpdate } from "log-update";
import { TERMINAL, widthOf, wrapLines } from "../../report/page/text/wrap.js";
import type { TrainingEvent } from "../../training/events.js";
import { type EpochStatistics, measuredIn, type Statistics } from "../../training/statistics/epoch-statistics.js";
import { colours } from "../text/colours.js";

/** Where progress goes. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Shows training events as they come. */
export interface Progress {
  show(event: TrainingEvent): void;
  /** Leaves the last state on the screen. */
  done(): void;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** "top-1 2.93 %": what the losses measure, one text for each metric, the one to go by first */
export const metricTexts = (statistics: Statistics, classes?: number): string[] =>
  measuredIn(statistics, classes).map(({ short, unit, value }) =>
    unit === "share" ? `${short} ${percent(value).padStart(7)}` : `${short} ${Number(value.toPrecision(3))}`,
  );

/** The columns that a line may have: those of the terminal, or 80. */
export const columnsOf = (output: Output): number =>
  output.isTTY === true && output.columns !== undefined ? output.columns : TERMINAL;

/** The richest of some texts that fits in so many columns; the last where none does. */
export const fitting = (texts: readonly string[], width: number): string =>
  texts.find((text) => widthOf(text) <= width) ?? texts[texts.length - 1];

/** "1 min 05 s" */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (minutes < 60) return `${minutes} min ${String(rest).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** "1980 images/s, 4 % waiting": how fast, and the share of the time in which the network had to wait for its images */
export function speedText({ imagesPerSecond, waiting }: Statistics): string {
  const waited = waiting === undefined ? "" : `, ${(100 * waiting).toFixed(0)} % waiting`;
  return `${Math.round(imagesPerSecond)} images/s${waited}`;
}

/**
 * The line that stays for an epoch: the objective and the metrics of training and of validation, and the speed. Where there is no room for all, the
 * first metric is the one to go by, and the report has the others.
 */
export function epochText(
  { epoch, train, validation }: EpochStatistics,
  epochs: number,
  width = TERMINAL,
  classes?: number,
): string {
  const number = String(epoch).padStart(String(epochs).length);
  const line = (most: number, speed: string): string => {
    const parts = [`epoch ${number}/${epochs}`, `train ${measuredText(train, most, classes)}`];
    if (validation) parts.push(`validation ${measuredText(validation, most, classes)}`);
    return [...parts, ...(speed === "" ? [] : [speed])].join("  ");
  };
  const short = `${Math.round(train.imagesPerSecond)}/s`;
  return fitting([line(9, speedText(train)), line(1, speedText(train)), line(1, short), line(1, "")], width);
}

/** "0.104 top-1 2.93 %" */
const measuredText = (statistics: Statistics, most: number, classes?: number): string =>
  [statistics.objective.toFixed(3), ...metricTexts(statistics, classes).slice(0, most)].join(" ");

/** Why training has ended before its last epoch. */
const exhaustedText = ({ epoch, best }: { readonly epoch: number; readonly best: number }): string =>
  `validation has not become better since epoch ${best}: stopped after epoch ${epoch}; the model is that of epoch ${best}`;

/** Three digits that count: "0.00123", "1.23e-5" */
export const rateText = (rate: number): string => `${Number(rate.toPrecision(3))}`;

/** The bar of a share done. */
function bar(share: number): string {
  const full = Math.round(BAR * Math.min(1, share));
  return colours.green("━".repeat(full)) + colours.dim("━".repeat(BAR - full));
}

const BAR = 12;

/**
 * Progress of a run: on a terminal a line that is drawn again and again under the epochs done, elsewhere plain lines.
 *
 * @param epochs how many there are to be
 * @param begun how many were done before
 * @param classes how many there are
 */
export function trainingProgress(
  output: NodeJS.WriteStream,
  epochs: number,
  begun: number,
  classes?: number,
): Progress {
  const live = output.isTTY ? createLogUpdate(output) : undefined;
  const started = performance.now();
  let drawn = 0;
  let secondsPerEpoch: number | undefined;
  let epochStarted = started;
  /** where the first step ended, which also waits for memory and threads */
  let first: { readonly done: number; readonly at: number } | undefined;
  const print = (line: string): void => {
    live?.clear();
    output.write(`${wrapLines(line)}\n`);
  };
  return {
    show(event) {
      if (event.type === "warning") return print(colours.yellow(`! ${event.message}`));
      if (event.type === "stopped") return;
      if (event.type === "exhausted") return print(exhaustedText(event));
      if (event.type === "epoch") {
        const now = performance.now();
        secondsPerEpoch = (now - epochStarted) / 1000;
        epochStarted = now;
        live?.clear();
        output.write(`${epochText(event, epochs, columnsOf(output), classes)}\n`);
        return;
      }
      const now = performance.now();
      first ??= {
        done: event.part === "train" ? event.epoch - 1 - begun + (0.9 * event.batch) / event.batches : 0,
        at: now,
      };
      const last = event.batch === event.batches;
      const tenth = event.batch % Math.max(1, Math.floor(event.batches / 4)) === 0;
      if (live ? now - drawn < 80 && !last : !(tenth && event.part === "train") || last) return;
      drawn = now;
      const share = event.batch / event.batches;
      const inEpoch = event.part === "train" ? 0.9 * share : 0.9 + 0.1 * share;
      const done = event.epoch - 1 - begun + inEpoch;
      const left =
        secondsPerEpoch === undefined
          ? (done > first.done ? (now - first.at) / (done - first.done) : (now - started) / Math.max(done, 1e-6)) *
            ((epochs - begun - done) / 1000)
          : secondsPerEpoch * (epochs - event.epoch + 1 - inEpoch);
      const place = `epoch ${event.epoch}/${epochs} ${event.part} ${String(event.batch).padStart(String(event.batches).length)}/${event.batches}`;
      const [error] = metricTexts(event.statistics);
      const core = [place, event.statistics.objective.toFixed(3), ...(error === undefined ? [] : [error])];
      const end = `${durationText(left)} left`;
      const rate = `rate ${rateText(event.learningRate)}`;
      const texts = [[...core, rate, speedText(event.statistics), end], [...core, rate, end], [...core, end], core];
      const room = columnsOf(output) - (live ? BAR + 2 : 2);
      const text = fitting(
        texts.map((parts) => parts.join("  ")),
        room,
      );
      if (live) live(`${bar((event.epoch - 1 + inEpoch) / epochs)} ${text}`);
      else output.write(`  ${text}\n`);
    },
    done() {
      live?.clear();
    },
  };
}
