import { rebuildNetwork, wireLayer } from "../edit/wired-layers.js";
import type { TrainedModel } from "./model.js";

/**
 * A model of sounds that takes samples, 1×1×N numbers from −1 to 1, where ours takes their bytes; any other model as it is.
 *
 * @example
 * takingSamples(model) === model; // true, of pictures
 */
export function takingSamples(model: TrainedModel): TrainedModel {
  const { network } = model;
  const [{ name, shape }] = network.inputs;
  const first = network.layers.find(({ layer, inputs }) => layer.type === "samples" && inputs[0].name === name);
  if (!first) return model;
  const others = network.layers.filter((layer) => layer !== first).map(wireLayer);
  const layers = others.map((layer) => ({
    ...layer,
    inputs: layer.inputs.map((read) => (read === first.output.name ? name : read)),
  }));
  const { preprocessing: _, ...rest } = model;
  return {
    ...rest,
    network: rebuildNetwork(network, layers, [{ name, shape: { ...shape, height: 1 } }, ...network.inputs.slice(1)]),
    normalization: { mean: [0], scale: 1 },
  };
}
