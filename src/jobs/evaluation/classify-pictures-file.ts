/** From a model and pictures without classes to what the model says of each. */

import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { formatByEnding } from "../../data/pictures/formats/formats-file.js";
import { openPictures } from "../../data/pictures/pictures-file.js";
import type { Dataset } from "../../data/sources/dataset.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { nodeEngine } from "../../engine/node.js";
import { predict } from "../../evaluation/table/predict.js";
import { type ClassTable, probabilities } from "../../evaluation/table/predictions.js";
import { predictionsToCsv } from "../../evaluation/table/predictions-csv.js";
import { writeFileAtomically } from "../../files/atomic-file.js";
import { formatCsv, parseCsv } from "../../files/csv.js";
import { statIfExists } from "../../files/exists-file.js";
import { expectPath } from "../../values/kind.js";
import { type OptionsOf, pick } from "../../values/record.js";
import { decodingEvents } from "../events/decoding-events.js";
import { optionsOf, runJob } from "../events/job.js";
import type {
  DecodedEvent,
  DecodingEvent,
  DoneEvent,
  OpenedEvent,
  StoppedEvent,
  WrittenEvent,
} from "../events/job-events.js";
import { alignClasses, originsOf } from "../pictures/origins.js";
import { picturesDigest } from "../pictures/pictures-task-file.js";
import { openedEvent } from "../pictures/surprises.js";
import { importDefinitions } from "../run/definitions-file.js";
import { nameOf } from "../run/name.js";
import { CLASSIFY_PICTURES } from "../settings/evaluation-settings.js";
import { FOREIGN } from "../settings/foreign-settings.js";
import { readAskedModel } from "./asked-model-file.js";
import { expectResultFolder, resultFolder } from "./result-folder-file.js";

/** What {@link classifyPictures} is asked for; every option has a default. */
export interface ClassifyPicturesOptions extends OptionsOf<typeof CLASSIFY_PICTURES.fields> {
  /** stops the job before anything is written */
  readonly signal?: AbortSignal | undefined;
}

/** What a model says of a picture. */
export interface ClassifiedPicture {
  /** from the folder that was given, or its name */
  readonly path: string;
  /** of each class, in the model's order */
  readonly probabilities: readonly number[];
}

/** The model has said of each picture what it is. */
export interface ClassifiedEvent {
  readonly type: "classified";
  readonly classes: readonly string[];
  readonly pictures: readonly ClassifiedPicture[];
}

/** What {@link classifyPictures} makes. */
export interface ClassifiedPictures extends Omit<ClassifiedEvent, "type"> {
  readonly folder: string;
  /** the paths of what was written */
  readonly files: { readonly predictions: string };
}

/** What {@link classifyPictures} tells, in this order; "decoding" many times. */
export type ClassifyPicturesEvent =
  | OpenedEvent
  | DecodingEvent
  | DecodedEvent
  | ClassifiedEvent
  | WrittenEvent
  | StoppedEvent
  | DoneEvent<ClassifiedPictures>;

/**
 * Says what pictures are of which nobody has said it: one picture, or a folder of them. Writes `predictions.csv`, as of an evaluation, but without
 * the column of labels. Pictures are prepared as the model says.
 *
 * @param path a model file
 * @param data a picture, or a folder of pictures
 * @throws Error when the model or the pictures cannot be read, or the folder holds a run
 * @example
 * const { files } = await finishJob(trainPictures("animals", { epochs: 1, folder: "runs/first" }));
 * const { classes, pictures } = await finishJob(classifyPictures(files.model, "animals/cat/1.png", { folder: "runs/one" }));
 * classes; // ["cat", "dog"]
 * pictures.length; // 1
 */
