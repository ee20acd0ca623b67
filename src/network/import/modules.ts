/** The tensors of a file of weights as PyTorch's modules, and which layer of a network is which of them. */

import { elementCount } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import type { Network, PlacedLayer } from "../network.js";
import { isAlphabetic, orderModules } from "./module-order.js";
import { torchNames } from "./torch-names.js";

/** The float32 tensors of a file by their names, in the file's order. */
export type Weights = ReadonlyMap<string, Tensor<"float32">>;

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

/** Those of a network's layers that have parameters. */
export const weighted = ({ layers }: Network): readonly PlacedLayer[] =>
  layers.filter(({ parameters }) => parameters.length > 0);

/** What a file has under one module's name, in its order. */
export type Modules = ReadonlyMap<string, ReadonlyMap<string, Tensor<"float32">>>;

/** How PyTorch's modules call their tensors. */
export const SUFFIXES = [".weight", ".bias", ".running_mean", ".running_var"];

export function modulesOf(weights: Weights): Modules {
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

export const shapeWords = (shape: readonly number[]): string => (shape.length === 0 ? "one number" : shape.join("×"));

/** Whether a tensor is one of that shape, written with fewer or more axes of size 1, or with the pixels of a filter in one row. */
export const isOf = (tensor: Tensor, shape: readonly number[]): boolean =>
  elementCount(tensor.shape) === elementCount(shape) && (tensor.shape[0] ?? 1) === (shape[0] ?? 1);

/** Why a layer's module is not in a file: "expected 'conv1.weight' of 64×3×7×7, got 64×3×3×3"; nothing where it is. */
export function misfits(placed: PlacedLayer, modules: Modules, name = placed.name): readonly string[] {
  const found = modules.get(name);
  const wanted = wantedBy(placed);
  // the first tensor stands for those that lack with it
  if (!found) return [`it has no '${name}${wanted[0].suffix}' of ${shapeWords(wanted[0].shape)}`];
  const wrong = wanted.flatMap(({ suffix, shape }) => {
    const value = found.get(suffix);
    if (!value) return [`it has no '${name}${suffix}' of ${shapeWords(shape)}`];
    return isOf(value, shape)
      ? []
      : [`expected '${name}${suffix}' of ${shapeWords(shape)}, got ${shapeWords(value.shape)}`];
  });
  const more = [...found.keys()].filter((suffix) => wanted.every((each) => each.suffix !== suffix));
  return [...wrong, ...more.map((suffix) => `layer '${name}' takes no '${name}${suffix}'`)];
}

/** The names that a network's layers may have in a file: their own, and torchvision's. */
export function namings(network: Network): readonly ((placed: PlacedLayer) => string)[] {
  const torch = torchNames(network);
  const own = ({ name }: PlacedLayer): string => name;
  return torch.size > 0 ? [own, ({ name }) => torch.get(name) ?? name] : [own];
}

/** Which module of a file each layer is. */
export interface Match {
  readonly moduleOf: ReadonlyMap<PlacedLayer, string>;
  readonly note?: string | undefined;
}

/** So many names, or misfits, are told. */
const MOST = 100;

export const listed = (all: readonly string[], separator = ", ", most = MOST): string =>
  `${all.slice(0, most).join(separator)}${all.length > most ? `${separator}and ${all.length - most} more` : ""}`;

/** @returns undefined where the modules are not called as the network's layers */
export function matchByNames(network: Network, modules: Modules): Match | undefined {
  const layers = weighted(network);
  const name = namings(network).find((naming) =>
    layers.every((placed) => misfits(placed, modules, naming(placed)).length === 0),
  );
  if (!name) return undefined;
  const taken = new Set(layers.map(name));
  const left = [...modules.keys()].filter((module) => !taken.has(module));
  const note =
    left.length > 0
      ? `${left.length} modules of the file belong to no layer and are left out: ${listed(left)}.`
      : undefined;
  return { moduleOf: new Map(layers.map((placed) => [placed, name(placed)])), note };
}

/** What shapes a module or a layer has, as a text. */
const signature = (shapes: readonly (readonly [suffix: string, shape: readonly number[]])[]): string =>
  shapes
    .map(([suffix, shape]) => `${suffix} ${shape[0] ?? 1} ${elementCount(shape)}`)
    .sort()
    .join();

const signatureOfLayer = (placed: PlacedLayer): string =>
  signature(wantedBy(placed).map(({ suffix, shape }) => [suffix, shape]));

/** The modules of a file by their shapes, in its order. */
function modulesByShapes(modules: Modules): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [module, tensors] of modules) {
    const own = signature([...tensors].map(([suffix, { shape }]) => [suffix, shape]));
    const same = found.get(own);
    if (same) same.push(module);
    else found.set(own, [module]);
  }
  return found;
}

/** How many of a network's layers have modules of their shapes. */
export function alikeByShapes(network: Network, modules: Modules): number {
  const waiting = modulesByShapes(modules);
  return weighted(network).filter((placed) => waiting.get(signatureOfLayer(placed))?.pop() !== undefined).length;
}

/**
 * Layers and modules of the same shapes, paired in their order.
 *
 * @returns undefined where there are not as many of each; two names where the file is sorted by name, and nothing says which of them comes first
 */
export function matchByShapes(network: Network, modules: Modules): Match | readonly [string, string] | undefined {
  const layers = weighted(network);
  const waiting = modulesByShapes(modules);
  const wanted = new Map<string, PlacedLayer[]>();
  for (const placed of layers) {
    const own = signatureOfLayer(placed);
    wanted.set(own, [...(wanted.get(own) ?? []), placed]);
  }
  const shapes = [...wanted].map(([own, same]) => ({ same, found: waiting.get(own) ?? [] }));
  if (wanted.size !== waiting.size || shapes.some(({ same, found }) => same.length !== found.length)) return undefined;
  const sorted = isAlphabetic([...modules].flatMap(([name, tensors]) => [...tensors.keys()].map((own) => name + own)));
  const moduleOf = new Map<PlacedLayer, string>();
  for (const { same, found } of shapes) {
    const ordered = orderModules(found, sorted);
    if ("unclear" in ordered) return ordered.unclear;
    for (const [i, placed] of same.entries()) moduleOf.set(placed, ordered.names[i]);
  }
  const [first] = layers;
  const by = sorted
    ? "and, as the file has them in the order of the alphabet, by the places in their names"
    : "and order";
  const note = `The file has other names than the network: layers were found by their shapes ${by}, '${first.name}' as '${moduleOf.get(first)}' and so on.`;
  return { moduleOf, note };
}
