/** A search for the settings to train with: many trainings on the same split, of which the best settings are told, and how sure that is. */

import { join, resolve } from "node:path";
import { datasetOptions } from "../../data/sources/grouping.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { writeSplit } from "../../data/sources/split-file.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { formatCsv } from "../../files/csv.js";
import { exists } from "../../files/exists-file.js";
import { folderToHold } from "../../files/hold-folder-file.js";
import { descriptionOf } from "../../network/description.js";
import { stacked } from "../../network/zoo/stacked.js";
import { type NextStep, shellWord } from "../../report/page/text/next-steps.js";
import { withinNoise } from "../../search/certainty.js";
import { dependsOnValidation, scheduleOf } from "../../training/solver/schedule.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import type { ImageShape } from "../../values/image-shape.js";
import { expectPath } from "../../values/kind.js";
import { type OptionsOf, pick, type RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { decodingEvents } from "../events/decoding-events.js";
import { eventsWhile } from "../events/event-stream.js";
import { type Job, optionsOf, runJob } from "../events/job.js";
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
import { measureElsewhere } from "../events/next-steps.js";
import { type LettersOptions, lettersTask } from "../letters/letters-task-file.js";
import { planNetwork } from "../pictures/network-plan-file.js";
import { type PicturesOptions, type PicturesTask, picturesTask } from "../pictures/pictures-task-file.js";
import { decodedEvent, openedEvent } from "../pictures/surprises.js";
import type { FinalModel } from "../pictures/train-as-before-file.js";
import { groupingText, splitFor } from "../pictures/train-pictures-file.js";
import { type Configuration, compareConfiguration, writeConfiguration } from "../run/configuration-file.js";
import { nameOf } from "../run/name.js";
import { RunError } from "../run/run-error.js";
import { LETTERS } from "../settings/letters-settings.js";
import { PICTURES } from "../settings/pictures-settings.js";
import { SWEEP_LETTERS, SWEEP_PICTURES } from "../settings/sweep-settings.js";
import { trainBest } from "./best-model-file.js";
import {
  type LadderEvent,
  openLadder,
  rankTrials,
  rungsOf,
  type SweepSettings,
  type Trial,
  type TrialResult,
} from "./ladder-file.js";
import { expectEqualEpochs, type PlannedTrial, planTrials, type Search, wholeSpace, wordsOfTrial } from "./plan.js";
import { beginFolder, dropUnlessBegun, expectSweepFolder } from "./sweep-folder-file.js";

/** What {@link sweepPictures} is asked for; every option has a default. */
export interface SweepPicturesOptions extends OptionsOf<typeof SWEEP_PICTURES.fields> {
  /** stops the job: the steps under way are finished and saved */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link sweepLetters} is asked for; every option has a default. */
export interface SweepLettersOptions extends OptionsOf<typeof SWEEP_LETTERS.fields> {
  /** stops the job: the steps under way are finished and saved */
  readonly signal?: AbortSignal | undefined;
}

/** It is known which trials there are. */
export interface PlannedEvent {
  readonly type: "planned";
  readonly trials: number;
  /** epochs after which trials are compared; those of the first trial */
  readonly rungs: readonly number[];
  readonly seeds: number;
  /** how many trials are trained at the same time */
  readonly together: number;
  /** trials that were measured before */
  readonly before: number;
  /** samples that each is measured by */
  readonly samples: number;
}

/** Something happened in a trial: it is trained, with one of its seeds. */
export type TrialJobEvent = Extract<LadderEvent, { readonly type: "trial" }>;

/** A trial has come to a rung, and is compared with the others; or it failed on the way. */
export type JudgedEvent = Extract<LadderEvent, { readonly type: "judged" }>;

/** What a sweep makes. */
export interface Swept {
  readonly folder: string;
  /** the trials, the best first; those that were trained for fewer epochs stand behind those that were trained for more */
  readonly trials: readonly TrialResult[];
  /** the trial with the lowest error of those that were trained for most epochs */
  readonly best: TrialResult;
  /** numbers of the others that were trained for as many epochs and cannot be told apart from it: the difference is within the noise */
  readonly tied: readonly number[];
  /** whether all trials were trained as far as was meant; not where the time was over */
  readonly complete: boolean;
  /** what trains with the best settings */
  readonly command: string;
  /** the model that was trained on all pictures with these */
  readonly final?: FinalModel;
  /** commands that may be typed next */
  readonly next: readonly NextStep[];
  /** the paths of what was written; the model is that of all pictures, or else that of the best trial where it was trained to its end */
  readonly files: { readonly page: string; readonly table: string; readonly model?: string };
}

/** What a sweep tells, in this order; "trial" and "judged" many times. Of a model on all pictures, what a training tells comes after the page. */
export type SweepEvent =
  | OpenedEvent
  | DecodingEvent
  | DecodedEvent
  | PlannedEvent
  | TrialJobEvent
  | JudgedEvent
  | PreparedEvent
  | StartedEvent
  | TrainingJobEvent
  | PredictedEvent
  | WrittenEvent
  | StoppedEvent
  | DoneEvent<Swept>;

/**
 * Trains many networks on the same pictures with different settings, measures them by the same others, and tells which settings are best, and how sure
 * that is. Each trial is a run in a folder of its own; what was done is not done again, and a trial that was interrupted goes on where it was. At the end, a
 * page tells of all of them; one model is then trained on all pictures with the best settings. All settings of all trials are checked before anything is
 * trained.
 *
 * @param data a folder with a folder of pictures for each class, a list, or the files of MNIST or CIFAR
 * @param search what is tried
 * @throws Error when the data set cannot be opened, decoded or divided; UsageError when the settings of a trial cannot be; RunError when a trial fails for
 * another reason than that it diverged (it names the trial), or the folder holds another sweep
 * @example
 * const space = [interval("learningRate", 0.001, 0.1, { scale: "log" }), choices("batchSize", [8, 16])];
 * const run = () => sweepPictures("animals", { space }, { strategy: "asha", trials: 9, folder: "runs/animals-sweep" });
 */
export async function* sweepPictures(
  data: string,
  search: Search<PicturesOptions>,
  given: SweepPicturesOptions = {},
): AsyncGenerator<SweepEvent, void, undefined> {
  expectPath("data", data);
  const { signal, options } = optionsOf(given);
  const settings = SWEEP_PICTURES.make(options);
  const { folder = join("runs", `${nameOf(data)}-sweep`), seed } = settings;
  const cache = join(folder, "cache");
  const planned = planTrials(search, settings, (own) => PICTURES.make({ seed, cache, ...defined(own) }));
  expectSearchable(planned, settings);
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<SweepEvent, void, undefined> {
    const held = job.closing(await folderToHold(folder));
    await expectSweepFolder(folder);
    const dataset = await openDataset(data, datasetOptions(settings));
    yield openedEvent(dataset);
    const split = await splitFor(dataset, folder, { ...settings, seed });
    for (const { options, architecture } of planned) {
      if (architecture || options.from !== undefined) continue;
      await planNetwork(options.network, dataset.classes.length, options.compact);
    }
    await held.begin();
    await beginFolder(folder, settings.fresh);
    job.closing({ close: () => dropUnlessBegun(folder, signal) });
    const [{ options: first }] = planned;
    const base = yield* decodingEvents<PicturesTask>(
      (decoding) => picturesTask(dataset, split, first, decoding),
      signal,
    );
    job.closing(base.pictures);
    yield yield* decodedEvent(
      dataset,
      base.pictures,
      { split, batchSize: first.batchSize, balance: first.balance, pace: base.settings, notes: base.notes },
      signal,
    );
    const networks = await writeNetworks(folder, planned, base.pictures.shape, dataset.classes.length);
    const places = { data: resolve(data), split: resolve(folder, "split.json"), grouping: pick(GROUP, settings) };
    const trials = planned.map(({ values, options }, i): Trial => {
      const epochs = options.epochs ?? base.settings.epochs;
      const own = { ...options, epochs, ...defined({ network: networks[i] }) };
      return { values, epochs, what: { task: "pictures", ...places, options: own } };
    });
    await writeSplit(join(folder, "split.json"), dataset, split);
    const { contents, threads: _, workers: __, device: ___, ...asked } = base.configuration;
    const configuration = { data: resolve(data), ...groupingText(settings), options: asked, contents };
    const samples = base.validation.count;
    const about = { title: `${nameOf(data)}: a search for settings`, data, networks, configuration, samples };
    const swept = yield* sweepTrials(job, search, { ...settings, folder }, { ...about, trials, name: "pictures" });
    if (!settings.final) return yield { type: "done", result: swept, seconds: job.seconds() };
    const { options: best } = planned[swept.best.number - 1];
    const final = yield* trainBest(
      { title: nameOf(data), folder, data, dataset, best: swept.best, settings: best },
      job,
    );
    const files = { ...swept.files, model: final.files.model };
    const next = [measureElsewhere(final.files.model, best.define)];
    yield { type: "done", result: { ...swept, final, next, files }, seconds: job.seconds() };
  });
}

