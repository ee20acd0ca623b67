/**
 * Networks made from others: layers added, taken out, replaced, rewired, renamed, frozen. Each function gives a new network, and checks
 * it as {@link dag} does.
 */

import { shortType } from "../blocks/definitions.js";
import { blockOf, type Layer } from "../blocks/layer.js";
import { ShapeError } from "../graph/infer/infer.js";
import type { Tensor } from "../graph/types.js";
import { defined } from "../values/defined.js";
import type { TrainedModel } from "./model/model.js";
import { dag, type Network, outputOf, type PlacedLayer, parametersOf, upTo } from "./network.js";

/** A layer that says its name and what it reads. */
type Wired = Layer & { readonly name: string; readonly inputs: readonly string[] };

const wired = ({ name, layer, inputs }: PlacedLayer): Wired => ({ ...layer, name, inputs: inputs.map((v) => v.name) });

/** The variable that a layer makes. */
const makes = ({ name, output }: Wired): string => output ?? name;

/** A layer without some of its fields. */
function without(layer: Layer, ...fields: readonly (keyof Layer)[]): Layer {
  const rest = { ...layer };
  for (const field of fields) delete rest[field];
  return rest;
}

/**
 * The network of these layers. What their order says anyway is left out of them again, so that a network which is edited back is as
 * it was.
 */
function rebuilt(network: Network, layers: readonly Wired[], inputs = network.inputs): Network {
  const shapes = Object.fromEntries(inputs.map(({ name, shape }) => [name, shape]));
  const counts = new Map<string, number>();
  let before: string = inputs[0].name;
  const brief = dag(network.name, shapes, layers).layers.map((placed) => {
    const type = shortType(placed.layer.type);
    const count = (counts.get(type) ?? 0) + 1;
    counts.set(type, count);
    const [first, ...others] = placed.inputs;
    const reads = others.length === 0 && first.name === before;
    if (type !== "loss") before = placed.output.name;
    return without(
      placed.layer,
      ...(placed.name === `${type}${count}` ? (["name"] as const) : []),
      ...(reads ? (["inputs"] as const) : []),
      ...(placed.layer.output === placed.name ? (["output"] as const) : []),
    );
  });
  return dag(network.name, shapes, brief);
}

/** @throws RangeError, with the names there are, when the network has no such layer */
function layerNamed({ name: network, layers }: Network, name: string): PlacedLayer {
  const found = layers.find((layer) => layer.name === name);
  if (!found) throw unknown(network, "layer", name, layers);
  return found;
}

function unknown(network: string, what: string, name: string, known: Iterable<{ readonly name: string }>): RangeError {
  const names = [...known].map((one) => one.name).join(", ");
  return new RangeError(`Network '${network}' has no ${what} '${name}'; it has ${names || "none"}.`);
}

/** "layer 'a' reads" or "layers 'a', 'b' read" */
const readersText = (readers: readonly Wired[]): string =>
  `layer${readers.length > 1 ? "s" : ""} ${readers.map(({ name }) => `'${name}'`).join(", ")} read${readers.length > 1 ? "" : "s"}`;

/** Layers that read one variable where they read another. */
const rewired = (layers: readonly Wired[], from: string, to: string): Wired[] =>
  layers.map((layer) => ({ ...layer, inputs: layer.inputs.map((name) => (name === from ? to : name)) }));

/**
 * The network with more layers. They are wired as in {@link dag}: a layer without `inputs` reads what the one before it in the list
 * makes, the first one what the network's last layer makes, a loss aside. Layers stand after those that they read wherever they are
 * added; to put one between two others, add it and let {@link withInputs} lead the second one to it.
 *
 * @throws ShapeError when a layer does not fit
 * @example
 * const two = withLayers(ocr(), [conv(2, 2, { name: "serif", inputs: ["relu1"] }), softmaxLogLoss({ target: "serifs" })]);
 * outputsOf(two).map(({ name }) => name); // ["loss1", "loss2"]
 */
export function withLayers(network: Network, layers: readonly Layer[]): Network {
  const old = network.layers.map(wired);
  const names = new Set([...old, ...layers].flatMap(({ name }) => name ?? []));
  let before =
    old
      .filter(({ type }) => type !== "loss")
      .map(makes)
      .at(-1) ?? network.inputs[0].name;
  const added = layers.map((layer) => {
    const named: Wired = {
      ...layer,
      name: layer.name ?? freeName(shortType(layer.type), names),
      inputs: layer.inputs ?? [before],
    };
    names.add(named.name);
    if (layer.type !== "loss") before = makes(named);
    return named;
  });
  return rebuilt(network, [...old, ...added]);
}

