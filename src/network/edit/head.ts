/** A network's head made anew, so that it tells other classes apart; its size changed; its layers made to learn more slowly. */

import { type Conv, conv } from "../../blocks/convolution/conv.js";
import type { Layer } from "../../blocks/layer.js";
import { softmaxLogLoss } from "../../blocks/loss/class-losses.js";
import { globalAveragePool, globalPoolBlock } from "../../blocks/pooling/global-pool.js";
import { formatShape } from "../../graph/dimension.js";
import { type ImageShape, shapeText } from "../../values/image-shape.js";
import { resultOf } from "../model/model.js";
import { inputOf, lossesOf, type Network, type PlacedLayer, parametersOf } from "../network.js";
import { addLayers, type LayerChoice, truncateNetwork } from "./edit.js";
import { rebuildNetwork, type Wired, wireLayer } from "./wired-layers.js";

/** A network with a new head. */
export interface NewHead {
  readonly network: Network;
  /** the name of the layer that gives the scores: it, and what stands behind it, has nothing of the old network */
  readonly head: string;
  /** the variable that it reads: what the network has learned to see */
  readonly features: string;
  /** the size of the maps of scores whose mean is taken; absent where the network itself makes one score of each class */
  readonly averaged?: Pick<ImageShape, "height" | "width">;
}

/** A head begins as Keras begins it: the scores of features of any number have about their size. */
const HEAD = { initialization: { type: "xavier" } } as const;

/**
 * The network with a new head for other classes, and a softmax log-loss: the last layer with weights that gives the scores is replaced by a convolution
 * of the same support (a fully connected layer is one). Where its scores are one pixel, what stood behind it (a softmax, a loss, a reshaping) is left out;
 * where they are maps, as in SqueezeNet, whatever makes one pixel of them stays; of maps that are left their mean is taken. Other outputs, with the layers that only they need, are left out.
 *
 * @param classes how many there are
 * @throws RangeError when the network has no such layer, or its scores are made of several
 * @example
 * const { network: pets, head } = withNewHead(vgg16(), 37);
 * outputOf(pets).channels; // 37
 * head; // "fc8"
 */
export function withNewHead(network: Network, classes: number): NewHead {
  const { head, behind } = findHead(network);
  const { layer, inputs, output } = head;
  const [features] = inputs;
  const body = truncateNetwork(network, features.name);
  // A piece of graph is called after its last node, such as a softmax: what takes its place is none.
  const name = layer.type === "conv" ? head.name : freeName(body, "head");
  const made = layer.type === "conv" ? output.name : name;
  const place = { name, inputs: [features.name], output: made };
  const isPixel = output.shape.height === 1 && output.shape.width === 1;
  const { height: h, width: w } = features.shape;
  // Of maps that some other layer makes, each place is looked at by itself.
  const scores =
    layer.type === "conv"
      ? conv(layer.support, classes, { ...windowOf(layer), ...HEAD, ...place })
      : conv(isPixel ? [h, w] : 1, classes, { ...HEAD, ...place });
  const kept = isPixel || layer.type !== "conv" ? [] : behind.map(wireLayer);
  const scored = addLayers(body, [scores, ...kept]);
  const last = kept.at(-1);
  const given = last ? (last.output ?? last.name) : made;
  const { height, width } = scored.layers.find((each) => each.output.name === given)?.output.shape ?? output.shape;
  const isMap = height * width > 1;
  const pooled = isMap ? [globalAveragePool({ inputs: [given] })] : [];
  const loss = softmaxLogLoss(isMap ? {} : { inputs: [given] });
  return {
    ...{ network: addLayers(scored, [...pooled, loss]), head: name, features: features.name },
    ...(isMap ? { averaged: { height, width } } : {}),
  };
}

