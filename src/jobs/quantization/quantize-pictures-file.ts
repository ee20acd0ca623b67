/** From a model and pictures to the model in 8 bits, and what that costs and gains. */

import { join } from "node:path";
import { openPictures, type PictureSamples } from "../../data/pictures/pictures-file.js";
import { ONLY_CLASS } from "../../data/sources/class-problems.js";
import { type Dataset, fewOf } from "../../data/sources/dataset.js";
import { openDataset } from "../../data/sources/open-dataset-file.js";
import { readSplit } from "../../data/sources/split-file.js";
import type { Engine } from "../../engine/engine.js";
import { nodeEngine } from "../../engine/node.js";
import { imageBatches } from "../../evaluation/table/image-batches.js";
import { expectWritable, writeFileAtomically } from "../../files/atomic-file.js";
import { statIfExists } from "../../files/exists-file.js";
import { readBytes } from "../../files/read-file.js";
import { decodeModel, encodeModel } from "../../graph/codec/codec.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { isEightBitModel } from "../../network/model/model.js";
import { type QuantizedModel, quantizeModel } from "../../network/model/quantize-model.js";
import type { RangeRule } from "../../quantization/quantize.js";
import { defined } from "../../values/defined.js";
import { expectPath } from "../../values/kind.js";
import { type OptionsOf, pick } from "../../values/record.js";
import { isUnlabelled, openUnlabelled } from "../evaluation/classify-pictures-file.js";
import { preprocessingOf } from "../evaluation/model-preprocessing.js";
import { decodingEvents } from "../events/decoding-events.js";
import { eventsWhile } from "../events/event-stream.js";
import { optionsOf, runJob } from "../events/job.js";
import type {
  DecodedEvent,
  DecodingEvent,
  DoneEvent,
  OpenedEvent,
  StoppedEvent,
  WrittenEvent,
} from "../events/job-events.js";
import { readAnyModel } from "../foreign/any-model-file.js";
import { alignClasses, placesOf } from "../pictures/origins.js";
import { openedEvent } from "../pictures/surprises.js";
import { pixelSums } from "../run/contents-file.js";
import { importDefinitions } from "../run/definitions-file.js";
import { nameOf } from "../run/name.js";
import { RunError } from "../run/run-error.js";
import { sealed } from "../run/seal.js";
import { trainedOnAmong, trainedOnIn, trainedOnNotes } from "../run/trained-on.js";
import { FOREIGN } from "../settings/foreign-settings.js";
import { QUANTIZE } from "../settings/quantize-settings.js";
import { divideForCalibration } from "./calibration-pictures.js";
import {
  batchOf,
  type EightBitMeasurement,
  type EightBitNearness,
  measure,
  nearness,
  tellsClasses,
} from "./measurement.js";
import { compareSpeed, type SpeedRatio } from "./speed.js";

/** What {@link quantizePictures} is asked for; every option has a default. */
export interface QuantizePicturesOptions extends OptionsOf<typeof QUANTIZE.fields> {
  /** stops the job before anything is written */
  readonly signal?: AbortSignal | undefined;
}

/** How well a layer is kept. */
export interface KeptLayer {
  readonly layer: string;
  /** signal to noise, with the noise of all layers before it */
  readonly decibels: number;
}

/** What {@link quantizePictures} makes. */
export interface QuantizedPictures {
  readonly file: string;
  /** bytes of the model for use, with floating-point numbers and in 8 bits */
  readonly bytes: { readonly float: number; readonly eightBit: number };
  /** the pictures on which the ranges were found */
  readonly calibration: { readonly count: number; readonly from: string; readonly seed: number };
  /** how a range follows from the numbers on them */
  readonly rule: RangeRule;
  /** layers with weights in 8 bits */
  readonly layers: number;
  /** layers with weights that stay as they are, and why */
  readonly left: readonly { readonly layer: string; readonly why: string }[];
  /** signal to noise of the scores on pictures of the calibration */
  readonly decibels: number;
  /** the layers that lose most, the worst first */
  readonly worst: readonly KeptLayer[];
  /** of one picture, and of several together */
  readonly speed: readonly SpeedRatio[];
  readonly threads: number;
  /** absent where no picture was left, or the model does not say of which class a picture is */
  readonly measured?: EightBitMeasurement;
  /** in its place where the model gives something else than a class, such as maps */
  readonly near?: EightBitNearness;
}

/** So many pictures of so many went through the network, to find ranges and to compare. */
export interface QuantizingEvent {
  readonly type: "quantizing";
  readonly done: number;
  readonly total: number;
}

/** What {@link quantizePictures} tells, in this order; "decoding" and "quantizing" many times. */
export type QuantizePicturesEvent =
  | OpenedEvent
  | DecodingEvent
  | DecodedEvent
  | QuantizingEvent
  | WrittenEvent
  | StoppedEvent
  | DoneEvent<QuantizedPictures>;

