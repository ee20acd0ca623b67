/** A trained network: as data, as a graph that classifies images, and as an ONNX file. */

import { comparedBy, hasLabels } from "../../blocks/loss/loss.js";
import { GraphBuilder } from "../../graph/builder.js";
import { decodeModel, encodeModel, ModelFormatError } from "../../graph/codec/codec.js";
import { formatShape } from "../../graph/dimension.js";
import { type Model, modelOf } from "../../graph/model.js";
import { expectType } from "../../graph/tensor.js";
import type { Graph, Tensor } from "../../graph/types.js";
import { withoutUnused } from "../../graph/unused.js";
import { wholeConstants } from "../../quantization/whole-constants.js";
import { errorText } from "../../values/error-text.js";
import { shapeText } from "../../values/image-shape.js";
import { byName, text, whole } from "../../values/kind.js";
import { hasMeanImage, NORMALIZATION, type Normalization } from "../../values/normalization.js";
import { PREPROCESSING, type Preprocessing } from "../../values/preprocessing.js";
import { buildNetwork } from "../build-network.js";
import { descriptionOf, networkFrom } from "../description.js";
import { receptiveFields } from "../geometry.js";
import {
  inputOf,
  lossesOf,
  type Network,
  outputOf,
  outputsOf,
  parametersOf,
  scoresOf,
  withoutLoss,
} from "../network.js";
import { besideIn, besideText } from "./beside.js";
import { BEFORE_KINDS, withMetrics, withoutForeignFields } from "./earlier-format.js";
import { expectNumbers } from "./expect-numbers.js";
import { addNormalization, meanTensor, scaleTensor } from "./normalization.js";
import { isOfOneSize } from "./one-size.js";
import { expectOwn, ownDigests } from "./own-digests.js";
import { parametersIn } from "./parameters-in.js";

/** A network with its learned parameters and all that it takes to use it. */
export interface TrainedModel {
  /** with its loss, if it was trained with one */
  readonly network: Network;
  /** by the names that `parametersOf` gives */
  readonly parameters: ReadonlyMap<string, Tensor<"float32">>;
  /** what each channel of the output stands for */
  readonly classes: readonly string[];
  readonly normalization: Normalization;
  /** how its pictures became the bytes that it was trained on; absent where it was trained on something else, or by an earlier version */
  readonly preprocessing?: Preprocessing | undefined;
  /** how it was trained: anything that JSON can hold, carried and not looked at */
  readonly history: unknown;
}

/** What else a model file may hold, such as the state of a training under way. */
export interface ModelExtras {
  /** tensors by name; no node of the graph reads them, and ONNX Runtime drops each with a warning when it loads the file */
  readonly extraTensors: ReadonlyMap<string, Tensor>;
  /** texts by key */
  readonly extraMetadata: Readonly<Record<string, string>>;
}

/** What a model file holds. */
export interface ModelFile extends ModelExtras {
  readonly model: TrainedModel;
  /**
   * The model as it runs, where the file computes with whole numbers of 8 bits (`quantizeModel`): from `image` to `scores` and `probabilities`. The parameters of
   * `model` are then the numbers that the whole ones stand for.
   */
  readonly eightBit?: Model | undefined;
}

/**
 * The graph that applies a model to images of any size that its layers fit: a loss or softmax at the end is replaced by
 *
 *   image          float32 N×C×H×W, pixels from 0 to 255; the normalization is part of the graph
 *   scores         float32 N×K×h×w, the output of the last layer
 *   probabilities  float32 N×K×h×w, the scores' softmax over the K classes; their sigmoid where each score is a yes or no of its
 *                  own; left out where the network was trained to give values
 *
 * Every size but C and K is free. h and w are 1 for images of the network's own size, more for larger ones. With a mean image, only
 * images of its size can be given.
 *
 * @throws RangeError when parameters, classes or mean do not fit the network; a parameter is named, with both shapes
 * @example
 * const program = await nodeEngine().load(modelGraph(model));
 * const { probabilities } = await program.run({ image: zeros("float32", [1, 1, 32, 64]) });
 * probabilities.shape; // 26 letters in 9 places: [1, 26, 1, 9]
 */
