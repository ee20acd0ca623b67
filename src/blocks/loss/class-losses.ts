/** Losses of a class: each pixel of the scores has one label, 0 … C − 1. */

import type { GraphBuilder } from "../../graph/builder.js";
import { float32 } from "../../graph/tensor.js";
import { number, whole } from "../../values/kind.js";
import { defaulted } from "../../values/record.js";
import type { LayerFrom, OptionsFrom } from "../block.js";
import { declareLoss, errorFields, LABEL_FIELDS, LOSS_FIELDS } from "./declare-loss.js";
import { rankedBelow } from "./errors.js";
import { logProbabilities } from "./log-probabilities.js";
import { floorProbabilities, type Labels } from "./truth.js";

/** The share of each label that is spread over all classes; 0 */
export const labelSmoothing = () => defaulted(number({ least: 0, below: 1 }), 0);

/** The kind of {@link softmaxLogLoss}. */
export const softmaxLogKind = declareLoss(
  "softmaxLog",
  "classes",
  { ...LOSS_FIELDS, ...LABEL_FIELDS, labelSmoothing: labelSmoothing() },
  {
    weighs: true,
    build(g, { labelSmoothing: smoothing, classWeights }, x, labels) {
      const logs = g.op("LogSoftmax", [x], { axis: 1 });
      const own = g.op("Neg", [g.op("Mul", [ofLabel(g, logs, labels), labels.mass])]);
      if (smoothing === 0) return own;
      const classes = g.shape(x)[1];
      const shares = classWeights ?? new Array<number>(classes).fill(1);
      const even = g.constant(
        float32(
          shares.map((weight) => (-smoothing / classes) * weight),
          [1, classes, 1, 1],
        ),
      );
      const all = g.op("Mul", [overClasses(g, g.op("Mul", [logs, even])), overClasses(g, labels.onehot)]);
      return g.op("Add", [g.op("Mul", [own, g.scalar(1 - smoothing)]), all]);
    },
  },
);

/**
 * The softmax log-loss (cross-entropy) of the label's class: ℓ = m + ln Σ_q exp(x[q] − m) − x[label], m = max x.
 * Backward: dx = softmax(x) − onehot(label). With label smoothing ε the onehot vector is (1 − ε)·onehot + ε/C
 * (Szegedy et al. 2016), and each class's part of it counts as much as its weight, as in PyTorch's `cross_entropy`. Like every loss it is summed
 * over the pixels and averaged over the images of a batch; PyTorch divides by the sum of the weights that a batch happens to have.
 *
 * @throws RangeError when an option is out of range
 * @example
 * softmaxLogLoss({ labelSmoothing: 0.1 });
 */
export const softmaxLogLoss = (options: OptionsFrom<typeof softmaxLogKind> = {}): LayerFrom<typeof softmaxLogKind> =>
  softmaxLogKind.make(options);

/** The kind of {@link logLoss}. */
export const logKind = declareLoss(
  "log",
  "classes",
  { ...LOSS_FIELDS, ...LABEL_FIELDS },
  {
    build(g, _, x, labels) {
      const logs = logProbabilities(g, x);
      if (logs) return g.op("Neg", [ofLabel(g, logs.yes(), labels)]);
      // Inside the logarithm only the label's probability counts: the others are made 1, so that a 0 there does no harm.
      const own = g.op("Add", [ofLabel(g, x, labels), g.op("Sub", [g.scalar(1), overClasses(g, labels.onehot)])]);
      return g.op("Neg", [g.op("Log", [floorProbabilities(g, own)])]);
    },
  },
);

/** The options of a loss of classes. */
export type ClassLossOptions = OptionsFrom<typeof logKind>;

/**
 * The log-loss of probabilities: ℓ = −ln x[label]. Backward: dx = −dy / x[label] at the label, where 10⁻¹² is added to an x below that.
 * Where its input is the output of `softmax()` or `sigmoid()`, it is computed from the scores behind those, exactly for all of them, and the
 * derivative goes to the scores: after a softmax it is {@link softmaxLogLoss}.
 *
 * @throws RangeError when an option is out of range
 * @example
 * sequential("two steps", { channels: 3, height: 1, width: 1 }, [softmax(), logLoss()]);
 */
