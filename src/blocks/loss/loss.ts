/** All losses: the layers of type "loss". */

import type { GraphBuilder } from "../../graph/builder.js";
import { ShapeError } from "../../graph/infer/infer.js";
import type { ImageShape } from "../../values/image-shape.js";
import { objectOf, word } from "../../values/kind.js";
import { notAmong } from "../../values/nearest.js";
import { ARGUMENTS, within } from "../../values/place.js";
import type { Fields } from "../../values/record.js";
import { type Block, type LayerFactory, type LayerFrom, PIXEL, PLACE_NAMES } from "../block.js";
import { definitions, expectBuild, expectFields, type OwnName } from "../definitions.js";
import * as attributes from "./attribute-losses.js";
import * as classes from "./class-losses.js";
import * as codes from "./code-losses.js";
import {
  type Compared,
  declareLoss,
  errorFields,
  LABEL_FIELDS,
  LOSS_FIELDS,
  type LossBase,
  type LossBehaviour,
  type LossKind,
  type LossOf,
  PENALTY_FIELDS,
  type Statistic,
} from "./declare-loss.js";
import { addMetric } from "./metrics.js";
import { ctcKind } from "./sequence-losses.js";
import * as values from "./value-losses.js";

/** The kinds of losses by their names. */
const KINDS = {
  softmaxLog: classes.softmaxLogKind,
  log: classes.logKind,
  multiclassHinge: classes.multiclassHingeKind,
  structuredHinge: classes.structuredHingeKind,
  classError: classes.classErrorKind,
  topKError: classes.topKErrorKind,
  logistic: attributes.logisticKind,
  binaryLog: attributes.binaryLogKind,
  hinge: attributes.hingeKind,
  binaryError: attributes.binaryErrorKind,
  l1: values.l1Kind,
  l2: values.l2Kind,
  huber: values.huberKind,
  softmaxCrossEntropy: values.softmaxCrossEntropyKind,
  activity: codes.activityKind,
  sparsity: codes.sparsityKind,
  gaussian: codes.gaussianKind,
  ctc: ctcKind,
} as const;

/** The names of the losses of the toolbox; each has a function that makes the layer. */
export type LossName = keyof typeof KINDS;

/** A loss of one's own, whose name has a slash; see {@link defineLoss}. */
export interface OwnLoss extends LossBase {
  readonly loss: OwnName;
}

/** A layer that measures how far its input is from what it should be. */
export type Loss = { [K in LossName]: LayerFrom<(typeof KINDS)[K]> & LossBase }[LossName] | OwnLoss;

const defined = definitions<LossKind<LossBase>>("loss", "defineLoss");

/** The names of the losses that a program has defined itself. */
export const definedLosses = (): readonly string[] => defined.names();

/** The names of the toolbox's losses. */
export const lossNames: readonly string[] = Object.keys(KINDS);

const isLossName = (name: string): name is LossName => Object.hasOwn(KINDS, name);

const kindNamed = (loss: string): LossKind<LossBase> | undefined =>
  isLossName(loss) ? KINDS[loss] : defined.get(loss);

/** The kind of a loss. @throws TypeError, saying what to do, when nobody has defined it */
export function lossKindOf({ loss }: { readonly loss: string }): LossKind<LossBase> {
  const kind = kindNamed(loss);
  if (!kind) throw defined.missing(loss);
  return kind;
}

/** The fields that a loss of one's own has beside those that are declared: its weight and its target; of classes, what labels count for. */
type WithLossFields<C, F> = F & typeof LOSS_FIELDS & (C extends "classes" ? typeof LABEL_FIELDS : unknown);

/** The layers of a loss of one's own. */
type OwnLossOf<K extends string, C, F> = LossOf<K, WithLossFields<C, F>>;

/**
 * Defines a loss of one's own: it trains, is saved, resumed and displayed like those of the toolbox. A program that reads a network with it
 * defines it first; a command is given the module that does so with `--define`. docs/own.md has programs.
 *
 * @param loss its name in JSON, with a slash: "mine/focal"
 * @param compares what it compares scores with: "classes" (a label for each pixel), "attributes" (±1 for each score), "values", or "nothing"
 * @param fields what its layers have beside a name and a place, a weight and a target, and of classes `classWeights` and `ignoredLabel`:
 *   `defaulted(number(), 1)` and so on, from `bellpepper/values`
 * @param behaviour what it computes, as ONNX operators, and what is measured beside it
 * @returns what makes its layers, from the values of the fields
 * @throws RangeError when the name has not one slash or is defined already, or a field has a name that every loss has; TypeError when a field
 *   is none, or nothing is computed
 * @example
 * const charbonnier = defineLoss("docs/charbonnier", "values", { epsilon: defaulted(number({ above: 0 }), 0.001) }, {
 *   build: (g, { epsilon }, x, goal) => {
 *     const distance = g.op("Sub", [x, goal]);
 *     return g.op("Sqrt", [g.op("Add", [g.op("Mul", [distance, distance]), g.scalar(epsilon ** 2)])]);
 *   },
 * });
 * charbonnier({ target: "heights" }).epsilon; // 0.001
 */
