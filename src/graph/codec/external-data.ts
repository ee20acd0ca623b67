/** Tensors of an ONNX model whose elements lie in another file. */

import { dataTypeOf, elementCount, elementSize } from "../tensor.js";
import { ModelFormatError } from "./foreign.js";
import {
  TensorProto_DataLocation as DataLocation,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
} from "./onnx_pb.js";

/** Where the elements of a tensor lie: some bytes of a file. */
export interface ExternalData {
  readonly tensor: string;
  /** the file's path, as the model has it: from the model's folder on */
  readonly location: string;
  readonly offset: number;
  /** undefined: as far as the file goes */
  readonly length: number | undefined;
}

/** Gives bytes out of the files that lie beside a model. @throws ModelFormatError where there are none */
export type ExternalFiles = (data: ExternalData) => Uint8Array;

const isElsewhere = ({ dataLocation, externalData }: TensorProto): boolean =>
  dataLocation === DataLocation.EXTERNAL || externalData.length > 0;

function* tensorsOfNodes(nodes: readonly NodeProto[]): Generator<TensorProto> {
  for (const { attribute } of nodes) {
    for (const { t, tensors, g, graphs } of attribute) {
      if (t) yield t;
      yield* tensors;
      for (const graph of g ? [g, ...graphs] : graphs) yield* tensorsOfGraph(graph);
    }
  }
}

function* tensorsOfGraph({ initializer, node }: GraphProto): Generator<TensorProto> {
  yield* initializer;
  yield* tensorsOfNodes(node);
}

function* tensorsOf({ graph, functions, trainingInfo }: ModelProto): Generator<TensorProto> {
  if (graph) yield* tensorsOfGraph(graph);
  for (const { node } of functions) yield* tensorsOfNodes(node);
  for (const { initialization, algorithm } of trainingInfo) {
    if (initialization) yield* tensorsOfGraph(initialization);
    if (algorithm) yield* tensorsOfGraph(algorithm);
  }
}

/**
 * Puts the elements that lie in other files into a model's message.
 *
 * @param files undefined: they stay where they are
 * @returns the files that were not given, each once
 * @throws ModelFormatError where a tensor does not say which bytes are its own, or `files` has them not
 */
export function takeExternalData(message: ModelProto, files: ExternalFiles | undefined): readonly string[] {
  const missing = new Set<string>();
  for (const tensor of tensorsOf(message)) {
    if (!isElsewhere(tensor)) continue;
    const data = dataOf(tensor);
    if (files) {
      tensor.rawData = files(data);
      tensor.externalData = [];
      tensor.dataLocation = undefined;
    } else missing.add(data.location);
  }
  return [...missing];
}

function dataOf(tensor: TensorProto): ExternalData {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const name = tensor.name ?? "";
  const location = entries.get("location") ?? "";
  const count = (key: string): number | undefined => {
    const text = entries.get(key);
    if (text === undefined || text === "") return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    throw new ModelFormatError(
      `Tensor '${name}': expected the ${key} of its bytes in '${location}' as a whole number, got '${text}'.`,
    );
  };
  const type = dataTypeOf(tensor.dataType ?? 0);
  const own = type && elementCount(tensor.dims.map(Number)) * elementSize(type);
  const said = count("length");
  if (own !== undefined && said !== undefined && said !== own) {
    throw new ModelFormatError(
      `Tensor '${name}': expected ${own} bytes for its shape in '${location}', got a length of ${said}.`,
    );
  }
  return { tensor: name, location, offset: count("offset") ?? 0, length: said ?? own };
}
