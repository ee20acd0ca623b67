/** From a model, and pictures, to a page that shows what is inside. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { BrokenPicture } from "../../data/pictures/broken-picture.js";
import type { Image } from "../../data/pictures/image.js";
import { preparePicture } from "../../data/pictures/image-file.js";
import { picturePaths } from "../../data/pictures/picture-paths-file.js";
import { openPictures } from "../../data/pictures/pictures-file.js";
import { fromLast } from "../../data/pictures/resize/arrange.js";
import { fewOf, keyOf, type Problem } from "../../data/sources/dataset.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { html } from "../../drawing/markup.js";
import { nodeEngine } from "../../engine/node.js";
import { resultKind } from "../../inspection/answers.js";
import { batchOf } from "../../inspection/batches.js";
import { expectNames, type Opened } from "../../inspection/opened.js";
import { oppositeOf } from "../../network/model/both-sides.js";
import type { TrainedModel } from "../../network/model/model.js";
import { permutation, stream } from "../../random/stream.js";
import { type WrittenPage, writePage } from "../../report/page/page-file.js";
import type { Section } from "../../report/page/section.js";
import { settingsSection } from "../../report/page/settings-section.js";
import { notesMarkup, pageHeader } from "../../report/page/text/header.js";
import { plural } from "../../report/page/text/words.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { expectPath } from "../../values/kind.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import { type OptionsOf, pick } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { classNamed } from "../evaluation/class-named.js";
import { preprocessingOf } from "../evaluation/model-preprocessing.js";
import { openWithMaps } from "../evaluation/open-with-maps.js";
import { expectResultFolder, resultFolder } from "../evaluation/result-folder-file.js";
import { decodingEvents } from "../events/decoding-events.js";
import { eventsWhile, isStop } from "../events/event-stream.js";
import { type Job, optionsOf, runJob } from "../events/job.js";
import type { DecodedEvent, DecodingEvent, DoneEvent, StoppedEvent, WrittenEvent } from "../events/job-events.js";
import { readAnyModel } from "../foreign/any-model-file.js";
import type { ModelReadEvent } from "../foreign/convert-model-file.js";
import { placesOf } from "../pictures/origins.js";
import { importDefinitions } from "../run/definitions-file.js";
import { nameOf } from "../run/name.js";
import { ENGINE } from "../settings/engine-settings.js";
import { FOREIGN } from "../settings/foreign-settings.js";
import { INSPECT } from "../settings/inspect-settings.js";
import type { InspectedSet, Inspection, LookedAt, Part } from "./inspection.js";
import { PARTS } from "./parts.js";
import { saidOf } from "./said.js";

/** What {@link inspectModel} is asked for; every option has a default. */
export interface InspectOptions extends OptionsOf<typeof INSPECT.fields> {
  /** stops the job; the parts that are done are written */
  readonly signal?: AbortSignal | undefined;
}

/** A part of the page is made next. */
export interface InspectingEvent {
  readonly type: "inspecting";
  /** what it is about */
  readonly part: string;
  /** parts before it */
  readonly done: number;
  readonly total: number;
  /** how far it is, where it takes long: so many of such things, "pictures" */
  readonly under?: { readonly things: string; readonly done: number; readonly total: number };
}

/** What {@link inspectModel} makes. */
export interface Inspected {
  readonly folder: string;
  readonly files: { readonly page: string; readonly pictures: readonly string[] };
  readonly pictures: readonly Pick<LookedAt, "name" | "text" | "guesses" | "truth">[];
  /** the parts that could not be made, and why: one plain sentence each */
  readonly failed: readonly string[];
}

/** What {@link inspectModel} tells, in this order; "inspecting" for each part, and while it is made. */
export type InspectEvent =
  | ModelReadEvent
  | DecodingEvent
  | DecodedEvent
  | InspectingEvent
  | WrittenEvent
  | StoppedEvent
  | DoneEvent<Inspected>;

