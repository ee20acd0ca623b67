/** How often scores are wrong: what losses measure beside themselves. */

import type { GraphBuilder } from "../../graph/builder.js";
import { type Labels, type LabelWeights, labelsAsNumbers, type SpreadLabels } from "./truth.js";

/** The sum over the pixels and channels of each image, N×1×1×1. */
export const sumOverImage = (g: GraphBuilder, value: string): string =>
  g.op("ReduceSum", [value, g.ints(1, 2, 3)], { keepdims: 1 });

/**
 * 1 at each pixel where the label's rank is k or more. The rank is the number of classes with a higher score, or an equal one and a
 * lower number.
 */
export function rankedBelow(g: GraphBuilder, x: string, { label, onehot, numbers }: Labels, k: number): string {
  const number = (truth: string): string => g.op("Cast", [truth], { to: 1 });
  const own = g.op("ReduceSum", [g.op("Mul", [x, onehot]), g.ints(1)], { keepdims: 1 });
  const above = number(g.op("Greater", [x, own]));
  // a product of numbers, as WebGPU leaves it to the processor to transpose what is true or false
  const tied = g.op("Mul", [number(g.op("Equal", [x, own])), number(g.op("Less", [numbers, label]))]);
  const rank = g.op("ReduceSum", [g.op("Add", [above, tied]), g.ints(1)], { keepdims: 1 });
  return number(g.op("GreaterOrEqual", [rank, g.scalar(k)]));
}

/** The share of what counts that is wrong, N×1×1×1; 0 where nothing counts. */
export function shareOf(g: GraphBuilder, wrong: string, counted: string): string {
  const shape = g.shape(wrong);
  const pixels = g.shape(counted).join() === shape.join() ? counted : g.op("Expand", [counted, g.ints(...shape)]);
  const all = g.op("Max", [sumOverImage(g, pixels), g.scalar(1)]);
  return g.op("Div", [sumOverImage(g, g.op("Mul", [wrong, counted])), all]);
}

/** The share of the pixels that count whose label is not among the k best scores; each counts alike, whatever the weight of its class. */
export function topError(
  g: GraphBuilder,
  { ignoredLabel }: LabelWeights,
  x: string,
  target: string,
  k: number,
): string {
  const classes = g.shape(x)[1];
  const labels = labelsAsNumbers(g, ignoredLabel === undefined ? {} : { ignoredLabel }, target, classes);
  return shareOf(g, rankedBelow(g, x, labels, Math.min(k, classes)), labels.mass);
}

/** 1 where a number is not on the side of a threshold that its attribute, ±1, says. */
export function onWrongSide(g: GraphBuilder, x: string, threshold: number, attribute: string): string {
  const side = g.op("Sign", [g.op("Sub", [x, g.scalar(threshold)])]);
  const wrong = g.op("Cast", [g.op("Not", [g.op("Equal", [side, attribute])])], { to: 1 });
  return g.op("Mul", [wrong, g.op("Abs", [attribute])]);
}

/** 1 where a number is ½ or more away from what it should be. */
export function farAway(g: GraphBuilder, x: string, { goal }: SpreadLabels): string {
  const distance = g.op("Abs", [g.op("Sub", [x, goal])]);
  return g.op("Cast", [g.op("GreaterOrEqual", [distance, g.scalar(0.5)])], { to: 1 });
}
