/** Other names for the layers, variables and parameters of a network. */

import { blockOf } from "../../blocks/layer.js";
import { ShapeError } from "../../graph/infer/infer.js";
import type { TrainedModel } from "../model/model.js";
import { type Network, type PlacedLayer, parametersOf } from "../network.js";
import { rebuildNetwork, unknownName, type Wired, withoutFields } from "./wired-layers.js";

/** New names by the old ones. */
export interface NewNames {
  readonly layers?: Readonly<Record<string, string>>;
  /** also of the network's inputs */
  readonly variables?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * The network with other names; all that refers to them follows. What a layer outputOfLayer, and its parameters, are called after the layer
 * unless it says otherwise, and then follow it: with "conv1" renamed to "stem", "conv1/filters" becomes "stem/filters", also in the layers
 * that share it. A name that a layer gives its output or a parameter itself stays.
 *
 * @throws RangeError when the network has not what is to be renamed, or a parameter would be called like another
 * @throws ShapeError when two layers, or two variables, would have the same name
 * @example
 * parametersOf(renameNetwork(ocr(), { layers: { conv1: "stem" } }))[0].name; // "stem/filters"
 */
export function renameNetwork(network: Network, names: NewNames): Network {
  const { layers, variables, parameters } = renaming(network, names);
  const nowOf = (now: ReadonlyMap<string, string>, name: string): string => now.get(name) ?? name;
  const anew = network.layers.map((placed): Wired => {
    const name = nowOf(layers, placed.name);
    const output = nowOf(variables, placed.output.name);
    const own = parameterNames(placed).map(([within, full]) => [within, nowOf(parameters, full)] as const);
    const stated = own.filter(([within, full]) => full !== `${name}/${within}`);
    return {
      ...withoutFields(placed.layer, "output", "parameters"),
      name,
      inputs: placed.inputs.map((variable) => nowOf(variables, variable.name)),
      ...(output === name ? {} : { output }),
      ...(stated.length === 0 ? {} : { parameters: Object.fromEntries(stated) }),
    };
  });
  const [first, ...others] = network.inputs.map((input) => ({ ...input, name: nowOf(variables, input.name) }));
  return rebuildNetwork(network, anew, [first, ...others]);
}

/** What everything is called afterwards, whether it was asked for or follows. */
function renaming(network: Network, names: NewNames): Readonly<Record<keyof NewNames, ReadonlyMap<string, string>>> {
  const made = network.layers.map(({ output }) => output);
  for (const [what, known] of [
    ["layer", network.layers],
    ["variable", [...network.inputs, ...made]],
    ["parameter", parametersOf(network)],
  ] as const) {
    const stranger = Object.keys(names[`${what}s`] ?? {}).find((name) => known.every((one) => one.name !== name));
    if (stranger !== undefined) throw unknownName(network.name, what, stranger, known);
  }
  const layers = new Map(Object.entries(names.layers ?? {}));
  const variables = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const placed of network.layers) {
    const { name, layer } = placed;
    const called = layers.get(name) ?? name;
    if (layer.output === undefined) variables.set(name, called);
    for (const [within, full] of parameterNames(placed)) {
      if (layer.parameters?.[within] === undefined) parameters.set(full, `${called}/${within}`);
    }
  }
  for (const [old, now] of Object.entries(names.variables ?? {})) variables.set(old, now);
  for (const [old, now] of Object.entries(names.parameters ?? {})) parameters.set(old, now);
  const after = parametersOf(network).map(({ name }) => parameters.get(name) ?? name);
  const twice = after.find((name, i) => after.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new RangeError(
      `Two parameters of network '${network.name}' would be called '${twice}', and layers would share it.`,
    );
  }
  const inputs = network.inputs.map(({ name }) => variables.get(name) ?? name);
  const same = inputs.find((name, i) => inputs.indexOf(name) !== i);
  if (same !== undefined) throw new ShapeError(`network '${network.name}' would have two inputs '${same}'`);
  return { layers, variables, parameters };
}

/** The names of a layer's parameters: within the layer, and in the network. */
export function parameterNames({
  layer,
  inputs: [first, ...others],
  parameters,
}: PlacedLayer): (readonly [string, string])[] {
  const own = blockOf(layer).parameters(layer, first.shape, ...others.map(({ shape }) => shape));
  return own.map((spec, i) => [spec.name, parameters[i].name] as const);
}

/**
 * A trained model with other names; see {@link renameNetwork}. Its parameters keep their values under their new names.
 *
 * @throws RangeError, ShapeError as `renameNetwork` does
 * @example
 * [...renameModel(model, { layers: { conv1: "stem" } }).parameters.keys()][0]; // "stem/filters"
 */
export function renameModel(model: TrainedModel, names: NewNames): TrainedModel {
  const { parameters } = renaming(model.network, names);
  const values = [...model.parameters].map(([name, value]) => [parameters.get(name) ?? name, value] as const);
  return { ...model, network: renameNetwork(model.network, names), parameters: new Map(values) };
}
