import type { Run } from "../../jobs/run/run-file.js";
import type { TrainingEvent, TrainingState } from "../../training/events.js";
import { EXIT } from "../failure.js";
import { trainingProgress } from "./progress.js";

/**
 * Trains to the end, or until the user stops it; shows progress on the way.
 *
 * @param epochs how many there are to be
 * @param events what training tells until the signal ends it
 */
export async function followed(
  run: Run,
  epochs: number,
  events: (signal: AbortSignal) => AsyncIterable<TrainingEvent>,
): Promise<TrainingState & { stopped: boolean }> {
  const controller = new AbortController();
  const stop = (): void => {
    // The second time the user means it.
    if (controller.signal.aborted) process.exit(EXIT.stopped);
    controller.abort();
    process.stderr.write("\nfinishing the step and saving; press again to leave at once\n");
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const progress = trainingProgress(process.stdout, epochs, run.resume?.epoch ?? 0);
  let last = run.resume && { ...run.resume, stopped: false };
  try {
    for await (const event of events(controller.signal)) {
      progress.show(event);
      if (event.type === "epoch" || event.type === "stopped")
        last = { ...event.state, stopped: event.type === "stopped" };
    }
  } finally {
    progress.done();
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
  if (!last) throw new Error("Training made no step.");
  return last;
}

/** What is said before training begins: that it goes on, or is done. */
export function resumedText({ resume }: Run, epochs: number): string {
  if (!resume) return "";
  const { epoch, batch } = resume;
  if (epoch >= epochs) return `all ${epoch} epochs are done: --epochs ${epoch + 5} adds some, --fresh begins anew\n`;
  return `going on after epoch ${epoch}${batch > 0 ? `, batch ${batch}` : ""}\n`;
}

/** What is said when the user has stopped training. */
export const stoppedText = ({ epoch, batch }: TrainingState, folder: string): string =>
  `stopped after epoch ${epoch}${batch > 0 ? `, batch ${batch}` : ""}; saved in ${folder}. The same command goes on from there.\n`;
