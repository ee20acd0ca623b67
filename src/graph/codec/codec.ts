/** ONNX files ↔ plain data. */

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { defined } from "../../values/defined.js";
import { errorText } from "../../values/error-text.js";
import { wrongKind } from "../../values/place.js";
import { expectGraph } from "../expect-graph.js";
import type { LocalFunction, Model, Opsets, TrainingInfo } from "../model.js";
import { bytesOf, expectElements } from "../tensor.js";
import { OPSET, type Tensor } from "../types.js";
import { type ExternalFiles, takeExternalData } from "./external-data.js";
import { ModelFormatError, remainder, restore, takeEntries, wholeNumber } from "./foreign.js";
import { graphMessage, nodeMessage, shortDomain, takeGraph, takeNode } from "./graph-codec.js";
import {
  type FunctionProto,
  FunctionProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type OperatorSetIdProto,
  OperatorSetIdProtoSchema,
  type StringStringEntryProto,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  type TrainingInfoProto,
  TrainingInfoProtoSchema,
} from "./onnx_pb.js";
import { plainBytes, tensorHeader } from "./tensor-codec.js";
import { takeValue, valueMessage } from "./value-codec.js";

export type { ExternalData, ExternalFiles } from "./external-data.js";
export { ModelFormatError } from "./foreign.js";
export { decodeTensor } from "./tensor-codec.js";

/**
 * Reads an ONNX file. Nothing in it is lost: what the toolbox does not understand is kept as `foreign` bytes, and
 * {@link encodeModel} writes it again. Only ways of writing are unified: ONNX's domain is `""`, not "ai.onnx"; a name left
 * out is `""`. Tensors share memory with `bytes` where their alignment permits.
 *
 * @param files gives the elements of tensors that lie in files beside the model; without it they stay there, and `external` names the files: such a model can be
 *   written again, and is refused by engines
 * @throws TypeError when it is given no bytes; ModelFormatError when they are no ONNX model, end too early, contradict themselves, or have a batch normalisation with a variance that
 *   is negative or no finite number: the node is named
 * @example
 * const { graph, opsets } = decodeModel(await readFile("letters.onnx"));
 * opsets; // {"": 20}
 */
export function decodeModel(bytes: Uint8Array, files?: ExternalFiles): Model {
  if (!(bytes instanceof Uint8Array)) throw wrongKind({ path: "bytes" }, "a Uint8Array", bytes);
  let message: ModelProto;
  try {
    message = fromBinary(ModelProtoSchema, plainBytes(bytes));
  } catch (error) {
    throw noModel(bytes, errorText(error));
  }
  const { irVersion, graph, opsetImport } = message;
  if (!irVersion) throw noModel(bytes, "the version of the format (ir_version) is missing");
  if (!graph) throw noModel(bytes, "the graph is missing");
  // Format 3 brought operator sets; tools write them after the graph, so a file cut short there lacks them.
  if (irVersion >= 3n && opsetImport.length === 0) throw noModel(bytes, "the operator sets (opset_import) are missing");

  const external = takeExternalData(message, files);
  const opsets = takeOpsets(opsetImport);
  const metadata = takeEntries(message.metadataProps);
  const { producerName, producerVersion, domain, modelVersion, docString, functions, trainingInfo } = message;
  const producer = { name: producerName ?? "", version: producerVersion ?? "" };
  const model = {
    irVersion: Number(irVersion),
    opsets: opsets.taken,
    graph: { ...takeGraph(graph), ...(isOurs(opsets.taken) ? {} : { opsets: opsets.taken }) },
    ...(producer.name === "" && producer.version === "" ? {} : { producer }),
    ...defined({ domain }),
    ...(modelVersion === undefined ? {} : { version: wholeNumber(modelVersion) }),
    ...defined({ documentation: docString }),
    ...(Object.keys(metadata.taken).length === 0 ? {} : { metadata: metadata.taken }),
    ...(functions.length === 0 ? {} : { functions: functions.map(takeFunction) }),
    ...(trainingInfo.length === 0 ? {} : { trainingInfo: trainingInfo.map(takeTrainingInfo) }),
    ...(external.length === 0 ? {} : { external }),
  };
  message.irVersion = undefined;
  message.graph = undefined;
  message.producerName = undefined;
  message.producerVersion = undefined;
  message.domain = undefined;
  message.modelVersion = undefined;
  message.docString = undefined;
  message.opsetImport = opsets.left;
  message.metadataProps = metadata.left;
  message.functions = [];
  message.trainingInfo = [];
  return { ...model, ...remainder(ModelProtoSchema, message) };
}

