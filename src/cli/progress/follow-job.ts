import type { JobEvent } from "../../jobs/index.js";
import { wrapLines } from "../../report/page/text/wrap.js";
import { EXIT } from "../failure.js";
import { onInterrupt } from "../interrupt.js";
import { beginWork } from "../output.js";
import { brokenText, choicesText, findingsText, notesText, resumedText, stoppedText } from "../text/job-text.js";
import { type FoldsProgress, foldsProgress } from "./folds-progress.js";
import { type Progress, trainingProgress } from "./progress.js";
import { partsProgress, passesProgress, scanProgress } from "./scan-progress.js";
import { signOfLife } from "./sign-of-life.js";
import { sweepProgress } from "./sweep-progress.js";

/**
 * Prints what a job tells, until it is done or the user stops it.
 *
 * @param start the job, which the signal stops
 * @param text what is printed for an event beyond what is printed in every job
 * @param how `quiet`: what is printed in every job goes to standard error, so that a program can read the rest; `opening`: what is said where it takes long
 *   until the job tells something; `silent`: nothing is printed, as another process does it
 * @returns the exit code
 */
export async function followJob<E extends JobEvent>(
  start: (signal: AbortSignal) => AsyncIterable<E>,
  text: (event: E) => string,
  { quiet = false, opening = "opening the data …", silent = false }: Following = {},
): Promise<number> {
  if (silent) return followSilently(start);
  const { stdout, stderr } = process;
  const screen = jobScreen();
  const interrupt = onInterrupt(screen.doing);
  beginWork();
  const lives = signOfLife(quiet ? stderr : stdout, opening);
  try {
    for await (const event of start(interrupt.signal)) {
      lives();
      if (screen.show(event)) continue;
      if (event.type === "stopped") {
        (event.saved ? stdout : stderr).write(wrapLines(stoppedText(event, process.argv.includes("--fresh"))));
        return EXIT.stopped;
      }
      (quiet ? stderr : stdout).write(wrapLines(commonText(event)));
      stdout.write(quiet ? text(event) : wrapLines(text(event)));
    }
  } finally {
    lives();
    screen.done();
    interrupt.release();
  }
  return EXIT.done;
}

interface Following {
  readonly quiet?: boolean;
  readonly opening?: string;
  readonly silent?: boolean;
}

async function followSilently(start: (signal: AbortSignal) => AsyncIterable<JobEvent>): Promise<number> {
  const interrupt = onInterrupt(undefined);
  try {
    for await (const { type } of start(interrupt.signal)) if (type === "stopped") return EXIT.stopped;
  } finally {
    interrupt.release();
  }
  return EXIT.done;
}

/** What moves while a job works. */
interface JobScreen {
  /** Shows an event, if it is one of those that come many times; else it takes away what was drawn. @returns whether it was one */
  show(event: JobEvent): boolean;
  done(): void;
  /** what is done before the program ends */
  doing(): string;
}

function jobScreen(): JobScreen {
  const { stdout, stderr } = process;
  const counts = {
    decoding: passesProgress(stderr),
    cutting: scanProgress(stderr, "cut"),
    quantizing: scanProgress(stderr, "ran"),
    explaining: scanProgress(stderr, "explained"),
  };
  const parts = partsProgress(stderr);
  const trials = sweepProgress(stdout);
  let training: Progress | undefined;
  let folds: FoldsProgress | undefined;
  let classes: number | undefined;
  let doing = "stopping";
  let chosen = false;
  const done = (): void => {
    for (const each of [...Object.values(counts), parts, trials, training, folds]) each?.done();
  };
  return {
    done,
    doing: () => doing,
    show(event) {
      switch (event.type) {
        case "decoding":
          counts.decoding.show(event.done, event.total, event.pass);
          return true;
        case "cutting":
          counts.cutting.show(event.done, event.total);
          return true;
        case "quantizing":
          counts.quantizing.show(event.done, event.total);
          return true;
        case "explaining":
          counts.explaining.show(event.done, event.total);
          return true;
        case "inspecting":
          parts.show(event);
          return true;
        case "training":
          training?.show(event.event);
          return true;
        case "trial":
          trials.show(event);
          return true;
        case "fold":
          // the folds differ in nothing but their pictures
          if (event.event.type === "started" && !chosen) {
            stdout.write(wrapLines(choicesText(event.event.choices)));
            chosen = true;
          }
          folds?.show(event.fold, event.event);
          return true;
      }
      done();
      if (event.type === "planned") doing = "finishing the steps and saving";
      if (event.type === "prepared") classes = event.classes.length;
      if (event.type === "started") {
        training = trainingProgress(stdout, event.epochs, event.resumed?.epoch ?? 0, classes);
        doing = "finishing the step and saving";
      } else if (event.type === "divided") {
        folds = foldsProgress(stdout, event.splits.length, event.folds.length);
        doing = "finishing the steps and saving";
      }
      return false;
    },
  };
}

/** What is printed in every job. */
function commonText(event: JobEvent): string {
  switch (event.type) {
    case "opened":
      return findingsText(event.findings);
    case "decoded":
      return brokenText(event.broken) + findingsText(event.findings) + notesText(event.warnings);
    case "started":
      return notesText(event.notes) + resumedText(event);
    default:
      return "";
  }
}
