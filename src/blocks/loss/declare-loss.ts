/** How losses are declared: what they have, what they compare with, what they compute and what they measure. */

import type { GraphBuilder } from "../../graph/builder.js";
import { type Kind, list, number, text, whole, word } from "../../values/kind.js";
import { outOfRange, type Place } from "../../values/place.js";
import { defaulted, type Fields, optional } from "../../values/record.js";
import { type LayerBase, type LayerOf, type LayerRecord, layerRecord } from "../block.js";
import { farAway, onWrongSide, shareOf, sumOverImage, topError } from "./errors.js";
import { ABSOLUTE_ERROR, ATTRIBUTE_ERROR, type Metric, TOP1_ERROR, TOP5_ERROR } from "./metrics.js";
import { type Labels, type LabelWeights, labelsAsAttributes, labelsAsNumbers, labelsAsValues } from "./truth.js";

/** What each kind of loss is given to compare scores with. */
export interface TruthOf {
  /** one label for each image or pixel */
  readonly classes: Labels;
  /** a yes or no for each score: float32 of the scores' shape, +1 or −1; 0 does not count */
  readonly attributes: string;
  /** a number that each score should be: float32 of the scores' shape */
  readonly values: string;
  /** the scores say it by themselves, such as how large they are */
  readonly nothing: undefined;
  /** the labels of each image in their order: int64 N×1×1×L, below 0 behind the last */
  readonly sequence: string;
}

/** What a loss compares scores with. */
export type Compared = keyof TruthOf;

/** A layer that measures how far its input is from what it should be. */
export interface LossBase extends LayerBase, LabelWeights {
  readonly type: "loss";
  readonly loss: string;
  /** its share of the objective; 0 for what is only measured */
  readonly weight: number;
  /** what it is compared with: the samples' target ("labels", "attributes" or "values"), or another array of the batch */
  readonly target: string;
}

/** Something that is measured beside the objective, and how. */
export interface Statistic {
  readonly metric: Metric;
  /**
   * Adds it to a graph.
   *
   * @param x N×C×H×W, the scores
   * @param target as in {@link LossKind.build}
   * @returns N×1×1×1: the number of each image
   */
  build(g: GraphBuilder, x: string, target: string): string;
}

/** What a kind of loss computes. */
export interface LossBehaviour<L, C extends Compared> {
  /** whether it has a slope; true. What has none is measured, not trained by. */
  readonly slope?: boolean;
  /** of a loss of classes, whether `build` itself multiplies by what each label counts for ({@link Labels}); false: what it gives is multiplied */
  readonly weighs?: boolean;
  /** of a loss of attributes, the score above which the answer is yes; 0 */
  threshold?(layer: L): number;
  /** of a loss of sequences, how many labels an image has at most */
  length?(layer: L): number;
  /** What is measured beside it; what is usual for what it compares with, where this is left out. */
  statistics?(layer: L): readonly Statistic[];
  /**
   * Adds the loss to a graph.
   *
   * @param x N×C×H×W, the scores
   * @param truth what they should be
   * @returns of a sequence N×1×1×1; of classes N×1×H×W, the loss of each pixel; else N×C×H×W, that of each score. The pixels of an image are
   *   summed, those that do not count left out.
   */
  build(g: GraphBuilder, layer: L, x: string, truth: TruthOf[C]): string;
}

/** A kind of loss. (Written as methods so that a `LossKind<L1Loss>` may stand where one of any loss is wanted.) */
export interface LossKind<L extends LossBase> {
  readonly loss: string;
  readonly compares: Compared;
  readonly slope: boolean;
  /** the names of its fields beside those that any layer has */
  readonly fields: readonly string[];
  /** of a loss of sequences, how many labels an image has at most; else 0 */
  length(layer: L): number;
  statistics(layer: L): readonly Statistic[];
  /**
   * Adds a loss to a graph.
   *
   * @param x N×C×H×W, the scores
   * @param target of the shape that `targetOf` says
   * @returns N×1×1×1: the loss of each image, summed over its pixels
   */
  build(g: GraphBuilder, layer: L, x: string, target: string): string;
  /** The loss that JSON holds. @throws TypeError, RangeError when a field is wrong or not known */
  take(json: unknown, at: Place): L;
}

/** A kind of loss with the function that makes its layers. */
export interface DeclaredLoss<K extends string, F>
  extends LossKind<LossOf<K, F>>,
    Omit<LayerRecord<{ readonly type: "loss"; readonly loss: K }, F>, "take"> {}

/** The layers of a kind of loss. */
export type LossOf<K extends string, F> = LossBase & LayerOf<{ readonly type: "loss"; readonly loss: K }, F>;

/** The fields that every loss with a slope has. */
export const LOSS_FIELDS = {
  /** its share of the objective, which is the weighted sum of all losses; 1, of the errors 0 */
  weight: defaulted(number({ least: 0 }), 1),
  /**
   * What it is compared with: the name of an array that the batch has. "labels", the classes of the images or their pixels, unless said
   * otherwise; "attributes" and "values" where those are the samples' target.
   * A loss of attributes or values that is given "labels" compares with +1 for the label's channel and −1 for the others
   * (values: 1 and 0); with one channel, label 1 is +1 and label 0 is −1 (values: the label itself).
   * Labels below 0, and those of no class, do not count.
   * A loss of values may be compared with another variable of the network, such as its image: an autoencoder's is.
   */
  target: defaulted(text(), "labels"),
};

