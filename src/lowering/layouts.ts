/**
 * The layouts of an image batch in a lowered graph.
 *
 * `batch-first` is N×C×H×W, ONNX's own. `batch-last` is C×H×W×N: the images of a batch lie side by side at each pixel, so that a
 * convolution of the whole batch is *one* matrix product, and every move of data is a copy of long runs. `blocked` is that of the runtime's own
 * convolutions (blocked/blocks.ts), where it has them.
 */

import type { GraphBuilder } from "../graph/builder.js";
import { formatShape, isStatic } from "../graph/dimension.js";
import { ShapeError } from "../graph/shape-error.js";
import { tensor } from "../graph/tensor.js";
import type { DataType, Tensor } from "../graph/types.js";
import { Blocks } from "./blocked/blocks.js";

export type Layout = "batch-first" | "batch-last";

/** How a value of the lowered graph lies in memory. */
export type Form = Layout | "blocked";

/** From N×C×H×W to C×H×W×N. */
const TO_BATCH_LAST = [1, 2, 3, 0] as const;
/** From C×H×W×N to N×C×H×W. */
const TO_BATCH_FIRST = [3, 0, 1, 2] as const;

/** The place in the batch-last layout of an axis of the batch-first layout. */
export const batchLastAxis = (axis: number): number => TO_BATCH_LAST.indexOf(((axis + 4) % 4) as 0 | 1 | 2 | 3);

/** The forms in which the values of the original graph are at hand in the lowered one; other forms are made when asked for, once. */
export class Layouts {
  readonly #forms = new Map<string, Map<Form, string>>();
  readonly blocks: Blocks;

  /** @param block channels in a block of the blocked layout, 1 where there is none */
  constructor(
    readonly g: GraphBuilder,
    block = 1,
  ) {
    this.blocks = new Blocks(g, block);
  }

  /** Says that a value of the original graph is there, in a layout. */
  set(value: string, layout: Form, form: string): void {
    const forms = this.#forms.get(value) ?? new Map<Form, string>();
    this.#forms.set(value, forms.set(layout, form));
  }

  /** Whether a value is at hand in a layout. */
  has(value: string, layout: Form): boolean {
    return this.#forms.get(value)?.has(layout) ?? false;
  }

  /** Whether a value has a batch-last form: one of four axes, or fewer where those broadcast, and of known sizes. */
  hasBatchLastForm(value: string): boolean {
    if (this.has(value, "batch-last") || this.has(value, "blocked")) return true;
    const { shape } = this.g.type(this.get(value, "batch-first"));
    return shape !== undefined && shape.length <= 4 && isStatic(shape);
  }

  /** The value in a layout. */
  get(value: string, layout: Form): string {
    const forms = this.#forms.get(value);
    if (!forms) throw new ShapeError(`The lowered graph has no value '${value}' yet.`);
    const known = forms.get(layout);
    if (known !== undefined) return known;
    const made = this.#made(forms, layout);
    forms.set(layout, made);
    return made;
  }

  #made(forms: ReadonlyMap<Form, string>, layout: Form): string {
    const [first, last, blocked] = [forms.get("batch-first"), forms.get("batch-last"), forms.get("blocked")];
    if (layout === "batch-last") {
      if (blocked !== undefined) return this.blocks.toBatchLast(blocked);
      if (first !== undefined) return this.#toBatchLast(first);
    } else if (layout === "batch-first") {
      if (last !== undefined) return this.#toBatchFirst(last);
      if (blocked !== undefined) return this.blocks.toBatchFirst(blocked);
    } else {
      if (last !== undefined) return this.blocks.fromBatchLast(last);
      if (first !== undefined) return this.blocks.fromBatchFirst(first);
    }
    throw new ShapeError(`A value has no form that could be ${layout}.`);
  }

  /** The shape N×C×H×W of a value, or as many axes as it has; undefined where that is not fixed. */
  shapeOf(value: string): readonly number[] | undefined {
    if (this.has(value, "blocked")) {
      const form = this.get(value, "blocked");
      const { batch, height, width } = this.blocks.extent(form);
      return [batch, this.blocks.own(form), height, width];
    }
    if (this.has(value, "batch-first")) {
      const { shape } = this.g.type(this.get(value, "batch-first"));
      return shape && isStatic(shape) ? shape : undefined;
    }
    const [channels, height, width, batch] = this.g.shape(this.get(value, "batch-last"));
    return [batch, channels, height, width];
  }

  #toBatchFirst(form: string): string {
    const [channels, height, width, batch] = this.g.shape(form);
    // One pixel: the transpose of a matrix, which the runtime does faster than a permutation of four axes.
    if (height * width === 1) return this.#transposed(form, [channels, batch], [batch, channels, 1, 1]);
    return this.g.op("Transpose", [form], { perm: TO_BATCH_FIRST });
  }

  #toBatchLast(form: string): string {
    const shape = this.g.shape(form);
    if (shape.length === 0) return form;
    const full = [...Array<number>(4 - shape.length).fill(1), ...shape];
    const [batch, channels, height, width] = full;
    const constant = this.g.constantValue(form);
    if (constant) return this.g.constant(permuteConstant(constant, full));
    const moved = [channels, height, width, batch];
    if (batch === 1 || channels * height * width === 1) return this.g.op("Reshape", [form, this.g.ints(...moved)]);
    return this.#transposed(form, [batch, channels * height * width], moved);
  }

  #transposed(form: string, matrix: readonly number[], shape: readonly number[]): string {
    const flat = this.g.op("Reshape", [form, this.g.ints(...matrix)]);
    return this.g.op("Reshape", [this.g.op("Transpose", [flat], { perm: [1, 0] }), this.g.ints(...shape)]);
  }

  /** What the elements of a value are. */
  typeOf(value: string): DataType | undefined {
    const [form] = this.#forms.get(value)?.values() ?? [];
    return form === undefined ? undefined : this.g.type(this.blocks.parts(form)[0]).type;
  }

  /** The shapes of values of the original graph, for a message. */
  shapesText(values: readonly string[]): string {
    const shapeOf = (value: string): string => formatShape(this.#forms.has(value) ? this.shapeOf(value) : undefined);
    return values.map(shapeOf).join(", ") || "nothing";
  }
}

/** A constant of shape N×C×H×W in the batch-last layout. */
function permuteConstant(value: Tensor, shape: readonly number[]): Tensor {
  const [batch, ...rest] = shape;
  const pixels = rest.reduce((a, b) => a * b, 1);
  const data = value.data.slice();
  for (let n = 0; n < batch; n++) {
    for (let p = 0; p < pixels; p++) data[p * batch + n] = value.data[n * pixels + p];
  }
  return tensor(value.type, [...rest, batch], data);
}
