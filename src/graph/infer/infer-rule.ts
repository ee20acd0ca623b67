/** What the rules of shape inference share. */

import { intsOf } from "../attributes.js";
import { formatShape, larger } from "../dimension.js";
import { ShapeError } from "../shape-error.js";
import type { Dimension, Node, ValueType } from "../types.js";

export { ShapeError } from "../shape-error.js";

/** What a rule may look at. */
export interface InferenceContext {
  readonly node: Node;
  /** The type of input i. @throws Unknown when the node has no such input, or its type is not known */
  type(i: number): ValueType;
  /** The shape of input i. @throws Unknown when it is not known */
  shape(i: number): readonly Dimension[];
  /** The numbers in input i. @throws Unknown when they depend on data */
  constant(i: number): readonly number[];
  /** The same, where some may be formulas. @throws Unknown when they are not known */
  sizes(i: number): readonly Dimension[];
  /** Whether input i is there. */
  has(i: number): boolean;
}

/**
 * The types of a node's outputs.
 *
 * @throws Unknown when a shape depends on something that is not known
 * @throws ShapeError when the inputs do not fit
 */
export type Rule = (context: InferenceContext) => ValueType[];

export type Rules = Readonly<Record<string, Rule>>;

/** Raised inside a rule when a shape depends on something that is not known; the output's shape is then unknown. */
export class Unknown extends Error {}

/**
 * ONNX's multidirectional broadcasting of several shapes.
 *
 * @throws ShapeError when two sizes neither match nor are 1
 */
export function broadcast(...shapes: readonly (readonly Dimension[])[]): Dimension[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size: Dimension = 1;
    for (const shape of shapes) {
      const d = shape[axis - rank + shape.length] ?? 1;
      if (d === 1 || d === size) continue;
      if (size === 1) size = d;
      else if (typeof d === "number" && typeof size === "number") {
        throw new ShapeError(`shapes ${shapes.map(formatShape).join(" and ")} cannot be broadcast together`);
      } else if (typeof d === "number") size = d;
      else if (typeof size === "string") size = larger(size, d);
    }
    return size;
  });
}

/** An axis counted from the front. @throws ShapeError when there is none of that number */
export function axisOf(axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted >= rank) throw new ShapeError(`there is no axis ${axis} in ${rank} dimension(s)`);
  return counted;
}

/** Integers that later versions of an operator read from an input and earlier ones from an attribute. */
export function integersOf(c: InferenceContext, input: number, attribute: string): readonly number[] | undefined {
  return c.has(input) ? c.constant(input) : intsOf(c.node, attribute);
}

/** The size that two values share. @throws ShapeError when they cannot */
export function agreed(a: Dimension, b: Dimension, what: () => string): Dimension {
  if (typeof a === "number" && typeof b === "number" && a !== b) throw new ShapeError(what());
  return typeof a === "number" ? a : b;
}

/** The output has the type and shape of the first input. */
export const same: Rule = (c) => [c.type(0)];