/** The fields of a loss that is compared with nothing. */
export const PENALTY_FIELDS = { weight: LOSS_FIELDS.weight, target: defaulted(word(["nothing"]), "nothing") };

/** The fields that every loss of classes has. */
export const LABEL_FIELDS = {
  /** a factor for the pixels of each class; 1 for all. The sum is still divided by the number of images. */
  classWeights: optional(list(number({ least: 0 }))),
  /** a label that does not count; negative labels never count */
  ignoredLabel: optional(whole()),
};

/** The fields of what is only measured. */
export const errorFields = (name: string) => {
  const expected = `0 (a ${name} has no slope)`;
  const none: Kind<number> = {
    expected,
    take(value, at) {
      if (value !== 0) throw outOfRange(at, expected, value);
      return value;
    },
  };
  return { ...LOSS_FIELDS, weight: defaulted(none, 0) };
};

/**
 * Declares a kind of loss.
 *
 * @param loss what it is called in JSON
 * @param compares what it compares scores with
 * @param fields what its layers have beside a name and a place
 * @param behaviour what it computes
 */
export function declareLoss<const K extends string, C extends Compared, F extends Fields & typeof LOSS_FIELDS>(
  loss: K,
  compares: C,
  fields: F,
  behaviour: LossBehaviour<LossOf<K, F>, C>,
): DeclaredLoss<K, F> {
  const { make, take } = layerRecord({ type: "loss", loss }, fields);
  const { slope = true, weighs = false, threshold = () => 0, length = () => 0, statistics } = behaviour;
  return {
    loss,
    compares,
    slope,
    fields: Object.keys(fields),
    make: (options) => make(options) as LossOf<K, F>,
    take: (json, at) => take(json, at) as LossOf<K, F>,
    length,
    statistics: (layer) => statistics?.(layer) ?? usualStatistics(compares, layer, threshold(layer)),
    build(g, layer, x, target) {
      const { truth, counted } = truthOf(g, compares, layer, x, target);
      const each = behaviour.build(g, layer, x, truth as TruthOf[C]);
      return sumOverImage(g, weighs || counted === undefined ? each : g.op("Mul", [each, counted]));
    },
  };
}

/** What a loss is compared with, in the form that its kind takes, and what counts of it. */
function truthOf(
  g: GraphBuilder,
  compares: Compared,
  layer: LossBase,
  x: string,
  target: string,
): { readonly truth: Labels | string | undefined; readonly counted: string | undefined } {
  if (compares === "nothing") return { truth: undefined, counted: undefined };
  if (compares === "classes") {
    const labels = labelsAsNumbers(g, layer, target, g.shape(x)[1]);
    return { truth: labels, counted: labels.mass };
  }
  if (compares === "sequence" || layer.target !== "labels") return { truth: target, counted: undefined };
  const { goal, counted } = (compares === "attributes" ? labelsAsAttributes : labelsAsValues)(g, x, target);
  return { truth: goal, counted };
}

/**
 * What is measured beside a loss unless it says otherwise: of labels, how often the best score, and none of the five best, is that of the
 * label. One channel of an attribute is wrong on the wrong side of the threshold, one value where it is ½ or more away. Of other arrays
 * of attributes the share that is on the wrong side, of values the mean distance. Beside what is compared with nothing, nothing.
 */
export function usualStatistics(compares: Compared, layer: LossBase, threshold: number): readonly Statistic[] {
  if (compares === "nothing") return [];
  if (compares === "classes" || layer.target === "labels") {
    const ranked = (g: GraphBuilder, x: string, target: string, k: number): string => {
      if (compares === "classes" || g.shape(x)[1] > 1) return topError(g, layer, x, target, k);
      // Of two classes, the five best are both.
      const spread = compares === "attributes" ? labelsAsAttributes(g, x, target) : labelsAsValues(g, x, target);
      const wrong = compares === "attributes" ? onWrongSide(g, x, threshold, spread.goal) : farAway(g, x, spread);
      const share = shareOf(g, wrong, spread.counted);
      return k === 1 ? share : g.op("Mul", [share, g.scalar(0)]);
    };
    return [
      { metric: TOP1_ERROR, build: (g, x, target) => ranked(g, x, target, 1) },
      { metric: TOP5_ERROR, build: (g, x, target) => ranked(g, x, target, 5) },
    ];
  }
  if (compares === "attributes") {
    const build: Statistic["build"] = (g, x, target) =>
      shareOf(g, onWrongSide(g, x, threshold, target), g.op("Abs", [target]));
    return [{ metric: ATTRIBUTE_ERROR, build }];
  }
  const build: Statistic["build"] = (g, x, target) =>
    g.op("ReduceMean", [g.op("Abs", [g.op("Sub", [x, target])]), g.ints(1, 2, 3)], { keepdims: 1 });
  return [{ metric: ABSOLUTE_ERROR, build }];
}
