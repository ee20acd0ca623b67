/** Opens any model: one of ours, or one of another toolbox. */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { nodeEngine } from "../../engine/node.js";
import { lookAtModel, type PlainModel, type PlainUse } from "../../evaluation/plain-model.js";
import { exists, isFile } from "../../files/exists-file.js";
import type { ForeignFormat, ForeignModel } from "../../formats/foreign-model.js";
import type { ForeignSource } from "../../formats/foreign-preprocessing.js";
import {
  hasBackground,
  modelFromForeign,
  type NetworkWithWeights,
  nameScores,
  type WeightsOptions,
} from "../../formats/model-from-foreign.js";
import { pixelRangeOf } from "../../formats/pixel-range.js";
import { modelOfSafetensors } from "../../formats/safetensors-model.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import { OpenSizeError, outputsNote } from "../../network/import/import-graph.js";
import { oppositeOf, sidesNote } from "../../network/model/both-sides.js";
import { isOwnMetadata, type ModelFile, type TrainedModel } from "../../network/model/model.js";
import { inputOf, outputOf } from "../../network/network.js";
import {
  type KnownPreprocessing,
  kerasPreprocessing,
  knownPreprocessing,
  ORIGINS,
  type Origin,
} from "../../network/zoo/preprocessing.js";
import { zooOfVariant } from "../../network/zoo/variants.js";
import { zooName } from "../../network/zoo/zoo-name.js";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { expectPath } from "../../values/kind.js";
import { optionName } from "../../values/option-name.js";
import type { Preprocessing } from "../../values/preprocessing.js";
import { type OptionsOf, type RecordOf, record } from "../../values/record.js";
import { UsageError } from "../../values/usage-error.js";
import { readWholeModel } from "../run/model-file.js";
import { FOREIGN } from "../settings/foreign-settings.js";
import { type ClassNames, readClassNames } from "./class-names-file.js";
import { networkOfWeights } from "./network-of-weights-file.js";
import { preparationOf } from "./preparation-file.js";
import { readForeignFile } from "./read-foreign-file.js";

const OPTIONS = record(FOREIGN);

type Size = NonNullable<RecordOf<typeof FOREIGN>["size"]>;

/** A model, whoever made it. */
export interface AnyModel extends ModelFile {
  /** which toolbox's file it was */
  readonly format: ForeignFormat | "bellpepper";
  /** of one score for two names: what a picture is that is not of its class */
  readonly opposite?: string;
  /** the numbers in WordNet of its classes ("n07720875"), in their order, where they are known; "" for the background */
  readonly classIds?: readonly string[];
  /** the checksum of the file */
  readonly digest: string;
  /** what surprises: one plain sentence each */
  readonly notes: readonly string[];
  /** those of them that are about its classes: no matter to who trains it for others */
  readonly classNotes: readonly string[];
}

/**
 * Reads the model in a file: one that Bell Pepper wrote, or another toolbox's, which is made layers by `modelFromForeign`. Which it is follows from the
 * content. What a foreign file does not say is asked for by the options, else known of the network (`knownPreprocessing`, ImageNet's classes), else
 * assumed, and then told in the notes.
 *
 * @param path the file; of several that belong together, their paths with commas between them: "net.prototxt,net.caffemodel"
 * @throws ModelFormatError that begins with the file's path, when it is damaged, of no format that is read, or cannot be made a network; UsageError when
 *   options contradict the file; Error when it cannot be read
 * @example
 * const { model, notes } = await readAnyModel("letters.onnx");
 * model.classes.length; // 26
 */
