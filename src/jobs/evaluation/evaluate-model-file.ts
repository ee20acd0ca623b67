/** From a model and a data set to predictions and a page about them. */

import { join, resolve } from "node:path";
import { formatByEnding } from "../../data/pictures/formats/formats-file.js";
import { openPictures } from "../../data/pictures/pictures-file.js";
import { chosenOrder } from "../../data/sources/class-order.js";
import { ONLY_CLASS } from "../../data/sources/class-problems.js";
import type { Dataset, Part } from "../../data/sources/dataset.js";
import { datasetOptions, GROUPING } from "../../data/sources/grouping.js";
import { isList, openDataset } from "../../data/sources/open-dataset-file.js";
import type { Split } from "../../data/sources/split.js";
import { readSplit } from "../../data/sources/split-file.js";
import { nodeEngine } from "../../engine/node.js";
import { type McNemarTest, mcNemar } from "../../evaluation/statistics/mcnemar.js";
import { orderTable } from "../../evaluation/table/class-order.js";
import { predict } from "../../evaluation/table/predict.js";
import type { ClassTable } from "../../evaluation/table/predictions.js";
import { writePredictions } from "../../evaluation/table/predictions-file.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { statIfExists } from "../../files/exists-file.js";
import { evidenceModel } from "../../inspection/attribution/class-evidence.js";
import { openNetwork } from "../../inspection/opened.js";
import type { Finding } from "../../report/dataset/dataset-findings.js";
import type { NextStep } from "../../report/page/text/next-steps.js";
import { defined } from "../../values/defined.js";
import { expectPath } from "../../values/kind.js";
import { type OptionsOf, pick, type RecordOf } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { decodingEvents } from "../events/decoding-events.js";
import { optionsOf, runJob } from "../events/job.js";
import type {
  DecodedEvent,
  DecodingEvent,
  DoneEvent,
  ExplainingEvent,
  LocalisedEvent,
  OpenedEvent,
  PredictedEvent,
  StoppedEvent,
  WrittenEvent,
} from "../events/job-events.js";
import { compareWith } from "../events/next-steps.js";
import { alignClasses, alignmentNotes, originsOf } from "../pictures/origins.js";
import { picturesDigest } from "../pictures/pictures-task-file.js";
import { decodedEvent, openedEvent } from "../pictures/surprises.js";
import { pixelSums } from "../run/contents-file.js";
import { importDefinitions } from "../run/definitions-file.js";
import { nameOf } from "../run/name.js";
import { trainedOnAmong, trainedOnNotes } from "../run/trained-on.js";
import { EVALUATE_MODEL, VIEWS } from "../settings/evaluation-settings.js";
import { isExplained } from "../settings/explain-settings.js";
import { FOREIGN } from "../settings/foreign-settings.js";
import { readAskedModel } from "./asked-model-file.js";
import { ROUNDED } from "./explain-guesses.js";
import { explainMistakes } from "./explain-mistakes.js";
import { areGrades, gradesFindings } from "./grades.js";
import { boxesCsv, expectBoxes, locate, wholePictures } from "./localise-file.js";
import { withMargin } from "./margin-file.js";
import { alignedWith, readOther } from "./other-table-file.js";
import { areSeveral, predictViews } from "./predict-views-file.js";
import { expectResultFolder, resultFolder } from "./result-folder-file.js";
import { synsetsBeside } from "./synsets-file.js";

/** What {@link evaluateModel} is asked for; every option has a default. */
export interface EvaluateModelOptions extends OptionsOf<typeof EVALUATE_MODEL.fields> {
  /** stops the job before anything is written; while it explains, the page has what is explained by then */
  readonly signal?: AbortSignal | undefined;
}

/** What {@link evaluateModel} makes. */
export interface EvaluatedModel {
  readonly folder: string;
  readonly predictions: ClassTable;
  /** the paths of what was written */
  readonly files: { readonly predictions: string; readonly page: string; readonly boxes?: string };
  /** how it compares with the other model, where one was to be compared with */
  readonly comparison?: McNemarTest;
  /** commands that may be typed next */
  readonly next: readonly NextStep[];
}

