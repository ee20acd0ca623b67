import type { Engine } from "../../engine/engine.js";
import type { TrainingState } from "../../training/events.js";
import { dependsOnEpochs, scheduleOf } from "../../training/solver/schedule.js";
import { defined } from "../../values/defined.js";
import { type Job, StoppedElsewhere } from "../events/job.js";
import type { Position, StartedEvent, TrainingJobEvent } from "../events/job-events.js";
import type { Phase } from "./phases.js";
import { type Run, trainPhasesInRun } from "./run-file.js";

/** How far a training is. */
export const positionOf = ({ epoch, batch }: TrainingState): Position => ({ epoch, batch });

/**
 * Trains in a run's folder to the last epoch, and tells on the way.
 *
 * @param phases what is trained, one after the other
 * @param job where its signal is aborted, the step under way is finished and kept
 * @param until the epoch after which training ends, where that is before the last one of the settings
 * @returns the state at the end
 * @throws the signal's reason when it was aborted; RunError when the disk takes no more
 */
export async function* trainToEnd(
  run: Run,
  engine: Engine,
  phases: readonly [Phase, ...Phase[]],
  job: Job,
  until = phases[0].settings.epochs,
): AsyncGenerator<StartedEvent | TrainingJobEvent, TrainingState, undefined> {
  let state = run.resume;
  const resumed = state && positionOf(state);
  if (resumed) job.save(resumed);
  const { folder, notes } = run;
  const { learningRate } = phases[0].settings;
  const mayGrow = learningRate === undefined || !dependsOnEpochs(scheduleOf(learningRate));
  yield { type: "started", folder, epochs: until, mayGrow, notes, ...defined({ resumed }) };
  if (state && state.epoch >= until) return state;
  for await (const event of trainPhasesInRun(run, engine, phases, job.signal)) {
    if ("state" in event) {
      state = event.state;
      job.save(positionOf(state));
    }
    if (event.type === "stopped") throw job.signal?.aborted ? job.signal.reason : new StoppedElsewhere();
    yield { type: "training", event };
    if (event.type === "epoch" && event.epoch >= until) break;
  }
  if (!state) throw new Error("Training made no step.");
  return state;
}
