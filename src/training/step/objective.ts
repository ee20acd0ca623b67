/** The objective of a network: its losses on a batch, and how often it is wrong. */

import type { BuildMode } from "../../blocks/block.js";
import type { Statistic } from "../../blocks/loss/declare-loss.js";
import { buildLoss, comparedBy, type Loss, statisticsOfLoss, targetOf, targetSizes } from "../../blocks/loss/loss.js";
import type { Metric } from "../../blocks/loss/metrics.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { buildNetwork } from "../../network/build-network.js";
import { addNormalization, meanTensor, scaleTensor } from "../../network/model/normalization.js";
import { comparedVariable, lossesOf, type Network, scoresOf, type Variable } from "../../network/network.js";
import type { ImageShape } from "../../values/image-shape.js";
import type { Normalization } from "../../values/normalization.js";
import { expectWhole } from "../../values/range.js";

/** The names of the inputs that every batch has. */
export const BATCH_INPUTS = { images: "images", weights: "weights" } as const;

/** What {@link buildObjective} adds to a graph. */
export interface Objective {
  /** the mean objective of the batch: what is differentiated */
  readonly mean: string;
  /**
   * What the batch sums up to, by name; divide by the sum of the weights for means. Always `objective`; what is
   * measured beside it, such as `top1Error` (see {@link metricsOf}); `loss/NAME` for each loss where there are several.
   */
  readonly sums: ReadonlyMap<string, string>;
  /** N×C×H×W: what the first loss reads */
  readonly scores: string;
  /** the value of each variable */
  readonly values: ReadonlyMap<string, string>;
}

/** What is measured of a network, by its losses in order: of several that measure the same, the first. */
function statisticsOf(network: Network): (Statistic & { readonly layer: Loss; readonly read: Variable })[] {
  const each = lossesOf(network).flatMap(({ layer, inputs: [read] }) =>
    statisticsOfLoss(layer).map((statistic) => ({ ...statistic, layer, read })),
  );
  return each.filter(({ metric }, i) => each.findIndex((other) => other.metric.name === metric.name) === i);
}

/**
 * What is measured of a network beside its objective.
 *
 * @example
 * metricsOf(ocr()).map(({ title }) => title); // ["top-1 error", "top-5 error"]
 */
export const metricsOf = (network: Network): Metric[] => statisticsOf(network).map(({ metric }) => metric);

/** The names of the sums of a network, in the order of {@link Objective}. */
export function sumsOf(network: Network): string[] {
  const losses = lossesOf(network);
  return [
    "objective",
    ...metricsOf(network).map(({ name }) => name),
    ...(losses.length > 1 ? losses.map(({ name }) => lossSum(name)) : []),
  ];
}

/** The name under which the sum of one of several losses travels. */
export const lossSum = (loss: string): string => `loss/${loss}`;

/**
 * Adds a network and its losses to a graph.
 *
 * The batch comes in as `images` (N×C×H×W bytes, where a layer reads them), `weights` (N; 0 for padding), the network's further inputs (float32), and an
 * array for each target of a loss: int64 `labels` (N; N×1×h×w where the scores are a map), −1 for what does not count, or float32 of the scores' shape.
 * A loss of values may be compared with a variable of the network in the place of an array.
 * With ℓ the losses of an image, w its weight and λ the losses' weights, the objective is Σ w·Σ λℓ / Σ w.
 *
 * @param g the graph; it must hold the parameters by name
 * @param mode what the layers are built for: `FOR_USE`, or {@link trainingMode}
 * @throws RangeError when the network has no loss with a weight, or a batch no sample
 * @example
 * const g = new GraphBuilder("gradients");
 * for (const { name, shape } of parametersOf(network)) g.input(name, "float32", shape);
 * const { mean } = buildObjective(g, network, normalization, 100, trainingMode(g));
 * for (const [name, gradient] of gradients(g, mean, ["conv1/filters"])) g.output(`gradient/${name}`, gradient);
 */