/** What {@link evaluateModel} tells, in this order; "decoding" and "explaining" many times. */
export type EvaluateModelEvent =
  | OpenedEvent
  | DecodingEvent
  | DecodedEvent
  | PredictedEvent
  | LocalisedEvent
  | ExplainingEvent
  | WrittenEvent
  | StoppedEvent
  | DoneEvent<EvaluatedModel>;

/**
 * Measures a model on pictures that it was not trained on, and writes what it says about them and a page.
 *
 * @param path a model file
 * @param data a folder with a folder of pictures for each class, a list, or the files of MNIST or CIFAR
 * @throws Error when the model or the data cannot be read, the folder holds a run, or nothing says what is to be seen (see `classifyPictures`); RangeError when there is no picture to measure, or the model does not know a class
 * @example
 * const { files } = await finishJob(trainPictures("animals", { epochs: 1, folder: "runs/first" }));
 * const split = "runs/first/split.json";
 * for await (const event of evaluateModel(files.model, "animals", { split, folder: "runs/measured" })) {
 *   if (event.type === "predicted") confusionMatrix(event.table);
 * }
 */
export async function* evaluateModel(
  path: string,
  data: string,
  given: EvaluateModelOptions = {},
): AsyncGenerator<EvaluateModelEvent, void, undefined> {
  expectPath("path", path);
  expectPath("data", data);
  const { signal, options } = optionsOf(given);
  const names = [path, data].map(nameOf);
  const settings = EVALUATE_MODEL.make(options);
  const usual = join("runs", names.join("-on-"));
  yield* runJob(settings.folder ?? usual, signal, async function* (job): AsyncGenerator<
    EvaluateModelEvent,
    void,
    undefined
  > {
    if (settings.folder !== undefined) await expectResultFolder(settings.folder);
    if (settings.localise && settings.margin !== undefined)
      throw new UsageError(
        "--margin is of what is cut out of pictures; with --localise they are whole. Leave one out.",
      );
    await importDefinitions(settings.define);
    const asked = await readAskedModel(path, pick(FOREIGN, settings), settings.fit);
    const { model, eightBit, extraMetadata, digest, classIds, preprocessing, notes } = asked;
    await expectData(data);
    const classes = settings.order ? chosenOrder(model.classes, settings.order) : model.classes;
    const against = settings.against === undefined ? undefined : await readOther(settings.against, classes);
    const listed = await openDataset(data, {
      ...datasetOptions(pick(GROUPING, settings)),
      ...defined({ list: settings.truth, boxColumns: settings.box, boxes: settings.localise || undefined }),
      synsets: synsetsBeside,
    });
    const boxed = settings.localise ? await wholePictures(listed) : undefined;
    if (boxed) evidenceModel(model);
    const { dataset } = boxed ?? { dataset: await withMargin(listed, settings.margin) };
    // The model tells its own classes apart, of however many there are pictures.
    const problems = dataset.problems.filter(({ reason }) => reason !== ONLY_CLASS);
    const places = (boxed?.notes ?? []).map((text): Finding => ({ kind: "note", text }));
    yield openedEvent({ ...dataset, problems }, [
      ...[...labelFindings(dataset), ...gradesFindings(settings, classes)],
      ...places,
    ]);
    const { part, indices, split } = await partOf(dataset, settings);
    const pictures = yield* decodingEvents((watch) => openPictures(dataset, { preprocessing, ...watch }), signal);
    job.closing(pictures);
    const decoded = yield* decodedEvent(dataset, pictures, { split }, signal);
    const known = alignClasses(pictures.samples(indices), model.classes, classIds);
    if (boxed) expectBoxes(boxed, known.items);
    const aligned = alignmentNotes(dataset.classes, model.classes, classIds);
    const sums = await pixelSums(known);
    const views = pick(VIEWS, settings);
    const made = {
      task: "evaluation",
      model: digest,
      pictures: await picturesDigest(known, sums),
      ...(areSeveral(views) ? { views: JSON.stringify(views) } : {}),
    };
    const place = await resultFolder(job, settings.folder, usual, made);
    const { folder } = place;
    const seen = trainedOnNotes(trainedOnAmong(extraMetadata, sums));
    const surprises = [...notes, ...aligned, ...decoded.warnings, ...seen];
    yield { ...decoded, warnings: [...surprises, ...place.notes] };
    const samples = alignClasses(known, classes);
    const other = against && alignedWith(against, samples);
    const origins = originsOf(known);
    const engine = nodeEngine(settings);
    const viewed = { dataset, indices, preprocessing, classIds, origins };
    const said = areSeveral(views)
      ? yield* predictViews(engine, { model, eightBit }, viewed, views, signal)
      : await predict(engine, model, known, { origins, program: eightBit });
    const table = orderTable(said, classes);
    yield { type: "predicted", table };
    const located =
      boxed && (await locate(engine, model, { samples: known, table: said, boxed, preprocessing }, signal));
    if (located) yield { type: "localised", located };
    signal?.throwIfAborted();
    const judged = { table, samples, judgeOf: () => 0, open: () => openNetwork(engine, model) };
    const explained = isExplained(settings)
      ? yield* explainMistakes({ ...judged, method: settings.explainBy }, signal)
      : undefined;

    await place.begin();
    const predictions = join(folder, "predictions.csv");
    await writePredictions(predictions, table, { scores: "best" });
    yield { type: "written", what: "predictions", path: predictions };
    const boxes = join(folder, "boxes.csv");
    if (located) await writeFileAtomically(boxes, boxesCsv(located, said));
    const next = other ? [] : [compareWith(predictions, data, settings.define)];
    // Charts bring large libraries with them, for which there is room when nothing trains any more.
    const { writeEvaluation } = await import("../../report/evaluation/evaluation-file.js");
    const { page } = await writeEvaluation(folder, {
      title: `${names[0]} on ${names[1]}`,
      table,
      samples,
      ordered: areGrades(settings),
      configuration: {
        ...{ model: resolve(path), data: resolve(data), part: part ?? "all", fit: preprocessing.fit, ...views },
        ...(areGrades(settings) ? { order: classes } : {}),
      },
      notes: [...surprises, ...(explained && eightBit ? [ROUNDED] : [])],
      next,
      ...defined({ explained }),
      ...(other ? { other } : {}),
      ...(located
        ? {
            localisation: {
              located,
              files: known.items.map((item) => join(dataset.root, item.path)),
              classes: said.classes,
            },
          }
        : {}),
    });
    place.keep();
    if (signal?.aborted) job.leave(page);
    signal?.throwIfAborted();
    yield { type: "written", what: "page", path: page };
    yield {
      type: "done",
      result: {
        ...{ folder, predictions: table, files: { predictions, page, ...(located ? { boxes } : {}) }, next },
        ...(other ? { comparison: mcNemar(table, other.table) } : {}),
      },
      seconds: job.seconds(),
    };
  });
}

