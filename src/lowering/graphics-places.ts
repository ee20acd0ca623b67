/** Places of the largest numbers, and what stands at places, on WebGPU, which has no kernel that makes other numbers of whole ones of 64 bits, and none for GatherElements. */

import { intOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { elementCount, float32, tensor } from "../graph/tensor.js";
import type { Graph, Node } from "../graph/types.js";

/** The outputs that are only made other numbers of. */
export function onlyCast(graph: Graph): ReadonlySet<string> {
  const read = new Set([
    ...graph.outputs.map(({ name }) => name),
    ...graph.nodes.flatMap(({ operator, inputs }) => (operator === "Cast" ? [] : inputs)),
  ]);
  return new Set(graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => !read.has(name))));
}

/** 0 … size − 1 along an axis of `rank` */
const alongAxis = (size: number, axis: number, rank: number): readonly [number[], number[]] => [
  Array.from({ length: size }, (_, i) => i),
  Array.from({ length: rank }, (_, i) => (i === axis ? size : 1)),
];

/** On the processor with the Cast behind it: the least place as a float at which x is max x. It is the last one where max x is no number. */
export const argMax =
  (cast: ReadonlySet<string>) =>
  (g: GraphBuilder, node: Node, [x]: readonly string[]): string | undefined => {
    if (!cast.has(node.outputs[0]) || g.type(x).type !== "float32" || intOf(node, "select_last_index", 0) !== 0)
      return undefined;
    const shape = g.shape(x).map(Number);
    const given = intOf(node, "axis", 0);
    const axis = given < 0 ? given + shape.length : given;
    const numbers = g.constant(float32(...alongAxis(shape[axis], axis, shape.length)));
    const isLargest = g.op("Equal", [x, g.op("ReduceMax", [x, g.ints(axis)], { keepdims: 1 })]);
    const places = g.op("Where", [isLargest, numbers, g.scalar(shape[axis] - 1)]);
    return g.op("ReduceMin", [places, g.ints(axis)], { keepdims: intOf(node, "keepdims", 1) });
  };

/** Above so many numbers it stays on the processor: each place is compared with all that there are. */
const MOST_COMPARED = 2 ** 24;

/** On the processor where x and the places are int32: y[…, k, …] = Σ_j x[…, j, …]·[places[…, k, …] = j], of which one summand is not 0. */
export function gatherElements(g: GraphBuilder, node: Node, inputs: readonly string[]): string | undefined {
  const [x, places] = inputs;
  const [from, shape] = inputs.map((value) => g.shape(value).map(Number));
  const given = intOf(node, "axis", 0);
  const axis = given < 0 ? given + from.length : given;
  const fits = shape.every((size, i) => i === axis || size === from[i]);
  const areWhole = inputs.every((value) => g.type(value).type === "int32");
  if (!fits || !areWhole || elementCount(shape) * from[axis] > MOST_COMPARED) return undefined;
  const constant = (sizes: readonly number[], numbers: readonly number[]): string =>
    g.constant(tensor("int32", sizes, Int32Array.from(numbers)));
  const isNegative = g.op("Less", [places, constant([], [0])]);
  const fromStart = g.op("Where", [isNegative, g.op("Add", [places, constant([], [from[axis]])]), places]);
  const [numbers, along] = alongAxis(from[axis], axis + 1, from.length + 1);
  const isThere = g.op("Equal", [g.op("Unsqueeze", [fromStart, g.ints(axis + 1)]), constant(along, numbers)]);
  const chosen = g.op("Where", [isThere, g.op("Unsqueeze", [x, g.ints(axis)]), constant([], [0])]);
  return g.op("ReduceSum", [chosen, g.ints(axis + 1)], { keepdims: 0 });
}