/**
 * Writes an ONNX file. Tensors are written as little-endian bytes (`raw_data`), and each is copied once.
 *
 * @throws RangeError when the file would be larger than protobuf's 2 GiB
 * @throws ShapeError when a tensor has not the elements that its shape says, or a declared size is no whole number
 * @throws TypeError when it is no model, or an integer attribute of a node is no integer
 * @example
 * await writeFile("affine.onnx", encodeModel({ irVersion: 9, opsets: { "": 20 }, graph }));
 */
export function encodeModel(model: Model): Uint8Array {
  if (typeof model !== "object" || model === null) throw wrongKind({ path: "model" }, "a model", model);
  expectGraph(model.graph);
  const { producer, domain, version, documentation } = model;
  const message = create(ModelProtoSchema, {
    irVersion: BigInt(model.irVersion),
    opsetImport: opsetMessages(model.opsets),
    metadataProps: entryMessages(model.metadata ?? {}),
    functions: (model.functions ?? []).map(functionMessage),
    trainingInfo: (model.trainingInfo ?? []).map(trainingInfoMessage),
  });
  if (producer && producer.name !== "") message.producerName = producer.name;
  if (producer && producer.version !== "") message.producerVersion = producer.version;
  if (domain !== undefined) message.domain = domain;
  if (version !== undefined) message.modelVersion = BigInt(version);
  if (documentation !== undefined) message.docString = documentation;
  const graph = [
    toBinary(GraphProtoSchema, graphMessage(model.graph, new Map())),
    ...Array.from(model.graph.initializers, ([name, value]) => initializerBytes(name, value)).flat(),
  ];
  const graphField = ModelProtoSchema.field.graph.number;
  return joined([
    toBinary(ModelProtoSchema, restore(ModelProtoSchema, message, model)),
    fieldHeader(graphField, lengthOf(graph)),
    ...graph,
  ]);
}

/** A graph's field `initializer`, in pieces, so that its elements are copied only into the file. */
function initializerBytes(name: string, value: Tensor): Uint8Array[] {
  expectElements(name, value);
  const elements = bytesOf(value);
  const parts = [
    toBinary(TensorProtoSchema, tensorHeader(value, name)),
    fieldHeader(TensorProtoSchema.field.rawData.number, elements.length),
    elements,
  ];
  return [fieldHeader(GraphProtoSchema.field.initializer.number, lengthOf(parts)), ...parts];
}

const LARGEST_FILE = 2 ** 31 - 1;

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

function fieldHeader(field: number, length: number): Uint8Array {
  if (length > LARGEST_FILE) throw tooLarge(length);
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish();
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const length = lengthOf(parts);
  if (length > LARGEST_FILE) throw tooLarge(length);
  const file = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

const tooLarge = (length: number): RangeError =>
  new RangeError(`An ONNX file holds at most ${LARGEST_FILE} bytes, this one would have ${length}.`);

/** The versions by domain, and the entries that have no place there: repeated domains, and those with unknown fields. */
function takeOpsets(entries: readonly OperatorSetIdProto[]): { taken: Opsets; left: OperatorSetIdProto[] } {
  const taken = new Map<string, number>();
  const left = entries.filter((entry) => {
    const domain = shortDomain(entry.domain);
    if (entry.$unknown || taken.has(domain)) return true;
    taken.set(domain, Number(entry.version ?? 0n));
    return false;
  });
  return { taken: Object.fromEntries(taken), left };
}

const isOurs = (opsets: Opsets): boolean => Object.keys(opsets).length === 1 && opsets[""] === OPSET;

const opsetMessages = (opsets: Opsets): OperatorSetIdProto[] =>
  Object.entries(opsets).map(([domain, version]) =>
    create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
  );

const entryMessages = (entries: Readonly<Record<string, string>>): StringStringEntryProto[] =>
  Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));

