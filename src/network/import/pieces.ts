/** What no pattern knows, as layers that hold a piece of graph. */

import { type GraphLayer, type GraphLayerOptions, graphLayer } from "../../blocks/graph/graph-layer.js";
import {
  type AttributeData,
  attributeData,
  isElementType,
  type NodeData,
  tensorData,
} from "../../blocks/graph/node-data.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import type { Node, Tensor } from "../../graph/types.js";
import { subgraphs } from "../../graph/unused.js";
import type { GraphView } from "./graph-view.js";
import type { Given } from "./patterns.js";

/** Nodes between images, in order: what they read of those before, and what they make. */
export interface Piece {
  readonly nodes: readonly Node[];
  readonly reads: readonly string[];
  readonly makes: string;
}

/** Constants of at most so many numbers are kept in JSON, unless they are learned. */
const SMALL = 64;

/** Whole numbers are exact in float32 up to here. */
const EXACT = 2 ** 24;

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** Inputs that are no weights, by operator: what statistics, sizes and filling are. */
const NO_WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  BatchNormalization: [3, 4],
  Resize: [1, 2],
  Pad: [2],
  Clip: [1, 2],
  Where: [0],
  DequantizeLinear: [0, 1, 2],
  QuantizeLinear: [1, 2],
};

/** Inputs that are weights, wherever their numbers come from. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  LayerNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  GroupNormalization: [1, 2],
  BatchNormalization: [1, 2],
  PRelu: [1],
  LSTM: [1, 2, 3],
  GRU: [1, 2, 3],
  RNN: [1, 2, 3],
};

/** What a network cannot hold is said with what can be done instead. */
const unheld = (node: Node, reason: string): ModelFormatError =>
  new ModelFormatError(
    `${node.operator} '${node.name || node.outputs[0]}' ${reason}, which no layer can hold; it is no network.`,
  );

/**
 * The layer that holds a piece, and the values of its parameters.
 *
 * @param inFile whether a constant stands in the file as one, and was not computed
 * @throws ModelFormatError when a node cannot be plain data: graphs inside of nodes, operators of other domains
 */
export function pieceLayer(
  { nodes, reads, makes }: Piece,
  view: GraphView,
  inFile: (constant: string) => boolean,
): { layer: GraphLayer; values: Record<string, Given> } {
  const constants = new Map<string, { tensor: Tensor; node: Node; learned: boolean }>();
  for (const node of nodes) {
    node.inputs.forEach((name, i) => {
      const tensor = view.constant(name);
      if (!tensor) return;
      const learned = isWeight(node, i, tensor, inFile(name)) || (constants.get(name)?.learned ?? false);
      constants.set(name, { tensor, node, learned });
    });
  }
  const values: Record<string, Given> = {};
  const weights: GraphLayerOptions["weights"][] = [];
  const small: { value: string; tensor: NonNullable<ReturnType<typeof tensorData>> }[] = [];
  for (const [value, { tensor, node, learned }] of constants) {
    const { type, shape } = tensor;
    if (!isElementType(type)) throw unheld(node, `reads numbers of type ${type}`);
    const data = !learned && tensor.data.length <= SMALL ? tensorData(tensor) : undefined;
    if (data) small.push({ value, tensor: data });
    else {
      const name = freeName(value, values);
      weights.push([{ value, name, shape, type, learned }]);
      values[name] = { tensor: asFloats(tensor, node), key: `${value} as ${formatShape(shape)} in a piece` };
    }
  }
  const layer = graphLayer({
    reads: reads.map((value) => {
      const [item, type = "float32"] = [view.item(value), view.type(value)];
      if (!item || !isElementType(type))
        throw new ModelFormatError(`The input '${value}' cannot be a variable of a network.`);
      return { value, ...(item.length === 3 ? {} : { shape: item }), type };
    }),
    nodes: nodes.map(nodeData),
    makes,
    weights: weights.flatMap((each) => each ?? []),
    constants: small,
  });
  return { layer, values };
}

/** A name for a parameter that none has yet: the constant's, in letters that names have. */
function freeName(value: string, taken: Readonly<Record<string, unknown>>): string {
  const plain = value.replace(/^[^\w]+/, "").replace(/[^\w.-]+/g, "_") || "weight";
  for (let i = 1; ; i++) {
    const name = i === 1 ? plain : `${plain}_${i}`;
    if (!Object.hasOwn(taken, name)) return name;
  }
}

function isWeight(node: Node, input: number, { type, data }: Tensor, inFile: boolean): boolean {
  if (type !== "float32" || data.length < 2 || NO_WEIGHTS[node.operator]?.includes(input)) return false;
  if (!inFile && !WEIGHTS[node.operator]?.includes(input)) return false;
  return (data as Float32Array).every(Number.isFinite);
}

/** Numbers as a parameter has them; what is infinite becomes the largest. */
function asFloats(tensor: Tensor, node: Node): Tensor<"float32"> {
  const { type, shape } = tensor;
  if (type === "float32" && (tensor.data as Float32Array).every(Number.isFinite)) {
    return { type, shape, data: tensor.data as Float32Array };
  }
  const numbers = Array.from<number | bigint, number>(tensor.data, Number);
  const isWhole = type !== "float32" && type !== "float64";
  if (isWhole && numbers.some((each) => Math.abs(each) > EXACT))
    throw unheld(node, "reads a large table of large numbers");
  const bounded = numbers.map((each) => Math.max(-LARGEST, Math.min(LARGEST, each)));
  return { type: "float32", shape, data: Float32Array.from(bounded) };
}

function nodeData(node: Node): NodeData {
  if (node.domain !== "") throw unheld(node, `is of the domain '${node.domain}'`);
  if (subgraphs(node).length > 0) throw unheld(node, "has graphs inside");
  const attributes: Record<string, AttributeData> = {};
  for (const [name, attribute] of Object.entries(node.attributes)) {
    const data = attributeData(attribute);
    if (!data) throw unheld(node, `has the attribute '${name}', of type ${attribute.type}`);
    attributes[name] = data;
  }
  const last = node.outputs.findLastIndex((output) => output !== "");
  return { operator: node.operator, inputs: node.inputs, outputs: node.outputs.slice(0, last + 1), attributes };
}
