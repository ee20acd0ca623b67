/** Weights without a network, as PyTorch saves them, and the network whose they are. */

import { ModelFormatError } from "../../graph/codec/foreign.js";
import { elementCount, float32 } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { nearestName } from "../../values/nearest.js";
import { type Network, type PlacedLayer, parametersOf } from "../network.js";

/** The float32 tensors of a file by their names, in the file's order. */
export type Weights = ReadonlyMap<string, Tensor<"float32">>;

/** The parameters of a network out of a file of weights, and what is to be said of them. */
export interface Assigned {
  /** by the names that `parametersOf` gives */
  readonly parameters: ReadonlyMap<string, Tensor<"float32">>;
  /** one plain sentence each */
  readonly notes: readonly string[];
}

/** A tensor that a layer wants: its name behind the layer's, and its shape. */
interface Wanted {
  readonly suffix: string;
  readonly shape: readonly number[];
}

/** The tensors by which PyTorch keeps the parameters of a layer; "" is a parameter that is called as the layer is. */
export function wantedBy({ layer, parameters }: PlacedLayer): readonly Wanted[] {
  const named = (suffixes: readonly string[]): readonly Wanted[] =>
    parameters.flatMap(({ shape }, i) => (suffixes[i] === undefined ? [] : [{ suffix: suffixes[i], shape }]));
  if (layer.type === "batchNorm") {
    const [{ shape }] = parameters;
    return [".weight", ".bias", ".running_mean", ".running_var"].map((suffix) => ({ suffix, shape }));
  }
  return named(layer.type === "scale" ? ["", ".bias"] : [".weight", ".bias"]);
}

/**
 * The tensors by which PyTorch would keep a network's parameters, by their names, each with its shape; fully connected layers are filters here.
 *
 * @example
 * torchShapes(resnet18()).get("bn1.running_var"); // [64]
 */
export const torchShapes = ({ layers }: Network): Map<string, readonly number[]> =>
  new Map(
    layers
      .filter(({ parameters }) => parameters.length > 0)
      .flatMap((placed) => wantedBy(placed).map(({ suffix, shape }) => [placed.name + suffix, shape] as const)),
  );

/** What a file has under one module's name, in its order. */
type Modules = ReadonlyMap<string, ReadonlyMap<string, Tensor<"float32">>>;

/** How PyTorch's modules call their tensors. */
const SUFFIXES = [".weight", ".bias", ".running_mean", ".running_var"];

function modulesOf(weights: Weights): Modules {
  const modules = new Map<string, Map<string, Tensor<"float32">>>();
  for (const [name, value] of weights) {
    if (name.endsWith(".num_batches_tracked")) continue;
    const suffix = SUFFIXES.find((each) => name.endsWith(each)) ?? "";
    const module = name.slice(0, name.length - suffix.length);
    const known = modules.get(module) ?? new Map<string, Tensor<"float32">>();
    known.set(suffix, value);
    modules.set(module, known);
  }
  return modules;
}

const text = (shape: readonly number[]): string => (shape.length === 0 ? "one number" : shape.join("×"));

/** Whether a tensor is one of that shape, written with fewer or more axes of size 1, or with the pixels of a filter in one row. */
const isOf = (tensor: Tensor, shape: readonly number[]): boolean =>
  elementCount(tensor.shape) === elementCount(shape) && (tensor.shape[0] ?? 1) === (shape[0] ?? 1);

/** Why a layer's module is not in a file: "expected 'conv1.weight' of 64×3×7×7, got 64×3×3×3"; nothing where it is. */
function misfits(placed: PlacedLayer, modules: Modules): readonly string[] {
  const { name } = placed;
  const found = modules.get(name);
  const wanted = wantedBy(placed);
  // the first tensor stands for those that lack with it
  if (!found) return [`it has no '${name}${wanted[0].suffix}' of ${text(wanted[0].shape)}`];
  const wrong = wanted.flatMap(({ suffix, shape }) => {
    const value = found.get(suffix);
    if (!value) return [`it has no '${name}${suffix}' of ${text(shape)}`];
    return isOf(value, shape) ? [] : [`expected '${name}${suffix}' of ${text(shape)}, got ${text(value.shape)}`];
  });
  const more = [...found.keys()].filter((suffix) => wanted.every((each) => each.suffix !== suffix));
  return [...wrong, ...more.map((suffix) => `layer '${name}' takes no '${name}${suffix}'`)];
}

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

/** Which module of a file each layer is. */
interface Match {
  readonly moduleOf: ReadonlyMap<PlacedLayer, string>;
  readonly note?: string | undefined;
}

/** What shapes a module or a layer has, as a text. */
const signature = (shapes: readonly (readonly [suffix: string, shape: readonly number[]])[]): string =>
  shapes
    .map(([suffix, shape]) => `${suffix} ${shape[0] ?? 1} ${elementCount(shape)}`)
    .sort()
    .join();