function takeFunction(message: FunctionProto): LocalFunction {
  const { name = "", domain = "", input, output, attribute, node, valueInfo } = message;
  const opsets = takeOpsets(message.opsetImport);
  message.name = undefined;
  message.domain = undefined;
  message.input = [];
  message.output = [];
  message.attribute = [];
  message.node = [];
  message.valueInfo = [];
  message.opsetImport = opsets.left;
  return {
    name,
    domain,
    inputs: input,
    outputs: output,
    attributes: attribute,
    opsets: opsets.taken,
    nodes: node.map(takeNode),
    ...(valueInfo.length === 0 ? {} : { declared: valueInfo.map(takeValue) }),
    ...remainder(FunctionProtoSchema, message),
  };
}

function functionMessage(local: LocalFunction): FunctionProto {
  const message = create(FunctionProtoSchema, {
    name: local.name,
    domain: local.domain,
    input: [...local.inputs],
    output: [...local.outputs],
    attribute: [...local.attributes],
    opsetImport: opsetMessages(local.opsets),
    node: local.nodes.map(nodeMessage),
    valueInfo: (local.declared ?? []).map(valueMessage),
  });
  return restore(FunctionProtoSchema, message, local);
}

function takeTrainingInfo(message: TrainingInfoProto): TrainingInfo {
  const { initialization, algorithm } = message;
  const initializationBindings = takeEntries(message.initializationBinding);
  const updateBindings = takeEntries(message.updateBinding);
  message.initialization = undefined;
  message.algorithm = undefined;
  message.initializationBinding = initializationBindings.left;
  message.updateBinding = updateBindings.left;
  return {
    ...(initialization ? { initialization: takeGraph(initialization) } : {}),
    ...(algorithm ? { algorithm: takeGraph(algorithm) } : {}),
    initializationBindings: initializationBindings.taken,
    updateBindings: updateBindings.taken,
    ...remainder(TrainingInfoProtoSchema, message),
  };
}

function trainingInfoMessage(info: TrainingInfo): TrainingInfoProto {
  const message = create(TrainingInfoProtoSchema, {
    initializationBinding: entryMessages(info.initializationBindings),
    updateBinding: entryMessages(info.updateBindings),
  });
  if (info.initialization) message.initialization = graphMessage(info.initialization);
  if (info.algorithm) message.algorithm = graphMessage(info.algorithm);
  return restore(TrainingInfoProtoSchema, message, info);
}

/** How files begin that are often taken for a model. */
const OTHER_FORMATS: readonly (readonly [string, readonly number[]])[] = [
  ["a PNG image", [0x89, 0x50, 0x4e, 0x47]],
  ["a JPEG image", [0xff, 0xd8, 0xff]],
  ["a ZIP archive, such as PyTorch's and NumPy's", [0x50, 0x4b, 0x03, 0x04]],
  ["a gzip archive", [0x1f, 0x8b]],
  ["an HDF5 file, such as Keras's and MATLAB's", [0x89, 0x48, 0x44, 0x46]],
  ["a MATLAB file", [0x4d, 0x41, 0x54, 0x4c, 0x41, 0x42]],
  ["a pointer of Git LFS, not the file itself", [0x76, 0x65, 0x72, 0x73, 0x69, 0x6f, 0x6e, 0x20]],
  ["an HTML page", [0x3c, 0x21]],
  ["JSON", [0x7b]],
];

function noModel(bytes: Uint8Array, reason: string): ModelFormatError {
  const other = OTHER_FORMATS.find(([, start]) => start.every((byte, i) => bytes[i] === byte));
  const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const got = bytes.length === 0 ? "an empty file" : (other?.[0] ?? `${bytes.length} bytes that begin with ${start}`);
  return new ModelFormatError(`Expected an ONNX model, got ${got}: ${reason}.`);
}