export const logLoss = (options: ClassLossOptions = {}): LayerFrom<typeof logKind> => logKind.make(options);

/** The kind of {@link multiclassHingeLoss}. */
export const multiclassHingeKind = declareLoss(
  "multiclassHinge",
  "classes",
  { ...LOSS_FIELDS, ...LABEL_FIELDS },
  { build: (g, _, x, labels) => g.op("Relu", [g.op("Sub", [g.scalar(1), ofLabel(g, x, labels)])]) },
);

/**
 * The multi-class hinge loss: ℓ = max(0, 1 − x[label]). Backward: dx = −dy at the label where x[label] < 1.
 *
 * @throws RangeError when an option is out of range
 * @example
 * multiclassHingeLoss();
 */
export const multiclassHingeLoss = (options: ClassLossOptions = {}): LayerFrom<typeof multiclassHingeKind> =>
  multiclassHingeKind.make(options);

/** The kind of {@link structuredHingeLoss}. */
export const structuredHingeKind = declareLoss(
  "structuredHinge",
  "classes",
  { ...LOSS_FIELDS, ...LABEL_FIELDS },
  {
    build(g, _, x, labels) {
      // The label's own score is put far below the others.
      const others = g.op("Where", [g.op("Greater", [labels.onehot, g.scalar(0.5)]), g.scalar(-3e38), x]);
      const best = g.op("ReduceMax", [others, g.ints(1)], { keepdims: 1 });
      return g.op("Relu", [g.op("Add", [g.op("Sub", [g.scalar(1), ofLabel(g, x, labels)]), best])]);
    },
  },
);

/**
 * The structured multi-class hinge loss (Crammer and Singer 2001): ℓ = max(0, 1 − x[label] + max_{q ≠ label} x[q]).
 * Backward, where it is positive: dx = −dy at the label, +dy at the largest of the others; shared where several are the largest.
 *
 * @throws RangeError when an option is out of range
 * @example
 * structuredHingeLoss();
 */
export const structuredHingeLoss = (options: ClassLossOptions = {}): LayerFrom<typeof structuredHingeKind> =>
  structuredHingeKind.make(options);

/** The kind of {@link classError}. */
export const classErrorKind = declareLoss(
  "classError",
  "classes",
  { ...errorFields("classError"), ...LABEL_FIELDS },
  { slope: false, build: (g, _, x, labels) => rankedBelow(g, x, labels, 1) },
);

/**
 * The classification error: 1 where a class other than the label's has the highest score (of equal ones, the first counts), else 0.
 * It is measured, and has no slope.
 *
 * @throws RangeError when an option is out of range
 * @example
 * classError({ inputs: ["scores"] });
 */
export const classError = (options: ClassLossOptions = {}): LayerFrom<typeof classErrorKind> =>
  classErrorKind.make(options);

/** The kind of {@link topKError}. */
export const topKErrorKind = declareLoss(
  "topKError",
  "classes",
  { ...errorFields("topKError"), ...LABEL_FIELDS, topK: defaulted(whole(1), 5) },
  { slope: false, build: (g, { topK }, x, labels) => rankedBelow(g, x, labels, Math.min(topK, g.shape(x)[1])) },
);

/**
 * The top-k error: 1 where the label's class is not among the k with the highest scores, else 0. It is measured, and has no slope.
 *
 * @param k 5; where there are fewer classes, their number
 * @throws RangeError when an option is out of range
 * @example
 * topKError(3, { inputs: ["scores"] });
 */
export const topKError = (k?: number, options: ClassLossOptions = {}): LayerFrom<typeof topKErrorKind> =>
  topKErrorKind.make({ ...options, topK: k });

const overClasses = (g: GraphBuilder, value: string): string => g.op("ReduceSum", [value, g.ints(1)], { keepdims: 1 });

/** What stands at the label's channel. */
const ofLabel = (g: GraphBuilder, value: string, { chosen }: Labels): string =>
  overClasses(g, g.op("Where", [chosen, value, g.scalar(0)]));
