/** Cross-validation: every picture is predicted by a network that was not trained on it. */

import { join, resolve } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { type TellPass, tellingSamples } from "../../data/pictures/passes.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { datasetOptions } from "../../data/sources/grouping.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { folds, type Split } from "../../data/sources/split.js";
import { readSplit, writeSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { readPredictions, writePredictions } from "../../evaluation/table/predictions-file.js";
import { pooled } from "../../evaluation/table/subset.js";
import { exists } from "../../files/exists-file.js";
import { folderToHold, holdFolder } from "../../files/hold-folder-file.js";
import { openNetwork } from "../../inspection/opened.js";
import type { NextStep } from "../../report/page/text/next-steps.js";
import { ALONE, summed } from "../../training/step/ranks.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { expectPath, whole } from "../../values/kind.js";
import { type OptionsOf, pick, type RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { explainMistakes, type Judged } from "../evaluation/explain-mistakes.js";
import { areGrades, gradesFindings } from "../evaluation/grades.js";
import { decodingEvents } from "../events/decoding-events.js";
import { eventsWhile } from "../events/event-stream.js";
import { type Job, optionsOf, runJob, StoppedElsewhere } from "../events/job.js";
import type {
  DecodedEvent,
  DecodingEvent,
  DoneEvent,
  ExplainingEvent,
  OpenedEvent,
  PredictedEvent,
  PreparedEvent,
  StartedEvent,
  StoppedEvent,
  TrainingJobEvent,
  WrittenEvent,
} from "../events/job-events.js";
import { isFirst, type JobRanks } from "../events/job-ranks.js";
import { FINAL_TOO, measureElsewhere } from "../events/next-steps.js";
import { pictureSamplesOf } from "../pictures/origins.js";
import { type PicturesTask, picturesDigest, picturesTask } from "../pictures/pictures-task-file.js";
import { decodedEvent, openedEvent } from "../pictures/surprises.js";
import type { FinalModel } from "../pictures/train-as-before-file.js";
import { groupingText } from "../pictures/train-pictures-file.js";
import { type Configuration, compareConfiguration, WAY_OUT, writeConfiguration } from "../run/configuration-file.js";
import { pixelSums } from "../run/contents-file.js";
import { readModel } from "../run/model-file.js";
import { nameOf } from "../run/name.js";
import { RunError } from "../run/run-error.js";
import { CONTENTS, type Contents } from "../settings/contents-settings.js";
import { CROSSVALIDATE } from "../settings/crossvalidate-settings.js";
import { ENGINE } from "../settings/engine-settings.js";
import { isExplained } from "../settings/explain-settings.js";
import { PICTURES } from "../settings/pictures-settings.js";
import { trainFinal } from "./final-model-file.js";
import { type FoldEvent, type FoldJob, foldPredictions } from "./fold-file.js";
import { dropFoldUnlessBegun, dropUnlessBegun, expectFoldsFolder, holdFolds, whileHeld } from "./fold-folders-file.js";
import { trainFolds } from "./fold-threads-file.js";

/** What {@link crossvalidate} is asked for; every option has a default. */
export interface CrossvalidateOptions extends OptionsOf<typeof CROSSVALIDATE.fields> {
  /** stops the job: the steps under way are finished and saved */
  readonly signal?: AbortSignal | undefined;
  /** the processes that share the folds; this one alone unless given */
  readonly ranks?: JobRanks | undefined;
}

type Settings = RecordOf<typeof CROSSVALIDATE.fields>;

/** The pictures are divided into folds. */
export interface DividedEvent {
  readonly type: "divided";
  readonly dataset: Dataset;
  /** which pictures each fold is trained on, and which it predicts */
  readonly splits: readonly Split[];
  /** the folds that are trained here, from 0 */
  readonly folds: readonly number[];
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
  /** commands that may be typed next */
  readonly next: readonly NextStep[];
  /** the model that was then trained on all pictures, where that was asked for */
  readonly final?: FinalModel;
}

/**
 * What {@link crossvalidate} tells, in this order; "decoding", "fold" and "explaining" many times. Of a final model, what a training tells comes after the
 * folds' page.
 */
export type CrossvalidateEvent =
  | OpenedEvent
  | DividedEvent
  | DecodingEvent
  | DecodedEvent
  | FoldJobEvent
  | PredictedEvent
  | ExplainingEvent
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
 * Where several processes share the folds, which they see the same folder for, each trains every so-many-th; the first does all the rest, and the others tell of nothing but
 * their folds.
 *
 * @param data a folder with a folder of pictures for each class, a list, or the files of MNIST or CIFAR
 * @throws Error when the data set cannot be opened, decoded or divided; RunError when a fold fails (it names the fold), or the folder holds folds
 * with other settings
 * @example
 * const run = () => crossvalidate("animals", { folds: 2, epochs: 1, folder: "runs/animals-folds" });
 */
export async function* crossvalidate(
  data: string,
  given: CrossvalidateOptions = {},
): AsyncGenerator<CrossvalidateEvent, void, undefined> {
  expectPath("data", data);
  const { signal, ranks, options } = optionsOf(given);
  const name = nameOf(data);
  const settings = settingsOf(name, CROSSVALIDATE.make(options));
  const { folder, folds: count } = settings;
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<CrossvalidateEvent, void, undefined> {
    if (ranks && !isFirst(ranks)) {
      const jobs = await jobsOfFirst(ranks);
      job.save();
      yield* shareFolds(jobs, togetherOf(settings, ranks), signal, ranks);
      return;
    }
    const held = job.closing(await folderToHold(folder));
    await expectFoldsFolder(folder);
    const { dataset, splits } = yield* divide(data, settings);
    await held.begin();
    const places = splits.map((_, fold) => foldFolder(folder, fold));
    await holdFolds(job, folder, [...places, ...(settings.final ? [join(folder, "final")] : [])], settings.fresh);
    if (!(await exists(join(folder, "config.json")))) {
      job.closing({ close: () => dropUnlessBegun(folder, places, signal) });
    }
    const all = splits.map((_, fold) => fold);
    const { jobs, task, decoded } = yield* beginFolds(job, { data, dataset, splits, folds: all, settings, ranks });
    await ranks?.broadcast(new TextEncoder().encode(JSON.stringify(jobs)));
    const configuration = yield* shareFolds(jobs, togetherOf(settings, ranks), signal, ranks);
    if (!configuration) throw new Error("No fold was begun.");

    const table = pooled(await Promise.all(jobs.map((each) => readPredictions(foldPredictions(each), "classes"))));
    yield { type: "predicted", table };
    const predictions = join(folder, "predictions.csv");
    await writePredictions(predictions, table, { scores: "best" });
    yield { type: "written", what: "predictions", path: predictions };
    const samples = pictureSamplesOf(dataset, decoded, table);
    const explained = isExplained(settings)
      ? yield* explainMistakes(judgedByFolds({ table, samples, jobs, settings }), signal)
      : undefined;
    // Charts bring large libraries with them, for which there is room when nothing trains any more.
    const { writeEvaluation } = await import("../../report/evaluation/evaluation-file.js");
    const { page } = await writeEvaluation(folder, {
      title: `${name}: cross-validation in ${count} folds`,
      table,
      samples,
      ...defined({ explained }),
      configuration: {
        ...{ data: resolve(data), folds: count, ...configuration },
        ...(areGrades(settings) ? { order: dataset.classes } : {}),
      },
      ordered: areGrades(settings),
      notes: task.notes,
      next: settings.final ? [measureElsewhere(join(folder, "final", "model.onnx"), settings.define)] : [FINAL_TOO],
    });
    if (signal?.aborted) job.leave(page);
    signal?.throwIfAborted();
    yield { type: "written", what: "page", path: page };
    const files = { predictions, page };
    const result = { folder, predictions: table, files };
    if (!settings.final) {
      return yield { type: "done", result: { ...result, next: [FINAL_TOO] }, seconds: job.seconds() };
    }
    const expected = { predictions: table, folds: count, page: "../evaluation.html" };
    const run = { title: name, folder, data: resolve(data), dataset, settings, folds: jobs, configuration, expected };
    const final = yield* trainFinal({ ...run, settings: pick(PICTURES.fields, settings) }, job);
    yield { type: "done", result: { ...result, final, next: final.next }, seconds: job.seconds() };
  });
}

/** What {@link crossvalidateFold} makes. */
export interface FoldDone {
  /** that of the cross-validation */
  readonly folder: string;
  /** from 0 */
  readonly fold: number;
  /** what was predicted of the fold's pictures */
  readonly predictions: ClassTable;
  /** the paths of what was written */
  readonly files: { readonly model: string; readonly predictions: string };
}

/** What {@link crossvalidateFold} tells, in this order; "decoding" and "fold" many times. */
export type CrossvalidateFoldEvent =
  | OpenedEvent
  | DividedEvent
  | DecodingEvent
  | DecodedEvent
  | FoldJobEvent
  | PredictedEvent
  | StoppedEvent
  | DoneEvent<FoldDone>;

/**
 * Trains one fold of a cross-validation into the folder of all, while other processes, also on other machines that share the disk, train others.
 * {@link crossvalidate} with the same options then gathers the folds that are done, and trains those that are not.
 *
 * @param fold from 1; the names of the folders have the same numbers
 * @param given as {@link crossvalidate} takes them; what comes behind the folds, such as `final`, is left to it
 * @throws RangeError when there is no such fold; UsageError with `fresh`, which forgets the folds of others; else as {@link crossvalidate}
 * @example
 * const run = () => crossvalidateFold("animals", 2, { folds: 2, epochs: 1, folder: "runs/animals-shared" });
 */
export async function* crossvalidateFold(
  data: string,
  fold: number,
  given: CrossvalidateOptions = {},
): AsyncGenerator<CrossvalidateFoldEvent, void, undefined> {
  expectPath("data", data);
  const { signal, options } = optionsOf(given);
  const settings = settingsOf(nameOf(data), CROSSVALIDATE.make(options));
  const { folder, folds: count } = settings;
  whole(1, count).take(fold, { path: "fold" });
  if (settings.fresh) {
    throw new UsageError(
      "--fresh forgets all folds, also those that are trained elsewhere: leave it out, or remove the folder before they begin.",
    );
  }
  const index = fold - 1;
  const place = foldFolder(folder, index);
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<CrossvalidateFoldEvent, void, undefined> {
    await expectFoldsFolder(folder);
    const { dataset, splits } = yield* divide(data, settings);
    job.closing(await holdFolder(place));
    job.closing({ close: () => dropFoldUnlessBegun(folder, place, signal) });
    const { jobs } = yield* beginFolds(job, { data, dataset, splits, folds: [index], settings });
    yield* shareFolds(jobs, 1, signal);
    const predictions = foldPredictions({ folder: place });
    const table = await readPredictions(predictions, "classes");
    yield { type: "predicted", table };
    const files = { model: join(place, "model.onnx"), predictions };
    yield { type: "done", result: { folder, fold: index, predictions: table, files }, seconds: job.seconds() };
  });
}

