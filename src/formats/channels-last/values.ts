/**
 * Values of toolboxes whose channels lie last (batch, rows, columns, channels), in a graph of ONNX's operators, whose channels lie behind the batch.
 *
 * A value is *laid out* in one of two ways or in both, each made when it is first asked for: *plain*, as the toolbox has it, or as an *image*, N×C×H×W. So
 * operators on images follow each other without a transposition between them.
 */

import { GraphBuilder } from "../../graph/builder.js";
import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import type { Dimension, Graph, Node, Tensor } from "../../graph/types.js";
import type { Budget } from "../budget.js";
import { transposed } from "../elements.js";

/** The name of the batch's size in the graph. */
export const BATCH = "N";

/** A value whose first axis would no longer be the batch; a graph of a fixed batch can have it. */
export class BatchMoved extends ModelFormatError {}

/** A value, by the names of the graph's values that hold it. */
export interface Laid {
  readonly plain?: string;
  readonly image?: string;
  /** an image that was flattened: rows, columns and channels as one axis, of which the last changes first */
  readonly flat?: Laid;
  /** what it always is */
  readonly constant?: Tensor<"float32">;
  /** how a constant is called in the graph */
  readonly name?: string;
}

/** The axes of N×H×W×C in the order N×C×H×W; of any number of axes. */
export const toImage = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];

/** The axes of N×C×H×W in the order N×H×W×C. */
export const toPlain = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];

/** Where an axis of N×H×W×C stands in N×C×H×W. */
export const imageAxis = (axis: number, rank: number): number => toImage(rank).indexOf(axis);

/** A graph that grows, whose values are laid out in two ways. */
export class LaidGraph {
  readonly g: GraphBuilder;
  /** the other layouts of values, as far as they were asked for */
  readonly #plain = new WeakMap<Laid, string>();
  readonly #image = new WeakMap<Laid, string>();

  readonly #parameters = new WeakMap<object, string>();
  readonly #numbers = new Map<string, number>();

  /** @param budget of what constants may take */
  constructor(
    name: string,
    readonly budget: Budget,
  ) {
    this.g = new GraphBuilder(name);
  }

  /** The finished graph. */
  build(): Graph {
    const graph = this.g.build();
    return { ...graph, nodes: calledAsLayers(graph.nodes) };
  }

  /** A name that no value of the graph has: the one that is wanted, or one with a number. */
  free(wanted: string): string {
    let name = wanted;
    let number = this.#numbers.get(wanted) ?? 1;
    while (this.g.has(name)) name = `${wanted}_${++number}`;
    this.#numbers.set(wanted, number);
    return name;
  }

  /** An input of the graph, given by its sizes in the toolbox's order; what has three axes beside the batch is an image, unless the layout is said. */
  input(wanted: string, shape: readonly Dimension[], layout = shape.length < 4 ? "plain" : "image"): Laid {
    const name = this.free(wanted);
    if (layout === "plain") return { plain: this.g.input(name, "float32", shape) };
    const order = toImage(shape.length);
    return {
      image: this.g.input(
        name,
        "float32",
        order.map((axis) => shape[axis]),
      ),
    };
  }

  /** A constant. It is put into the graph when it is read. */
  constant(constant: Tensor<"float32">, name = "constant"): Laid {
    return { constant, name };
  }

  /** A parameter under the name that the toolbox gives it, or the like. Layers that share an array share the parameter. */
  parameter(wanted: string, value: Tensor): string {
    const known = this.#parameters.get(value.data);
    if (known !== undefined && sameShape(this.g.type(known).shape ?? [], value.shape)) return known;
    this.budget.take(value.data.byteLength, `'${wanted}'`);
    const name = this.g.initializer(this.free(wanted), value);
    this.#parameters.set(value.data, name);
    return name;
  }

  /** The sizes of a value in the toolbox's order. */
  shape(value: Laid): readonly Dimension[] {
    if (value.constant) return value.constant.shape;
    if (value.flat) {
      const [batch, ...sizes] = this.shape(value.flat);
      return [batch, sizes.reduce<number>((product, size) => product * Number(size), 1)];
    }
    const { shape } = this.g.type(value.plain ?? value.image ?? "");
    if (!shape) throw new ModelFormatError(`expected a value of known sizes, got '${value.plain ?? value.image}'`);
    return value.plain === undefined ? toPlain(shape.length).map((axis) => shape[axis]) : shape;
  }

