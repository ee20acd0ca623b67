/** Weights without a network, as PyTorch saves them, and the network whose they are. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type Network, type PlacedLayer, parametersOf } from "../network.js";
import {
  type Modules,
  matchByNames,
  matchByShapes,
  modulesOf,
  SUFFIXES,
  type Weights,
  wantedBy,
  weighted,
} from "./modules.js";
import { mismatch, namesUnclear, nearestNetwork } from "./weights-mismatch.js";

export type { Weights } from "./modules.js";

/** The parameters of a network out of a file of weights, and what is to be said of them. */
export interface Assigned {
  /** by the names that `parametersOf` gives */
  readonly parameters: ReadonlyMap<string, Tensor<"float32">>;
  /** one plain sentence each */
  readonly notes: readonly string[];
}

/**
 * The tensors by which PyTorch would keep a network's parameters, by their names, each with its shape; fully connected layers are filters here.
 *
 * @example
 * torchShapes(resnet18()).get("bn1.running_var"); // [64]
 */
export const torchShapes = (network: Network): Map<string, readonly number[]> =>
  new Map(
    weighted(network).flatMap((placed) =>
      wantedBy(placed).map(({ suffix, shape }) => [placed.name + suffix, shape] as const),
    ),
  );

/** What the parameters of a batch normalisation are in a file, and in ours: (μ, σ) for the means and variances. */
function valuesOf(placed: PlacedLayer, found: ReadonlyMap<string, Tensor<"float32">>): readonly Tensor<"float32">[] {
  const { layer } = placed;
  const data = (suffix: string): Float32Array => found.get(suffix)?.data ?? new Float32Array();
  if (layer.type === "batchNorm") {
    const [gain, bias, mean, variance] = SUFFIXES.map(data);
    const deviation = variance.map((each) => Math.sqrt(each + layer.epsilon));
    return [
      float32(gain, [gain.length]),
      float32(bias, [bias.length]),
      float32([...mean, ...deviation], [2, mean.length]),
    ];
  }
  return wantedBy(placed).map(({ suffix, shape }) => ({ type: "float32", shape, data: data(suffix) }));
}

/** The parameters of a file that calls them as the network does; undefined where it does not. */
function byOwnNames(network: Network, weights: Weights): Map<string, Tensor<"float32">> | undefined {
  const found = new Map<string, Tensor<"float32">>();
  for (const { name, shape } of parametersOf(network)) {
    const value = weights.get(name);
    if (value?.shape.join() !== shape.join()) return undefined;
    found.set(name, value);
  }
  return found.size > 0 ? found : undefined;
}

/**
 * The parameters of a network out of a file of weights. Parameters are found by the network's own names for them, or layers by theirs, or by
 * torchvision's; where a file has other names, by their shapes and their order, if the file has as many of each as the network. A file that is sorted by name
 * (safetensors) has no order: the numbers and the usual words in the names give it.
 *
 * @param network a network whose layers are called as PyTorch's modules, or stand in their order
 * @param weights the tensors of the file
 * @throws ModelFormatError naming each tensor that is missing, with the nearest that there is, is of another shape, or belongs to no layer
 * @example
 * const weights = new Map([["score.weight", float32([1, 2], [1, 2])], ["score.bias", float32([3], [1])]]);
 * const network = sequential("one", { channels: 2, height: 1, width: 1 }, [conv(1, 1, { name: "score" })]);
 * assignWeights(network, weights).parameters.get("score/filters")?.shape; // [1, 2, 1, 1]
 */
export function assignWeights(network: Network, weights: Weights): Assigned {
  const own = byOwnNames(network, weights);
  if (own) return { parameters: own, notes: [] };
  const modules = modulesOf(weights);
  const found = matchByNames(network, modules) ?? matchByShapes(network, modules);
  if (!found || !("moduleOf" in found)) {
    const reason = found ? namesUnclear(found) : mismatch(network, modules);
    throw new ModelFormatError(`The weights are not those of '${network.name}': ${reason}`);
  }
  return { parameters: parametersBy(found.moduleOf, modules), notes: found.note === undefined ? [] : [found.note] };
}

function parametersBy(moduleOf: ReadonlyMap<PlacedLayer, string>, modules: Modules): Map<string, Tensor<"float32">> {
  return new Map(
    [...moduleOf].flatMap(([placed, module]) =>
      valuesOf(placed, modules.get(module) ?? new Map()).map((value, i) => [placed.parameters[i].name, value] as const),
    ),
  );
}

/** Makes a network of so many classes. */
export type NetworkMaker = (classes: number) => Network;

/** What the layer of scores is usually called. */
const SCORES = /(^|\.)_?(classifier|fc|head|logits|last_linear|output)(\.\d+)?(\.fc)?\.weight$/;

/** How many scores a file's network may make: by usual names of the last layer, and by the last matrix or filter bank of the file. */
function scoreCounts(weights: ReadonlyMap<string, Tensor>): readonly number[] {
  const matrices = [...weights].filter(([, { shape }]) => shape.length > 1);
  const named = matrices.filter(([name]) => SCORES.test(name)).toReversed();
  return [...new Set([...named, ...matrices.slice(-1)].map(([, { shape }]) => shape[0]))];
}

/**
 * The network of a kind that tells apart as many classes as a file of weights has scores: so many that all tensors fit, if there are such, else by its last
 * matrix or filter bank.
 */
export function networkForWeights(weights: Weights, make: NetworkMaker): Network {
  const modules = modulesOf(weights);
  const [first = make(1), ...others] = scoreCounts(weights).map((classes) => make(classes));
  const fits = (network: Network): boolean =>
    (matchByNames(network, modules) ?? matchByShapes(network, modules)) !== undefined;
  return [first, ...others].find(fits) ?? first;
}

/**
 * The network of a list whose weights these are, by the names of the tensors, else by their shapes. The number of classes is that of the layer of scores.
 *
 * @param weights the tensors of the file
 * @param networks functions that make the networks that it may be, by name
 * @throws ModelFormatError, with the nearest of those networks and what differs, when it is none of them
 * @example
 * const weights = new Map([...torchShapes(resnet20())].map(([name, shape]) => [name, zeros("float32", shape)]));
 * networkOfWeights(weights, ZOO).name; // "resnet20"
 */
export function networkOfWeights(weights: Weights, networks: Readonly<Record<string, NetworkMaker>>): Network {
  const modules = modulesOf(weights);
  const made = scoreCounts(weights).flatMap((classes) => Object.values(networks).map((make) => make(classes)));
  const found =
    made.find((network) => matchByNames(network, modules)) ?? made.find((network) => matchByShapes(network, modules));
  if (found) return found;
  throw new ModelFormatError(nearestNetwork(made, modules, weights));
}
