/** Which nodes of a graph compute with whole numbers of 8 bits, and which values they read and make so. */

import { floatOf, intOf } from "../graph/attributes.js";
import { inferShapes } from "../graph/infer/infer.js";
import type { Graph, Node, Tensor, ValueType } from "../graph/types.js";
import { readBy } from "../graph/unused.js";

/** A node that multiplies by constant weights. */
export interface WeightedNode {
  readonly node: Node;
  readonly weights: string;
  /** the axis of the weights that is the channels of the output */
  readonly axis: number;
  readonly biases: string | undefined;
}

/** What becomes of a graph. */
export interface Plan {
  readonly weighted: ReadonlyMap<Node, WeightedNode>;
  /** nodes that compute with 8 bits, those with weights among them */
  readonly eightBit: ReadonlySet<Node>;
  /** values that are rounded to 8 bits, in order, by what is known of their range: a value of its own, or that of another */
  readonly rounded: ReadonlyMap<string, string>;
  /** activations that are no nodes any more, by the value that they read: the ends of the range do what they did */
  readonly absorbed: ReadonlyMap<string, Node>;
  /** nodes with weights that stay as they are, and why */
  readonly left: readonly { readonly node: Node; readonly why: string }[];
}

/** What gives back numbers that it got: its output is rounded as its input. */
const HANDING_ON = new Set(["MaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze"]);

/** What the runtime computes with 8 bits. */
const COMPUTING = new Set([
  "Add",
  "Mul",
  "AveragePool",
  "GlobalAveragePool",
  "Concat",
  "Sigmoid",
  "LeakyRelu",
  "HardSigmoid",
]);

/** Whether an image is known to be of one pixel. */
const isOnePixel = ({ types }: View, value: string): boolean =>
  types
    .get(value)
    ?.shape?.slice(2)
    .every((size) => size === 1) === true;

const isComputing = (node: Node): boolean =>
  COMPUTING.has(node.operator) && (node.operator !== "HardSigmoid" || floatOf(node, "alpha", 0.2) > 0);

/** What is known of a graph while it is planned. */
interface View {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, ValueType>;
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  readonly outputs: ReadonlySet<string>;
  constant(name: string): Tensor<"float32"> | undefined;
}

/**
 * Plans what of a graph is computed with 8 bits:
 *
 * - convolutions over images, matrix products and `Gemm` with constant weights;
 * - sums, products, means over windows, concatenations, sigmoids and leaky rectifications, where all that they read is rounded already;
 * - what gives back numbers as they are, such as a maximum over windows, of rounded values.
 *
 * A rectification or a clip behind one of these is done by the ends of the range, and is no node any more. Where no node with weights comes behind, as
 * before the scores, numbers are not rounded: they keep all their digits. But for convolutions over several pixels, which the runtime computes with 8 bits
 * only where what they make is rounded.
 *
 * @param graph one without constant nodes, such as `foldModel` gives
 * @param keep the names of nodes that stay as they are
 */
export function planEightBits(graph: Graph, keep: ReadonlySet<string> = new Set()): Plan {
  const view = viewOf(graph);
  const possible = forwards(
    view,
    (node) => !keep.has(node.name),
    () => true,
  );
  const useful = leadingToWeights(view, possible);
  const read = valuesBefore(view, possible);
  return forwards(
    view,
    (node) => useful.has(node) || (!possible.eightBit.has(node) && !keep.has(node.name)),
    (value) => read.has(value),
  );
}

/** The nodes that compute with 8 bits, without those behind which no node with weights comes: they would only lose digits. */
function leadingToWeights({ graph }: View, { weighted, eightBit, absorbed }: Plan): ReadonlySet<Node> {
  const useful = new Set<Node>();
  const read = new Set<string>();
  for (const node of [...graph.nodes].reverse()) {
    const made = node.outputs.map((output) => absorbed.get(output)?.outputs[0] ?? output);
    if (!eightBit.has(node) || !(weighted.has(node) || made.some((value) => read.has(value)))) continue;
    useful.add(node);
    for (const input of node.inputs) read.add(input);
  }
  return useful;
}

/** The values behind which a node with weights comes that computes with 8 bits. */
function valuesBefore({ graph }: View, { weighted }: Plan): ReadonlySet<string> {
  const before = new Set<string>();
  for (const node of graph.nodes.toReversed()) {
    if (weighted.has(node) || node.outputs.some((output) => before.has(output))) {
      for (const input of readBy(node)) before.add(input);
    }
  }
  return before;
}

/**
 * Walks over the nodes.
 *
 * @param may whether a node may compute with 8 bits
 * @param wanted whether what a node makes is to be rounded, where it may be
 */