export function modelGraph(model: TrainedModel): Graph {
  const { network, parameters, normalization } = model;
  expectFit(model);
  const body = withoutLoss(network);
  const [first, ...others] = network.inputs;
  const { channels } = first.shape;
  const { name: main, squash } = resultOf(network);

  const g = new GraphBuilder(network.name);
  const sizes = isOfOneSize(model) ? [first.shape.height, first.shape.width] : ["H", "W"];
  const image = g.input("image", "float32", ["N", channels, ...sizes]);
  for (const { name } of parametersOf(body)) {
    const value = parameters.get(name);
    if (value) g.initializer(name, value);
  }
  const mean = g.initializer(MEAN, meanTensor(normalization, first.shape));
  const x = addNormalization(g, image, mean, g.initializer(SCALE, scaleTensor(normalization, first.shape)));
  const inputs = Object.fromEntries(
    others.map(({ name, shape }) => [name, g.input(name, "float32", ["N", shape.channels, shape.height, shape.width])]),
  );
  const values = buildNetwork(g, body, { ...inputs, [first.name]: x });
  const scores = g.output("scores", values.get(main) ?? x);
  if (squash) g.output("probabilities", g.op(squash, [scores], squash === "Softmax" ? { axis: 1 } : {}));
  const given = scoresOf(network).name;
  const fed = new Set(network.inputs.map((input) => input.name));
  for (const { name } of outputsOf(body)) {
    if (name !== given && !fed.has(name)) g.output(name, values.get(name) ?? x);
  }
  return withoutUnused(g.build());
}

/** The variable that holds the scores before they are made probabilities, and the operator that does it; none for a regression. */
export function resultOf(network: Network): { name: string; squash: "Softmax" | "Sigmoid" | undefined } {
  const { name, shape } = scoresOf(network);
  const maker = network.layers.find(({ output }) => output.name === name);
  if (maker?.layer.type === "softmax") return { name: maker.inputs[0].name, squash: "Softmax" };
  if (maker?.layer.type === "sigmoid") return { name: maker.inputs[0].name, squash: "Sigmoid" };
  const [loss] = lossesOf(network);
  if (!loss) return { name, squash: shape.channels === 1 ? "Sigmoid" : "Softmax" };
  if (comparedBy(loss.layer) === "sequence") return { name, squash: "Softmax" };
  if (comparedBy(loss.layer) === "attributes") return { name, squash: "Sigmoid" };
  return { name, squash: hasLabels(loss.layer) ? "Softmax" : undefined };
}

/** The tensors of a model file with the mean and the scale. */
export const MEAN = "normalization/mean";
export const SCALE = "normalization/scale";

const OWN_DIGESTS = byName(text());
const WHOLE_AXES = byName(whole(0));

/** The version of what this program keeps in the metadata of a model file. */
const FORMAT = 3;

/** The entry of a model file's metadata with its checksum, the last one. */
export const CHECKSUM_KEY = "bellpepper.checksum";

const KEYS = {
  format: "bellpepper.format",
  network: "bellpepper.network",
  classes: "bellpepper.classes",
  normalization: "bellpepper.normalization",
  preprocessing: "bellpepper.preprocessing",
  geometry: "bellpepper.geometry",
  /** what layers of one's own compute, as checksums; absent where there are none */
  own: "bellpepper.own",
  history: "bellpepper.history",
  /** which constants are whole numbers, and the axis of their channels; absent where there are none */
  whole: "bellpepper.whole",
  /** parameters that the program has in another form only; absent where there are none */
  beside: "bellpepper.beside",
  /** of the bytes before it, where whoever wrote the file added one */
  checksum: CHECKSUM_KEY,
} as const;

/**
 * A model as an ONNX file: {@link modelGraph}, which any ONNX runtime runs, and as JSON in its metadata, under keys that begin
 * with "bellpepper.", the layers, the classes, the preprocessing of pictures, the normalization, the receptive field of each layer and the history.
 *
 * @param extras tensors and texts to keep in the same file, under names that the model does not use itself
 * @throws RangeError when the parts of the model do not fit each other, an extra's name is taken, or the file would exceed 2 GiB
 * @example
 * await writeFile("letters.onnx", toOnnx(model));
 */