/** A name that no layer, variable or parameter has yet. */
function freeName({ layers, inputs }: Network, name: string): string {
  const taken = new Set([...inputs, ...layers.flatMap((placed) => [placed, placed.output])].map((each) => each.name));
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}${i}`;
  return free;
}

/** The last layer with weights that gives the scores, and those behind it. */
function findHead(network: Network): { readonly head: PlacedLayer; readonly behind: readonly PlacedLayer[] } {
  const makers = new Map(network.layers.map((placed) => [placed.output.name, placed]));
  const behind: PlacedLayer[] = [];
  for (let at = makers.get(resultOf(network).name); at; at = makers.get(at.inputs[0].name)) {
    if (isHead(at)) return { head: at, behind };
    if (at.inputs.length > 1) {
      throw new RangeError(
        `Network '${network.name}' makes its scores of ${at.inputs.map(({ name }) => `'${name}'`).join(" and ")} (layer '${at.name}'): expected one last layer with weights, which a new one could replace.`,
      );
    }
    behind.unshift(at);
  }
  throw new RangeError(
    `Network '${network.name}' has no layer with weights that gives its scores, which a new one could replace.`,
  );
}

const windowOf = ({ stride, pad, dilation }: Conv): Pick<Conv, "stride" | "pad" | "dilation"> => ({
  stride,
  pad,
  dilation,
});

/** Layers with weights that make a channel of a channel. */
const CHANNEL_BY_CHANNEL: readonly string[] = ["batchNorm", "layerNorm", "scale"];

/** Whether a layer makes scores of features. */
const isHead = ({ layer, parameters, inputs }: PlacedLayer): boolean =>
  parameters.length > 0 && inputs.length === 1 && !CHANNEL_BY_CHANNEL.includes(layer.type);

/**
 * The network for images of another size, with the same parameters. A pooling of a whole map stays one of the whole map.
 *
 * @throws RangeError when a layer has parameters that depend on the size, such as one that is fully connected to a map; ShapeError when a layer does not
 *   fit
 * @example
 * inputOf(resizeNetwork(resnet18(10), { channels: 3, height: 96, width: 128 })).width; // 128
 */
export function resizeNetwork(network: Network, image: ImageShape): Network {
  const [first, ...others] = network.inputs;
  if (shapeText(first.shape) === shapeText(image)) return network;
  const layers = network.layers.map((placed): Wired => {
    const { layer, inputs, output } = placed;
    const { height, width } = inputs[0].shape;
    if (layer.type !== "pool" || height * width === 1 || output.shape.height * output.shape.width > 1) {
      return wireLayer(placed);
    }
    const { name, inputs: reads } = wireLayer(placed);
    return { ...globalPoolBlock.make({ method: layer.method, output: output.name }), name, inputs: reads };
  });
  const resized = rebuildNetwork(network, layers, [{ ...first, shape: image }, ...others]);
  const before = new Map(parametersOf(network).map(({ name, shape }) => [name, formatShape(shape)]));
  const other = parametersOf(resized).find(({ name, shape }) => before.get(name) !== formatShape(shape));
  if (!other) return resized;
  throw new RangeError(
    `Network '${network.name}' takes images of ${shapeText(inputOf(network))} only: for ${shapeText(image)}, its '${other.name}' would have to be ${formatShape(other.shape)}, not ${before.get(other.name)}.`,
  );
}

/**
 * The network with some of its layers learning more slowly, or faster: their factors of the learning rate are multiplied. Moments of batch normalisations
 * follow the batches as before, and blocks of one's own learn as they say themselves.
 *
 * @example
 * const slow = scaleRates(ocr(), ({ name }) => name !== "conv4", 0.1);
 * parametersOf(slow)[0].learningRate; // 0.1
 */
export function scaleRates(network: Network, which: Exclude<LayerChoice, readonly string[]>, factor: number): Network {
  const scaled = (layer: Layer): Layer => {
    if (layer.type === "graph") return { ...layer, learningRate: (layer.learningRate ?? 1) * factor };
    if (!("learningRate" in layer) || !Array.isArray(layer.learningRate)) return layer;
    const [a, b] = layer.learningRate;
    return { ...layer, learningRate: [a * factor, b * factor] };
  };
  const layers = network.layers.map((placed): Wired => {
    const wired = wireLayer(placed);
    return which(placed) ? { ...scaled(placed.layer), name: wired.name, inputs: wired.inputs } : wired;
  });
  return rebuildNetwork(network, layers);
}

/** A network cut in two: what its front gives is given to the rest as further inputs. */
export interface CutNetwork {
  /** the layers behind the cut, with the image and the values of the cut as inputs */
  readonly rest: Network;
  /** the names of the values that cross the cut */
  readonly values: readonly string[];
}

/**
 * Cuts a network in two.
 *
 * @param front the names of the layers before the cut: with each of them, all those that it reads
 * @example
 * const { rest, values } = cutNetwork(ocr(), new Set(["conv1", "pool1"]));
 * values; // ["pool1"]
 * rest.inputs.map(({ name }) => name); // ["image", "pool1"]
 */
export function cutNetwork(network: Network, front: ReadonlySet<string>): CutNetwork {
  const behind = network.layers.filter(({ name }) => !front.has(name));
  const read = new Set(behind.flatMap(({ inputs }) => inputs.map(({ name }) => name)));
  const crossing = network.layers.filter(({ name, output }) => front.has(name) && read.has(output.name));
  const values = crossing.map(({ output }) => output);
  const [image, ...others] = network.inputs;
  return {
    rest: rebuildNetwork(network, behind.map(wireLayer), [image, ...others, ...values]),
    values: values.map(({ name }) => name),
  };
}

/** The layers that training does not change and that are the same for a picture in every step, so that what they make need be computed only once. */
export function constantFront(network: Network): ReadonlySet<string> {
  const [image, ...others] = network.inputs;
  const known = new Set([image.name]);
  const front = new Set<string>();
  if (others.length > 0) return front;
  const losses = new Set(lossesOf(network).map(({ name }) => name));
  for (const { name, layer, inputs, output, parameters } of network.layers) {
    const still =
      layer.frozen === true ||
      (parameters.length === 0 && layer.type !== "dropout" && !layer.type.includes("/") && !losses.has(name));
    if (!still || !inputs.every((read) => known.has(read.name))) continue;
    front.add(name);
    known.add(output.name);
  }
  return front;
}
