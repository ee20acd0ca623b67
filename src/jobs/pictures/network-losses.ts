/** What a training asks of a network's losses: weights of classes, softened labels, shares of classes. */

import { classError, softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { hasField, hasLabels, type Loss } from "../../blocks/loss/loss.js";
import { softmaxCrossEntropyLoss } from "../../blocks/loss/value-losses.js";
import { SHARES } from "../../data/change/mix-pictures.js";
import type { Samples } from "../../data/samples.js";
import type { ClassTarget } from "../../data/target.js";
import { descriptionOf } from "../../network/description.js";
import { dag, lossesOf, type Network, scoresOf } from "../../network/network.js";

/** The network with a weight for each class in its losses: n / (K·n_k), so that all classes together weigh the same. */
export function weighClasses(network: Network, { count, target }: Samples<ClassTarget>): Network {
  const { names, labels } = target;
  const counts = names.map((_, k) => Array.from(labels).filter((label) => label === k).length);
  const present = counts.filter((n) => n > 0).length;
  const classWeights = counts.map((n) => (n === 0 ? 0 : count / (present * n)));
  const weighs = (loss: Loss): boolean => loss.weight > 0 && hasField(loss, "classWeights");
  if (!lossesOf(network).some(({ layer }) => weighs(layer))) {
    throw new RangeError(`Classes can be weighed where a loss compares classes; '${network.name}' has no such loss.`);
  }
  return changeLosses(network, (loss) => (weighs(loss) ? { ...loss, classWeights } : loss));
}

/** The network with softened labels in its losses. @throws RangeError when a loss has none */
export function smoothLabels(network: Network, labelSmoothing: number): Network {
  expectSoftmaxLog(network, "Labels can be smoothed");
  return changeLosses(network, (loss) =>
    loss.loss === "softmaxLog" && loss.weight > 0 ? softmaxLogLoss({ ...loss, labelSmoothing }) : loss,
  );
}

/**
 * The network for pictures that are several classes by shares: its softmax log-losses are for shares, and its error is still measured by
 * labels.
 *
 * @throws RangeError when it is trained by a loss of another kind
 */
export function takeShares(network: Network): Network {
  expectSoftmaxLog(network, "Pictures can be mixed");
  const scores = scoresOf(network).name;
  const forShares = changeLosses(network, (loss) => {
    if (loss.loss !== "softmaxLog" || loss.weight === 0) return loss;
    const { ignoredLabel: _, ...rest } = loss;
    return softmaxCrossEntropyLoss({ ...rest, target: SHARES });
  });
  if (lossesOf(forShares).some(({ layer }) => hasLabels(layer))) return forShares;
  const { inputs, layers } = descriptionOf(forShares);
  return dag(network.name, inputs, [...layers, classError({ name: "error", inputs: [scores] })]);
}

function expectSoftmaxLog(network: Network, what: string): void {
  const other = lossesOf(network).find(({ layer }) => layer.weight > 0 && layer.loss !== "softmaxLog");
  if (!other) return;
  throw new RangeError(
    `${what} for a network with softmaxLogLoss; '${network.name}' has a loss of kind ${other.layer.loss}.`,
  );
}

function changeLosses(network: Network, change: (loss: Loss) => Loss): Network {
  const { inputs, layers } = descriptionOf(network);
  return dag(
    network.name,
    inputs,
    layers.map((layer) => (layer.type === "loss" ? change(layer) : layer)),
  );
}