export async function readAnyModel(path: string, options: OptionsOf<typeof FOREIGN> = {}): Promise<AnyModel> {
  expectPath("path", path);
  const settings = OPTIONS.make(options);
  const paths = await pathsOfModel(path);
  const size = settings.size;
  const image = size && { channels: 3, ...size };
  const foreign = (await isFile(paths[0])) ? await readForeignFile(paths, { image }) : undefined;
  const own = await ownOf(path, foreign);
  if (!foreign || own) {
    const useless = Object.entries(settings).find(([, value]) => value !== undefined);
    if (useless) {
      throw new UsageError(
        `${optionName(useless[0])}: ${path} is a model of Bell Pepper, which says it itself. Leave it out.`,
      );
    }
    return { ...(own ?? (await readWholeModel(path))), format: "bellpepper", notes: [], classNotes: [] };
  }
  const { named, count } = await withClasses(foreign, settings.classes);
  const asked =
    settings.network === undefined ? undefined : await networkOfWeights(path, foreign, settings.network, image);
  const made = await networkOf(path, named, { image, network: asked, called: basename(path) });
  const { network, parameters, classes, opposite, classIds, labelOffset } = made;
  expectCount(settings.classes, count, outputOf(network).channels, foreign);
  expectSize(path, size, inputOf(network));
  expectImage(path, inputOf(network));
  const source = {
    ...{
      image: inputOf(network),
      scores: outputOf(network).channels,
      name: zooOfVariant(network.name) === undefined ? zooName(network) : network.name,
    },
    ...{ pixels: pixelRangeOf(network, parameters), origin: made.origin },
  };
  const use = await useOf(foreign, source, labelOffset, settings.prepare);
  return {
    model: { ...{ network, parameters, classes, history: null }, ...use.prepared },
    format: foreign.format,
    ...defined({ classIds, opposite }),
    ...{
      digest: await digestOfFiles(filesOf(paths, foreign)),
      extraTensors: new Map(),
      extraMetadata: foreign.metadata ?? {},
    },
    notes: [...made.notes, ...use.notes],
    classNotes: made.classNotes,
  };
}

/** @throws UsageError when a size is asked for that the file does not leave open */
function expectSize(path: string, size: Size | undefined, image: ImageShape): void {
  if (!size || (size.width === image.width && size.height === image.height)) return;
  throw new UsageError(
    `--size ${size.width}x${size.height}: ${path} takes images of ${shapeText(image)}: expected --size ${image.width}x${image.height}.`,
  );
}

/** An image of more numbers does not come to memory: these take 2 GB. */
const LARGEST_IMAGE = 2 ** 29;

/** @throws ModelFormatError when it takes images that no memory holds */
function expectImage(path: string, image: ImageShape): void {
  const count = image.channels * image.height * image.width;
  if (count <= LARGEST_IMAGE) return;
  throw new ModelFormatError(
    `${path}: it takes images of ${shapeText(image)}, ${count} numbers: expected at most ${LARGEST_IMAGE}.`,
  );
}

/** A model that is used as it is. */
export interface AnyPlainModel extends Omit<PlainUse, "owner"> {
  readonly plain: PlainModel;
  readonly preprocessing: Preprocessing;
  readonly classIds?: readonly string[];
  /** what surprises: one plain sentence each */
  readonly notes: readonly string[];
}

/**
 * Reads a model that {@link readAnyModel} cannot make a network of, to use it as it is.
 *
 * @returns undefined where it has no graph, takes something else than a picture, or gives something else than a number for each class
 * @throws as {@link readAnyModel}
 */
