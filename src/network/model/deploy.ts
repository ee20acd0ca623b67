/** A trained model without all that only training needs. */

import { sigmoid, softmax } from "../../blocks/activation/activation.js";
import type { Conv } from "../../blocks/convolution/conv.js";
import type { ConvTranspose } from "../../blocks/convolution/conv-transpose.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { addLayers, removeLayer } from "../edit/edit.js";
import { parameterNames } from "../edit/rename.js";
import { rebuildNetwork, type Wired, wireLayer } from "../edit/wired-layers.js";
import { lossesOf, type Network, type PlacedLayer, parametersOf, scoresOf } from "../network.js";
import { expectFit, resultOf, type TrainedModel } from "./model.js";

/**
 * The model as it is deployed (MatConvNet's `cnn_imagenet_deploy`), with the same scores and probabilities:
 *
 * - Dropout is gone, and so are the losses: a softmax log-loss leaves a softmax, a logistic loss a sigmoid. A loss without which it
 *   would not be known what the scores are stays, such as that of a regression.
 * - Batch normalisation is merged into the convolution, or transposed convolution, before it. With its gain γ, bias β and moments μ
 *   and σ, filters f and biases b become
 *
 *       f[k]·γ[k]/σ[k]   and   β[k] + (b[k] − μ[k])·γ[k]/σ[k]
 *
 *   A normalisation stays where something else reads what the convolution makes, or shares its parameters, and where it does not follow one.
 *
 * Variables that such layers made are gone. The result is for use: it cannot be trained on as it was.
 *
 * @throws RangeError when parameters, classes or mean do not fit the network
 * @example
 * deployModel(model).network.layers.map(({ layer }) => layer.type).at(-1); // "softmax"
 */
export function deployModel(model: TrainedModel): TrainedModel {
  expectFit(model);
  const { network } = model;
  const dropouts = network.layers.filter(({ layer }) => layer.type === "dropout");
  const used = dropouts.reduce(
    (rest, { name }) => removeLayer(rest, name, { bridge: true }),
    withoutNeedlessLosses(network),
  );
  return folded({ ...model, network: used });
}

/** The network without losses, but for one that alone says what the scores are. */
function withoutNeedlessLosses(network: Network): Network {
  const before = resultOf(network);
  const [first, ...others] = lossesOf(network);
  if (!first) return network;
  const one = others.reduce((rest, { name }) => removeLayer(rest, name), network);
  const none = removeLayer(one, first.name);
  const squashed = scoresOf(network).name !== before.name;
  const reads = { inputs: [before.name] };
  const last = before.squash === "Softmax" ? softmax(reads) : sigmoid(reads);
  const bare = before.squash && !squashed ? addLayers(none, [last]) : none;
  const after = resultOf(bare);
  return after.name === before.name && after.squash === before.squash ? bare : one;
}

/** The model with every normalisation merged that can be: all at once, as a network takes as long to make as it is deep. */
function folded(model: TrainedModel): TrainedModel {
  const { network } = model;
  const merged = mergeable(network);
  if (merged.size === 0) return model;
  const makers = new Set(merged.values());
  const reads = new Map([...merged.keys()].map(({ output, inputs: [read] }) => [output.name, read.name]));
  const anew = network.layers
    .filter((placed) => !merged.has(placed))
    .map((placed): Wired => {
      const wired = wireLayer(placed);
      const inputs = wired.inputs.map((name) => reads.get(name) ?? name);
      return isConvolution(placed) && makers.has(placed)
        ? { ...wired, ...placed.layer, name: wired.name, inputs, biases: true }
        : { ...wired, inputs };
    });
  const rebuilt = rebuildNetwork(network, anew);
  const names = new Map(rebuilt.layers.map((placed) => [placed.name, new Map(parameterNames(placed))]));
  const values = new Map(model.parameters);
  for (const [norm, maker] of merged) {
    for (const [within, value] of Object.entries(mergedNumbers(model, maker, norm))) {
      values.set(names.get(maker.name)?.get(within) ?? "", value);
    }
  }
  const needed = new Set(parametersOf(rebuilt).map(({ name }) => name));
  const parameters = new Map([...values].filter(([name]) => needed.has(name)));
  // a normalisation behind one that is gone
  return folded({ ...model, network: rebuilt, parameters });
}

/** The normalisations that can be merged, each with the convolution before it. */
function mergeable({ layers }: Network): ReadonlyMap<PlacedLayer, Convolution> {
  const makers = new Map(layers.map((placed) => [placed.output.name, placed]));
  const reads = new Map<string, number>();
  const uses = new Map<string, number>();
  for (const { inputs, parameters } of layers) {
    for (const name of new Set(inputs.map((input) => input.name))) reads.set(name, (reads.get(name) ?? 0) + 1);
    for (const name of new Set(parameters.map((spec) => spec.name))) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const found = new Map<PlacedLayer, Convolution>();
  for (const norm of layers) {
    const maker = makers.get(norm.inputs[0].name);
    if (norm.layer.type !== "batchNorm" || !maker || !isConvolution(maker)) continue;
    const isShared = maker.parameters.some(({ name }) => uses.get(name) !== 1);
    if (reads.get(maker.output.name) === 1 && !isShared) found.set(norm, maker);
  }
  return found;
}

type Convolution = PlacedLayer & { readonly layer: Conv | ConvTranspose };

const isConvolution = (placed: PlacedLayer): placed is Convolution =>
  placed.layer.type === "conv" || placed.layer.type === "convTranspose";

/** The filters and biases of a convolution with the normalisation behind it. */
function mergedNumbers(
  model: TrainedModel,
  maker: Convolution,
  norm: PlacedLayer,
): Readonly<Record<"filters" | "biases", Tensor<"float32">>> {
  const { layer } = maker;
  const { shape } = maker.parameters[0];
  const { gain, bias, moments } = numbersOf(model, norm);
  const { filters, biases = new Float32Array(layer.filters) } = numbersOf(model, maker);
  const factors = Float64Array.from(gain, (value, k) => value / moments[gain.length + k]);
  const { length, channelOf } = runsOf(layer, shape);
  const merged = new Float32Array(filters.length);
  for (let run = 0; run * length < merged.length; run++) {
    const factor = factors[channelOf(run)];
    for (let i = run * length; i < (run + 1) * length; i++) merged[i] = filters[i] * factor;
  }
  return {
    filters: float32(merged, shape),
    biases: float32(
      biases.map((value, k) => bias[k] + (value - moments[k]) * factors[k]),
      [layer.filters],
    ),
  };
}

/** The numbers of a layer's parameters, by their names within the layer. */
const numbersOf = ({ parameters }: TrainedModel, placed: PlacedLayer): Record<string, Float32Array> =>
  Object.fromEntries(
    parameterNames(placed).flatMap(([within, full]) => {
      const value = parameters.get(full);
      return value ? [[within, value.data]] : [];
    }),
  );

/**
 * Weights that lie side by side and belong to the same channel of the output, and which channel a run of them belongs to: filters are K × C/groups × h × w; those of
 * a transposed convolution C × K/groups × h × w.
 */
function runsOf(
  { type, groups }: Convolution["layer"],
  [first, second, ...taps]: readonly number[],
): { readonly length: number; channelOf(run: number): number } {
  const size = elementCount(taps);
  if (type === "conv") return { length: second * size, channelOf: (run) => run };
  const inGroup = first / groups;
  return { length: size, channelOf: (run) => Math.floor(run / second / inGroup) * second + (run % second) };
}