/** All settings, with where it is written to. */
function settingsOf(name: string, asked: Settings): Settings & { readonly folder: string } {
  const { folder = join("runs", `${name}-folds`), cache = join(folder, "cache") } = asked;
  return { ...asked, folder, cache };
}

const foldFolder = (folder: string, fold: number): string => join(folder, `fold-${fold + 1}`);

/** Opens the data and divides it into folds. */
async function* divide(
  data: string,
  settings: Settings,
): AsyncGenerator<OpenedEvent, { readonly dataset: Dataset; readonly splits: readonly Split[] }, undefined> {
  const dataset = await openDataset(data, datasetOptions(settings));
  yield openedEvent(dataset, gradesFindings(settings, dataset.classes));
  return { dataset, splits: folds(dataset, settings.folds, { seed: settings.seed }) };
}

/** Folds that are to be trained here. */
interface FoldsToBegin {
  readonly data: string;
  readonly dataset: Dataset;
  readonly splits: readonly Split[];
  /** which of them, from 0; the folders of these are held */
  readonly folds: readonly number[];
  readonly settings: Settings & { readonly folder: string };
  /** the processes that share them */
  readonly ranks?: JobRanks | undefined;
}

/** Folds that can be trained, and what they are trained on. */
interface BegunFolds {
  readonly jobs: readonly FoldJob[];
  readonly task: PicturesTask;
  readonly decoded: PicturesTask["pictures"];
}