/** What says which pictures belong together, and their order. */
const GROUP = { group: SWEEP_PICTURES.fields.group, groupBy: SWEEP_PICTURES.fields.groupBy };

/**
 * Searches for the settings of the lecture's training, `trainLetters`: {@link sweepPictures} on the letters.
 *
 * @param search what is tried
 * @throws as {@link sweepPictures}
 * @example
 * const architecture = [choices("depth", [1, 2, 3]), choices("kernel", [3, 5])];
 * const settings = () => ({ epochs: 2, letters: "my-letters" });
 * const run = () => sweepLetters({ architecture, settings }, { strategy: "grid", folder: "runs/ocr-sweep" });
 */
export async function* sweepLetters(
  search: Search<LettersOptions>,
  given: SweepLettersOptions = {},
): AsyncGenerator<SweepEvent, void, undefined> {
  const { signal, options } = optionsOf(given);
  const settings = SWEEP_LETTERS.make(options);
  const { folder = join("runs", "ocr-sweep"), seed } = settings;
  const planned = planTrials(search, settings, (own) => LETTERS.make({ seed, ...defined(own) }));
  expectTrainable(planned);
  yield* runJob(folder, signal, async function* (job): AsyncGenerator<SweepEvent, void, undefined> {
    const held = job.closing(await folderToHold(folder));
    await expectSweepFolder(folder);
    const [{ options: first }] = planned;
    const { frame, letters } = await lettersTask({ ...first, network: undefined });
    await held.begin();
    await beginFolder(folder, settings.fresh);
    job.closing({ close: () => dropUnlessBegun(folder, signal) });
    const networks = await writeNetworks(folder, planned, letters.training.shape, frame.classes.length);
    const trials = planned.map(
      ({ values, options }, i): Trial => ({
        ...{ values, epochs: options.epochs },
        what: { task: "ocr", options: { ...options, ...defined({ network: networks[i] }) } },
      }),
    );
    const { letters: source = "packaged", threads: _, workers: __, device: ___, ...asked } = first;
    const configuration = { letters: source, options: asked };
    const samples = letters.validation.count;
    const about = { title: "Letters a–z: a search for settings", data: "ocr", networks, configuration, samples };
    const swept = yield* sweepTrials(job, search, { ...settings, folder }, { ...about, trials, name: "letters" });
    yield { type: "done", result: swept, seconds: job.seconds() };
  });
}

