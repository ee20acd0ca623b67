/** Cross-validation: every picture is predicted by a network that was not trained on it. */

import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { openPictures, type PictureOptions, type Pictures } from "../../data/pictures/pictures-file.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { datasetOptions } from "../../data/sources/grouping.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { folds, type Split } from "../../data/sources/split.js";
import { readSplit, writeSplit } from "../../data/sources/split-file.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { readPredictions, writePredictions } from "../../evaluation/table/predictions-file.js";
import { pooled } from "../../evaluation/table/subset.js";
import { exists } from "../../files/exists-file.js";
import { type OptionsOf, pick, type RecordOf } from "../../values/record.js";
import { decodingEvents } from "../events/decoding-events.js";
import { eventsWhile } from "../events/event-stream.js";
import { runJob } from "../events/job.js";
import type {
  DecodedEvent,
  DecodingEvent,
  DoneEvent,
  OpenedEvent,
  PredictedEvent,
  PreparedEvent,
  StartedEvent,
  StoppedEvent,
  TrainingJobEvent,
  WrittenEvent,
} from "../events/job-events.js";
import { planNetwork } from "../pictures/network-plan-file.js";
import { pictureSamplesOf } from "../pictures/origins.js";
import type { Configuration } from "../run/configuration-file.js";
import { importDefinitions } from "../run/definitions-file.js";
import { nameOf } from "../run/name.js";
import { RunError } from "../run/run-error.js";
import { CROSSVALIDATE } from "../settings/crossvalidate-settings.js";
import { PICTURES } from "../settings/pictures-settings.js";
import { type FinalModel, trainFinal } from "./final-model-file.js";
import { type FoldEvent, type FoldJob, foldPredictions } from "./fold-file.js";
import { trainFolds } from "./fold-threads-file.js";

/** What {@link crossvalidate} is asked for; every option has a default. */
export interface CrossvalidateOptions extends OptionsOf<typeof CROSSVALIDATE.fields> {
  /** stops the job: the steps under way are finished and saved */
  readonly signal?: AbortSignal | undefined;
}

type Settings = RecordOf<typeof CROSSVALIDATE.fields>;

/** The pictures are divided into folds. */
export interface DividedEvent {
  readonly type: "divided";
  readonly dataset: Dataset;
  /** which pictures each fold is trained on, and which it predicts */
  readonly splits: readonly Split[];
}

/** Something happened in a fold. */
export interface FoldJobEvent {
  readonly type: "fold";
  /** from 0 */
  readonly fold: number;
  readonly event: FoldEvent;
}

/** What {@link crossvalidate} makes. */
export interface CrossValidated {
  readonly folder: string;
  /** what was predicted of every picture, with the fold of each */
  readonly predictions: ClassTable;
  /** the paths of what was written */
  readonly files: { readonly predictions: string; readonly page: string };
  /** the model that was then trained on all pictures, where that was asked for */
  readonly final?: FinalModel;
}

/**
 * What {@link crossvalidate} tells, in this order; "decoding" and "fold" many times. Of a final model, what a training tells comes after the
 * folds' page.
 */
export type CrossvalidateEvent =
  | OpenedEvent
  | DividedEvent
  | DecodingEvent
  | DecodedEvent
  | FoldJobEvent
  | PredictedEvent
  | WrittenEvent
  | PreparedEvent
  | StartedEvent
  | TrainingJobEvent
  | StoppedEvent
  | DoneEvent<CrossValidated>;

/**
 * Trains a network for each fold and gathers what each says about its validation pictures. Folds run side by side in threads of their own; those
 * that are done are not done again, and one that was interrupted goes on where it was. At the end, a page tells of all of them together; with `final`,
 * one model is then trained on all pictures, as the folds were, in the folder's own folder `final`.
 *
 * @param data a folder with a folder of pictures for each class, a list, or the files of MNIST or CIFAR
 * @throws Error when the data set cannot be opened, decoded or divided; RunError when a fold fails (it names the fold), or the folder holds folds
 * with other settings
 * @example
 * const run = () => crossvalidate("animals", { folds: 2, epochs: 1, folder: "runs/animals-folds" });
 */