/** So many layers are named as the worst. */
const WORST = 5;
/** Of so few pictures ranges are uncertain. */
const FEW = 32;

/**
 * Makes a model of whole numbers of 8 bits (see `quantizeModel`), and measures what that costs and gains: size, time, and the error beside that of the model with
 * floating-point numbers, on pictures on which no range was found. The file is a model as any other: `evaluateModel` and `openClassifier` use it.
 *
 * @param path a model file, ours or another toolbox's
 * @param data pictures as `evaluateModel` takes them; or a picture or a folder of pictures, of which nobody says what they are: then it is measured how often both agree
 * @throws Error when the model or the pictures cannot be read, or another file is in the place of the model; RangeError when nothing can be computed with 8 bits
 * @example
 * const { files } = await finishJob(trainPictures("animals", { epochs: 1, folder: "runs/first" }));
 * const { bytes } = await finishJob(quantizePictures(files.model, "animals", { out: "runs/first-int8.onnx" }));
 * bytes.eightBit < bytes.float; // true
 */
export async function* quantizePictures(
  path: string,
  data: string,
  given: QuantizePicturesOptions = {},
): AsyncGenerator<QuantizePicturesEvent, void, undefined> {
  expectPath("path", path);
  expectPath("data", data);
  const { signal, options } = optionsOf(given);
  const settings = QUANTIZE.make(options);
  const file = settings.out ?? join("runs", `${nameOf(path)}-int8.onnx`);
  yield* runJob(file, signal, async function* (job): AsyncGenerator<QuantizePicturesEvent, void, undefined> {
    await expectPlace(file);
    await importDefinitions(settings.define);
    const {
      model,
      eightBit: before,
      classIds,
      extraMetadata,
      notes: said,
    } = await readAnyModel(path, pick(FOREIGN, settings));
    if (before) throw new RangeError(`${path} computes with 8 bits already.`);
    const { preprocessing, notes } = preprocessingOf(model, undefined);
    const { dataset, unknown } = await openLabelled(data, model.classes, classIds);
    // The model tells its own classes apart, of however many there are pictures.
    const problems = dataset.problems.filter(({ reason }) => reason !== ONLY_CLASS);
    yield openedEvent({ ...dataset, problems });
    const split = settings.split === undefined ? undefined : await readSplit(settings.split, dataset);
    const pictures = yield* decodingEvents((watch) => openPictures(dataset, { preprocessing, ...watch }), signal);
    job.closing(pictures);
    const broken = new Set(pictures.broken.map(({ path }) => path));
    const divided = divideForCalibration(dataset, broken, { ...pick(DIVISION, settings), split });
    const tells = tellsClasses(model.network);
    const labelled = tells && unknown.length === 0 && dataset.labelled;
    const known = (indices: readonly number[]): PictureSamples =>
      alignClasses(pictures.samples(indices), model.classes, labelled ? classIds : undefined);
    const [calibration, measured] = [known(divided.calibration), known(divided.measured)];
    const seen = labelled ? trainedOnNotes(trainedOnAmong(extraMetadata, await pixelSums(measured))) : [];
    const surprises = [
      ...said,
      ...notes,
      ...pictures.warnings,
      ...seen,
      ...notesOn(divided, tells ? unknown : undefined),
    ];
    yield { type: "decoded", broken: pictures.broken, warnings: surprises, findings: [] };

    const engine = nodeEngine({ threads: settings.threads });
    const made = yield* quantizing(engine, model, calibration, signal);
    const said8 = { pictures: calibration.count, seed: settings.seed, ranges: made.rule };
    const metadata = {
      ...made.eightBit.metadata,
      ...trainedOnIn(extraMetadata),
      "bellpepper.calibration": JSON.stringify(said8),
    };
    const program = { ...made.eightBit, metadata };
    const bytes = sealed(encodeModel(program));
    const both = { ...made, eightBit: program };
    const table = tells && measured.count > 0 ? await measure(engine, both, model, measured, labelled) : undefined;
    const near = !tells && measured.count > 0 ? await nearness(engine, both, measured) : undefined;
    signal?.throwIfAborted();
    const speed = await speedOf(engine, made, calibration, signal);
    signal?.throwIfAborted();
    await writeFileAtomically(file, bytes);
    yield { type: "written", what: "model", path: file };
    yield {
      type: "done",
      result: {
        file,
        bytes: { float: encodeModel(made.float).length, eightBit: bytes.length },
        calibration: { count: calibration.count, from: divided.from, seed: settings.seed },
        rule: made.rule,
        layers: made.count,
        left: made.left.map(({ node, why }) => ({ layer: layerOf(node), why })),
        decibels: made.decibels,
        worst: made.values.slice(0, WORST).map(({ value, decibels }) => ({ layer: layerOf(value), decibels })),
        speed,
        threads: settings.threads,
        ...defined({ measured: table, near }),
      },
      seconds: job.seconds(),
    };
  });
}