/** Decodes the pictures, and writes what all folds are made from, and what each of these is. @throws RunError when it was something else before */
async function* beginFolds(
  job: Job,
  { data, dataset, splits, folds: here, settings, ranks }: FoldsToBegin,
): AsyncGenerator<DividedEvent | DecodingEvent | DecodedEvent, BegunFolds, undefined> {
  const { signal } = job;
  const { folder, folds: count } = settings;
  yield { type: "divided", dataset, splits, folds: here };
  for (const fold of here) await expectSplit(foldFolder(folder, fold), dataset, splits[fold]);
  // The first fold's task shows whatever is wrong, before anything but decoded pictures is kept.
  const task = yield* decodingEvents<PicturesTask>(
    (watch) => picturesTask(dataset, splits[0], pick(PICTURES.fields, settings), watch),
    signal,
  );
  const decoded = job.closing(task.pictures);
  yield yield* decodedEvent(
    dataset,
    decoded,
    { folds: splits, batchSize: settings.batchSize, balance: settings.balance, pace: task.settings, notes: task.notes },
    signal,
  );
  signal?.throwIfAborted();
  const { all, ofFolds } = yield* decodingEvents(({ onProgress }) => contentsOf(task, splits, onProgress), signal);
  const configuration = {
    ...{ ...task.configuration, task: "crossvalidation", data: resolve(data), folds: count },
    ...{ contents: all, ...groupingText(settings), ...defined({ order: settings.order }) },
  };
  if (here.length === count) await keepConfiguration(folder, configuration);
  else await whileHeld(folder, () => keepConfiguration(folder, configuration));
  for (const fold of here) await writeSplit(join(foldFolder(folder, fold), "split.json"), dataset, splits[fold]);
  job.save();
  const together = Math.min(togetherOf(settings, ranks), here.length);
  return { jobs: foldJobs({ data, folds: here, contents: ofFolds, together, settings }), task, decoded };
}

