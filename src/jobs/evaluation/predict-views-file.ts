/** What a model says of several views of each picture, averaged. */

import { openPictures } from "../../data/pictures/pictures-file.js";
import { cropViews, viewedSamples } from "../../data/pictures/views.js";
import type { Dataset } from "../../data/sources/dataset.js";
import type { Engine } from "../../engine/engine.js";
import { averageTables } from "../../evaluation/table/average.js";
import { predict } from "../../evaluation/table/predict.js";
import type { ClassTable, Origins } from "../../evaluation/table/predictions.js";
import type { ModelFile } from "../../network/model/model.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import type { RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { decodingEvents } from "../events/decoding-events.js";
import type { DecodingEvent } from "../events/job-events.js";
import { alignClasses } from "../pictures/origins.js";
import type { VIEWS } from "../settings/evaluation-settings.js";

/** Whether anything but the one view is asked for that the model's preparation says. */
export const areSeveral = ({ crops = 1, scales }: RecordOf<typeof VIEWS>): boolean => crops > 1 || scales !== undefined;

/** What the views are made of. */
export interface ViewedPictures {
  readonly dataset: Dataset;
  readonly indices: readonly number[];
  readonly preprocessing: Preprocessing;
  readonly classIds?: readonly string[] | undefined;
  readonly origins: Origins;
}

/**
 * Asks a model about several views of each picture, at several scales. p is the mean over all of them.
 *
 * A picture is brought to a side as the model's preparation says; where it says no side, to 8/7 of what the network takes, as 256 is of 224.
 *
 * @throws UsageError when a scale is smaller than what the network takes
 */
export async function* predictViews(
  engine: Engine,
  { model, eightBit }: Pick<ModelFile, "model" | "eightBit">,
  { dataset, indices, preprocessing, classIds, origins }: ViewedPictures,
  { crops = 1, scales }: RecordOf<typeof VIEWS>,
  signal: AbortSignal | undefined,
): AsyncGenerator<DecodingEvent, ClassTable, undefined> {
  const { width, height, border: [rows, columns] = [0, 0], ...rule } = preprocessing;
  const least = Math.min(width, height);
  const small = scales?.find((side) => side < least);
  if (small !== undefined)
    throw new UsageError(`--scales: expected sides of at least ${least}, which the network takes, got ${small}.`);
  const usual =
    crops === 1 || rows + columns > 0
      ? { width: width + columns, height: height + rows }
      : { width: Math.round((width * 8) / 7), height: Math.round((height * 8) / 7) };
  const wholes = scales?.map((side) => ({
    width: Math.round((width * side) / least),
    height: Math.round((height * side) / least),
  })) ?? [usual];
  const tables: ClassTable[] = [];
  for (const size of wholes) {
    const scaled = { ...rule, ...size };
    const pictures = yield* decodingEvents(
      (watch) => openPictures(dataset, { preprocessing: scaled, ...watch }),
      signal,
    );
    try {
      const samples = alignClasses(pictures.samples(indices), model.classes, classIds);
      for (const view of cropViews(size, { width, height }, crops)) {
        signal?.throwIfAborted();
        tables.push(
          await predict(engine, model, viewedSamples(samples, { width, height }, view), { origins, program: eightBit }),
        );
      }
    } finally {
      await pictures.close();
    }
  }
  return averageTables(tables);
}