  rank(value: Laid): number {
    return this.shape(value).length;
  }

  /** The size of one axis, which must be a number. */
  size(value: Laid, axis: number): number {
    const shape = this.shape(value);
    const size = shape.at(axis);
    if (typeof size !== "number") {
      throw new ModelFormatError(`expected a known size of axis ${axis}, got ${formatShape(shape)}`);
    }
    return size;
  }

  /** Whether a value has other numbers for each sample. */
  isBatched(value: Laid): boolean {
    return value.constant === undefined && this.shape(value).some((size) => size === BATCH);
  }

  /** Whether a value was made as an image. */
  isImage(value: Laid): boolean {
    return value.image !== undefined;
  }

  /** Whether images have one pixel, so that both orders are the same. */
  isPoint(value: Laid): boolean {
    return this.shape(value)
      .slice(1, -1)
      .every((size) => size === 1);
  }

  /** The value in the toolbox's order. */
  plain(value: Laid): string {
    const name = value.plain ?? this.#plain.get(value) ?? this.makePlain(value);
    this.#plain.set(value, name);
    return name;
  }

  private makePlain(value: Laid): string {
    if (value.constant) return this.parameter(value.name ?? "constant", value.constant);
    if (value.flat) {
      return this.isPoint(value.flat)
        ? this.g.op("Flatten", [this.image(value.flat)], { axis: 1 })
        : this.g.op("Reshape", [this.plain(value.flat), this.g.ints(0, -1)]);
    }
    const image = value.image ?? "";
    const rank = this.rank(value);
    if (this.isPoint(value)) {
      return this.g.op("Reshape", [image, this.g.ints(0, ...Array.from({ length: rank - 2 }, () => 1), -1)]);
    }
    return this.g.op("Transpose", [image], { perm: toPlain(rank) });
  }

  /** The value with its channels behind the batch. */
  image(value: Laid): string {
    const name = value.image ?? this.#image.get(value) ?? this.makeImage(value);
    this.#image.set(value, name);
    return name;
  }

  private makeImage(value: Laid): string {
    const shape = this.shape(value);
    if (shape.length < 3) throw new ModelFormatError(`expected an image, got ${formatShape(shape)}`);
    if (value.constant) {
      return this.parameter(value.name ?? "constant", transposed(value.constant, toImage(shape.length)));
    }
    const sides = shape.slice(1, -1);
    if (sides.every((size) => size === 1)) {
      return this.g.op("Reshape", [this.plain(value), this.g.ints(0, -1, ...sides.map(() => 1))]);
    }
    return this.g.op("Transpose", [this.plain(value)], { perm: toImage(shape.length) });
  }

  /** What is put out, images as N×C×H×W unless the layout is said. */
  output(wanted: string, value: Laid, layout = this.rank(value) < 4 ? "plain" : "image"): void {
    this.g.output(this.free(wanted), layout === "image" ? this.image(value) : this.plain(value));
  }
}

/** Operators that only change how values lie. */
const ARRANGING = new Set(["Transpose", "Reshape", "Flatten"]);

/**
 * Nodes called as the layers of the file: the first one of a layer that computes something has the layer's name, "conv1", others their operator behind it,
 * "conv1/Relu".
 */
function calledAsLayers(nodes: readonly Node[]): Node[] {
  const taken = new Set<string>();
  const layers = new Set<string>();
  return nodes.map((node) => {
    const layer = node.name.slice(0, Math.max(0, node.name.lastIndexOf("/")));
    const isFirst = layer !== "" && !layers.has(layer) && !ARRANGING.has(node.operator);
    if (isFirst) layers.add(layer);
    const wanted = isFirst ? layer : `${layer === "" ? "" : `${layer}/`}${node.operator}`;
    // Numbers of nodes are their own, so that one is enough.
    const name = taken.has(wanted) ? `${wanted}.${node.name.slice(node.name.lastIndexOf(".") + 1)}` : wanted;
    taken.add(name);
    return { ...node, name };
  });
}

const sameShape = (a: readonly Dimension[], b: readonly Dimension[]): boolean =>
  a.length === b.length && a.every((size, axis) => size === b[axis]);