export function buildObjective(
  g: GraphBuilder,
  network: Network,
  normalization: Normalization,
  batchSize: number,
  mode: BuildMode,
): Objective {
  expectWhole("batchSize", [batchSize], 1);
  const losses = lossesOf(network);
  if (!losses.some(({ layer }) => layer.weight > 0)) {
    throw new RangeError(
      `Network '${network.name}' has no loss that it could be trained by, such as softmaxLogLoss().`,
    );
  }
  const { weights } = BATCH_INPUTS;
  const [image, ...others] = network.inputs;
  const isRead = network.layers.some(({ inputs: read }) => read.some(({ name }) => name === image.name));
  const pixels = isRead ? { [image.name]: addImages(g, image, normalization, batchSize) } : {};
  const inputs = Object.fromEntries(
    others.map(({ name, shape }) => [name, g.input(name, "float32", [batchSize, ...sizes(shape)])]),
  );
  g.input(weights, "float32", [batchSize]);
  const targets = new Map<string, string>();
  for (const { layer, inputs: read } of losses) {
    if (comparedBy(layer) === "nothing" || comparedVariable(network, layer)) continue;
    addTarget(g, targets, layer, read[0], batchSize);
  }
  const values = buildNetwork(g, network, { ...inputs, ...pixels }, mode);
  const placeOf = ({ name }: Variable): string => values.get(name) ?? "";
  const goalOf = (layer: Loss): string => targets.get(layer.target) ?? values.get(layer.target) ?? "";

  return g.scope("objective", () => {
    const weight = g.op("Reshape", [weights, g.ints(batchSize, 1, 1, 1)]);
    const total = (value: string): string => g.op("ReduceSum", [g.op("Mul", [value, weight])], { keepdims: 0 });
    const each = losses.map(({ name, layer, inputs: [scores] }) => {
      const loss = buildLoss(g, layer, placeOf(scores), goalOf(layer));
      return { name, layer, scores, sum: total(loss) };
    });
    const shares = each
      .filter(({ layer }) => layer.weight > 0)
      .map(({ layer, sum }) => (layer.weight === 1 ? sum : g.op("Mul", [sum, g.scalar(layer.weight)])));
    const objective = shares.length === 1 ? shares[0] : g.op("Sum", shares);
    // Where nothing counts, the objective is 0 and has no slope.
    const count = g.op("Max", [g.op("ReduceSum", [weight], { keepdims: 0 }), g.scalar(1e-30)]);
    const mean = g.op("Div", [objective, count]);
    const sums = new Map([["objective", objective]]);
    for (const { metric, layer, read, build } of statisticsOf(network)) {
      sums.set(metric.name, total(build(g, placeOf(read), goalOf(layer))));
    }
    if (each.length > 1) for (const { name, sum } of each) sums.set(lossSum(name), sum);
    return { mean, sums, scores: placeOf(scoresOf(network)), values };
  });
}

/** Adds the bytes of a batch, `images`, and makes the numbers of them that the network takes. */
export function addImages(
  g: GraphBuilder,
  { shape }: Variable,
  normalization: Normalization,
  batchSize: number,
): string {
  const bytes = g.input(BATCH_INPUTS.images, "uint8", [batchSize, ...sizes(shape)]);
  const mean = g.constant(meanTensor(normalization, shape));
  const scale = g.constant(scaleTensor(normalization, shape));
  return addNormalization(g, g.op("Cast", [bytes], { to: 1 }), mean, scale);
}

/** Adds the input that a loss is compared with, unless another loss has it already. */
function addTarget(
  g: GraphBuilder,
  targets: Map<string, string>,
  layer: Loss,
  { shape }: Variable,
  batchSize: number,
): void {
  const { target } = layer;
  const size = targetSizes(layer, shape, batchSize);
  const { type } = targetOf(layer, shape);
  const known = targets.get(target);
  if (known === undefined) targets.set(target, g.input(target, type, size));
  else if (g.shape(known).join() !== size.join() || g.type(known).type !== type) {
    const wanted = [`${g.shape(known).join("×")} ${g.type(known).type}`, `${size.join("×")} ${type}`];
    throw new RangeError(`Two losses want '${target}' to be different: ${wanted.join(" and ")}.`);
  }
}

const sizes = ({ channels, height, width }: ImageShape): [number, number, number] => [channels, height, width];