/** Each picture is judged by the model of its fold, which was not trained on it. */
function judgedByFolds({ table, samples, jobs, settings }: JudgedFolds): Judged {
  const engine = nodeEngine(pick(ENGINE, settings));
  return {
    ...{ table, samples, method: settings.explainBy },
    judgeOf: (sample) => table.folds?.[sample] ?? 0,
    open: async (fold) => openNetwork(engine, await readModel(join(jobs[fold].folder, "model.onnx"))),
  };
}

/** What the folds have said. */
interface JudgedFolds extends Pick<Judged, "table" | "samples"> {
  readonly jobs: readonly FoldJob[];
  readonly settings: Settings;
}

/** What all folds are made from, and each of them. */
async function contentsOf(
  { pictures, configuration }: PicturesTask,
  splits: readonly Split[],
  tell: TellPass,
): Promise<{ readonly all: Partial<Contents>; readonly ofFolds: readonly Contents[] }> {
  const whole = pictures.samples();
  const sums = await pixelSums(tellingSamples(whole, "checked", tell, breathe));
  const sumOf = new Map(whole.items.map((item, i) => [item, sums[i]]));
  const digest = (part: ArrayLike<number>): Promise<string> => {
    const samples = pictures.samples(part);
    return picturesDigest(
      samples,
      Uint32Array.from(samples.items, (item) => sumOf.get(item) ?? 0),
    );
  };
  const { layers, start, modules, definitions } = CONTENTS.take(configuration.contents, { path: "contents" });
  const common = { layers, ...defined({ start, modules, definitions }) };
  const ofFolds: Contents[] = [];
  for (const { training, validation } of splits) {
    ofFolds.push({ ...common, training: await digest(training), validation: await digest(validation) });
  }
  return { all: { ...common, training: await picturesDigest(whole, sums) }, ofFolds };
}