/** The first of "conv1", "conv2", … that is not taken. */
function freeName(type: string, taken: ReadonlySet<string>): string {
  let number = 1;
  while (taken.has(`${type}${number}`)) number++;
  return `${type}${number}`;
}

/**
 * The network without a layer.
 *
 * @param options.bridge whether those that read its output now read its first input; false
 * @throws ShapeError when layers read its output and there is no bridge, naming them; or when they do not fit what they now read
 * @example
 * withoutLayer(ocr(), "relu1", { bridge: true }).layers.length; // 7
 */
export function withoutLayer(
  network: Network,
  name: string,
  { bridge = false }: { readonly bridge?: boolean } = {},
): Network {
  const { output, inputs } = layerNamed(network, name);
  const others = network.layers.filter((layer) => layer.name !== name).map(wired);
  const readers = others.filter((layer) => layer.inputs.includes(output.name));
  if (readers.length > 0 && !bridge) {
    throw new ShapeError(`layer '${name}' cannot be taken out: ${readersText(readers)} its output '${output.name}'`);
  }
  return rebuilt(network, rewired(others, output.name, inputs[0].name));
}

/**
 * The network with another layer in a layer's place: it reads what that one read, and those that read that one read it, unless
 * its own options say otherwise. It has the old name if it brings none.
 *
 * @throws ShapeError when it does not fit
 * @example
 * const digits = replacedLayer(ocr(), "conv4", conv(2, 10)); // a new last layer, to train a model further
 * outputOf(digits).channels; // 10
 */
export function replacedLayer(network: Network, name: string, layer: Layer): Network {
  const old = wired(layerNamed(network, name));
  const next: Wired = {
    ...defined({ output: old.output }),
    ...layer,
    name: layer.name ?? name,
    inputs: layer.inputs ?? old.inputs,
  };
  const layers = rewired(network.layers.map(wired), makes(old), makes(next));
  return rebuilt(
    network,
    layers.map((one) => (one.name === name ? next : one)),
  );
}

/**
 * The network in which a layer reads other variables.
 *
 * @throws ShapeError when they do not fit, or the layers now form a cycle
 * @example
 * const image = { channels: 4, height: 8, width: 8 };
 * const chain = sequential("chain", image, [conv(3, 4, { pad: 1 }), relu(), conv(3, 4, { pad: 1 })]);
 * withInputs(chain, "conv2", ["image"]).layers[2].inputs[0].name; // "image"
 */
export function withInputs(network: Network, name: string, inputs: readonly string[]): Network {
  const { number } = layerNamed(network, name);
  return rebuilt(
    network,
    network.layers.map(wired).map((layer, i) => (i === number - 1 ? { ...layer, inputs } : layer)),
  );
}