/**
 * Opens a model and writes a page that shows what is inside: what it says of pictures and why, its layers, its filters, and what each layer makes of the pictures. Stopped, it
 * writes the parts that are done.
 *
 * @param path a model file, ours or another toolbox's
 * @param pictures files, folders, patterns; without any, the model alone is looked at
 * @param parts what the page has; all there are
 * @throws Error as `readAnyModel`; where a path is not there, or the folder holds something else
 * @example
 * const { files } = await finishJob(inspectModel("letters.onnx", [], { folder: "runs/inside" }));
 * files.page; // "runs/inside/inspection.html"
 */
export async function* inspectModel(
  path: string,
  pictures: readonly string[] = [],
  given: InspectOptions = {},
  parts: readonly Part[] = PARTS,
): AsyncGenerator<InspectEvent, void, undefined> {
  expectPath("path", path);
  const { signal, options } = optionsOf(given);
  const settings = INSPECT.make(options);
  const usual = join("runs", `${nameOf(path)}-inside`);
  yield* runJob(settings.folder ?? usual, signal, async function* (job): AsyncGenerator<InspectEvent, void, undefined> {
    if (settings.folder !== undefined) await expectResultFolder(settings.folder);
    if (settings.whyNot !== undefined && pictures.length === 0 && settings.data === undefined) {
      throw new UsageError("--why-not is asked of pictures: expected some, or --data.");
    }
    if (settings.mapLayer !== undefined && pictures.length === 0 && settings.data === undefined) {
      throw new UsageError("--map-layer is looked at for pictures: expected some, or --data.");
    }
    if (settings.layer !== undefined && settings.data === undefined) {
      throw new UsageError("--layer says which layer places the pictures of a data set: expected --data, too.");
    }
    await importDefinitions(settings.define);
    const paths = pictures.length > 0 ? await picturePaths(pictures) : [];
    const { model, format, digest, notes, classIds } = await readAnyModel(path, pick(FOREIGN, settings));
    const whyNot = settings.whyNot === undefined ? undefined : askedOf(settings.whyNot, model, classIds);
    yield { type: "modelRead", format, notes };
    const engine = nodeEngine(pick(ENGINE, settings));
    const isOpen = model.network.inputs.length === 1;
    const opened = isOpen ? job.closing(await openWithMaps(engine, model, settings.mapLayer)) : undefined;
    if (opened && settings.layer !== undefined) expectLayer(opened, settings.layer);
    const asked = paths.length > 0 || settings.data !== undefined;
    const prepared = opened && asked ? preprocessingOf(model, undefined) : undefined;
    const set =
      prepared && settings.data !== undefined
        ? yield* openSet(settings.data, prepared.preprocessing, job, signal)
        : undefined;
    const { images, broken } = prepared ? await read(paths, set, prepared.preprocessing, signal) : NONE;
    const looked = opened
      ? await lookAt(opened, images, { isTurned: prepared?.preprocessing.order === "bgr", classIds, signal })
      : [];
    const made = { task: "inspection", model: digest, pictures: digestOf(looked) };
    const place = await resultFolder(job, settings.folder, usual, made);
    const unseen = asked && !opened ? [unseenBy(model)] : [];
    yield { type: "decoded", broken, warnings: [...unseen, ...(prepared?.notes ?? []), ...place.notes], findings: [] };
    await place.begin();

    const inspection: Inspection = { engine, model, opened, pictures: looked, set, whyNot, layer: settings.layer };
    const sections: Section[] = [];
    const missing: string[] = [];
    const failed: string[] = [];
    for (const [i, part] of parts.entries()) {
      const { name } = part;
      const event: InspectingEvent = { type: "inspecting", part: name, done: i, total: parts.length };
      yield event;
      try {
        signal?.throwIfAborted();
        sections.push(...(yield* partEvents(event, part, inspection, missing, signal)));
      } catch (error) {
        if (!isStop(error, signal)) {
          // one part that fails does not take the others with it
          failed.push(`Not shown is ${name}: ${errorText(error)}`);
          continue;
        }
        missing.push(...parts.slice(i).map((part) => part.name));
        break;
      }
    }
    const shown = {
      ...pick({ data: INSPECT.fields.data, ...FOREIGN }, settings),
      ...(paths.length > 0 ? { pictures: paths } : {}),
    };
    const title = `Inside ${nameOf(path)}`;
    const written = await writeInspection(place.folder, {
      title,
      model,
      notes: [...failed, ...unseen, ...notes, ...(prepared?.notes ?? []), ...brokenNotes(broken)],
      missing,
      sections,
      shown,
    });
    place.keep();
    if (missing.length > 0) job.leave(written.page);
    signal?.throwIfAborted();
    yield { type: "written", what: "page", path: written.page };
    const result = {
      folder: place.folder,
      files: written,
      pictures: looked.map(({ name, text, guesses, truth }) => ({ name, text, guesses, ...defined({ truth }) })),
      failed,
    };
    yield { type: "done", result, seconds: job.seconds() };
  });
}

