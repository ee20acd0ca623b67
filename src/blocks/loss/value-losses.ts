/** Losses of values: each number has one that it should be. */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { list, number } from "../../values/kind.js";
import { defaulted, optional, type RecordOf } from "../../values/record.js";
import type { LayerFrom, OptionsFrom } from "../block.js";
import type { LossOptions } from "./attribute-losses.js";
import { labelSmoothing } from "./class-losses.js";
import { declareLoss, LOSS_FIELDS, usualStatistics } from "./declare-loss.js";

/** The kind of {@link l1Loss}. */
export const l1Kind = declareLoss("l1", "values", LOSS_FIELDS, {
  build: (g, _, x, goal) => g.op("Abs", [g.op("Sub", [x, goal])]),
});

/**
 * The absolute difference to the target t: ℓ = Σ |x − t|. Backward: dx = dy·sign(x − t).
 *
 * @throws RangeError when an option is out of range
 * @example
 * l1Loss({ target: "heights" });
 */
export const l1Loss = (options: LossOptions = {}): LayerFrom<typeof l1Kind> => l1Kind.make(options);

/** The kind of {@link l2Loss}. */
export const l2Kind = declareLoss("l2", "values", LOSS_FIELDS, {
  build(g, _, x, goal) {
    const distance = g.op("Sub", [x, goal]);
    return g.op("Mul", [g.op("Mul", [distance, distance]), g.scalar(0.5)]);
  },
});

/**
 * Half the squared difference to the target t: ℓ = ½ Σ (x − t)². Backward: dx = dy·(x − t).
 *
 * @throws RangeError when an option is out of range
 * @example
 * l2Loss({ target: "heights" });
 */
export const l2Loss = (options: LossOptions = {}): LayerFrom<typeof l2Kind> => l2Kind.make(options);

/** The kind of {@link huberLoss}. */
export const huberKind = declareLoss(
  "huber",
  "values",
  { ...LOSS_FIELDS, delta: defaulted(number({ above: 0 }), 1) },
  {
    build(g, { delta }, x, goal) {
      // q·(d − ½q) with q = d, at most δ either way. Its slope is (d − q) + q, which is exactly d inside: no part of it is rounded to units of δ.
      const distance = g.op("Sub", [x, goal]);
      const near = g.op("Clip", [distance, g.scalar(-delta), g.scalar(delta)]);
      return g.op("Mul", [near, g.op("Sub", [distance, g.op("Mul", [near, g.scalar(0.5)])])]);
    },
  },
);

/**
 * Huber's loss (1964): with d = x − t, ½d² where |d| ≤ δ, else δ·(|d| − ½δ). Backward: dx = dy·d, at most δ either way.
 *
 * @param delta where the parabola goes over into a line; 1, as in Fast R-CNN's smooth L1
 * @throws RangeError when an option is out of range
 * @example
 * huberLoss(0.5, { target: "boxes" });
 */
export const huberLoss = (delta?: number, options: LossOptions = {}): LayerFrom<typeof huberKind> =>
  huberKind.make({ ...options, delta });

/** The fields of {@link softmaxCrossEntropyLoss}. */
const SHARES = {
  ...LOSS_FIELDS,
  /** a factor for each class; 1 for all */
  classWeights: optional(list(number({ least: 0 }))),
  labelSmoothing: labelSmoothing(),
};

/** The kind of {@link softmaxCrossEntropyLoss}. Shares of classes are no distances: beside it nothing is measured. */
export const softmaxCrossEntropyKind = declareLoss("softmaxCrossEntropy", "values", SHARES, {
  statistics: (layer) => (layer.target === "labels" ? usualStatistics("values", layer, 0) : []),
  build: (g, layer, x, goal) =>
    g.op("Neg", [g.op("Mul", [smoothShares(g, layer, goal), g.op("LogSoftmax", [x], { axis: 1 })])]),
});

/**
 * The cross-entropy of a softmax and the shares t of the classes: ℓ = −Σ_q t[q]·ln softmax(x)[q]. Backward: dx = dy·(softmax(x)·Σ_q t[q] − t).
 * With a share of 1 for one class it is {@link softmaxLogLoss}; other shares are those of mixed images. With label smoothing ε the shares
 * are (1 − ε)·t + ε/C·Σ_q t[q]; with class weights w they are then multiplied by those, as in PyTorch's `cross_entropy`.
 *
 * @throws RangeError when an option is out of range
 * @example
 * softmaxCrossEntropyLoss({ target: "shares" });
 */
export const softmaxCrossEntropyLoss = (
  options: OptionsFrom<typeof softmaxCrossEntropyKind> = {},
): LayerFrom<typeof softmaxCrossEntropyKind> => softmaxCrossEntropyKind.make(options);

/** The shares of the classes, smoothed and weighed as a loss says. */
function smoothShares(
  g: GraphBuilder,
  { classWeights, labelSmoothing: smoothing }: RecordOf<typeof SHARES>,
  target: string,
): string {
  const classes = g.shape(target)[1];
  const weighed = (shares: string): string =>
    classWeights ? g.op("Mul", [shares, g.constant(float32(classWeights, [1, classes, 1, 1]))]) : shares;
  if (smoothing === 0) return weighed(target);
  const all = g.op("ReduceSum", [target, g.ints(1)], { keepdims: 1 });
  const even = g.op("Mul", [all, g.scalar(smoothing / classes)]);
  return weighed(g.op("Add", [g.op("Mul", [target, g.scalar(1 - smoothing)]), even]));
}
