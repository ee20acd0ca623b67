/** The objective of a network, and the graphs that train it and measure it. */

import type { ImageShape } from "../blocks/block.js";
import type { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import type { Normalization } from "../network/model.js";
import { buildNetwork, type Network, outputOf, withoutLoss } from "../network/network.js";

/** The names of the inputs that carry a batch. */
export const BATCH_INPUTS = { images: "images", labels: "labels", weights: "weights" } as const;

/** What a batch sums up to; divide by the sum of the weights for means. */
export const SUMS = ["objective", "top1Error", "top5Error"] as const;

/** A batch's share of the statistics. */
export type Sum = (typeof SUMS)[number];

/** What {@link buildObjective} adds to a graph. */
export interface Objective {
  /** the mean loss of the batch: what is differentiated */
  readonly mean: string;
  /** Σ weight·loss, and the weighted counts of samples whose label is not the best, or not among the five best */
  readonly sums: Readonly<Record<Sum, string>>;
  /** N×C scores, before the softmax */
  readonly scores: string;
  /** the output of each layer */
  readonly layers: readonly string[];
}

/**
 * Adds a network and its softmax log-loss to a graph.
 *
 * The batch comes in as `images` (N×C×H×W bytes), `labels` (N whole numbers from 0) and `weights` (N; 0 for padding).
 * With z the scores, ℓ = ln Σ eᶻ − z[label]; the objective is Σ wℓ / Σ w. A label's rank is the number of classes with a
 * higher score, or an equal one and a lower number; it is a top-k error when the rank is k or more.
 *
 * @param g the graph; it must hold the parameters by name
 * @throws RangeError when the network's output is not one pixel, or not a number of scores of at least 2
 */
export function buildObjective(
  g: GraphBuilder,
  network: Network,
  normalization: Normalization,
  batchSize: number,
): Objective {
  const { channels: classes, height, width } = outputOf(network);
  if (height !== 1 || width !== 1) {
    throw new RangeError(
      `Network '${network.name}' gives ${height}×${width} columns of scores for its ${network.input.height}×${network.input.width} input; a label belongs to one image, so training needs 1×1.`,
    );
  }
  const { images, labels, weights } = BATCH_INPUTS;
  const x = normalized(g, g.input(images, "uint8", [batchSize, ...sizes(network.input)]), normalization);
  g.input(labels, "int64", [batchSize]);
  g.input(weights, "float32", [batchSize]);
  const layers = buildNetwork(g, withoutLoss(network), x);
  return g.scope("objective", () => {
    const scores = layers[layers.length - 1];
    const weight = g.op("Reshape", [weights, g.ints(batchSize, 1, 1, 1)]);
    const numbers = g.constant(
      float32(
        Array.from({ length: classes }, (_, i) => i),
        [1, classes, 1, 1],
      ),
    );
    const label = g.op("Reshape", [g.op("Cast", [labels], { to: 1 }), g.ints(batchSize, 1, 1, 1)]);
    const onehot = g.op("Cast", [g.op("Equal", [label, numbers])], { to: 1 });
    const ofLabel = (value: string): string => g.op("ReduceSum", [g.op("Mul", [value, onehot]), g.ints(1)]);
    const total = (value: string): string => g.op("ReduceSum", [g.op("Mul", [value, weight])], { keepdims: 0 });

    const loss = g.op("Neg", [ofLabel(g.op("LogSoftmax", [scores], { axis: 1 }))]);
    const objective = total(loss);
    const mean = g.op("Div", [objective, g.op("ReduceSum", [weight], { keepdims: 0 })]);

    const own = ofLabel(scores);
    const above = g.op("Cast", [g.op("Greater", [scores, own])], { to: 1 });
    const tied = g.op("Cast", [g.op("And", [g.op("Equal", [scores, own]), g.op("Less", [numbers, label])])], { to: 1 });
    const rank = g.op("ReduceSum", [g.op("Add", [above, tied]), g.ints(1)]);
    const error = (k: number): string => total(g.op("Cast", [g.op("GreaterOrEqual", [rank, g.scalar(k)])], { to: 1 }));
    return { mean, sums: { objective, top1Error: error(1), top5Error: error(Math.min(5, classes)) }, scores, layers };
  });
}

const sizes = ({ channels, height, width }: ImageShape): [number, number, number] => [channels, height, width];

/** (byte − mean)·scale, in the graph, so that batches stay bytes until they are in the engine. */
function normalized(g: GraphBuilder, images: string, { mean, scale }: Normalization): string {
  const pixels = g.op("Cast", [images], { to: 1 });
  const centred = g.op("Sub", [pixels, g.constant(float32(mean, [1, mean.length, 1, 1]))]);
  return g.op("Mul", [centred, g.scalar(scale)]);
}