export function toOnnx(model: TrainedModel, { extraTensors, extraMetadata }: Partial<ModelExtras> = {}): Uint8Array {
  const graph = modelGraph(model);
  const taken = new Set([
    ...graph.initializers.keys(),
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  for (const name of extraTensors?.keys() ?? []) {
    if (taken.has(name)) throw new RangeError(`extraTensors: the name '${name}' belongs to the model.`);
  }
  const own = ownMetadata(model);
  for (const key of Object.keys(extraMetadata ?? {})) {
    if (Object.hasOwn(own, key)) throw new RangeError(`extraMetadata: the key '${key}' belongs to the model.`);
  }
  const initializers = new Map([...graph.initializers, ...(extraTensors ?? [])]);
  const producer = { name: "bellpepper", version: "" };
  return encodeModel(modelOf({ ...graph, initializers }, { producer, metadata: { ...own, ...extraMetadata } }));
}

/** What a model file says in its metadata. */
export function ownMetadata({ network, classes, normalization, preprocessing, history }: TrainedModel): Metadata {
  const fields = receptiveFields(network);
  const geometry = network.layers.map(({ name }, i) => ({ name, ...fields[i] }));
  const own = ownDigests(network);
  return {
    [KEYS.format]: `${FORMAT}`,
    [KEYS.network]: JSON.stringify(descriptionOf(network)),
    [KEYS.classes]: JSON.stringify(classes),
    // a mean image is a tensor of the file already
    [KEYS.normalization]: JSON.stringify(
      hasMeanImage(normalization, inputOf(network)) ? { scale: normalization.scale } : normalization,
    ),
    ...(preprocessing ? { [KEYS.preprocessing]: JSON.stringify(preprocessing) } : {}),
    [KEYS.geometry]: JSON.stringify(geometry),
    ...(Object.keys(own).length > 0 ? { [KEYS.own]: JSON.stringify(own) } : {}),
    [KEYS.history]: JSON.stringify(history ?? null),
  };
}

/**
 * What the metadata says of a program with whole numbers.
 *
 * @param axes the constants that are whole numbers, and the axis of their channels
 * @param beside parameters that the program has in another form only
 */
export const wholeMetadata = (
  axes: Readonly<Record<string, number>>,
  beside: ReadonlyMap<string, Tensor<"float32">>,
): Record<string, string> => ({
  [KEYS.whole]: JSON.stringify(axes),
  ...(beside.size > 0 ? { [KEYS.beside]: besideText(beside) } : {}),
});

/** Whether an ONNX model is one that `quantizeModel` made. */
export const isEightBitModel = ({ metadata = {} }: Model): boolean => Object.hasOwn(metadata, KEYS.whole);

type Metadata = Readonly<Record<string, string>>;

/** Whether a file is one of ours, by its metadata. */
export const isOwnMetadata = (metadata: Metadata = {}): boolean => Object.hasOwn(metadata, KEYS.network);

/**
 * Reads a model file that {@link toOnnx} wrote, with all that it holds.
 * Tensors may share memory with `bytes`: whoever changes them copies them first.
 *
 * @throws ModelFormatError when the bytes are no ONNX file, when Bell Pepper did not write it, or when its parts do not fit each
 *   other; a parameter that does not fit is named, with the shape its layer expects and the one that was found; and so is a layer of one's
 *   own whose definition computes something else than when the file was written
 */
export function readModelFile(bytes: Uint8Array): ModelFile {
  const decoded = decodeModel(bytes);
  const { graph, metadata = {} } = decoded;
  if (!isOwnMetadata(metadata)) {
    throw new ModelFormatError(
      `Expected a model that Bell Pepper wrote; this ONNX file has no '${KEYS.network}' in its metadata.`,
    );
  }
  const isEightBit = Object.hasOwn(metadata, KEYS.whole);
  const floats = (network: Network): Graph => {
    const axes = WHOLE_AXES.take(parsed(metadata, KEYS.whole), { path: KEYS.whole });
    const beside = Object.hasOwn(metadata, KEYS.beside) ? besideIn(parsed(metadata, KEYS.beside), network) : [];
    return { ...graph, initializers: new Map([...graph.initializers, ...wholeConstants(graph, axes), ...beside]) };
  };
  const model = describedModel(metadata, graph.initializers, (network) =>
    parametersIn(isEightBit ? floats(network) : graph, network),
  );
  const names = new Set(parametersOf(model.network).map(({ name }) => name));
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  const own: readonly string[] = Object.values(KEYS);
  return {
    model,
    ...(isEightBit ? { eightBit: decoded } : {}),
    extraTensors: new Map([...graph.initializers].filter(([name]) => !names.has(name) && !read.has(name))),
    extraMetadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !own.includes(key))),
  };
}

/**
 * The model that the metadata of a file describes.
 *
 * @param tensors those of the file, a mean image among them
 * @param parametersIn finds the parameters of the network in the file
 * @throws ModelFormatError when the parts do not fit each other
 */
