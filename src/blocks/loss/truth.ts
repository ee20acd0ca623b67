/** What a loss compares scores with, as values of a graph. */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";

/** A label of each pixel as numbers that a graph computes with. */
export interface Labels {
  /** N×1×h×w float32, h and w those of the scores or 1 */
  readonly label: string;
  /** N×C×h×w: 1 at the label's channel, 0 elsewhere, and everywhere at a label that does not count */
  readonly onehot: string;
  /** the same as truth values, to choose by: a product with 0 makes no number of what is infinite */
  readonly chosen: string;
  /** N×1×h×w: 1, or the class's weight, or 0 where the label does not count */
  readonly mass: string;
  /** 0 … C − 1 along the channels */
  readonly numbers: string;
}

/** What a label counts for. */
export interface LabelWeights {
  /** a factor for the pixels of each class; 1 */
  readonly classWeights?: readonly number[];
  /** a label that does not count, beside all negative ones */
  readonly ignoredLabel?: number;
}

/** int64 labels N or N×1×H×W as numbers. */
export function labelsAsNumbers(
  g: GraphBuilder,
  { classWeights, ignoredLabel }: LabelWeights,
  target: string,
  classes: number,
): Labels {
  const [batch, , height = 1, width = 1] = g.shape(target);
  const label = g.op("Reshape", [g.op("Cast", [target], { to: 1 }), g.ints(batch, 1, height, width)]);
  const list = Array.from({ length: classes }, (_, i) => i);
  const numbers = g.constant(float32(list, [1, classes, 1, 1]));
  const equal = g.op("Equal", [label, numbers]);
  const counts = (ignored: number): string => g.op("Not", [g.op("Equal", [label, g.scalar(ignored)])]);
  const counted = ignoredLabel === undefined ? equal : g.op("And", [equal, counts(ignoredLabel)]);
  const onehot = g.op("Cast", [counted], { to: 1 });
  const weighed = classWeights ? g.op("Mul", [onehot, g.constant(float32(classWeights, [1, classes, 1, 1]))]) : onehot;
  return { label, onehot, chosen: counted, mass: g.op("ReduceSum", [weighed, g.ints(1)], { keepdims: 1 }), numbers };
}

/** Labels in the place of what has the scores' shape. */
export interface SpreadLabels {
  /** N×C×H×W */
  readonly goal: string;
  /** 1, or 0 where the label does not count */
  readonly counted: string;
}

/** Labels as attributes of the scores' shape: +1 at the label's channel, −1 elsewhere; of one channel, label 1 is +1 and label 0 is −1. */
export function labelsAsAttributes(g: GraphBuilder, x: string, target: string): SpreadLabels {
  const classes = g.shape(x)[1];
  const { onehot, mass } = labelsAsNumbers(g, {}, target, Math.max(classes, 2));
  // −1 + 2 at the label; 0, which does not count, where the label does not.
  const signs = g.op("Sub", [g.op("Mul", [onehot, g.scalar(2)]), mass]);
  return { goal: classes > 1 ? signs : g.op("Slice", [signs, g.ints(1), g.ints(2), g.ints(1)]), counted: mass };
}

/** Labels as values of the scores' shape: 1 at the label's channel, 0 elsewhere; of one channel, the label itself. */
export function labelsAsValues(g: GraphBuilder, x: string, target: string): SpreadLabels {
  const classes = g.shape(x)[1];
  const { label, onehot, mass } = labelsAsNumbers(g, {}, target, Math.max(classes, 2));
  if (classes > 1) return { goal: onehot, counted: mass };
  return { goal: label, counted: g.op("Cast", [g.op("GreaterOrEqual", [label, g.scalar(0)])], { to: 1 }) };
}

/**
 * x + 10⁻¹² where x is below that: the slope of its logarithm is limited there, as in PyTorch's `binary_cross_entropy`, and not cut off. What is
 * below 0, and so no probability, counts as 0.
 */
export function floorProbabilities(g: GraphBuilder, x: string): string {
  const least = g.scalar(1e-12);
  const added = g.op("Mul", [g.op("Cast", [g.op("Less", [x, least])], { to: 1 }), least]);
  return g.op("Add", [g.op("Max", [x, g.scalar(0)]), added]);
}