function forwards(view: View, may: (node: Node) => boolean, wanted: (value: string) => boolean): Plan {
  const weighted = new Map<Node, WeightedNode>();
  const eightBit = new Set<Node>();
  const rounded = new Map<string, string>();
  const absorbed = new Map<string, Node>();
  const left: { node: Node; why: string }[] = [];
  const gone = new Set<Node>();
  /** Rounds what a node makes, behind the activation where there is one, or as the value that it hands on. */
  const round = (value: string, as?: string, always = false): void => {
    const next = as === undefined ? activationAfter(view, value) : undefined;
    const made = next && may(next) ? next.outputs[0] : value;
    if (!always && !wanted(made)) return;
    rounded.set(made, as ?? made);
    if (next && made !== value) {
      absorbed.set(value, next);
      gone.add(next);
    }
  };
  for (const node of view.graph.nodes) {
    if (gone.has(node) || node.domain !== "" || !may(node)) continue;
    const [x] = node.inputs;
    const found = weightedNode(view, node);
    if (typeof found === "string") left.push({ node, why: found });
    else if (found) {
      weighted.set(node, found);
      eightBit.add(node);
      if (!rounded.has(x)) rounded.set(x, x);
      round(node.outputs[0], undefined, node.operator === "Conv" && !isOnePixel(view, node.outputs[0]));
    } else if (isComputing(node) && readsRounded(view, node, rounded)) {
      eightBit.add(node);
      for (const input of node.inputs) if (view.constant(input)) rounded.set(input, input);
      round(node.outputs[0]);
    } else if (HANDING_ON.has(node.operator) && node.outputs.length === 1 && rounded.has(x)) {
      eightBit.add(node);
      round(node.outputs[0], rounded.get(x));
    }
  }
  return { weighted, eightBit, rounded, absorbed, left };
}

function viewOf(graph: Graph): View {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of readBy(node)) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  return {
    graph,
    types: inferShapes(graph),
    readers,
    outputs: new Set(graph.outputs.map(({ name }) => name)),
    constant(name) {
      const value = graph.initializers.get(name);
      return value?.type === "float32" ? (value as Tensor<"float32">) : undefined;
    },
  };
}

/** A node with constant weights; why it stays as it is, where it has weights and must; undefined for any other. */
function weightedNode(view: View, node: Node): WeightedNode | string | undefined {
  const [x = "", weights = "", biases = ""] = node.inputs;
  const matrix = node.operator === "Gemm" || node.operator === "MatMul";
  if (!matrix && node.operator !== "Conv" && node.operator !== "ConvTranspose") return undefined;
  const value = view.constant(weights);
  if (node.operator === "ConvTranspose") return "the runtime has no transposed convolution of 8 bits";
  if (!value || view.constant(x)) return matrix ? undefined : "its weights are no constants";
  if (biases !== "" && view.constant(biases)?.shape.length !== 1)
    return "its biases are no constants, one for each channel";
  if (node.operator === "Conv") {
    if (value.shape.length !== 4) return `it is over ${value.shape.length - 2} axes: 8 bits are for images`;
    return { node, weights, axis: 0, biases: biases || undefined };
  }
  if (value.shape.length !== 2) return "its weights are no matrix";
  if (node.operator === "MatMul") return { node, weights, axis: 1, biases: undefined };
  if (intOf(node, "transA", 0) !== 0 || floatOf(node, "alpha", 1) !== 1 || floatOf(node, "beta", 1) !== 1)
    return "it has a factor, or a matrix that is turned";
  return { node, weights, axis: intOf(node, "transB", 0) === 1 ? 0 : 1, biases: biases || undefined };
}

/** Whether all that a node reads is rounded already or constant, and not all of it constant. */
function readsRounded(view: View, { operator, inputs }: Node, rounded: ReadonlyMap<string, string>): boolean {
  if (inputs.includes("")) return false;
  const constants = inputs.filter((input) => view.graph.initializers.has(input));
  if (
    constants.length > 0 &&
    ((operator !== "Add" && operator !== "Mul") || constants.some((name) => !view.constant(name)))
  )
    return false;
  return (
    inputs.every((input) => rounded.has(input) || view.constant(input) !== undefined) &&
    constants.length < inputs.length
  );
}

/** The rectification or clip around 0 that alone reads a value. */
function activationAfter(view: View, value: string): Node | undefined {
  const [reader, ...more] = view.readers.get(value) ?? [];
  if (!reader || more.length > 0 || view.outputs.has(value)) return undefined;
  const bounds = boundsOf(view.graph, reader);
  return bounds && bounds.low <= 0 && bounds.high >= 0 ? reader : undefined;
}

/** The ends that a rectification or a clip has. */
export function boundsOf({ initializers }: Graph, node: Node): { low: number; high: number } | undefined {
  if (node.domain !== "") return undefined;
  if (node.operator === "Relu") return { low: 0, high: Number.POSITIVE_INFINITY };
  if (node.operator !== "Clip") return undefined;
  const [, low = "", high = ""] = node.inputs;
  const end = (name: string, open: number): number | undefined => {
    if (name === "") return open;
    const value = initializers.get(name);
    return value?.data.length === 1 ? Number(value.data[0]) : undefined;
  };
  const [least, most] = [end(low, Number.NEGATIVE_INFINITY), end(high, Number.POSITIVE_INFINITY)];
  return least === undefined || most === undefined ? undefined : { low: least, high: most };
}