/** New names by the old ones. */
export interface NewNames {
  readonly layers?: Readonly<Record<string, string>>;
  /** also of the network's inputs */
  readonly variables?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * The network with other names; all that refers to them follows. What a layer makes, and its parameters, are called after the layer
 * unless it says otherwise, and then follow it: with "conv1" renamed to "stem", "conv1/filters" becomes "stem/filters", also in the layers
 * that share it. A name that a layer gives its output or a parameter itself stays.
 *
 * @throws RangeError when the network has not what is to be renamed, or a parameter would be called like another
 * @throws ShapeError when two layers, or two variables, would have the same name
 * @example
 * parametersOf(renamed(ocr(), { layers: { conv1: "stem" } }))[0].name; // "stem/filters"
 */
export function renamed(network: Network, names: NewNames): Network {
  const { layers, variables, parameters } = renaming(network, names);
  const nowOf = (now: ReadonlyMap<string, string>, name: string): string => now.get(name) ?? name;
  const anew = network.layers.map((placed): Wired => {
    const name = nowOf(layers, placed.name);
    const output = nowOf(variables, placed.output.name);
    const own = ownNames(placed).map(([within, full]) => [within, nowOf(parameters, full)] as const);
    const stated = own.filter(([within, full]) => full !== `${name}/${within}`);
    return {
      ...without(placed.layer, "output", "parameters"),
      name,
      inputs: placed.inputs.map((variable) => nowOf(variables, variable.name)),
      ...(output === name ? {} : { output }),
      ...(stated.length === 0 ? {} : { parameters: Object.fromEntries(stated) }),
    };
  });
  const [first, ...others] = network.inputs.map((input) => ({ ...input, name: nowOf(variables, input.name) }));
  return rebuilt(network, anew, [first, ...others]);
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
    if (stranger !== undefined) throw unknown(network.name, what, stranger, known);
  }
  const layers = new Map(Object.entries(names.layers ?? {}));
  const variables = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const placed of network.layers) {
    const { name, layer } = placed;
    const called = layers.get(name) ?? name;
    if (layer.output === undefined) variables.set(name, called);
    for (const [within, full] of ownNames(placed)) {
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
export function ownNames({
  layer,
  inputs: [first, ...others],
  parameters,
}: PlacedLayer): (readonly [string, string])[] {
  const own = blockOf(layer).parameters(layer, first.shape, ...others.map(({ shape }) => shape));
  return own.map((spec, i) => [spec.name, parameters[i].name] as const);
}

/**
 * A trained model with other names; see {@link renamed}. Its parameters keep their values under their new names.
 *
 * @throws RangeError, ShapeError as `renamed` does
 * @example
 * [...renamedModel(model, { layers: { conv1: "stem" } }).parameters.keys()][0]; // "stem/filters"
 */
export function renamedModel(model: TrainedModel, names: NewNames): TrainedModel {
  const { parameters } = renaming(model.network, names);
  const values = [...model.parameters].map(([name, value]) => [parameters.get(name) ?? name, value] as const);
  return { ...model, network: renamed(model.network, names), parameters: new Map(values) };
}

/** Layers by their names, or by a property that they have. */
export type LayerChoice = readonly string[] | ((layer: PlacedLayer) => boolean);

/**
 * The network with some of its layers frozen: training leaves their parameters as they are, and they behave as in use (no dropout,
 * no moments of the batch).
 *
 * @throws RangeError when there is no such layer, or a frozen layer would share a parameter with one that is not
 * @example
 * const last = frozen(ocr(), ({ name }) => name !== "conv4"); // only the last layer learns
 * parametersOf(last).filter(({ learningRate }) => learningRate > 0).length; // 2
 */
export const frozen = (network: Network, which: LayerChoice): Network => withFrozen(network, which, true);

/**
 * The network with some of its layers no longer frozen; see {@link frozen}.
 *
 * @throws RangeError as `frozen` does
 * @example
 * unfrozen(frozen(ocr(), ["conv1", "conv2"]), ["conv1", "conv2"]); // equals ocr()
 */
export const unfrozen = (network: Network, which: LayerChoice): Network => withFrozen(network, which, false);

function withFrozen(network: Network, which: LayerChoice, isFrozen: boolean): Network {
  const chosen = new Set(
    typeof which === "function" ? network.layers.filter(which) : which.map((name) => layerNamed(network, name)),
  );
  const layers = network.layers.map((placed): Wired => {
    if (!chosen.has(placed)) return wired(placed);
    const { frozen: _, ...layer } = wired(placed);
    return isFrozen ? { ...layer, frozen: true } : layer;
  });
  const changed = rebuilt(network, layers);
  const holders = new Map<string, PlacedLayer>();
  for (const placed of changed.layers) {
    for (const { name } of placed.parameters) {
      const holder = holders.get(name) ?? placed;
      if ((holder.layer.frozen ?? false) !== (placed.layer.frozen ?? false)) {
        throw new RangeError(
          `Layers '${holder.name}' and '${placed.name}' share the parameter '${name}': freeze both or neither.`,
        );
      }
      holders.set(name, holder);
    }
  }
  return changed;
}

/**
 * The layers that a variable depends on, and no others, with the inputs that they need: what computes this feature.
 *
 * @throws RangeError, with the names there are, when there is no such variable
 * @example
 * truncated(ocr(), "pool1").layers.length; // 2
 */
export function truncated(network: Network, variable: string): Network {
  const variables = [...network.inputs, ...network.layers.map(({ output }) => output)];
  if (variables.every(({ name }) => name !== variable)) throw unknown(network.name, "variable", variable, variables);
  const { layers } = upTo(network, variable);
  const read = new Set([variable, ...layers.flatMap(({ inputs }) => inputs.map(({ name }) => name))]);
  const [image, ...others] = network.inputs;
  return rebuilt(network, layers.map(wired), [image, ...others.filter(({ name }) => read.has(name))]);
}

/**
 * A trained model up to a variable: one that computes features. Its scores are the features, its classes are named after them.
 *
 * @throws RangeError, with the names there are, when there is no such variable
 * @example
 * truncatedModel(model, "relu1").classes.length; // 500
 */
export function truncatedModel(model: TrainedModel, variable: string): TrainedModel {
  const network = truncated(model.network, variable);
  const values = parametersOf(network).flatMap(({ name }): [string, Tensor<"float32">][] => {
    const value = model.parameters.get(name);
    return value ? [[name, value]] : [];
  });
  const classes = Array.from({ length: outputOf(network).channels }, (_, i) => `${variable} ${i + 1}`);
  return { ...model, network, parameters: new Map(values), classes };
}
