/** The part of a network that works on vectors in place of images. */

import type { ImageShape } from "../values/image-shape.js";
import type { Network, PlacedLayer } from "./network.js";

export const isPixel = ({ height, width }: ImageShape): boolean => height === 1 && width === 1;

/** Layers that mean the same on N×C as on N×C×1×1. */
const ON_VECTORS: ReadonlySet<string> = new Set(
  "dropout relu leakyRelu softplus sigmoid tanh elu gelu clip hardSigmoid hardSwish silu softmax batchNorm sum".split(
    " ",
  ),
);

/**
 * The layers that may be computed on N×C: fully connected ones, which are convolutions that see all of their input at once, and what follows them, where
 * nothing behind needs an image.
 */
export function flatLayers({ layers }: Network): ReadonlySet<PlacedLayer> {
  const users = new Map<string, number>();
  for (const { parameters } of layers) for (const { name } of parameters) users.set(name, (users.get(name) ?? 0) + 1);
  const flat = new Set<PlacedLayer>();
  for (const placed of layers.toReversed()) {
    const { layer, inputs, output, parameters } = placed;
    const isConnected = layer.type === "conv" && seesAll(placed) && users.get(parameters[0].name) === 1;
    const isPointwise = ON_VECTORS.has(layer.type) && inputs.every(({ shape }) => isPixel(shape));
    const readers = layers.filter((other) => other.inputs.some(({ name }) => name === output.name));
    if ((isConnected || isPointwise) && readers.every((reader) => flat.has(reader))) flat.add(placed);
  }
  return flat;
}

/** Whether each filter of a convolution has a weight for each number of its input. */
function seesAll({ layer, inputs: [{ shape }], parameters: [filters] }: PlacedLayer): boolean {
  if (layer.type !== "conv" || layer.pad.some((pad) => pad > 0)) return false;
  const [, channels, height, width] = filters.shape;
  return channels === shape.channels && height === shape.height && width === shape.width;
}