/** Layers and modules of the same shapes, paired in their order; nothing where there are not as many of each. */
function matchByShapes(layers: readonly PlacedLayer[], modules: Modules): Map<PlacedLayer, string> | undefined {
  const waiting = new Map<string, string[]>();
  for (const [module, tensors] of modules) {
    const own = signature([...tensors].map(([suffix, { shape }]) => [suffix, shape]));
    waiting.set(own, [...(waiting.get(own) ?? []), module]);
  }
  const pairs = new Map<PlacedLayer, string>();
  for (const placed of layers) {
    const own = signature(wantedBy(placed).map(({ suffix, shape }) => [suffix, shape]));
    const module = waiting.get(own)?.shift();
    if (module === undefined) return undefined;
    pairs.set(placed, module);
  }
  return [...waiting.values()].every((left) => left.length === 0) ? pairs : undefined;
}

/** @returns undefined where the weights are not the network's */
function match(network: Network, modules: Modules): Match | undefined {
  const layers = network.layers.filter(({ parameters }) => parameters.length > 0);
  if (layers.every((placed) => misfits(placed, modules).length === 0)) {
    const left = [...modules.keys()].filter((module) => layers.every(({ name }) => name !== module));
    const note =
      left.length > 0
        ? `${left.length} modules of the file belong to no layer and are left out: ${listed(left)}.`
        : undefined;
    return { moduleOf: new Map(layers.map((placed) => [placed, placed.name])), note };
  }
  const moduleOf = matchByShapes(layers, modules);
  if (!moduleOf) return undefined;
  const [[first, module]] = moduleOf;
  return {
    moduleOf,
    note: `The file has other names than the network: layers were found by their shapes and order, '${first.name}' as '${module}' and so on.`,
  };
}

/** So many names, or misfits, are told. */
const MOST = 100;

const listed = (all: readonly string[], separator = ", "): string =>
  `${all.slice(0, MOST).join(separator)}${all.length > MOST ? `${separator}and ${all.length - MOST} more` : ""}`;

/** All in which a file is not a network's: what is missing, with the nearest of what is left, what is of another shape, and what is left. */
function mismatch(network: Network, modules: Modules): string {
  const layers = network.layers.filter(({ parameters }) => parameters.length > 0);
  const left = [...modules.keys()].filter((module) => layers.every(({ name }) => name !== module));
  const nearest = (placed: PlacedLayer): string => {
    const [{ suffix, shape }] = wantedBy(placed);
    const alike = left.filter((module) => {
      const value = modules.get(module)?.get(suffix);
      return value && isOf(value, shape);
    });
    const near = nearestName(placed.name, alike) ?? nearestName(placed.name, left) ?? alike[0];
    return near === undefined ? "" : ` (the nearest is '${near}${[...(modules.get(near)?.keys() ?? [""])][0]}')`;
  };
  const wrong = layers
    .flatMap((placed) => misfits(placed, modules).map((misfit) => ({ placed, misfit })))
    .map(({ placed, misfit }, i) => (i < MOST && !modules.has(placed.name) ? misfit + nearest(placed) : misfit));
  const counts = `The file has ${modules.size} modules, the network ${layers.length} layers with parameters.`;
  if (layers.every(({ name }) => !modules.has(name))) return `${wrong[0]}, nor any other of its layers. ${counts}`;
  const unused = left.length > 0 ? `; no layer takes ${listed(left.map((module) => `'${module}'`))}` : "";
  return `${listed(wrong, "; ")}${unused}. ${counts}`;
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
 * The parameters of a network out of a file of weights. Parameters are found by the network's own names for them, or layers by theirs, as those of the zoo are
 * torchvision's; where a file has other names, by their shapes and their order, if the file has as many of each as the network.
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
  const found = match(network, modules);
  if (!found)
    throw new ModelFormatError(`The weights are not those of '${network.name}': ${mismatch(network, modules)}`);
  return { parameters: parametersBy(found.moduleOf, modules), notes: found.note === undefined ? [] : [found.note] };
}

function parametersBy(moduleOf: ReadonlyMap<PlacedLayer, string>, modules: Modules): Map<string, Tensor<"float32">> {
  return new Map(
    [...moduleOf].flatMap(([placed, module]) =>
      valuesOf(placed, modules.get(module) ?? new Map()).map((value, i) => [placed.parameters[i].name, value] as const),
    ),
  );
}

/** How many scores a network makes, by its last matrix or filter bank. */
export const scoresOfWeights = (weights: ReadonlyMap<string, Tensor>): number =>
  Math.max(1, [...weights.values()].filter(({ shape }) => shape.length > 1).at(-1)?.shape[0] ?? 1);

/**
 * The network of a list whose weights these are. The number of classes is that of the last matrix or filter bank of the file.
 *
 * @param weights the tensors of the file
 * @param networks functions that make the networks that it may be, by name
 * @throws ModelFormatError, with the names of those networks, when it is none of them
 * @example
 * const weights = new Map([...torchShapes(resnet20())].map(([name, shape]) => [name, zeros("float32", shape)]));
 * networkOfWeights(weights, ZOO).name; // "resnet20"
 */
export function networkOfWeights(
  weights: Weights,
  networks: Readonly<Record<string, (classes: number) => Network>>,
): Network {
  const classes = scoresOfWeights(weights);
  const modules = modulesOf(weights);
  for (const make of Object.values(networks)) {
    const network = make(classes);
    if (match(network, modules)) return network;
  }
  const [first] = weights;
  const start = first
    ? `; the file has ${weights.size}, the first is '${first[0]}' of ${text(first[1].shape)}`
    : "; the file has none";
  throw new ModelFormatError(`Expected the tensors of ${Object.keys(networks).join(", ")}${start}.`);
}