/** Writes the configuration of all folds, or checks that it is the one that they were begun with. */
async function keepConfiguration(folder: string, configuration: Configuration): Promise<void> {
  if (await exists(join(folder, "config.json"))) await compareConfiguration(folder, configuration);
  await writeConfiguration(folder, configuration);
}

/** How many folds a process trains at the same time. */
const togetherOf = (
  { threads, workers, parallel = Math.max(1, Math.floor(threads / workers)), folds }: Settings,
  ranks?: JobRanks,
): number => Math.min(parallel, Math.ceil(folds / (ranks?.size ?? 1)));

/** What each fold is told: the same but for its number and its folder. */
function foldJobs({ data, folds: here, contents, together, settings }: FoldsToTrain): FoldJob[] {
  const { threads: all, group, groupBy, order, folder, folds: count } = settings;
  const threads = Math.max(1, Math.floor(all / together));
  const options = { ...pick(PICTURES.fields, settings), threads };
  return here.map((fold) => ({
    fold,
    count,
    folder: foldFolder(folder, fold),
    data: resolve(data),
    options,
    contents: contents[fold],
    ...defined({ group, groupBy, order }),
  }));
}

interface FoldsToTrain extends Omit<FoldsToBegin, "dataset" | "splits"> {
  /** what each of all folds is made from */
  readonly contents: readonly Contents[];
  /** how many are trained at the same time */
  readonly together: number;
}

/** @throws RunError unless a fold's split is the one that the fold was begun with, where it was */
async function expectSplit(folder: string, dataset: Dataset, split: Split): Promise<void> {
  const path = join(folder, "split.json");
  if (!(await exists(path))) return;
  const before = await readSplit(path, dataset).catch((error: unknown) => {
    throw new RunError(`${folder} holds a fold with other pictures. ${errorText(error)} ${WAY_OUT}`);
  });
  if (JSON.stringify(before) !== JSON.stringify(split)) {
    throw new RunError(`${folder} holds a fold with other pictures. ${WAY_OUT}`);
  }
}

/** The folds, as the first process has begun them. */
const jobsOfFirst = async (ranks: JobRanks): Promise<FoldJob[]> =>
  JSON.parse(new TextDecoder().decode(await ranks.broadcast(new Uint8Array())));

/**
 * Trains the folds that this process has, and waits for those of the others.
 *
 * @returns the settings of the first fold that it has: they differ in nothing but their pictures
 * @throws the signal's reason where it was aborted
 */
async function* shareFolds(
  jobs: readonly FoldJob[],
  together: number,
  signal: AbortSignal | undefined,
  ranks: Pick<JobRanks, "rank" | "size" | "sum"> = ALONE,
): AsyncGenerator<FoldJobEvent, Configuration | undefined, undefined> {
  const own = jobs.filter((_, i) => i % ranks.size === ranks.rank);
  const configuration = yield* followFolds(own, together, signal);
  const { stopped } = await summed(ranks, { stopped: signal?.aborted ? 1 : 0 });
  signal?.throwIfAborted();
  if (stopped > 0) throw new StoppedElsewhere();
  return configuration;
}

/** Trains folds and tells what happens in them. @returns the settings of the first fold: they differ in nothing but their pictures */
async function* followFolds(
  jobs: readonly FoldJob[],
  together: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<FoldJobEvent, Configuration | undefined, undefined> {
  let configuration: Configuration | undefined;
  yield* eventsWhile<FoldJobEvent, void>(
    (tell, stop) =>
      trainFolds(jobs, together, stop, (fold, event) => {
        if (event.type === "started" && fold === jobs[0].fold) configuration = event.configuration;
        tell({ type: "fold", fold, event });
      }),
    signal,
  );
  return configuration;
}
