/** What training keeps of each epoch, as data: its types, and how JSON has it. */

import { type Metric, metricNamed, TOP5_ERROR } from "../../blocks/loss/metrics.js";
import { byName, list, number, text, type ValueOf, whole } from "../../values/kind.js";
import { optional, record, required } from "../../values/record.js";

const STATISTICS = record({
  /** the mean objective */
  objective: required(number()),
  /** the mean of what the losses measure, by name; see {@link metricsOf}. `top1Error`: the share of labels whose class has not the highest score */
  metrics: required(byName(number())),
  /** the mean of each loss by the name of its layer, where there are several */
  losses: optional(byName(number())),
  imagesPerSecond: required(number()),
  /** the share of the time in which the network waited for its images */
  waiting: optional(number()),
});

/** How a network did on a set of samples. */
export type Statistics = ValueOf<typeof STATISTICS>;

const LAYER_FIGURES = record({
  layer: required(text()),
  /** the mean of its output */
  mean: required(number()),
  /** the standard deviation of its output */
  deviation: required(number()),
  /** the largest size of a number in its output */
  largest: required(number()),
  /** the share of its outputs that are exactly 0 */
  zeros: required(number()),
  /** the share of its channels that are 0 at every pixel of every image: dead units, where the layer is a rectifier */
  dead: required(number()),
  /** the root mean square of the derivative of the objective to its output */
  gradient: required(number()),
});

/** What a layer makes of a batch. */
export type LayerFigures = ValueOf<typeof LAYER_FIGURES>;

const PARAMETER_FIGURES = record({
  parameter: required(text()),
  /** root mean square of the parameter before the step */
  weight: required(number()),
  /** that of its gradient */
  gradient: required(number()),
  /** that of how far the step moves it */
  update: required(number()),
});

/** How far a step moves a parameter. */
export type ParameterFigures = ValueOf<typeof PARAMETER_FIGURES>;

const LAYER_STATISTICS = record({
  layers: required(list(LAYER_FIGURES)),
  parameters: required(list(PARAMETER_FIGURES)),
});

/** What goes on inside a network, at one step of training. */
export type LayerStatistics = ValueOf<typeof LAYER_STATISTICS>;

const EPOCH_STATISTICS = record({
  /** from 1 */
  epoch: required(whole(1)),
  /** of its last step */
  learningRate: required(number()),
  train: required(STATISTICS),
  validation: optional(STATISTICS),
  /** what went on inside the network in its last step, where that was measured */
  layerStatistics: optional(LAYER_STATISTICS),
});

/** The statistics of one epoch. */
export type EpochStatistics = ValueOf<typeof EPOCH_STATISTICS>;

/** The epochs of a training, as a model file keeps them. */
export const HISTORY = list(EPOCH_STATISTICS);

/** A metric and what it was measured as. */
export interface Measured extends Metric {
  readonly value: number;
}

/**
 * The metrics of statistics with what is known of each, in the order in which the losses measure them: the first is the one to go by.
 *
 * @param classes how many there are, where that is known: of five classes the five best are all, and that is no measure
 * @example
 * measuredIn({ metrics: { top1Error: 0.02 } })[0].title; // "top-1 error"
 */
export const measuredIn = ({ metrics }: Pick<Statistics, "metrics">, classes = Number.POSITIVE_INFINITY): Measured[] =>
  Object.entries(metrics)
    .filter(([name]) => name !== TOP5_ERROR.name || classes > 5)
    .map(([name, value]) => ({ ...metricNamed(name), value }));