const DIVISION = { calibration: QUANTIZE.fields.calibration, seed: QUANTIZE.fields.seed, part: QUANTIZE.fields.part };

/** @throws Error when something is at the place of the model that is none in 8 bits */
async function expectPlace(file: string): Promise<void> {
  await expectWritable(file);
  const found = await statIfExists(file);
  if (!found) return;
  const isOwn = found.isFile() && (await isEightBitFile(file));
  if (!isOwn) throw new RunError(`${file} is there, and is no model in 8 bits. Choose another file with --out.`);
}

async function isEightBitFile(file: string): Promise<boolean> {
  try {
    return isEightBitModel(decodeModel(await readBytes(file)));
  } catch {
    return false;
  }
}

/** The pictures, with the classes of the model where these are those that the data set has, and no labels that say anything otherwise. */
async function openLabelled(
  data: string,
  classes: readonly string[],
  classIds: readonly string[] = [],
): Promise<{ readonly dataset: Dataset & { readonly labelled: boolean }; readonly unknown: readonly string[] }> {
  if (await isUnlabelled(data, async () => classes)) {
    return { dataset: { ...(await openUnlabelled(data, classes)), labelled: false }, unknown: [] };
  }
  const dataset = await openDataset(data);
  const { numbers: places } = placesOf(dataset.classes, classes, classIds);
  const unknown = dataset.classes.filter((_, k) => places[k] < 0);
  if (unknown.length === 0) return { dataset: { ...dataset, labelled: true }, unknown };
  const items = dataset.items.map((item) => ({ ...item, label: 0 }));
  return { dataset: { ...dataset, classes, items, labelled: false }, unknown };
}

function notesOn(
  { calibration, measured, from }: ReturnType<typeof divideForCalibration>,
  unknown: readonly string[] | undefined,
): string[] {
  const count = calibration.length;
  return [
    ...(unknown === undefined
      ? ["The model does not say of which class a picture is: it is measured how near the numbers of both are."]
      : []),
    ...(unknown && unknown.length > 0
      ? [
          `The model does not know the class${unknown.length > 1 ? "es" : ""} ${fewOf(unknown)}: it is measured how often both agree, not how often they are right.`,
        ]
      : []),
    ...(count < FEW
      ? [
          `Only ${count} ${count === 1 ? "picture says" : "pictures say"} in which ranges the network's numbers lie (${from}): on others they may be cut off.`,
        ]
      : []),
    ...(measured.length === 0 ? ["No picture is left to measure on."] : []),
  ];
}

async function* quantizing(
  engine: Engine,
  model: Parameters<typeof quantizeModel>[1],
  samples: PictureSamples,
  signal: AbortSignal | undefined,
): AsyncGenerator<QuantizingEvent, QuantizedModel, undefined> {
  return yield* eventsWhile<QuantizingEvent, QuantizedModel>((tell, stop) => {
    const images = async function* (): AsyncGenerator<Tensor<"float32">> {
      for await (const { image } of imageBatches(samples, batchOf(samples))) {
        stop.throwIfAborted();
        yield image;
      }
    };
    const onProgress = (done: number, total: number): void => tell({ type: "quantizing", done, total });
    return quantizeModel(engine, model, images, { count: samples.count, onProgress });
  }, signal);
}

/** Of one picture, and of several together. */
async function speedOf(
  engine: Engine,
  { float, eightBit }: QuantizedModel,
  samples: PictureSamples,
  signal: AbortSignal | undefined,
): Promise<SpeedRatio[]> {
  const programs = [await engine.load(float), await engine.load(eightBit)] as const;
  try {
    const { channels, height, width } = samples.shape;
    const size = channels * height * width;
    const bytes = new Uint8Array(size);
    await samples.prepare?.([0], 0);
    samples.read(0, 0, bytes, 0);
    const measured: SpeedRatio[] = [];
    for (const count of [1, 16]) {
      const data = new Float32Array(count * size);
      for (let i = 0; i < count; i++) data.set(bytes, i * size);
      const image = float32(data, [count, channels, height, width]);
      measured.push(await compareSpeed(programs, { image }, count, signal));
    }
    return measured;
  } finally {
    for (const program of programs) await program.close();
  }
}

/** The layer that a value or a node is of: "conv1/Conv.2" is of conv1. */
const layerOf = (value: string): string =>
  value.replace(/\/\w+\.\d+(?:\.\d+)?$/, "").replace(/^(?:Sub|Mul|image)(?:\.\d+)?$/, "the input");
