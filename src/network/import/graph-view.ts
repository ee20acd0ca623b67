/** What the import of a graph asks of its values. */

import { intOf, intsOf } from "../../graph/attributes.js";
import { isStatic } from "../../graph/dimension.js";
import { inferShapes } from "../../graph/infer/infer.js";
import { elementCount } from "../../graph/tensor.js";
import type { DataType, Graph, Node, Tensor, ValueType } from "../../graph/types.js";
import { readBy } from "../../graph/unused.js";
import type { ImageShape } from "../../values/image-shape.js";

/** Batches of two sizes, by which the axis of the batch is found; and one, of files that take no others. */
const BATCHES = [2, 3] as const;

/** A graph whose inputs have the batch as their first axis, with what is known of its values. */
export interface GraphView {
  readonly graph: Graph;
  /** the size of the batch in shapes: 1 where the file takes single images alone */
  readonly batch: number;
  /** the node that makes a value */
  maker(value: string): Node | undefined;
  /** how many nodes read a value, and how often it is an output */
  readers(value: string): number;
  constant(value: string): Tensor | undefined;
  /** the numbers of a float32 constant */
  numbers(value: string): Tensor<"float32"> | undefined;
  type(value: string): DataType | undefined;
  /** the sizes of a value, where all are known */
  shape(value: string): readonly number[] | undefined;
  /** the sizes of one item, of a value whose first axis is the batch; none for one number */
  item(value: string): readonly number[] | undefined;
  /** the size of an image, of float32 values N×C×H×W and N×C */
  image(value: string): ImageShape | undefined;
  /** the value with the same numbers that is furthest back, and an image of the same size */
  same(value: string): string;
  /** the image furthest back of which a value has the numbers, in another shape */
  unflattened(value: string): string | undefined;
}

/** The graph with a batch of some size. */
const withBatch = (graph: Graph, batch: number): Graph => ({
  ...graph,
  inputs: graph.inputs.map((input) =>
    input.shape && input.shape.length > 0 ? { ...input, shape: [batch, ...input.shape.slice(1)] } : input,
  ),
});

/** An item of some sizes as an image: further axes are pixels. */
export const imageOf = ([channels = 1, height, ...rest]: readonly number[]): ImageShape =>
  height !== undefined && rest.length === 0
    ? { channels, height: 1, width: height }
    : { channels, height: height ?? 1, width: elementCount(rest) };

/** Looks at a graph. @throws ShapeError when its nodes do not fit each other with batches of two sizes */
export function viewGraph(graph: Graph, single: boolean): GraphView {
  const batches = single ? [1] : BATCHES;
  const [types, others = types] = batches.map((batch) => inferShapes(withBatch(graph, batch)));
  const [batch] = batches;
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const counts = new Map<string, number>();
  for (const value of [...graph.nodes.flatMap((node) => [...readBy(node)]), ...graph.outputs.map(({ name }) => name)]) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const shapeIn = (known: ReadonlyMap<string, ValueType>, value: string): readonly number[] | undefined => {
    const shape = known.get(value)?.shape;
    return shape && isStatic(shape) ? shape : undefined;
  };
  const shape = (value: string): readonly number[] | undefined => shapeIn(types, value);
  const item = (value: string): readonly number[] | undefined => {
    const [one, other] = [shape(value), shapeIn(others, value)];
    if (!one || !other || one[0] !== batch || other[0] !== (single ? batch : BATCHES[1])) return undefined;
    return one.slice(1).every((size, i) => size === other[i + 1]) && one.length === other.length
      ? one.slice(1)
      : undefined;
  };
  const type = (value: string): DataType | undefined => types.get(value)?.type;
  const image = (value: string): ImageShape | undefined => {
    const sizes = item(value);
    const isImage = (sizes?.length === 1 || sizes?.length === 3) && sizes.every((size) => size > 0);
    return isImage && type(value) === "float32" && !graph.initializers.has(value) ? imageOf(sizes) : undefined;
  };
  /** the values that a value has its numbers from, in their order, nearest first */
  const origins = (value: string): string[] => {
    const found = [value];
    for (let node = makers.get(value); node && keepsOrder(node, shape); node = makers.get(node.inputs[0])) {
      found.push(node.inputs[0]);
    }
    return found.filter((each) => image(each));
  };
  return {
    graph,
    batch,
    maker: (value) => makers.get(value),
    readers: (value) => counts.get(value) ?? 0,
    constant: (value) => graph.initializers.get(value),
    numbers: (value) => {
      const constant = graph.initializers.get(value);
      return constant?.type === "float32"
        ? { ...constant, type: "float32", data: constant.data as Float32Array }
        : undefined;
    },
    type,
    shape,
    item,
    image,
    same: (value) => origins(value).findLast((other) => isSame(image(other), image(value))) ?? value,
    unflattened: (value) => origins(value).at(-1),
  };
}

const isSame = (a: ImageShape | undefined, b: ImageShape | undefined): boolean =>
  a?.channels === b?.channels && a?.height === b?.height && a?.width === b?.width;

/** Whether the first output of a node has the numbers of its first input, in their order. */
function keepsOrder(node: Node, shapeOf: (value: string) => readonly number[] | undefined): boolean {
  if (node.domain !== "") return false;
  if (["Identity", "Flatten", "Reshape", "Squeeze", "Unsqueeze"].includes(node.operator)) return true;
  const shape = shapeOf(node.inputs[0]);
  if (node.operator !== "Transpose" || !shape) return false;
  const order = (intsOf(node, "perm") ?? shape.map((_, i) => shape.length - 1 - i)).filter((axis) => shape[axis] !== 1);
  return order.every((axis, i) => i === 0 || axis > order[i - 1]);
}

/** An axis that counts from the end as one that counts from the front. */
export const axisOf = (node: Node, rank: number, otherwise: number): number => {
  const axis = intOf(node, "axis", otherwise);
  return axis < 0 ? axis + rank : axis;
};