/** What cannot be searched. @throws UsageError that says why */
function expectSearchable(
  planned: readonly PlannedTrial<RecordOf<typeof PICTURES.fields>>[],
  { final }: RecordOf<typeof SWEEP_PICTURES.fields>,
): void {
  expectTrainable(planned);
  for (const { options, architecture } of planned) {
    if (final && options.learningRate !== undefined && dependsOnValidation(scheduleOf(options.learningRate))) {
      throw new UsageError(
        "Rates that look at validation cannot train the last model, on all pictures: add --no-final.",
      );
    }
    if (architecture && options.from !== undefined) {
      throw new UsageError("from: a model to begin with has its own network; give it, or a space of networks.");
    }
  }
  const shapes = new Set(planned.map(({ options: { size, channels } }) => JSON.stringify([size, channels])));
  if (planned[0].architecture && shapes.size > 1) {
    throw new UsageError(
      "size and channels are tried beside a space of networks, which are made for one size: give one.",
    );
  }
}

/** @throws UsageError where a training ends by itself, or has two networks */
function expectTrainable(
  planned: readonly PlannedTrial<{ readonly earlyStopping?: unknown; readonly network?: string | undefined }>[],
): void {
  for (const { options, architecture } of planned) {
    if (options.earlyStopping !== undefined) {
      throw new UsageError(
        "patience: trials are compared after equally many epochs; --strategy asha ends what is not worth it.",
      );
    }
    if (architecture && options.network !== undefined) {
      throw new UsageError(`network: give ${options.network}, or a space of networks, and not both.`);
    }
  }
}

/** Writes the networks of trials whose architecture is searched. @returns their paths @throws UsageError where one cannot be */
async function writeNetworks(
  folder: string,
  planned: readonly PlannedTrial<unknown>[],
  shape: ImageShape,
  classes: number,
): Promise<(string | undefined)[]> {
  const made = planned.map(({ architecture }) => {
    try {
      return architecture && stacked(shape, classes, architecture);
    } catch (error) {
      throw new UsageError(errorText(error));
    }
  });
  const paths: (string | undefined)[] = [];
  for (const [i, network] of made.entries()) {
    const path = network && join(folder, "networks", `${i + 1}.json`);
    if (network && path) await writeFileAtomically(path, `${JSON.stringify(descriptionOf(network), null, 1)}\n`);
    paths.push(path);
  }
  return paths;
}