export async function readPlainModel(
  path: string,
  options: OptionsOf<typeof FOREIGN> = {},
): Promise<AnyPlainModel | undefined> {
  const { size, classes, prepare } = OPTIONS.make(options);
  const foreign = await readForeignFile(await pathsOfModel(path), { image: size && { channels: 3, ...size } });
  const plain = foreign.graph && (await lookAtModel(nodeEngine({ threads: 1 }), foreign.graph, size));
  if (!plain) return undefined;
  const { named, count } = await withClasses(foreign, classes);
  expectCount(classes, count, plain.scores, foreign);
  expectSize(path, size, plain.image);
  expectImage(path, plain.image);
  const {
    labelOffset,
    classNotes,
    opposite,
    classes: scored,
    ...ids
  } = await nameScores(named, plain.image, plain.scores);
  const both = plain.scores === 1 ? [opposite ?? oppositeOf(scored[0]), scored[0]] : scored;
  const source = { image: plain.image, scores: plain.scores, pixels: undefined, name: undefined };
  const use = await useOf(foreign, source, labelOffset, prepare);
  const { normalization, preprocessing } = use.prepared;
  if (!preprocessing) return undefined;
  return {
    ...{ plain, classes: both, ...ids, normalization, preprocessing, labelOffset: preprocessing.labelOffset },
    notes: [
      ...foreign.notes,
      ...outputsNote(plain.lists, plain.output),
      ...classNotes,
      ...(plain.scores === 1 ? [sidesNote(both, plain.squash === undefined)] : []),
      ...use.notes,
    ],
  };
}

/** A foreign model with the names of a file; how many there are. */
async function withClasses(
  foreign: ForeignModel,
  file: string | undefined,
): Promise<{ readonly named: ForeignModel; readonly count?: number }> {
  if (file === undefined) return { named: foreign };
  const given = await readClassNames(file);
  return { named: withNames(foreign, given), count: given.names.length };
}

/** @throws UsageError when a file names neither each score, nor, of a network that is known to have one, each but the background's */
function expectCount(file: string | undefined, count: number | undefined, scores: number, foreign: ForeignModel): void {
  if (count === undefined || count === scores || (scores === 1 && count === 2)) return;
  const isOneLess = count === scores - 1;
  if (isOneLess && hasBackground(foreign, scores)) return;
  const expected =
    scores === 1
      ? "one name for the score of the network, or two for no and yes"
      : `${scores} names, one for each score of the network`;
  const hint = isOneLess && count > 1 ? " If the first score is the background's, name it, too." : "";
  throw new UsageError(`--classes ${file}: expected ${expected}, got ${count}.${hint}`);
}

/** The model in a file of ours; nothing where it is another's. */
async function ownOf(
  path: string,
  foreign: ForeignModel | undefined,
): Promise<Omit<AnyModel, "format" | "notes" | "classNotes"> | undefined> {
  if (foreign?.graph && isOwnMetadata(foreign.graph.metadata)) return readWholeModel(path);
  try {
    const model = foreign && modelOfSafetensors(foreign);
    return model && { model, digest: await digestOfFiles([path]), extraTensors: new Map(), extraMetadata: {} };
  } catch (error) {
    throw new ModelFormatError(`${path}: ${errorText(error)}`, { cause: error });
  }
}

/** The paths of a model's files. */
export async function pathsOfModel(path: string): Promise<readonly string[]> {
  const parts = path.split(",");
  const found = parts.length > 1 && !(await exists(path)) ? await Promise.all(parts.map(exists)) : [];
  return found.length > 0 && found.every((there) => there) ? parts : [path];
}

const withNames = (foreign: ForeignModel, { names, ids }: ClassNames): ForeignModel => {
  const { classIds: _, ...rest } = foreign;
  return { ...rest, classes: names, ...(ids ? { classIds: ids } : {}) };
};

async function networkOf(path: string, foreign: ForeignModel, options: WeightsOptions): Promise<NetworkWithWeights> {
  try {
    return await modelFromForeign(foreign, nodeEngine({ threads: 1 }), options);
  } catch (error) {
    if (error instanceof OpenSizeError) throw sizeNeeded(path, error);
    const hint =
      foreign.tensors && !options.network
        ? " Weights of a network that you have as layers find their places by `--network`; of another one export the whole as ONNX (torch.onnx.export)."
        : "";
    throw new ModelFormatError(`${path}: ${errorText(error)}${hint}`, { cause: error });
  }
}

