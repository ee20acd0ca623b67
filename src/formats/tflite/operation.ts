/** One operator of a TFLite file, with the graph that it is written into. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { formatShape } from "../../graph/dimension.js";
import type { Dimension, Tensor } from "../../graph/types.js";
import { activations, clip, map } from "../channels-last/operations.js";
import { BATCH, BatchMoved, type Laid, type LaidGraph } from "../channels-last/values.js";
import { floatsOf, integersOf, type TfliteModel, type TfliteOperator, type TfliteTensor } from "./schema.js";

/** A graph being made of a model. */
export class Building {
  readonly #values = new Map<number, Laid>();
  /** tensors that hold sizes, computed from other sizes: what they lead to is declared in the file */
  readonly #sizes = new Set<number>();

  constructor(
    readonly graph: LaidGraph,
    readonly model: TfliteModel,
    /** the batch's size in the file, where the graph leaves it free */
    readonly batch: number | undefined,
  ) {}

  tensor(index: number): TfliteTensor {
    const tensor = this.model.tensors[index];
    if (!tensor) throw new ModelFormatError("expected a tensor, got one that is left out");
    return tensor;
  }

  value(index: number): Laid {
    const known = this.#values.get(index);
    if (known) return known;
    const tensor = this.tensor(index);
    if (this.#sizes.has(index) || !tensor.bytes) {
      throw new ModelFormatError(`expected '${tensor.name}' to be computed before it is read, or a constant`);
    }
    const value = this.graph.constant(floatsOf(tensor, this.graph.budget), tensor.name);
    this.#values.set(index, value);
    return value;
  }

  set(index: number, value: Laid): void {
    this.#values.set(index, value);
  }

  /** Whether a tensor holds sizes, or constant whole numbers. */
  isSizes(index: number): boolean {
    return index < 0 || this.#sizes.has(index) || this.tensor(index).bytes !== undefined;
  }

  setSizes(index: number): void {
    this.#sizes.add(index);
  }
}

/** An operator, by what its rule asks for. */
export class Operation {
  constructor(
    readonly building: Building,
    readonly node: TfliteOperator,
  ) {}

  get graph(): LaidGraph {
    return this.building.graph;
  }

  has(input: number): boolean {
    return (this.node.inputs[input] ?? -1) >= 0;
  }

  tensor(input: number): TfliteTensor {
    return this.building.tensor(this.node.inputs[input] ?? -1);
  }

  laid(input: number): Laid {
    return this.building.value(this.node.inputs[input] ?? -1);
  }

  get all(): Laid[] {
    return this.node.inputs.map((_, input) => this.laid(input));
  }

  /** The numbers of an input that must be constant. */
  constant(input: number): Tensor<"float32"> {
    const { constant } = this.laid(input);
    if (!constant) {
      throw new ModelFormatError(`expected '${this.tensor(input).name}' to be constant, got one that is computed`);
    }
    return constant;
  }

  integers(input: number): number[] {
    return integersOf(this.tensor(input));
  }

  output(index = 0): TfliteTensor {
    return this.building.tensor(this.node.outputs[index] ?? -1);
  }

  /**
   * The sizes that the file declares for an output.
   *
   * @throws BatchMoved where the batch is free and would not be the first of them
   */
  shape(index = 0): readonly Dimension[] {
    const { batch, graph } = this.building;
    const { shape, name } = this.output(index);
    const isBatched = this.node.inputs.some((_, i) => this.has(i) && this.isBatched(i));
    const [first, ...rest] = shape;
    if (rest.some((size) => size < 0)) {
      throw new ModelFormatError(`expected known sizes, got ${formatShape(shape)} for '${name}'`);
    }
    if (!isBatched) return shape;
    if (batch !== undefined && (first === batch || first === -1)) return [BATCH, ...rest];
    throw new BatchMoved(`expected the batch to stay the first axis, got ${formatShape(shape)} in '${graph.g.name}'`);
  }

  private isBatched(input: number): boolean {
    return !this.building.isSizes(this.node.inputs[input]) && this.graph.isBatched(this.laid(input));
  }

  int8(field: number): number {
    return this.node.options?.int8(field) ?? 0;
  }

  bool(field: number): boolean {
    return this.int8(field) !== 0;
  }

  int32(field: number, otherwise = 0): number {
    return this.node.options?.int32(field, otherwise) ?? otherwise;
  }

  float(field: number, otherwise = 0): number {
    return this.node.options?.float(field, otherwise) ?? otherwise;
  }

  /** Strides and the like: a whole number of 1 or more. */
  count(field: number, otherwise?: number): number {
    const value = this.int32(field, otherwise);
    if (value < 1) throw new ModelFormatError(`expected strides, windows and dilations of 1 or more, got ${value}`);
    return value;
  }

  /** "SAME" is 0, "VALID" 1. */
  padding(field: number): "same" | "valid" {
    return this.int8(field) === 0 ? "same" : "valid";
  }
}

/** The lowest and the highest of the whole numbers of a type. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = { uint8: [0, 255], int8: [-128, 127] };

/**
 * What an operator computes, with the activation that is part of it. Where it has none, the range of a quantised result may stand for one: converters leave
 * out what numbers from 0 on, or from 0 to 6, do anyway.
 */
export function activated(op: Operation, x: Laid, field: number): Laid {
  const { graph } = op;
  const code = op.int8(field);
  if (code === 1) return activations.relu(graph, x);
  if (code === 2) return clip(graph, x, -1, 1);
  if (code === 3) return activations.relu6(graph, x);
  if (code === 4) return activations.tanh(graph, x);
  if (code !== 0) throw new ModelFormatError(`expected one of the activations 0 to 4, got number ${code}`);
  const { quantization, type } = op.output();
  const range = RANGES[type];
  if (!quantization || !range || (quantization.zero[0] ?? 0) !== range[0]) return x;
  const top = quantization.scale[0] * (range[1] - range[0]);
  return Math.abs(top - 6) < 0.01 ? activations.relu6(graph, x) : map(graph, "Relu", x);
}