export async function* crossvalidate(
  data: string,
  { signal, ...options }: CrossvalidateOptions = {},
): AsyncGenerator<CrossvalidateEvent, void, undefined> {
  const name = nameOf(data);
  const asked = CROSSVALIDATE.make(options);
  const { folder = join("runs", `${name}-folds`), cache = join(folder, "cache"), folds: count } = asked;
  const settings = { ...asked, folder, cache };
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<CrossvalidateEvent, void, undefined> {
    const dataset = await openDataset(data, datasetOptions(settings));
    yield { type: "opened", dataset };
    // The threads of the folds read the network themselves; what is wrong with it is told before pictures are decoded.
    await importDefinitions(settings.define);
    await planNetwork(settings.network, dataset.classes.length, settings.compact);
    if (asked.fresh) for (const own of ownNames(count)) await rm(join(folder, own), { recursive: true, force: true });
    const splits = folds(dataset, count, { seed: asked.seed });
    yield { type: "divided", dataset, splits };
    const jobs = foldJobs(folder, data, splits, settings);
    for (const [i, { folder: place }] of jobs.entries()) await keepSplit(place, dataset, splits[i]);
    job.save();
    // Charts bring large libraries with them: nobody waits for those whose call is wrong, and nobody lacks them in the end.
    const { writeEvaluation } = await import("../../report/evaluation/evaluation-file.js");
    const decoding = pick(DECODING, settings);
    const { broken, warnings } = yield* decodeOnce(dataset, decoding, signal);
    yield { type: "decoded", broken, warnings };
    signal?.throwIfAborted();
    const configuration = yield* followFolds(jobs, togetherOf(settings), signal);
    signal?.throwIfAborted();
    if (!configuration) throw new Error("No fold was begun.");

    const table = pooled(await Promise.all(jobs.map((each) => readPredictions(foldPredictions(each), "classes"))));
    yield { type: "predicted", table };
    const predictions = join(folder, "predictions.csv");
    await writePredictions(predictions, table, { scores: "best" });
    yield { type: "written", what: "predictions", path: predictions };
    const pictures = job.closing(await openPictures(dataset, decoding));
    const { page } = await writeEvaluation(folder, {
      title: `${name}: cross-validation in ${count} folds`,
      table,
      samples: pictureSamplesOf(dataset, pictures, table),
      configuration: { data: resolve(data), folds: count, ...configuration },
      ordered: asked.ordered,
    });
    yield { type: "written", what: "page", path: page };
    const files = { predictions, page };
    const result = { folder, predictions: table, files };
    if (!asked.final) return yield { type: "done", result, seconds: job.seconds() };
    const expected = { predictions: table, folds: count };
    const run = { title: name, folder, data: resolve(data), dataset, settings, folds: jobs, configuration, expected };
    const final = yield* trainFinal({ ...run, settings: pick(PICTURES.fields, settings) }, job);
    yield { type: "done", result: { ...result, final }, seconds: job.seconds() };
  });
}

/** What the decoding of pictures depends on. */
const DECODING = (({ size, fit, channels, cache }) => ({ size, fit, channels, cache }))(PICTURES.fields);

/** What a cross-validation has in its folder. */
const ownNames = (count: number): string[] => [
  ...Array.from({ length: count }, (_, i) => `fold-${i + 1}`),
  ...["cache", "final", "predictions.csv", "evaluation.html", "pictures"],
];

/** How many folds are trained at the same time. */
const togetherOf = ({ threads, parallel = threads, folds: count }: Settings): number => Math.min(parallel, count);

/** What each fold is told: the same but for its number and its folder. */
function foldJobs(folder: string, data: string, splits: readonly Split[], settings: Settings): FoldJob[] {
  const { threads: all, group, groupBy } = settings;
  const threads = Math.max(1, Math.floor(all / togetherOf(settings)));
  const options = { ...pick(PICTURES.fields, settings), threads };
  return splits.map((_, fold) => ({
    fold,
    count: splits.length,
    folder: join(folder, `fold-${fold + 1}`),
    data: resolve(data),
    options,
    group,
    groupBy,
  }));
}

/** Writes a fold's split, or checks that it is the one that the fold was begun with. */
async function keepSplit(folder: string, dataset: Dataset, split: Split): Promise<void> {
  const path = join(folder, "split.json");
  if (!(await exists(path))) {
    await mkdir(folder, { recursive: true });
    return writeSplit(path, dataset, split);
  }
  const before = await readSplit(path, dataset);
  if (JSON.stringify(before) !== JSON.stringify(split)) {
    throw new RunError(
      `${folder} holds a fold with other pictures. Start over with --fresh, or choose another folder with --out.`,
    );
  }
}

/** Decodes the pictures into the cache, where the threads of the folds find them. */
async function* decodeOnce(
  dataset: Dataset,
  options: PictureOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<DecodingEvent, Pictures, undefined> {
  const pictures = yield* decodingEvents((watch) => openPictures(dataset, { ...options, ...watch }), signal);
  await pictures.close();
  return pictures;
}

/** Trains the folds and tells what happens in them. @returns the settings of the first fold: they differ in nothing but their pictures */
async function* followFolds(
  jobs: readonly FoldJob[],
  together: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<FoldJobEvent, Configuration | undefined, undefined> {
  let configuration: Configuration | undefined;
  yield* eventsWhile<FoldJobEvent, void>(
    (tell, stop) =>
      trainFolds(jobs, together, stop, (fold, event) => {
        if (event.type === "started" && fold === 0) configuration = event.configuration;
        tell({ type: "fold", fold, event });
      }),
    signal,
  );
  return configuration;
}
