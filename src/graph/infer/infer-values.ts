/**
 * The numbers in small integer tensors that a graph computes from shapes: other tools write a reshape to N×(C·H·W) as a
 * chain Shape, Gather, Mul, Concat. Such numbers may be formulas, as sizes are.
 */

import { intOf, intsOf } from "../attributes.js";
import { floorDivide, plus, product, times } from "../dimension.js";
import type { Dimension } from "../types.js";
import { type InferenceContext, Unknown } from "./infer-rule.js";

/** The elements of a node's first output, in order. @throws Unknown where they are not known */
export type Evaluation = (c: InferenceContext) => readonly Dimension[];

/** What an operator computes from the elements of two tensors, of which one may be a single number. */
const pairwise =
  (compute: (a: Dimension, b: Dimension) => Dimension): Evaluation =>
  (c) => {
    const [a, b] = [c.sizes(0), c.sizes(1)];
    if (a.length !== b.length && a.length !== 1 && b.length !== 1) throw new Unknown();
    const length = a.length === 1 ? b.length : a.length;
    return Array.from({ length }, (_, i) => compute(a[a.length === 1 ? 0 : i], b[b.length === 1 ? 0 : i]));
  };

/** ONNX divides integers towards zero; sizes are not negative, so that is ⌊a / b⌋. */
function divided(a: Dimension, b: Dimension): Dimension {
  if (typeof b !== "number" || b <= 0 || (typeof a === "number" && a < 0)) throw new Unknown();
  return floorDivide(a, b);
}

const unchanged: Evaluation = (c) => c.sizes(0);

const gathered: Evaluation = (c) => {
  const from = c.sizes(0);
  return c.constant(1).map((index) => from[index < 0 ? index + from.length : index]);
};

const sliced: Evaluation = (c) => {
  const from = c.sizes(0);
  const [start, end] = [
    c.has(1) ? c.constant(1) : intsOf(c.node, "starts"),
    c.has(2) ? c.constant(2) : intsOf(c.node, "ends"),
  ];
  if (start?.length !== 1 || end?.length !== 1 || (c.has(4) && c.constant(4)[0] !== 1)) throw new Unknown();
  return from.slice(start[0], end[0]);
};

/** As many of one number as a shape has elements, of at most one axis. */
const filled: Evaluation = (c) => {
  const { value } = c.node.attributes;
  const length = product(c.sizes(0));
  if (value?.type !== "tensor" || typeof length !== "number" || length > LONGEST) throw new Unknown();
  return Array<number>(length).fill(Number(value.value.data[0]));
};

/** Lists of sizes are no longer. */
const LONGEST = 64;

/** 1 where two sizes are equal, 0 where they are not: a size that is named is not negative. */
const equal = (a: Dimension, b: Dimension): number => {
  if (a === b) return 1;
  const [named, number] = typeof a === "string" ? [a, b] : [b, a];
  const differ = typeof named === "number" || (typeof number === "number" && number < 0 && !named.includes("-"));
  if (!differ) throw new Unknown();
  return 0;
};

const chosen: Evaluation = (c) => {
  const [conditions, a, b] = [c.sizes(0), c.sizes(1), c.sizes(2)];
  const at = (list: readonly Dimension[], i: number): Dimension => list[list.length === 1 ? 0 : i];
  const length = Math.max(conditions.length, a.length, b.length);
  if ([conditions, a, b].some((list) => list.length !== 1 && list.length !== length)) throw new Unknown();
  return Array.from({ length }, (_, i) => at(at(conditions, i) === 0 ? b : a, i));
};

/** The operators through which shapes are computed, on tensors with at most one axis. */
export const EVALUATIONS: Readonly<Record<string, Evaluation>> = {
  Add: pairwise(plus),
  Cast: (c) => c.sizes(0).map((d) => (typeof d === "number" ? Math.trunc(d) : d)),
  ConstantOfShape: filled,
  Concat: (c) => c.node.inputs.flatMap((_, i) => c.sizes(i)),
  Div: pairwise(divided),
  Equal: pairwise(equal),
  Gather: gathered,
  Identity: unchanged,
  Mul: pairwise(times),
  ReduceProd: (c) => [product(c.sizes(0))],
  Reshape: unchanged,
  Shape: (c) => c.shape(0).slice(intOf(c.node, "start", 0), intOf(c.node, "end", c.shape(0).length)),
  Size: (c) => [product(c.shape(0))],
  Slice: sliced,
  Squeeze: unchanged,
  Sub: pairwise((a, b) => plus(a, times(b, -1))),
  Unsqueeze: unchanged,
  Where: chosen,
};
