/** Where in a picture the evidence for a class lies: class activation maps (Zhou et al. 2016). */

import { zeros } from "../../graph/tensor.js";
import { removeLayer } from "../../network/edit/edit.js";
import { resultOf, type TrainedModel } from "../../network/model/model.js";
import { layersUpTo, type PlacedLayer } from "../../network/network.js";

/** Layers that treat each place by itself, so that they may stand before a mean as well as behind it. */
const BY_PLACE = new Set(["dropout", "clip", "relu", "relu6", "identity", "batchNorm", "scale"]);

/**
 * A model that gives its scores at every place of its last map, before the mean over all places is taken:
 *
 *   M_k(x, y) = Σ_c w_kc · F_c(x, y)
 *
 * for the maps F before the mean and the weights w of the fully connected layer behind it. The score of class k is the mean of M_k over all places, and the bias, which is
 * left out here.
 *
 * @throws RangeError when the network does not end in a mean over all places and one fully connected layer, naming the layer that is in the way
 * @example
 * const evidence = evidenceModel({ ...model, network: resnet18(), parameters: new Map() });
 * outputOf(evidence.network); // {"channels": 1000, "height": 7, "width": 7}
 */
export function evidenceModel(model: TrainedModel): TrainedModel {
  const { name } = resultOf(model.network);
  const network = layersUpTo(model.network, name);
  const makers = new Map(network.layers.map((placed) => [placed.output.name, placed]));
  const refused = (reason: string): RangeError =>
    new RangeError(
      `'${network.name}' tells of no places: expected a mean over all places of the last maps, and one fully connected layer behind it, but ${reason}.`,
    );
  let weights: PlacedLayer | undefined;
  for (let placed = makers.get(name); placed; placed = makers.get(placed.inputs[0].name)) {
    const { layer, inputs } = placed;
    const [{ shape }] = inputs;
    if (isMean(placed)) {
      if (!weights) throw refused("no fully connected layer stands behind the mean");
      const biases = weights.parameters[1]?.name;
      const parameters = new Map(model.parameters);
      const own = biases === undefined ? undefined : parameters.get(biases);
      if (biases !== undefined && own) parameters.set(biases, zeros("float32", own.shape));
      const open = removeLayer(network, placed.name, { bridge: true });
      return { ...model, network: open, parameters: ofNetwork(open.layers, parameters) };
    }
    if (layer.type === "conv" && shape.height * shape.width === 1 && !weights) weights = placed;
    else if (!BY_PLACE.has(layer.type)) throw refused(`'${placed.name}' (${layer.type}) stands there`);
  }
  throw refused("it has no such mean");
}

/** Whether a layer is the mean over all places of maps that have more than one. */
function isMean({ layer, inputs, output }: PlacedLayer): boolean {
  const [{ shape }] = inputs;
  const averages = (layer.type === "pool" || layer.type === "globalPool") && layer.method === "average";
  return averages && shape.height * shape.width > 1 && output.shape.height * output.shape.width === 1;
}

/** The parameters of these layers alone. */
function ofNetwork(layers: readonly PlacedLayer[], parameters: TrainedModel["parameters"]): TrainedModel["parameters"] {
  const names = new Set(layers.flatMap((placed) => placed.parameters.map(({ name }) => name)));
  return new Map([...parameters].filter(([name]) => names.has(name)));
}
