/** Rules of the reductions: of each row along some axes, one number. In the formulas, x is an element of a row, and Σ is over all of it. */

import { intOf, intsOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { codeOf } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import { constants, type Rule } from "../rule.js";

/** What the gradient of a reduction is written from. */
interface Reduced {
  readonly g: GraphBuilder;
  /** the derivative to the result, with the reduced axes of size 1 */
  readonly dy: string;
  readonly x: string;
  readonly shape: readonly number[];
  /** the axes that are reduced, 0 … rank − 1 */
  readonly axes: readonly number[];
  /** the result, with the reduced axes of size 1 */
  y(): string;
  /** another reduction over the same axes, which are left with size 1 */
  over(operator: string, value: string): string;
}

/** A rule for a reduction; one over no axes (`noop_with_empty_axes`) leaves everything as it is. */
const reduction =
  (gradient: (reduced: Reduced) => string): Rule =>
  ({ g, node, dy }) => {
    const x = node.inputs[0];
    const shape = g.shape(x);
    const given = reducedAxes(g, node, shape.length);
    if (given.length === 0 && intOf(node, "noop_with_empty_axes", 0) === 1) return [dy];
    const axes = given.length === 0 ? shape.map((_, axis) => axis) : given;
    const ones = g.ints(...shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
    const kept = (value: string): string => (intOf(node, "keepdims", 1) === 1 ? value : g.op("Reshape", [value, ones]));
    const over = (operator: string, value: string): string => g.op(operator, [value, g.ints(...axes)], { keepdims: 1 });
    return [gradient({ g, dy: kept(dy), x, shape, axes, y: () => kept(node.outputs[0]), over })];
  };

function reducedAxes(g: GraphBuilder, node: Node, rank: number): number[] {
  const axes = node.inputs[1] ? constants(g, node, 1) : [...(intsOf(node, "axes") ?? [])];
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

const asFloat = (g: GraphBuilder, value: string): string => g.op("Cast", [value], { to: codeOf("float32") });

/** a/b, and 0 where b is 0 */
function ratio(g: GraphBuilder, a: string, b: string): string {
  const none = g.op("Equal", [b, g.scalar(0)]);
  return g.op("Where", [none, g.scalar(0), g.op("Div", [a, g.op("Where", [none, g.scalar(1), b])])]);
}

/** y = Σ x: dx = dy everywhere */
export const reduceSum = reduction(({ g, dy, shape }) => g.op("Expand", [dy, g.ints(...shape)]));

/** y = Σ x / n: dx = dy / n everywhere */
export const reduceMean = reduction(({ g, dy, shape, axes }) => {
  const count = axes.reduce((n, axis) => n * shape[axis], 1);
  return g.op("Expand", [g.op("Div", [dy, g.scalar(count)]), g.ints(...shape)]);
});

/** y = max x, or min x: dy goes to the elements that are it, in equal parts */
export const reduceExtreme = reduction(({ g, dy, x, y, over }) => {
  const won = asFloat(g, g.op("Equal", [x, y()]));
  return g.op("Mul", [won, g.op("Div", [dy, over("ReduceSum", won)])]);
});

/** y = Σ x²: dx = 2x·dy */
export const reduceSumSquare = reduction(({ g, dy, x }) => g.op("Mul", [g.op("Mul", [x, g.scalar(2)]), dy]));

/** y = Σ |x|: dx = dy·sign x, 0 at 0 */
export const reduceL1 = reduction(({ g, dy, x }) => g.op("Mul", [g.op("Sign", [x]), dy]));

/** y = √Σ x²: dx = dy·x/y, 0 where all are 0 */
export const reduceL2 = reduction(({ g, dy, x, y }) => g.op("Mul", [x, ratio(g, dy, y())]));

/** y = ln Σ x: dx = dy/Σ x */
export const reduceLogSum = reduction(({ g, dy, x, shape, over }) =>
  g.op("Expand", [g.op("Div", [dy, over("ReduceSum", x)]), g.ints(...shape)]),
);

/** y = ln Σ eˣ: dx = dy·e^(x − y) */
export const reduceLogSumExp = reduction(({ g, dy, x, y }) => g.op("Mul", [dy, g.op("Exp", [g.op("Sub", [x, y()])])]));

/** y = Π x: dx = dy times the product of the others, which is not 0 only where no other is 0 */
export const reduceProd = reduction(({ g, dy, x, over }) => {
  const zero = g.op("Equal", [x, g.scalar(0)]);
  const rest = g.op("Where", [zero, g.scalar(1), x]);
  const isZero = asFloat(g, zero);
  const otherZeros = g.op("Sub", [over("ReduceSum", isZero), isZero]);
  const others = g.op("Div", [over("ReduceProd", rest), rest]);
  return g.op("Mul", [dy, g.op("Where", [g.op("Greater", [otherZeros, g.scalar(0.5)]), g.scalar(0), others])]);
});
