/** Attributes, nodes and graphs ↔ protobuf. Each `take…` uses its message up and keeps what is left as `foreign`. */

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { getTextEncoding } from "@bufbuild/protobuf/wire";
import type { Attribute, Attributes, AttributeValue, Foreign, Graph, Node, Tensor } from "../types.js";
import { expectVariances } from "./expect-variances.js";
import { ModelFormatError, remainder, restore, wholeNumber } from "./foreign.js";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  FunctionProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
} from "./onnx_pb.js";
import { takeTensor, tensorMessage, withRemainder } from "./tensor-codec.js";
import { takeValue, valueMessage } from "./value-codec.js";

/** "ai.onnx" is the long name of ONNX's own domain. */
export const shortDomain = (domain: string | undefined): string =>
  domain === undefined || domain === "ai.onnx" ? "" : domain;

function text(bytes: Uint8Array): string | Uint8Array {
  try {
    return getTextEncoding().decodeUtf8(bytes, true);
  } catch {
    return bytes;
  }
}

const bytes = (value: string | Uint8Array): Uint8Array =>
  typeof value === "string" ? getTextEncoding().encodeUtf8(value) : value;

/** The kind of an attribute; files of the first version do not say it, and it is the one field that is there. */
function kindOf(message: AttributeProto): AttributeType | undefined {
  if (message.type) return message.type;
  if (message.f !== undefined) return AttributeType.FLOAT;
  if (message.i !== undefined) return AttributeType.INT;
  if (message.s !== undefined) return AttributeType.STRING;
  if (message.t) return AttributeType.TENSOR;
  if (message.g) return AttributeType.GRAPH;
  if (message.floats.length > 0) return AttributeType.FLOATS;
  if (message.ints.length > 0) return AttributeType.INTS;
  if (message.strings.length > 0) return AttributeType.STRINGS;
  if (message.tensors.length > 0) return AttributeType.TENSORS;
  return message.graphs.length > 0 ? AttributeType.GRAPHS : undefined;
}

const takeWhole = (message: TensorProto): Tensor | undefined => {
  const value = takeTensor(message);
  return value && withRemainder(value, message);
};

/** The value of an attribute, taken out of its message; undefined where the toolbox has no place for it. */
function takeAttributeValue(message: AttributeProto): AttributeValue | undefined {
  if (message.refAttrName) return undefined;
  switch (kindOf(message)) {
    case AttributeType.FLOAT: {
      const value = message.f ?? 0;
      message.f = undefined;
      return { type: "float", value };
    }
    case AttributeType.INT: {
      const value = wholeNumber(message.i ?? 0n);
      message.i = undefined;
      return { type: "int", value };
    }
    case AttributeType.STRING: {
      const value = text(message.s ?? new Uint8Array());
      message.s = undefined;
      return { type: "string", value };
    }
    case AttributeType.TENSOR: {
      const value = message.t && takeWhole(message.t);
      if (!value) return undefined;
      message.t = undefined;
      return { type: "tensor", value };
    }
    case AttributeType.GRAPH: {
      if (!message.g) return undefined;
      const value = takeGraph(message.g);
      message.g = undefined;
      return { type: "graph", value };
    }
    case AttributeType.FLOATS: {
      const value = message.floats;
      message.floats = [];
      return { type: "floats", value };
    }
    case AttributeType.INTS: {
      const value = message.ints.map(wholeNumber);
      message.ints = [];
      return { type: "ints", value };
    }
    case AttributeType.STRINGS: {
      const value = message.strings.map(text);
      message.strings = [];
      return { type: "strings", value };
    }
    case AttributeType.TENSORS: {
      // Taken from copies: one that cannot be held makes the whole list opaque.
      const value = message.tensors.map((t) => takeWhole({ ...t }));
      if (!value.every((t) => t !== undefined)) return undefined;
      message.tensors = [];
      return { type: "tensors", value };
    }
    case AttributeType.GRAPHS: {
      const value = message.graphs.map(takeGraph);
      message.graphs = [];
      return { type: "graphs", value };
    }
    default:
      return undefined;
  }
}

function takeAttribute(message: AttributeProto): [string, Attribute] {
  const name = message.name ?? "";
  message.name = undefined;
  const value = takeAttributeValue(message);
  if (!value) return [name, { type: "opaque", value: toBinary(AttributeProtoSchema, message) }];
  message.type = undefined;
  return [name, { ...value, ...remainder(AttributeProtoSchema, message) }];
}

/** The attribute of the enclosing function that an attribute stands for, where it is such a reference. */
export function referenceIn(attribute: Attribute): string | undefined {
  return attribute.type === "opaque"
    ? fromBinary(AttributeProtoSchema, attribute.value).refAttrName || undefined
    : undefined;
}