/** What is asked of a file is not enough to read it: it leaves the size of its images open. */
export class SizeNeeded extends UsageError {}

function sizeNeeded(path: string, { input, shape, message }: OpenSizeError): Error {
  const [, , height, width] = shape;
  if (shape.length !== 4 || (typeof height === "number" && typeof width === "number")) {
    return new ModelFormatError(`${path}: ${message}`);
  }
  const size =
    typeof height === "number"
      ? `--size WIDTHx${height}`
      : typeof width === "number"
        ? `--size ${width}xHEIGHT`
        : "--size WIDTHxHEIGHT, or one number for both";
  return new SizeNeeded(
    `${path}: its input '${input}' is ${formatShape(shape)}. Say what the file leaves open: ${size}.`,
  );
}

/** Who usually wrote the files of a format. */
const ORIGIN_OF: Readonly<Record<ForeignFormat, Origin>> = {
  ...{ onnx: "torchvision", pytorch: "torchvision", safetensors: "torchvision" },
  ...{ tflite: "tensorflow", keras: "keras", caffe: "caffe", matconvnet: "matconvnet" },
};

/** What is known of a model whose pictures are to be prepared. */
interface Source extends Required<Pick<ForeignSource, "image" | "scores" | "pixels">> {
  /** in the zoo, or that of a variant of it */
  readonly name: string | undefined;
  /** who calls its tensors so */
  readonly origin?: Origin | undefined;
}

/** How its pictures are prepared, and what is to be said of it; nothing where it takes none. */
async function useOf(
  { format, name: title, preprocessing: said }: ForeignModel,
  { name, origin, ...source }: Source,
  labelOffset: number,
  asked: string | undefined,
): Promise<{
  readonly prepared: Pick<TrainedModel, "normalization" | "preprocessing">;
  readonly notes: readonly string[];
}> {
  const { channels } = source.image;
  if (channels !== 1 && channels !== 3) {
    return { prepared: { normalization: { mean: new Array<number>(channels).fill(0), scale: 1 } }, notes: [] };
  }
  const known =
    (name === undefined ? undefined : knownAs(name, format, origin)) ??
    (format === "keras" ? kerasPreprocessing(title, source.image) : undefined);
  const { missing, normalization, preprocessing } = await preparationOf(
    asked,
    labelOffset > 0 ? { ...said, labelOffset } : said,
    { ...source, format, known },
    { network: name, title: format === "keras" ? title : undefined },
  );
  const assumed = missing.map(({ part, assumed }) => `${part} ${assumed}`).join(", ");
  const notes =
    missing.length > 0
      ? [
          `How its pictures were prepared is not known, and assumed: ${assumed}. Say it by --prepare if it is otherwise.`,
        ]
      : known && asked === undefined && !said?.mean
        ? [
            `Pictures are prepared as for ${name ?? title} (${known.source}). Say it by --prepare if its weights are others.`,
          ]
        : [];
  return { prepared: { normalization, preprocessing }, notes };
}

/** What is known of a network by those who usually write files of a format; of weights that travel from one toolbox to the other, by anyone. */
function knownAs(name: string, format: ForeignFormat, by: Origin | undefined): KnownPreprocessing | undefined {
  const own = by ?? ORIGIN_OF[format];
  const others = ORIGIN_OF[format] === "torchvision" ? ORIGINS.filter((origin) => origin !== own) : [];
  for (const origin of [own, ...others]) {
    const known = knownPreprocessing(name, origin);
    if (known) return known;
  }
  return undefined;
}

/** All files of a model: those that were named, and those beside it that it names. */
const filesOf = (paths: readonly string[], { beside = [] }: ForeignModel): readonly string[] => [
  ...new Set([...paths, ...beside.map((location) => join(dirname(paths[0]), location))].map((path) => normalize(path))),
];

/** The first 64 bits of SHA-256 of files, in hexadecimal. */
async function digestOfFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex").slice(0, 16);
}