export function defineLoss<const K extends OwnName, C extends Exclude<Compared, "sequence">, F extends Fields>(
  loss: K,
  compares: C,
  fields: F,
  behaviour: LossBehaviour<OwnLossOf<K, C, F>, C>,
): LayerFactory<{ readonly type: "loss"; readonly loss: K }, WithLossFields<C, F>> {
  word(["classes", "attributes", "values", "nothing"]).take(compares, { path: "compares" });
  const ofClasses = compares === "classes" ? LABEL_FIELDS : {};
  const own = compares === "nothing" ? PENALTY_FIELDS : LOSS_FIELDS;
  const common = { ...(behaviour.slope === false ? errorFields(`loss '${loss}'`) : own), ...ofClasses };
  expectFields(fields, ["type", "loss", ...PLACE_NAMES, ...Object.keys(common)]);
  expectBuild(behaviour);
  const all = { ...common, ...fields } as WithLossFields<C, F>;
  const kind = declareLoss(loss, compares, all, behaviour);
  defined.add(loss, kind);
  return (...[options]) => kind.take(options ?? {}, ARGUMENTS);
}

/** The loss as a layer: it reads scores and what they should be, and gives one number for each image. */
export const lossBlock: Block<Loss> = {
  type: "loss",
  called: ({ loss }) => (isLossName(loss) && KINDS[loss].slope ? `${loss}Loss` : loss),
  inputCount: [1, 1],
  outputShape(layer, input) {
    if (layer.classWeights && layer.classWeights.length !== input.channels) {
      throw new ShapeError(`${layer.classWeights.length} class weights for ${input.channels} channels of scores`);
    }
    expectColumns(layer, input);
    return { channels: 1, height: 1, width: 1 };
  },
  parameters: () => [],
  window: () => PIXEL,
  multiplyAdds: () => 0,
  build: (g, layer, [x, target]) => buildLoss(g, layer, x, target),
  take(json, at): Loss {
    const { loss } = objectOf(json, at) as { readonly loss?: unknown };
    const names = [...Object.keys(KINDS), ...defined.names()];
    const kind = typeof loss === "string" ? kindNamed(loss) : undefined;
    if (!kind) {
      const isOwn = typeof loss === "string" && loss.includes("/");
      throw isOwn ? defined.missing(loss, at) : notAmong(within(at, "loss"), names, loss);
    }
    return kind.take(json, at) as Loss;
  },
};

/** @throws ShapeError when the scores are none of a sequence, or too few for its labels, and the loss compares with one */
function expectColumns(layer: Loss, { channels, height, width }: ImageShape): void {
  if (comparedBy(layer) !== "sequence") return;
  const length = lossKindOf(layer).length(layer);
  if (height !== 1) throw new ShapeError(`it reads one row of scores, not ${height}`);
  if (channels < 2) throw new ShapeError("it needs a channel for the blank beside those of the labels");
  if (width < length) throw new ShapeError(`${width} columns of scores are too few for ${length} labels`);
}

/**
 * Adds a loss to a graph.
 *
 * @param x N×C×H×W, the scores
 * @param target of the shape that {@link targetOf} says
 * @returns N×1×1×1: the loss of each image, summed over its pixels
 */
export const buildLoss = (g: GraphBuilder, layer: Loss, x: string, target: string): string =>
  lossKindOf(layer).build(g, layer, x, target);

/** What is measured beside a loss; what is known of these metrics can then be asked for by {@link metricNamed}. */
export const statisticsOfLoss = (layer: Loss): readonly Statistic[] => {
  const statistics = lossKindOf(layer).statistics(layer);
  for (const { metric } of statistics) addMetric(metric);
  return statistics;
};

/** What a loss compares scores with. */
export const comparedBy = (layer: Loss): Compared => lossKindOf(layer).compares;

/** Whether a loss has a slope: what has none is measured, not trained by. */
export const hasSlope = (layer: Loss): boolean => lossKindOf(layer).slope;

/** Whether a loss has a field, such as `classWeights`. */
export const hasField = (layer: Loss, field: string): boolean => lossKindOf(layer).fields.includes(field);

/** Whether the target of a loss is the label of each image or pixel, whole numbers; else it has the shape of the scores, or is a sequence. */
export const hasLabels = (layer: Loss): boolean => comparedBy(layer) === "classes" || layer.target === "labels";

/** The array that a loss is compared with, for each image. */
export function targetOf(
  layer: Loss,
  { channels, height, width }: ImageShape,
): { readonly type: "int64" | "float32"; readonly shape: readonly [number, number, number] } {
  if (comparedBy(layer) === "sequence") return { type: "int64", shape: [1, 1, lossKindOf(layer).length(layer)] };
  if (hasLabels(layer)) return { type: "int64", shape: [1, height, width] };
  return { type: "float32", shape: [channels, height, width] };
}

/** The shape of that array for a batch: one label for each image is N numbers. */
export function targetSizes(layer: Loss, scores: ImageShape, batchSize: number): number[] {
  const { type, shape } = targetOf(layer, scores);
  const isOne = type === "int64" && comparedBy(layer) !== "sequence" && shape[1] * shape[2] === 1;
  return isOne ? [batchSize] : [batchSize, ...shape];
}