export async function* classifyPictures(
  path: string,
  data: string,
  given: ClassifyPicturesOptions = {},
): AsyncGenerator<ClassifyPicturesEvent, void, undefined> {
  expectPath("path", path);
  expectPath("data", data);
  const { signal, options } = optionsOf(given);
  const settings = CLASSIFY_PICTURES.make(options);
  const usual = join("runs", [path, data].map(nameOf).join("-on-"));
  yield* runJob(settings.folder ?? usual, signal, async function* (job): AsyncGenerator<
    ClassifyPicturesEvent,
    void,
    undefined
  > {
    if (settings.folder !== undefined) await expectResultFolder(settings.folder);
    await importDefinitions(settings.define);
    const asked = await readAskedModel(path, pick(FOREIGN, settings), settings.fit);
    const { model, eightBit, digest, preprocessing, notes } = asked;
    const dataset = await openUnlabelled(data, model.classes);
    yield openedEvent(dataset);
    const pictures = yield* decodingEvents((watch) => openPictures(dataset, { preprocessing, ...watch }), signal);
    job.closing(pictures);
    const { broken, warnings } = pictures;
    const samples = alignClasses(pictures.samples(), model.classes);
    const made = { task: "classification", model: digest, pictures: await picturesDigest(samples) };
    const place = await resultFolder(job, settings.folder, usual, made);
    const { folder } = place;
    yield { type: "decoded", broken, warnings: [...notes, ...warnings, ...place.notes], findings: [] };
    const { paths } = originsOf(samples);
    const table = await predict(nodeEngine(settings), model, samples, {
      origins: { paths: paths ?? [] },
      program: eightBit,
    });
    signal?.throwIfAborted();
    const result = { classes: model.classes, pictures: picturesOf(table) };
    yield { type: "classified", ...result };
    await place.begin();
    const predictions = join(folder, "predictions.csv");
    await writeFileAtomically(predictions, withoutLabels(predictionsToCsv(table, { scores: "best" })));
    place.keep();
    yield { type: "written", what: "predictions", path: predictions };
    yield { type: "done", result: { ...result, folder, files: { predictions } }, seconds: job.seconds() };
  });
}

/**
 * Whether a path is a picture, or a folder of pictures without folders of classes, whose own name is no class of the model: then nobody says what
 * they are.
 *
 * @param classes asks for those of the model, which are needed for such a folder alone
 */
export async function isUnlabelled(data: string, classes: () => Promise<readonly string[]>): Promise<boolean> {
  const found = await statIfExists(data);
  if (!found) return false;
  if (!found.isDirectory()) return formatByEnding(data) !== undefined;
  // A data set with folders for its classes is not looked through twice.
  if (!(await readdir(data).catch(() => [])).some((name) => formatByEnding(name) !== undefined)) return false;
  const dataset = await openDataset(data).catch(() => undefined);
  return dataset !== undefined && isFlat(dataset) && !(await classes()).includes(dataset.classes[0]);
}

/** Whether all pictures lie in the folder itself. */
const isFlat = ({ format, items }: Dataset): boolean =>
  format === "folders" && items.every(({ path }) => !path.includes("/"));

/** A picture or a folder of them as a data set of the model's classes, whose labels say nothing. */
export async function openUnlabelled(data: string, classes: readonly string[]): Promise<Dataset> {
  const found = await statIfExists(data);
  if (!found) throw new Error(`${data}: there is no such file or folder.`);
  if (!found.isDirectory()) {
    return {
      root: dirname(data),
      format: "folders",
      classes,
      items: [{ path: basename(data), label: 0 }],
      problems: [],
    };
  }
  const dataset = await openDataset(data);
  const problems = dataset.problems.filter(({ path }) => path !== dataset.classes[0]);
  return { ...dataset, classes, items: dataset.items.map(({ path }) => ({ path, label: 0 })), problems };
}

function picturesOf(table: ClassTable): ClassifiedPicture[] {
  const { classes, paths = [] } = table;
  const all = probabilities(table);
  return paths.map((path, i) => ({
    path,
    probabilities: [...all.subarray(i * classes.length, (i + 1) * classes.length)],
  }));
}

function withoutLabels(csv: string): string {
  const rows = parseCsv(csv);
  const label = rows[0].fields.indexOf("label");
  return formatCsv(rows.map(({ fields }) => fields.filter((_, i) => i !== label)));
}
