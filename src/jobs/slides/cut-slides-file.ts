/** From slides to a folder of patches. */

import { type CutPatches, cutPatches } from "../../data/slides/cut-file.js";
import { datasetOptions } from "../../data/sources/grouping.js";
import { expectPath } from "../../values/kind.js";
import type { OptionsOf } from "../../values/record.js";
import { eventsWhile } from "../events/event-stream.js";
import { optionsOf, runJob } from "../events/job.js";
import type { DoneEvent, StoppedEvent, WrittenEvent } from "../events/job-events.js";
import { CUT_SLIDES } from "../settings/slides-settings.js";

/** What {@link cutSlides} is asked for: either `points` or a `mask`; the rest has defaults. */
export interface CutSlidesOptions extends OptionsOf<typeof CUT_SLIDES.fields> {
  /** stops the job; nothing is left behind */
  readonly signal?: AbortSignal | undefined;
}

/** So many patches were cut. */
export interface CuttingEvent {
  readonly type: "cutting";
  readonly done: number;
  readonly total: number;
}

/** What {@link cutSlides} tells, in this order; "cutting" many times. */
export type CutSlidesEvent = CuttingEvent | WrittenEvent | StoppedEvent | DoneEvent<CutPatches>;

/**
 * Cuts labelled patches from slides and other large pictures, as {@link cutPatches} does. Nothing is left behind when it is stopped.
 *
 * @param slides a picture, or a folder of them
 * @throws as `cutPatches` does
 * @example
 * await writeFile("places.csv", "x,y,label\n40,30,leaf\n60,40,petal\n");
 * const cut = await finishJob(cutSlides("animals/cat/1.png", { points: "places.csv", size: 32, folder: "leaves" }));
 * cut.count; // 2
 */
export async function* cutSlides(
  slides: string,
  given: CutSlidesOptions,
): AsyncGenerator<CutSlidesEvent, void, undefined> {
  expectPath("slides", slides);
  const { signal, options } = optionsOf(given);
  const { folder, group, groupBy, ...how } = CUT_SLIDES.make(options);
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<CutSlidesEvent, void, undefined> {
    const result = yield* eventsWhile<CuttingEvent, CutPatches>(
      (tell, stop) =>
        cutPatches(slides, folder, {
          ...how,
          ...datasetOptions({ group, groupBy }),
          signal: stop,
          onProgress: (done, total) => tell({ type: "cutting", done, total }),
        }),
      signal,
    );
    yield { type: "written", what: "list", path: result.list };
    yield { type: "done", result, seconds: job.seconds() };
  });
}
