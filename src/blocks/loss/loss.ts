import type { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import { float32 } from "../../graph/tensor.js";
import { defined } from "../../values/defined.js";
import { type Block, type LayerBase, type LayerOptions, PIXEL, placed } from "../block.js";

/** Losses of a class: each pixel of the scores has one label, 0 … C − 1. */
const OF_CLASSES = ["softmaxLog", "log", "multiclassHinge", "structuredHinge", "classError", "topKError"] as const;
/** Losses of attributes: each score has a label of its own, −1 or +1. */
const OF_ATTRIBUTES = ["logistic", "binaryLog", "hinge", "binaryError"] as const;
/** Losses of values: each number has one that it should be. */
const OF_VALUES = ["l1", "l2", "huber", "softmaxCrossEntropy"] as const;

/** Which loss a layer computes; each has a function of its name that makes the layer. */
export type LossKind = (typeof OF_CLASSES)[number] | (typeof OF_ATTRIBUTES)[number] | (typeof OF_VALUES)[number];

/** A layer that measures how far its input is from what it should be. */
export interface Loss extends LayerBase {
  readonly type: "loss";
  readonly loss: LossKind;
  /** its share of the objective; 0 for what is only measured */
  readonly weight: number;
  /** what it is compared with: "labels", or another array of the batch */
  readonly target: string;
  /** a factor for the pixels of each class */
  readonly classWeights?: readonly number[];
  /** a label that does not count, beside all negative ones */
  readonly ignoredLabel?: number;
  readonly labelSmoothing: number;
  readonly topK: number;
  readonly threshold: number;
  readonly delta: number;
}

/** The options that every loss has. */
export interface LossOptions extends LayerOptions {
  /** its share of the objective, which is the weighted sum of all losses; 1, of the errors 0 */
  readonly weight?: number;
  /**
   * What it is compared with: the name of an array that the batch has. "labels", the classes of the images, unless said otherwise.
   * A loss of attributes or values that is given "labels" compares with +1 for the label's channel and −1 for the others
   * (values: 1 and 0); with one channel, label 1 is +1 and label 0 is −1 (values: the label itself).
   * Labels below 0, and those of no class, do not count.
   */
  readonly target?: string;
}

/** The options of a loss of classes. */
export interface ClassLossOptions extends LossOptions {
  /** a factor for the pixels of each class; 1 for all. The sum is still divided by the number of images. */
  readonly classWeights?: readonly number[];
  /** a label that does not count; negative labels never count */
  readonly ignoredLabel?: number;
}

const isOf = (kinds: readonly LossKind[], kind: LossKind): boolean => kinds.includes(kind);

/** Whether a kind of loss compares scores with one label for each pixel. */
export const ofClasses = (kind: LossKind): boolean => isOf(OF_CLASSES, kind);

/** Whether a kind of loss has a yes or no for each score. */
export const ofAttributes = (kind: LossKind): boolean => isOf(OF_ATTRIBUTES, kind);

/** Whether a loss has no slope: it is measured, not trained by. */
export const isError = (kind: LossKind): boolean =>
  kind === "classError" || kind === "topKError" || kind === "binaryError";

interface Details {
  readonly labelSmoothing?: number;
  readonly topK?: number;
  readonly threshold?: number;
  readonly delta?: number;
}

/**
 * A loss by its kind; the functions of that name document each.
 *
 * @throws RangeError when a number is out of range, or an error is given a weight
 */
function lossOf(kind: LossKind, options: ClassLossOptions & Details): Loss {
  const weight = options.weight ?? (isError(kind) ? 0 : 1);
  const { labelSmoothing = 0, topK = 5, threshold = 0, delta = 1, classWeights, ignoredLabel } = options;
  const expect = (ok: boolean, what: string, expected: string, got: unknown): void => {
    if (!ok) throw new RangeError(`Invalid value for ${what}: expected ${expected}, got ${String(got)}.`);
  };
  const finite = (value: number): boolean => value >= 0 && Number.isFinite(value);
  expect(finite(weight), "weight", "a number of at least 0", weight);
  expect(!isError(kind) || weight === 0, "weight", `0 (a ${kind} has no slope)`, weight);
  expect(labelSmoothing >= 0 && labelSmoothing < 1, "labelSmoothing", "a number from 0 to below 1", labelSmoothing);
  expect(Number.isInteger(topK) && topK >= 1, "topK", "a whole number of at least 1", topK);
  expect(Number.isFinite(threshold), "threshold", "a finite number", threshold);
  expect(delta > 0 && Number.isFinite(delta), "delta", "a positive number", delta);
  expect(classWeights?.every(finite) ?? true, "classWeights", "numbers of at least 0", classWeights?.join(", "));
  expect(ignoredLabel === undefined || Number.isInteger(ignoredLabel), "ignoredLabel", "a whole number", ignoredLabel);
  return {
    type: "loss",
    loss: kind,
    ...placed(options),
    weight,
    target: options.target ?? "labels",
    ...defined({ classWeights, ignoredLabel }),
    labelSmoothing,
    topK,
    threshold,
    delta,
  };
}

/**
 * The softmax log-loss (cross-entropy) of the label's class: ℓ = m + ln Σ_q exp(x[q] − m) − x[label], m = max x.
 * Backward: dx = softmax(x) − onehot(label). With label smoothing ε the onehot vector is (1 − ε)·onehot + ε/C
 * (Szegedy et al. 2016). Like every loss it is summed over the pixels and averaged over the images of a batch.
 *
 * @throws RangeError when an option is out of range
 * @example
 * softmaxLogLoss({ labelSmoothing: 0.1 });
 */
export const softmaxLogLoss = (options: ClassLossOptions & { readonly labelSmoothing?: number } = {}): Loss =>
  lossOf("softmaxLog", options);

/**
 * The cross-entropy of a softmax and the shares t of the classes: ℓ = −Σ_q t[q]·ln softmax(x)[q]. Backward: dx = dy·(softmax(x)·Σ_q t[q] − t).
 * With a share of 1 for one class it is {@link softmaxLogLoss}; other shares are those of mixed images. With class weights w the shares
 * are w[q]·t[q]; with label smoothing ε they are then (1 − ε)·t + ε/C·Σ_q t[q].
 *
 * @throws RangeError when an option is out of range
 * @example
 * softmaxCrossEntropyLoss({ target: "shares" });
 */
export const softmaxCrossEntropyLoss = (
  options: LossOptions & Pick<ClassLossOptions, "classWeights"> & { readonly labelSmoothing?: number } = {},
): Loss => lossOf("softmaxCrossEntropy", options);

/**
 * The log-loss of probabilities: ℓ = −ln x[label]. Backward: dx = −dy / x[label] at the label, where 10⁻⁸ is added to an x below that.
 * Its input is what a softmax gives.
 *
 * @throws RangeError when an option is out of range
 * @example
 * sequential("two steps", { channels: 3, height: 1, width: 1 }, [softmax(), logLoss()]);
 */
export const logLoss = (options: ClassLossOptions = {}): Loss => lossOf("log", options);

/**
 * The multi-class hinge loss: ℓ = max(0, 1 − x[label]). Backward: dx = −dy at the label where x[label] < 1.
 *
 * @throws RangeError when an option is out of range
 * @example
 * multiclassHingeLoss();
 */
export const multiclassHingeLoss = (options: ClassLossOptions = {}): Loss => lossOf("multiclassHinge", options);

/**
 * The structured multi-class hinge loss (Crammer and Singer 2001): ℓ = max(0, 1 − x[label] + max_{q ≠ label} x[q]).
 * Backward, where it is positive: dx = −dy at the label, +dy at the largest of the others; shared where several are the largest.
 *
 * @throws RangeError when an option is out of range
 * @example
 * structuredHingeLoss();
 */
export const structuredHingeLoss = (options: ClassLossOptions = {}): Loss => lossOf("structuredHinge", options);

/**
 * The classification error: 1 where a class other than the label's has the highest score (of equal ones, the first counts), else 0.
 * It is measured, and has no slope.
 *
 * @throws RangeError when an option is out of range
 * @example
 * classError({ inputs: ["scores"] });
 */
export const classError = (options: ClassLossOptions = {}): Loss => lossOf("classError", options);

/**
 * The top-k error: 1 where the label's class is not among the k with the highest scores, else 0. It is measured, and has no slope.
 *
 * @param k 5; where there are fewer classes, their number
 * @throws RangeError when an option is out of range
 * @example
 * topKError(3, { inputs: ["scores"] });
 */
export const topKError = (k = 5, options: ClassLossOptions = {}): Loss => lossOf("topKError", { ...options, topK: k });

/**
 * The logistic loss of an attribute c = ±1: ℓ = ln(1 + exp(−c·x)), summed over channels and pixels.
 * Backward: dx = −dy·c / (1 + exp(c·x)). It is the loss of one neuron in the lecture. A c of 0 does not count.
 *
 * @throws RangeError when an option is out of range
 * @example
 * logisticLoss({ target: "attributes" });
 */
export const logisticLoss = (options: LossOptions = {}): Loss => lossOf("logistic", options);

/**
 * The binary log-loss of a probability x and an attribute c = ±1: ℓ = −ln(c·(x − ½) + ½), which is −ln x for c = 1 and
 * −ln(1 − x) for c = −1. Backward: dx = −dy / (x + (c − 1)/2), where 10⁻⁸ is added to a probability below that.
 * Its input is what a sigmoid gives. A c of 0 does not count.
 *
 * @throws RangeError when an option is out of range
 * @example
 * binaryLogLoss();
 */
export const binaryLogLoss = (options: LossOptions = {}): Loss => lossOf("binaryLog", options);

/**
 * The hinge loss of an attribute c = ±1: ℓ = max(0, 1 − c·x). Backward: dx = −dy·c where c·x < 1. A c of 0 does not count.
 *
 * @throws RangeError when an option is out of range
 * @example
 * hingeLoss();
 */
export const hingeLoss = (options: LossOptions = {}): Loss => lossOf("hinge", options);

/**
 * The binary error: 1 where the sign of x − threshold is not that of the attribute c = ±1, else 0; a c of 0 does not count.
 * It is measured, and has no slope.
 *
 * @param threshold 0 for scores, 0.5 for probabilities
 * @throws RangeError when an option is out of range
 * @example
 * binaryError(0.5);
 */
export const binaryError = (threshold = 0, options: LossOptions = {}): Loss =>
  lossOf("binaryError", { ...options, threshold });

/**
 * The absolute difference to the target t: ℓ = Σ |x − t|. Backward: dx = dy·sign(x − t).
 *
 * @throws RangeError when an option is out of range
 * @example
 * l1Loss({ target: "heights" });
 */
export const l1Loss = (options: LossOptions = {}): Loss => lossOf("l1", options);

/**
 * Half the squared difference to the target t: ℓ = ½ Σ (x − t)². Backward: dx = dy·(x − t).
 *
 * @throws RangeError when an option is out of range
 * @example
 * l2Loss({ target: "heights" });
 */
export const l2Loss = (options: LossOptions = {}): Loss => lossOf("l2", options);

/**
 * Huber's loss (1964): with d = x − t, ½d² where |d| ≤ δ, else δ·(|d| − ½δ). Backward: dx = dy·d, at most δ either way.
 *
 * @param delta where the parabola goes over into a line; 1, as in Fast R-CNN's smooth L1
 * @throws RangeError when an option is out of range
 * @example
 * huberLoss(0.5, { target: "boxes" });
 */
export const huberLoss = (delta = 1, options: LossOptions = {}): Loss => lossOf("huber", { ...options, delta });

/** The loss as a layer: its value has one number for each image. What it computes is {@link buildLoss}. */
export const lossBlock: Block<Loss> = {
  outputShape(layer, input) {
    if (layer.classWeights && layer.classWeights.length !== input.channels) {
      throw new ShapeError(`${layer.classWeights.length} class weights for ${input.channels} channels of scores`);
    }
    return { channels: 1, height: 1, width: 1 };
  },
  parameters: () => [],
  window: () => PIXEL,
  multiplyAdds: () => 0,
  build: () => {
    throw new Error("A loss is built by buildLoss, which is given the labels.");
  },
  read: (fields) =>
    lossOf(fields.word("loss", [...OF_CLASSES, ...OF_ATTRIBUTES, ...OF_VALUES]), {
      ...fields.placed(),
      ...fields.optional("weight", (f, key) => f.number(key)),
      target: fields.text("target"),
      ...fields.optional("classWeights", (f, key) => f.numbers(key)),
      ...fields.optional("ignoredLabel", (f, key) => f.number(key)),
      labelSmoothing: fields.number("labelSmoothing"),
      topK: fields.number("topK"),
      threshold: fields.number("threshold"),
      delta: fields.number("delta"),
    }),
};

/** Whether the target of a loss is the label of each image or pixel, whole numbers; else it has the shape of the scores. */
export const hasLabels = ({ loss, target }: Loss): boolean => ofClasses(loss) || target === "labels";

/** A label of each pixel as numbers that a graph computes with. */
interface Labels {
  /** N×1×h×w float32, h and w those of the scores or 1 */
  readonly label: string;
  /** N×C×h×w: 1 at the label's channel, 0 elsewhere, and everywhere at a label that does not count */
  readonly onehot: string;
  /** N×1×h×w: 1, or the class's weight, or 0 where the label does not count */
  readonly mass: string;
  /** 0 … C − 1 along the channels */
  readonly numbers: string;
}

/**
 * Adds a loss to a graph.
 *
 * @param x N×C×H×W, the scores
 * @param target int64 N or N×1×H×W where {@link hasLabels}, else float32 N×C×H×W
 * @returns N×1×1×1: the loss of each image, summed over its pixels
 */
export function buildLoss(g: GraphBuilder, layer: Loss, x: string, target: string): string {
  const overImage = (value: string): string => g.op("ReduceSum", [value, g.ints(1, 2, 3)], { keepdims: 1 });
  if (ofClasses(layer.loss)) {
    const labels = labelled(g, layer, target, g.shape(x)[1]);
    return overImage(g.op("Mul", [ofLabels(g, layer, x, labels), labels.mass]));
  }
  if (!hasLabels(layer)) return overImage(ofTargets(g, layer, x, target));
  const { goal, counted } = spread(g, layer, x, target);
  return overImage(g.op("Mul", [ofTargets(g, layer, x, goal), counted]));
}

/** int64 labels N or N×1×H×W as numbers. */
function labelled(
  g: GraphBuilder,
  { classWeights, ignoredLabel }: Pick<Loss, "classWeights" | "ignoredLabel">,
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
  return { label, onehot, mass: g.op("ReduceSum", [weighed, g.ints(1)], { keepdims: 1 }), numbers };
}

/** The loss of classes at each pixel, N×1×H×W. */
function ofLabels(g: GraphBuilder, layer: Loss, x: string, labels: Labels): string {
  const { onehot } = labels;
  const classes = g.shape(x)[1];
  const overClasses = (value: string): string => g.op("ReduceSum", [value, g.ints(1)], { keepdims: 1 });
  const ofLabel = (value: string): string => overClasses(g.op("Mul", [value, onehot]));
  const rectified = (margin: string): string => g.op("Relu", [margin]);
  switch (layer.loss) {
    case "softmaxLog": {
      const logs = g.op("LogSoftmax", [x], { axis: 1 });
      const own = g.op("Neg", [ofLabel(logs)]);
      if (layer.labelSmoothing === 0) return own;
      const all = g.op("Mul", [overClasses(logs), g.scalar(-layer.labelSmoothing / classes)]);
      return g.op("Add", [g.op("Mul", [own, g.scalar(1 - layer.labelSmoothing)]), all]);
    }
    case "log": {
      // Inside the logarithm only the label's probability counts: the others are made 1, so that a 0 there does no harm.
      const own = g.op("Add", [ofLabel(x), g.op("Sub", [g.scalar(1), overClasses(onehot)])]);
      return g.op("Neg", [g.op("Log", [floored(g, own)])]);
    }
    case "multiclassHinge":
      return rectified(g.op("Sub", [g.scalar(1), ofLabel(x)]));
    case "structuredHinge": {
      // The label's own score is put far below the others.
      const others = g.op("Where", [g.op("Greater", [onehot, g.scalar(0.5)]), g.scalar(-3e38), x]);
      const best = g.op("ReduceMax", [others, g.ints(1)], { keepdims: 1 });
      return rectified(g.op("Add", [g.op("Sub", [g.scalar(1), ofLabel(x)]), best]));
    }
    case "classError":
      return beyond(g, x, labels, 1);
    default:
      return beyond(g, x, labels, Math.min(layer.topK, classes));
  }
}

/**
 * 1 at each pixel where the label's rank is k or more. The rank is the number of classes with a higher score, or an equal one and a
 * lower number.
 */
function beyond(g: GraphBuilder, x: string, { label, onehot, numbers }: Labels, k: number): string {
  const number = (truth: string): string => g.op("Cast", [truth], { to: 1 });
  const own = g.op("ReduceSum", [g.op("Mul", [x, onehot]), g.ints(1)], { keepdims: 1 });
  const above = number(g.op("Greater", [x, own]));
  const tied = number(g.op("And", [g.op("Equal", [x, own]), g.op("Less", [numbers, label])]));
  const rank = g.op("ReduceSum", [g.op("Add", [above, tied]), g.ints(1)], { keepdims: 1 });
  return number(g.op("GreaterOrEqual", [rank, g.scalar(k)]));
}

/** x + 10⁻⁸ where x is below that: the slope of its logarithm is limited there, and not cut off. */
function floored(g: GraphBuilder, x: string): string {
  const least = g.scalar(1e-8);
  return g.op("Add", [x, g.op("Mul", [g.op("Cast", [g.op("Less", [x, least])], { to: 1 }), least])]);
}

/** Labels as attributes or values of the scores' shape, and what counts of them: 1, or 0 where the label does not. */
function spread(g: GraphBuilder, { loss }: Loss, x: string, target: string): { goal: string; counted: string } {
  const classes = g.shape(x)[1];
  const { label, onehot, mass } = labelled(g, {}, target, Math.max(classes, 2));
  if (ofAttributes(loss)) {
    // −1 + 2 at the label; 0, which does not count, where the label does not.
    const signs = g.op("Sub", [g.op("Mul", [onehot, g.scalar(2)]), mass]);
    return { goal: classes > 1 ? signs : g.op("Slice", [signs, g.ints(1), g.ints(2), g.ints(1)]), counted: mass };
  }
  if (classes > 1) return { goal: onehot, counted: mass };
  return { goal: label, counted: g.op("Cast", [g.op("GreaterOrEqual", [label, g.scalar(0)])], { to: 1 }) };
}

/** The shares of the classes, weighed and smoothed as a loss says. */
function smoothed(g: GraphBuilder, { classWeights, labelSmoothing }: Loss, target: string): string {
  const classes = g.shape(target)[1];
  const shares = classWeights ? g.op("Mul", [target, g.constant(float32(classWeights, [1, classes, 1, 1]))]) : target;
  if (labelSmoothing === 0) return shares;
  const all = g.op("ReduceSum", [shares, g.ints(1)], { keepdims: 1 });
  const even = g.op("Mul", [all, g.scalar(labelSmoothing / classes)]);
  return g.op("Add", [g.op("Mul", [shares, g.scalar(1 - labelSmoothing)]), even]);
}

/** The loss of attributes or values at each number, N×C×H×W. */
function ofTargets(g: GraphBuilder, layer: Loss, x: string, target: string): string {
  const product = (): string => g.op("Mul", [x, target]);
  const distance = (): string => g.op("Sub", [x, target]);
  const counting = (value: string): string => g.op("Mul", [value, g.op("Abs", [target])]);
  switch (layer.loss) {
    case "logistic":
      return counting(g.op("Softplus", [g.op("Neg", [product()])]));
    case "binaryLog": {
      // x where c = 1 and 1 − x where c = −1, by themselves: x − ½ + ½ would lose the digits of a small x.
      const yes = g.op("Mul", [g.op("Relu", [target]), x]);
      const no = g.op("Mul", [g.op("Relu", [g.op("Neg", [target])]), g.op("Sub", [g.scalar(1), x])]);
      const own = g.op("Add", [yes, no]);
      return counting(g.op("Neg", [g.op("Log", [floored(g, own)])]));
    }
    case "hinge":
      return counting(g.op("Relu", [g.op("Sub", [g.scalar(1), product()])]));
    case "binaryError": {
      const side = g.op("Sign", [g.op("Sub", [x, g.scalar(layer.threshold)])]);
      const wrong = g.op("Not", [g.op("Equal", [side, target])]);
      return counting(g.op("Cast", [wrong], { to: 1 }));
    }
    case "softmaxCrossEntropy":
      return g.op("Neg", [g.op("Mul", [smoothed(g, layer, target), g.op("LogSoftmax", [x], { axis: 1 })])]);
    case "l1":
      return g.op("Abs", [distance()]);
    case "l2":
      return g.op("Mul", [g.op("Mul", [distance(), distance()]), g.scalar(0.5)]);
    default: {
      // ½m² + δ·(|d| − m) with m = min(|d|, δ)
      const size = g.op("Abs", [distance()]);
      const near = g.op("Min", [size, g.scalar(layer.delta)]);
      const square = g.op("Mul", [g.op("Mul", [near, near]), g.scalar(0.5)]);
      return g.op("Add", [square, g.op("Mul", [g.op("Sub", [size, near]), g.scalar(layer.delta)])]);
    }
  }
}

/**
 * How often scores are wrong, N×1×1×1 each: the share of the pixels that count (0 or 1 where an image has one) whose label is not the
 * best score, and not among the five best. One channel of an attribute is wrong on the wrong side of the loss's threshold (of a
 * probability ½, of a score 0), one value where it is ½ or more away.
 */
export function buildErrors(g: GraphBuilder, layer: Loss, x: string, target: string): { top1: string; top5: string } {
  const classes = g.shape(x)[1];
  const overImage = (value: string): string => g.op("ReduceSum", [value, g.ints(1, 2, 3)], { keepdims: 1 });
  const share = (wrong: string, counted: string): string => {
    const shape = g.shape(wrong);
    const pixels = g.shape(counted).join() === shape.join() ? counted : g.op("Expand", [counted, g.ints(...shape)]);
    const all = g.op("Max", [overImage(pixels), g.scalar(1)]);
    return g.op("Div", [overImage(g.op("Mul", [wrong, counted])), all]);
  };
  if (classes === 1 && !ofClasses(layer.loss)) {
    const { goal, counted } = spread(g, layer, x, target);
    const top1 = share(onWrongSide(g, layer, x, goal), counted);
    return { top1, top5: g.op("Mul", [top1, g.scalar(0)]) };
  }
  const { classWeights: _, ...equally } = layer;
  const labels = labelled(g, equally, target, classes);
  const [top1, top5] = [1, Math.min(5, classes)].map((k) => share(beyond(g, x, labels, k), labels.mass));
  return { top1, top5 };
}

/** 1 where one channel's number is not on the side of its attribute, or not near its value. */
function onWrongSide(g: GraphBuilder, layer: Loss, x: string, goal: string): string {
  if (ofAttributes(layer.loss)) {
    const threshold = layer.loss === "binaryLog" ? 0.5 : layer.threshold;
    return ofTargets(g, { ...layer, loss: "binaryError", threshold }, x, goal);
  }
  const distance = g.op("Abs", [g.op("Sub", [x, goal])]);
  return g.op("Cast", [g.op("GreaterOrEqual", [distance, g.scalar(0.5)])], { to: 1 });
}