/** Tells how far a part is; then gives its sections. @param missing takes what it has not, as it was stopped */
const partEvents = (
  event: InspectingEvent,
  { make }: Part,
  inspection: Inspection,
  missing: string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<InspectingEvent, Section[], undefined> =>
  eventsWhile<InspectingEvent, Section[]>(async (tell, stop) => {
    const made = await make(inspection, {
      signal: stop,
      tell: (things, done, total) => tell({ ...event, under: { things, done, total } }),
      without: (what) => void missing.push(what),
    });
    return made.flatMap((section) => section ?? []);
  }, signal);

/** @throws UsageError where there is no layer of that name */
function expectLayer(opened: Opened, layer: string): void {
  try {
    expectNames(opened, [layer]);
  } catch (error) {
    throw new UsageError(`--layer ${layer}: ${errorText(error)}`);
  }
}

/** Which pictures are not shown, and why. */
const brokenNotes = (broken: readonly Problem[]): string[] =>
  broken.length === 0
    ? []
    : [
        `${plural(broken.length, "picture")} could not be decoded: ${fewOf(broken.map(({ path, reason }) => `${path}: ${reason}`))}.`,
      ];

/** The number of the class, the attribute or the value that is asked about; of one score also by its opposite. @throws UsageError where there is none of that name */
function askedOf(name: string, model: TrainedModel, classIds: readonly string[] | undefined): number {
  const kind = resultKind(model);
  if (kind === "picture" || kind === "numbers") {
    throw new UsageError(
      `--why-not ${name}: the model gives ${RESULT_WORDS[kind]}, and no class that could be asked about.`,
    );
  }
  const { classes } = model;
  const k = classNamed(name, classes.length === 1 ? [...classes, oppositeOf(classes[0])] : classes, classIds);
  return Math.min(k, classes.length - 1);
}

const RESULT_WORDS = { picture: "a picture", numbers: "numbers" } as const;

/** Why nothing is shown of pictures. */
function unseenBy({ network }: TrainedModel): string {
  const names = network.inputs.map(({ name }) => `'${name}'`).join(" and ");
  return `The network reads ${names}, and a picture is one of them at most: shown is the network alone, and nothing of pictures.`;
}

/** A picture as the network takes it. */
interface NamedImage {
  readonly name: string;
  readonly image: Image;
  /** the class that a data set gives it */
  readonly label?: string;
}

/** Pictures, and those that cannot be decoded. */
interface ReadPictures {
  readonly images: readonly NamedImage[];
  readonly broken: readonly Problem[];
}

const NONE: ReadPictures = { images: [], broken: [] };

/** So many pictures of a data set are looked at, at most. */
const PICTURES = 2000;

/** Of so many classes of a data set a picture is looked at. */
const CLASSES = 6;

/** @throws Error when none of them can be decoded */
async function read(
  paths: readonly string[],
  set: OpenedSet | undefined,
  preprocessing: Preprocessing,
  signal: AbortSignal | undefined,
): Promise<ReadPictures> {
  if (paths.length === 0 && set) return { images: await firstsOf(set), broken: set.broken };
  const images: NamedImage[] = [];
  const broken: Problem[] = [];
  for (const path of paths) {
    signal?.throwIfAborted();
    try {
      images.push({ name: path, image: await preparePicture(path, preprocessing) });
    } catch (error) {
      if (!(error instanceof BrokenPicture)) throw error;
      broken.push({ path, reason: error.reason });
    }
  }
  if (images.length > 0) return { images, broken };
  const [first] = broken;
  throw new Error(
    paths.length === 1
      ? `${first.path}: ${first.reason}.`
      : `None of the ${paths.length} pictures can be decoded: ${first.path}: ${first.reason}.`,
  );
}

/** A data set that is looked at, and what of it cannot be decoded. */
interface OpenedSet extends InspectedSet {
  readonly broken: readonly Problem[];
}

/** The pictures of a data set, or some of them by chance: always the same. */
async function* openSet(
  data: string,
  preprocessing: Preprocessing,
  job: Job,
  signal: AbortSignal | undefined,
): AsyncGenerator<DecodingEvent, OpenedSet, undefined> {
  const dataset = await openDataset(data);
  const of = dataset.items.length;
  const chosen = permutation(of, stream(1, "inspection")).subarray(0, PICTURES).sort();
  const items = Array.from(chosen, (i) => dataset.items[i]);
  const pictures = yield* decodingEvents(
    (watch) => openPictures({ ...dataset, items }, { preprocessing, ...watch }),
    signal,
  );
  job.closing(pictures);
  return { samples: pictures.samples(), classes: dataset.classes, of, broken: pictures.broken };
}

/** The first picture of each of a few classes. */
async function firstsOf({ samples, classes }: InspectedSet): Promise<NamedImage[]> {
  const firsts = classes.flatMap((_, k) => {
    const first = samples.items.findIndex(({ label }) => label === k);
    return first < 0 ? [] : [first];
  });
  const shown = firsts.slice(0, CLASSES);
  await samples.prepare(shown, 0);
  const { channels, height, width } = samples.shape;
  return shown.map((i) => {
    const data = new Uint8Array(channels * height * width);
    samples.read(i, 0, data, 0);
    const item = samples.items[i];
    return {
      ...{ name: keyOf(item), label: classes[item.label] },
      image: { width, height, channels: channels === 1 ? 1 : 3, data },
    };
  });
}

/** What the network says of each picture. */
async function lookAt(
  opened: Opened,
  images: readonly NamedImage[],
  {
    isTurned,
    classIds,
    signal,
  }: {
    readonly isTurned: boolean;
    readonly classIds: readonly string[] | undefined;
    readonly signal: AbortSignal | undefined;
  },
): Promise<LookedAt[]> {
  const { classes } = opened.model;
  const hasClasses = resultKind(opened.model) === "classes";
  const looked: LookedAt[] = [];
  for (const { name, image, label } of images) {
    signal?.throwIfAborted();
    const input = batchOf([image]);
    const shown = isTurned ? fromLast(image) : image;
    // what the model does not know is no mistake of its, and a number alone no name
    const isName = label !== undefined && (!/^\d+$/.test(label) || classes.includes(label));
    const [k] = hasClasses && isName ? placesOf([label], classes, classIds ?? []).numbers : [-1];
    const truth = k >= 0 ? { truth: classes[k] } : {};
    looked.push({ name, image: shown, input, ...truth, ...(await saidOf(opened, shown, input, isTurned)) });
  }
  return looked;
}

/** What tells pictures from others: their names and what the network is given. */
function digestOf(looked: readonly LookedAt[]): string {
  const hash = createHash("sha256");
  for (const { name, image } of looked) hash.update(name).update(image.data);
  return hash.digest("hex").slice(0, 16);
}

/** What the page is made of. */
interface InspectionPage {
  readonly title: string;
  readonly model: TrainedModel;
  readonly notes: readonly string[];
  /** the parts that were not made, as the job was stopped */
  readonly missing: readonly string[];
  readonly sections: readonly Section[];
  readonly shown: Readonly<Record<string, unknown>>;
}

function writeInspection(
  folder: string,
  { title, model, notes, missing, sections, shown }: InspectionPage,
): Promise<WrittenPage> {
  const { normalization, preprocessing } = model;
  const stopped = missing.length > 0 ? [`It was stopped: not shown is ${missing.join(", ")}.`] : [];
  const configuration = Object.fromEntries(Object.entries(defined(shown)));
  return writePage(join(folder, "inspection.html"), {
    title,
    header: pageHeader(title, html`${notesMarkup([...stopped, ...notes])}`),
    sections: [...sections, settingsSection({ configuration, normalization, preprocessing })],
  });
}
