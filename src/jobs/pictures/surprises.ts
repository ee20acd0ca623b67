/** What is surprising about the pictures of a job, said before its work begins: the same in every job. */

import { setImmediate as breathe } from "node:timers/promises";
import { tellingSamples } from "../../data/pictures/passes.js";
import type { Pictures } from "../../data/pictures/pictures-file.js";
import { lookAtSamples } from "../../data/scan/look-at-samples.js";
import {
  countClasses,
  countGroups,
  describeDuplicates,
  findGroupsAcrossParts,
  partsOfItems,
} from "../../data/scan/scan.js";
import { imbalanceOf, nameDuplicates } from "../../data/scan/scan-summary.js";
import { type Dataset, keyOf, PARTS } from "../../data/sources/dataset.js";
import type { Split } from "../../data/sources/split.js";
import { type DatasetFacts, type Finding, listFindings } from "../../report/dataset/dataset-findings.js";
import type { TrainingOptions } from "../../training/options.js";
import { defined } from "../../values/defined.js";
import { type DecodingWatch, decodingEvents } from "../events/decoding-events.js";
import type { DecodedEvent, DecodingEvent, OpenedEvent } from "../events/job-events.js";

/** The data set was opened, and this was found on the way. */
export function openedEvent(dataset: Dataset, more: readonly Finding[] = []): OpenedEvent {
  const { items, problems } = dataset;
  const stated = PARTS.map((part) => [part, items.filter(({ split }) => split === part).length] as const);
  const parts = Object.fromEntries(stated.filter(([, count]) => count > 0));
  return {
    type: "opened",
    dataset,
    findings: [...more, ...listFindings({ problems, parts, ...defined({ groups: countGroups(items) }) })],
  };
}

/** Into what the pictures of a job are divided. */
export interface Division {
  /** the parts; those that the data set states unless given */
  readonly split?: Split | undefined;
  /** the folds, where there are some: copies must not be in two of them */
  readonly folds?: readonly Split[];
  /** pictures in a step, where that was asked for */
  readonly batchSize?: number | undefined;
  /** how long is trained, and at which rates */
  readonly pace?: Partial<Pick<TrainingOptions, "epochs" | "learningRate">>;
  /** what is to be said of the model that training begins with */
  readonly notes?: readonly string[];
  /** how classes of few pictures are made up for, where something is trained */
  readonly balance?: DatasetFacts["balance"];
}

/** The pictures are decoded, and this shows now: classes that cannot be learned, copies on both sides of the split, values without a range. */
export async function* decodedEvent(
  dataset: Dataset,
  pictures: Pick<Pictures, "broken" | "warnings" | "samples">,
  division: Division,
  signal: AbortSignal | undefined,
): AsyncGenerator<DecodingEvent, DecodedEvent, undefined> {
  const { broken, warnings } = pictures;
  const found = yield* decodingEvents((watch) => findInPictures(dataset, pictures, division, watch), signal);
  const notes = (division.notes ?? []).map((text): Finding => ({ kind: "note", text }));
  return { type: "decoded", broken, warnings, findings: [...notes, ...found] };
}

async function findInPictures(
  dataset: Dataset,
  pictures: Pick<Pictures, "samples">,
  { split, folds, batchSize = 1, balance, pace = {} }: Division,
  { onProgress, signal }: DecodingWatch,
): Promise<Finding[]> {
  const samples = pictures.samples();
  const places = new Map(dataset.items.map((item, i) => [item, i]));
  const indices = samples.items.map((item) => places.get(item) ?? -1);
  const good = new Set(indices);
  const { alike, flat, range, usualRange } = await lookAtSamples(
    tellingSamples(samples, "compared", onProgress, breathe),
    signal,
  );
  const sides = folds ? foldsOfItems(dataset, folds) : partsOfItems(dataset.items, split);
  const near = alike
    .map((set) =>
      describeDuplicates(
        dataset.items,
        set.map((i) => indices[i]),
        (i) => sides[i],
      ),
    )
    .filter(({ acrossClasses, acrossParts }) => acrossClasses || acrossParts);
  const classes = countClasses(dataset, (i) => good.has(i), folds ? wholeOf(folds) : split);
  const findings = listFindings({
    pictures: samples.count,
    classes,
    imbalance: imbalanceOf(classes),
    ...defined({ balance }),
    groupsAcrossParts: findGroupsAcrossParts(dataset.items, folds ? undefined : split),
    nearDuplicates: near.map((set) => nameDuplicates(dataset, set)),
    flat: flat.map((i) => keyOf(samples.items[i])),
    range,
    usualRange,
    ...(folds ? { division: "fold" } : {}),
  });
  const { epochs = Number.POSITIVE_INFINITY, learningRate = 0 } = pace;
  if (Array.isArray(learningRate) && learningRate.length > epochs) {
    const text = `There are ${learningRate.length} learning rates, one for each epoch, and ${epochs} ${epochs === 1 ? "epoch" : "epochs"}: the last ${learningRate.length - epochs} of them will not be used.`;
    findings.push({ kind: "note", text });
  }
  const count = Math.min(...(folds ?? [split]).map((each) => each?.training.length ?? Number.POSITIVE_INFINITY));
  if (batchSize <= count) return findings;
  const text = `A batch of ${batchSize} is larger than the ${count} pictures to train on: an epoch is one step.`;
  return [...findings, { kind: "note", text }];
}

/** The fold that predicts each item; none for the test part. */
function foldsOfItems({ items }: Dataset, folds: readonly Split[]): (number | undefined)[] {
  const numbers = new Array<number | undefined>(items.length);
  for (const [fold, { validation }] of folds.entries()) for (const i of validation) numbers[i] = fold;
  return numbers;
}

/** All that is trained on in some fold, and what is kept apart. */
const wholeOf = ([{ training, validation, test }]: readonly Split[]): Split => ({
  training: [...training, ...validation],
  validation: [],
  test,
});