/** @throws Error when a file is no list: what can be measured, and what predicted without measuring */
async function expectData(path: string): Promise<void> {
  if (!(await statIfExists(path))?.isFile() || isList(path)) return;
  const expected =
    "a folder with a folder of pictures for each class, or a list that ends in .csv, .tsv or .jsonl; or, to predict without measuring, a picture or a folder of pictures";
  throw new Error(`${path} is ${formatByEnding(path) ? "one picture" : "a file"}: expected ${expected}.`);
}

/** What is said where the name of the folder with the pictures is their class, as that of one folder of a data set. */
function labelFindings({ root, format, classes: [name], items }: Dataset): Finding[] {
  if (format !== "folders" || items.some(({ path }) => path.includes("/"))) return [];
  const text = `No folders of classes are in ${root}: its own name, '${name}', is taken for the label of its pictures. Under another name they are predicted, not measured.`;
  return [{ kind: "note", text }];
}

/** The pictures of the part that was asked for. @throws RangeError when there is none */
async function partOf(
  dataset: Dataset,
  { split: file, part: asked }: RecordOf<typeof EVALUATE_MODEL.fields>,
): Promise<{
  readonly part: Part | undefined;
  readonly indices: readonly number[];
  readonly split: Split | undefined;
}> {
  const split = file === undefined ? undefined : await readSplit(file, dataset);
  const part = asked ?? (split ? "validation" : undefined);
  const stated = dataset.items.flatMap((item, i) => (part === undefined || item.split === part ? i : []));
  const indices = split && part ? split[part] : stated;
  if (indices.length === 0)
    throw new RangeError(`There is no picture to measure${part ? ` in the ${part} part` : ""}.`);
  return { part, indices, split };
}
