/**
 * Networks made from others: layers added, taken out, replaced, redirectReaders, renamed, frozen. Each function gives a new network, and checks
 * it as {@link dag} does.
 */

import { shortType } from "../../blocks/definitions.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { ShapeError } from "../../graph/infer/infer.js";
import type { Tensor } from "../../graph/types.js";
import { defined } from "../../values/defined.js";
import type { TrainedModel } from "../model/model.js";
import { dag, layersUpTo, lossesOf, type Network, outputOf, type PlacedLayer, parametersOf } from "../network.js";
import { rebuildNetwork, unknownName, type Wired, wireLayer } from "./wired-layers.js";

/** The variable that a layer makes. */
const outputOfLayer = ({ name, output }: Wired): string => output ?? name;

/** @throws RangeError, with the names there are, when the network has no such layer */
function layerNamed({ name: network, layers }: Network, name: string): PlacedLayer {
  const found = layers.find((layer) => layer.name === name);
  if (!found) throw unknownName(network, "layer", name, layers);
  return found;
}

/** "layer 'a' reads" or "layers 'a', 'b' read" */
const readersText = (readers: readonly Wired[]): string =>
  `layer${readers.length > 1 ? "s" : ""} ${readers.map(({ name }) => `'${name}'`).join(", ")} read${readers.length > 1 ? "" : "s"}`;

/** Layers that read one variable where they read another. */
const redirectReaders = (layers: readonly Wired[], from: string, to: string): Wired[] =>
  layers.map((layer) => ({ ...layer, inputs: layer.inputs.map((name) => (name === from ? to : name)) }));

/**
 * The network with more layers. They are wired as in {@link dag}: a layer without `inputs` reads what the one before it in the list
 * outputOfLayer, the first one what the network's last layer outputOfLayer, a loss aside. Layers stand after those that they read wherever they are
 * added; to put one between two others, add it and let {@link rewireLayer} lead the second one to it.
 *
 * @throws ShapeError when a layer does not fit
 * @example
 * const two = addLayers(ocr(), [conv(2, 2, { name: "serif", inputs: ["relu1"] }), softmaxLogLoss({ target: "serifs" })]);
 * outputsOf(two).map(({ name }) => name); // ["loss1", "loss2"]
 */