export function describedModel(
  metadata: Metadata,
  tensors: ReadonlyMap<string, Tensor>,
  parametersIn: (network: Network) => ReadonlyMap<string, Tensor<"float32">>,
): TrainedModel {
  const format = Number(metadata[KEYS.format]);
  if (format !== FORMAT && format !== BEFORE_KINDS) {
    throw new ModelFormatError(`Expected a model file of format ${FORMAT}, got '${metadata[KEYS.format]}'.`);
  }
  try {
    const written = parsed(metadata, KEYS.network);
    const network = networkFrom(format === BEFORE_KINDS ? withoutForeignFields(written) : written);
    const { mean, scale } = NORMALIZATION.read(parsed(metadata, KEYS.normalization), "normalization");
    const history = parsed(metadata, KEYS.history);
    const model: TrainedModel = {
      network,
      parameters: parametersIn(network),
      classes: textsOf(parsed(metadata, KEYS.classes)),
      normalization: { mean: mean ?? meanImage(tensors), scale },
      ...(Object.hasOwn(metadata, KEYS.preprocessing)
        ? { preprocessing: PREPROCESSING.read(parsed(metadata, KEYS.preprocessing), "preprocessing") }
        : {}),
      history: format === BEFORE_KINDS ? withMetrics(history) : history,
    };
    expectFit(model);
    if (Object.hasOwn(metadata, KEYS.own))
      expectOwn(network, OWN_DIGESTS.take(parsed(metadata, KEYS.own), { path: KEYS.own }));
    expectNumbers(network, model.parameters);
    return model;
  } catch (error) {
    const message = errorText(error);
    throw new ModelFormatError(`This Bell Pepper model does not hold together: ${message}`, { cause: error });
  }
}

/**
 * The model in a file that {@link toOnnx} wrote. Tensors may share memory with `bytes`: whoever changes them copies them first.
 *
 * @throws ModelFormatError when the bytes are no ONNX file, Bell Pepper did not write it, or its parts do not fit each other
 * @example
 * const { network } = fromOnnx(await readFile("letters.onnx"));
 * network.name; // "ocr"
 */
export function fromOnnx(bytes: Uint8Array): TrainedModel {
  return readModelFile(bytes).model;
}

function meanImage(tensors: ReadonlyMap<string, Tensor>): number[] {
  const mean = tensors.get(MEAN);
  if (!mean) throw new TypeError(`the tensor '${MEAN}' is missing.`);
  return Array.from(expectType(mean, "float32", MEAN).data);
}

function parsed(metadata: Metadata, key: string): unknown {
  if (!Object.hasOwn(metadata, key)) throw new TypeError(`'${key}' is missing from its metadata.`);
  try {
    return JSON.parse(metadata[key]);
  } catch {
    throw new TypeError(`'${key}' in its metadata is no JSON.`);
  }
}

function textsOf(value: unknown): readonly string[] {
  const isTexts = (v: unknown): v is readonly string[] => Array.isArray(v) && v.every((t) => typeof t === "string");
  if (!isTexts(value)) throw new TypeError(`'${KEYS.classes}' in its metadata is no list of texts.`);
  return value;
}

/** The first of the names that stands there before. */
function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

/** @throws RangeError when the parts of a model do not fit each other, or its normalisation is no numbers */
export function expectFit({ network, parameters, classes, normalization, preprocessing }: TrainedModel): void {
  const specs = parametersOf(network);
  for (const { name, shape } of specs) {
    const expected = `parameter '${name}' of network '${network.name}': expected ${formatShape(shape)}`;
    const value = parameters.get(name);
    if (!value) throw new RangeError(`${expected}, got nothing.`);
    if (formatShape(value.shape) !== formatShape(shape)) {
      throw new RangeError(`${expected}, got ${formatShape(value.shape)}.`);
    }
  }
  const stranger = [...parameters.keys()].find((name) => specs.every((spec) => spec.name !== name));
  if (stranger !== undefined) throw new RangeError(`parameter '${stranger}' belongs to no layer of '${network.name}'.`);
  const expectCount = (what: string, got: number, expected: number, of: string): void => {
    if (got !== expected)
      throw new RangeError(`${what}: expected ${expected}, one for each channel of ${of}, got ${got}.`);
  };
  expectCount("classes", classes.length, outputOf(network).channels, "the output");
  const twice = repeated(classes);
  if (twice !== undefined)
    throw new RangeError(`classes: expected each name once, got '${twice}' for several channels.`);
  meanTensor(normalization, inputOf(network));
  const wrong = normalization.mean.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new RangeError(`normalization.mean: expected finite numbers, got ${wrong}.`);
  scaleTensor(normalization, inputOf(network));
  if (preprocessing && shapeText(preprocessing) !== shapeText(inputOf(network))) {
    throw new RangeError(
      `preprocessing: expected images of ${shapeText(inputOf(network))}, those of '${network.name}', got ${shapeText(preprocessing)}.`,
    );
  }
  const { labelOffset = 0 } = preprocessing ?? {};
  if (labelOffset >= classes.length && labelOffset > 0) {
    throw new RangeError(
      `preprocessing.labelOffset: expected less than the ${classes.length} scores of '${network.name}', got ${labelOffset}.`,
    );
  }
}
