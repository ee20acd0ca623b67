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

/** The operators through which shapes are computed, on tensors with at most one axis. */
export const EVALUATIONS: Readonly<Record<string, Evaluation>> = {
  Add: pairwise(plus),
  Cast: (c) => c.sizes(0).map((d) => (typeof d === "number" ? Math.trunc(d) : d)),
  Concat: (c) => c.node.inputs.flatMap((_, i) => c.sizes(i)),
  Div: pairwise(divided),
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
};