export function addLayers(network: Network, layers: readonly Layer[]): Network {
  const old = network.layers.map(wireLayer);
  const names = new Set([...old, ...layers].flatMap(({ name }) => name ?? []));
  let before =
    old
      .filter(({ type }) => type !== "loss")
      .map(outputOfLayer)
      .at(-1) ?? network.inputs[0].name;
  const added = layers.map((layer) => {
    const named: Wired = {
      ...layer,
      name: layer.name ?? freeName(shortType(layer.type), names),
      inputs: layer.inputs ?? [before],
    };
    names.add(named.name);
    if (layer.type !== "loss") before = outputOfLayer(named);
    return named;
  });
  return rebuildNetwork(network, [...old, ...added]);
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
 * removeLayer(ocr(), "relu1", { bridge: true }).layers.length; // 7
 */
export function removeLayer(
  network: Network,
  name: string,
  { bridge = false }: { readonly bridge?: boolean } = {},
): Network {
  const { output, inputs } = layerNamed(network, name);
  const others = network.layers.filter((layer) => layer.name !== name).map(wireLayer);
  const readers = others.filter((layer) => layer.inputs.includes(output.name));
  if (readers.length > 0 && !bridge) {
    throw new ShapeError(`layer '${name}' cannot be taken out: ${readersText(readers)} its output '${output.name}'`);
  }
  return rebuildNetwork(network, redirectReaders(others, output.name, inputs[0].name));
}

/**
 * The network with another layer in a layer's place: it reads what that one read, and those that read that one read it, unless
 * its own options say otherwise. It has the old name if it brings none.
 *
 * @throws ShapeError when it does not fit
 * @example
 * const digits = replaceLayer(ocr(), "conv4", conv(2, 10)); // a new last layer, to train a model further
 * outputOf(digits).channels; // 10
 */
export function replaceLayer(network: Network, name: string, layer: Layer): Network {
  const old = wireLayer(layerNamed(network, name));
  const next: Wired = {
    ...defined({ output: old.output }),
    ...layer,
    name: layer.name ?? name,
    inputs: layer.inputs ?? old.inputs,
  };
  const layers = redirectReaders(network.layers.map(wireLayer), outputOfLayer(old), outputOfLayer(next));
  return rebuildNetwork(
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
 * rewireLayer(chain, "conv2", ["image"]).layers[2].inputs[0].name; // "image"
 */
export function rewireLayer(network: Network, name: string, inputs: readonly string[]): Network {
  const { number } = layerNamed(network, name);
  return rebuildNetwork(
    network,
    network.layers.map(wireLayer).map((layer, i) => (i === number - 1 ? { ...layer, inputs } : layer)),
  );
}

/** Layers by their names, or by a property that they have. */
export type LayerChoice = readonly string[] | ((layer: PlacedLayer) => boolean);

/**
 * The network with some of its layers frozen: training leaves their parameters as they are, and they behave as in use (no dropout,
 * no moments of the batch).
 *
 * @throws RangeError when there is no such layer, or a frozen layer would share a parameter with one that is not
 * @example
 * const last = freezeLayers(ocr(), ({ name }) => name !== "conv4"); // only the last layer learns
 * parametersOf(last).filter(({ learningRate }) => learningRate > 0).length; // 2
 */
export const freezeLayers = (network: Network, which: LayerChoice): Network => withFrozen(network, which, true);

/**
 * The network with some of its layers no longer frozen; see {@link freezeLayers}.
 *
 * @throws RangeError as `freezeLayers` does
 * @example
 * unfreezeLayers(freezeLayers(ocr(), ["conv1", "conv2"]), ["conv1", "conv2"]); // equals ocr()
 */
export const unfreezeLayers = (network: Network, which: LayerChoice): Network => withFrozen(network, which, false);

function withFrozen(network: Network, which: LayerChoice, isFrozen: boolean): Network {
  const chosen = new Set(
    typeof which === "function" ? network.layers.filter(which) : which.map((name) => layerNamed(network, name)),
  );
  const layers = network.layers.map((placed): Wired => {
    if (!chosen.has(placed)) return wireLayer(placed);
    const { frozen: _, ...layer } = wireLayer(placed);
    return isFrozen ? { ...layer, frozen: true } : layer;
  });
  const changed = rebuildNetwork(network, layers);
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
 * truncateNetwork(ocr(), "pool1").layers.length; // 2
 */
export function truncateNetwork(network: Network, variable: string): Network {
  const variables = [...network.inputs, ...network.layers.map(({ output }) => output)];
  if (variables.every(({ name }) => name !== variable))
    throw unknownName(network.name, "variable", variable, variables);
  const { layers } = layersUpTo(network, variable);
  const read = new Set([variable, ...layers.flatMap(({ inputs }) => inputs.map(({ name }) => name))]);
  const [image, ...others] = network.inputs;
  return rebuildNetwork(network, layers.map(wireLayer), [image, ...others.filter(({ name }) => read.has(name))]);
}

/**
 * A trained model up to a variable: one that computes features. Its scores are the features, its classes are named after them.
 *
 * @throws RangeError, with the names there are, when there is no such variable
 * @example
 * truncateModel(model, "relu1").classes.length; // 500
 */
export function truncateModel(model: TrainedModel, variable: string): TrainedModel {
  const network = truncateNetwork(model.network, variable);
  const values = parametersOf(network).flatMap(({ name }): [string, Tensor<"float32">][] => {
    const value = model.parameters.get(name);
    return value ? [[name, value]] : [];
  });
  const classes = Array.from({ length: outputOf(network).channels }, (_, i) => `${variable} ${i + 1}`);
  return { ...model, network, parameters: new Map(values), classes };
}

/**
 * A network that can be trained to tell classes apart: of one without a loss that ends with a softmax, the softmax log-loss of its scores takes the
 * place of that softmax. Any other network is given back as it is.
 *
 * @example
 * withLoss(vgg16(5)).layers.at(-1)?.layer.type; // "loss"
 */
export function withLoss(network: Network): Network {
  const last = network.layers.at(-1);
  if (last?.layer.type !== "softmax" || lossesOf(network).length > 0) return network;
  const [{ name: scores }] = last.inputs;
  return addLayers(truncateNetwork(network, scores), [softmaxLogLoss({ name: "loss", inputs: [scores] })]);
}