/** What is trained, and what is said of it. */
interface Subject {
  readonly title: string;
  /** what the command is given: the data, or "ocr" */
  readonly data: string;
  /** what the samples are */
  readonly name: "pictures" | "letters";
  readonly trials: readonly Trial[];
  /** the files with the networks that were made for the trials */
  readonly networks: readonly (string | undefined)[];
  /** what all trials are made from */
  readonly configuration: Configuration;
  /** samples that each is measured by */
  readonly samples: number;
}

/** Trains the trials, and writes what was found. */
async function* sweepTrials(
  job: Job,
  search: Search<unknown>,
  settings: SweepSettings & { readonly folder: string },
  { title, data, name, trials, networks, configuration: made, samples }: Subject,
): AsyncGenerator<PlannedEvent | LadderEvent | WrittenEvent, Swept, undefined> {
  const { folder, strategy, seeds, reduction, firstRung, steps, seed } = settings;
  const { signal } = job;
  if (samples === 0) throw new RunError("There is nothing to measure by: all samples are for training.");
  expectEqualEpochs(
    settings,
    trials.map(({ epochs }) => epochs),
  );
  const space = wholeSpace(search);
  const how = { strategy, seeds, seed, ...(strategy === "asha" ? { reduction, firstRung } : {}) };
  const configuration = { task: "sweep", ...how, ...(strategy === "grid" ? { steps } : {}), space, ...made };
  if (await exists(join(folder, "config.json"))) await compareConfiguration(folder, configuration);
  await writeConfiguration(folder, configuration);
  job.save();
  const { threads, workers } = trials[0].what.options;
  const { parallel = Math.max(1, Math.floor(threads / workers)) } = settings;
  const together = Math.min(parallel, trials.length);
  const ladder = await openLadder({ folder, trials, settings, samples, threads, together });
  yield {
    ...{ type: "planned", trials: trials.length, rungs: rungsOf(trials[0], settings), seeds, together, samples },
    before: ladder.results().filter((result) => (result?.epochs ?? 0) > 0).length,
  };
  const time = settings.hours === undefined ? [] : [AbortSignal.timeout(settings.hours * 3_600_000)];
  yield* eventsWhile<LadderEvent, void>((tell, stop) => ladder.climb(AbortSignal.any([stop, ...time]), tell), signal);
  signal?.throwIfAborted();

  const results = rankTrials(ladder.results());
  const [best] = results;
  if (!best?.measured || best.failed !== undefined) {
    const why = results.find(({ failed }) => failed !== undefined)?.failed;
    throw new RunError(`No trial has come to a comparison: ${why ?? "the time was too short"}.`);
  }
  const tied = results.filter(
    ({ epochs, measured, failed }) =>
      failed === undefined &&
      epochs === best.epochs &&
      measured &&
      best.measured &&
      withinNoise(measured, best.measured),
  );
  const words = wordsOfTrial(search, best.values, networks[best.number - 1]);
  const measures = data === "ocr" ? [] : ["--validation", "0"];
  const command = ["bellpepper", "train", data, ...words, ...measures].map(shellWord).join(" ");
  const files = { page: join(folder, "sweep.html"), table: join(folder, "trials.csv") };
  await writeFileAtomically(
    files.table,
    tableOf(
      space.map((setting) => setting.name),
      results,
    ),
  );
  yield { type: "written", what: "list", path: files.table };
  // Charts bring large libraries with them, for which there is room when nothing trains any more.
  const { writeSweep } = await import("../../report/sweep/sweep-page-file.js");
  const complete = ladder.done();
  const others = tied.map(({ number }) => number).filter((number) => number !== best.number);
  const about = {
    title,
    name,
    space,
    samples,
    seeds,
    strategy,
    rungs: rungsOf(trials[0], settings),
    planned: trials.length,
  };
  await writeSweep(files.page, { ...about, trials: results, best, tied: others, complete, command, configuration });
  yield { type: "written", what: "page", path: files.page };
  const model = join(best.folder, "model.onnx");
  const own = (await exists(model)) ? { model } : {};
  const next: NextStep[] = [{ command, why: data === "ocr" ? "trains so again" : "trains so on all pictures" }];
  return { folder, trials: results, best, tied: others, complete, command, next, files: { ...files, ...own } };
}

/** The trials as a table for other programs. */
const tableOf = (names: readonly string[], results: readonly TrialResult[]): string =>
  formatCsv([
    ["trial", ...names, "epochs", "error", "standard error", "failed"],
    ...results.map(({ number, values, epochs, measured, failed = "" }) => [
      `${number}`,
      ...names.map((name) => `${values[name] ?? ""}`),
      `${epochs}`,
      `${measured?.error ?? ""}`,
      `${measured?.standardError ?? ""}`,
      failed,
    ]),
  ]);