/** What a function's attributes are where a node that calls it says nothing of them. */
export function defaultAttributes({ foreign }: Foreign): Attributes {
  if (!foreign) return {};
  return Object.fromEntries(fromBinary(FunctionProtoSchema, foreign).attributeProto.map(takeAttribute));
}

function attributeMessage(name: string, attribute: Attribute): AttributeProto {
  const opaque = attribute.type === "opaque";
  const message = create(AttributeProtoSchema, opaque ? {} : attributeFields(attribute));
  message.name = name;
  return restore(AttributeProtoSchema, message, opaque ? { foreign: attribute.value } : attribute);
}

type Fields = MessageInitShape<typeof AttributeProtoSchema>;

function attributeFields({ type, value }: Exclude<AttributeValue, { type: "opaque" }>): Fields {
  switch (type) {
    case "float":
      return { type: AttributeType.FLOAT, f: value };
    case "int":
      return { type: AttributeType.INT, i: BigInt(value) };
    case "string":
      return { type: AttributeType.STRING, s: bytes(value) };
    case "tensor":
      return { type: AttributeType.TENSOR, t: tensorMessage(value) };
    case "graph":
      return { type: AttributeType.GRAPH, g: graphMessage(value) };
    case "floats":
      return { type: AttributeType.FLOATS, floats: [...value] };
    case "ints":
      return { type: AttributeType.INTS, ints: value.map(BigInt) };
    case "strings":
      return { type: AttributeType.STRINGS, strings: value.map(bytes) };
    case "tensors":
      return { type: AttributeType.TENSORS, tensors: value.map((t) => tensorMessage(t)) };
    case "graphs":
      return { type: AttributeType.GRAPHS, graphs: value.map((g) => graphMessage(g)) };
  }
}

/** @throws ModelFormatError when two attributes have the same name */
export function takeNode(message: NodeProto): Node {
  const { name = "", opType = "", domain, input, output, attribute } = message;
  const attributes = Object.fromEntries(attribute.map(takeAttribute));
  if (Object.keys(attributes).length < attribute.length) {
    throw new ModelFormatError(`Node '${name}' (${opType}) has two attributes of the same name.`);
  }
  message.name = undefined;
  message.opType = undefined;
  message.domain = undefined;
  message.input = [];
  message.output = [];
  message.attribute = [];
  const rest = remainder(NodeProtoSchema, message);
  return { operator: opType, domain: shortDomain(domain), name, inputs: input, outputs: output, attributes, ...rest };
}

/** @throws TypeError when an integer attribute is no integer */
export function nodeMessage(node: Node): NodeProto {
  const message = create(NodeProtoSchema, {
    opType: node.operator,
    input: [...node.inputs],
    output: [...node.outputs],
  });
  if (node.name !== "") message.name = node.name;
  if (node.domain !== "") message.domain = node.domain;
  for (const [name, attribute] of Object.entries(node.attributes)) {
    try {
      message.attribute.push(attributeMessage(name, attribute));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new TypeError(`${node.operator} '${node.name}': attribute '${name}' is no integer. ${error.message}.`);
    }
  }
  return restore(NodeProtoSchema, message, node);
}

/** @throws ModelFormatError when a tensor or a node contradicts itself */
export function takeGraph(message: GraphProto): Graph {
  const initializers = new Map<string, Tensor>();
  message.initializer = message.initializer.filter((t) => {
    const name = t.name ?? "";
    const value = initializers.has(name) ? undefined : takeTensor(t);
    if (!value) return true;
    t.name = undefined;
    initializers.set(name, withRemainder(value, t));
    return false;
  });
  const { name = "", node, input, output, valueInfo } = message;
  const declared = valueInfo.length === 0 ? {} : { declared: valueInfo.map(takeValue) };
  message.name = undefined;
  message.node = [];
  message.input = [];
  message.output = [];
  message.valueInfo = [];
  const nodes = node.map(takeNode);
  expectVariances({ nodes, initializers });
  return {
    name,
    inputs: input.map(takeValue),
    outputs: output.map(takeValue),
    initializers,
    nodes,
    ...declared,
    ...remainder(GraphProtoSchema, message),
  };
}

/** The message of a graph, with its initializers or, where the caller writes them himself, without. */
export function graphMessage(graph: Graph, initializers: Graph["initializers"] = graph.initializers): GraphProto {
  const message = create(GraphProtoSchema, {
    node: graph.nodes.map(nodeMessage),
    initializer: Array.from(initializers, ([name, value]) => tensorMessage(value, name)),
    input: graph.inputs.map(valueMessage),
    output: graph.outputs.map(valueMessage),
    valueInfo: (graph.declared ?? []).map(valueMessage),
  });
  if (graph.name !== "") message.name = graph.name;
  return restore(GraphProtoSchema, message, graph);
}
