/** What of a network makes features of pictures: the layers before those that tell classes apart. */

import { type Wired, wireLayer } from "../network/edit/wired-layers.js";
import { lossesOf, type Network, type PlacedLayer, scoresOf, withoutLoss } from "../network/network.js";

/** Layers that have no weights and keep no place, or do nothing where a network is used: behind the last feature they are left out. */
const isLeftOut = ({ layer, output: { shape }, inputs: [{ shape: from }] }: PlacedLayer): boolean =>
  layer.type === "dropout" ||
  layer.type === "globalPool" ||
  (layer.type === "pool" &&
    layer.method === "average" &&
    shape.height * shape.width === 1 &&
    from.height * from.width > 1);

/**
 * The layers of a network that make features: of one that has a loss, those before the last layer with weights, whose scores the loss reads, and without the mean over a
 * whole map before it; of one that has none, all.
 *
 * @throws RangeError when the layers do not stand in one row, or none is left
 */
export function featureLayers(network: Network): readonly PlacedLayer[] {
  const { layers } = withoutLoss(network);
  const [image, ...others] = network.inputs;
  if (others.length > 0)
    throw new RangeError(`Network '${network.name}' has several inputs: an encoder takes pictures alone.`);
  const branching = layers.find(({ inputs }, i) => {
    const before = i === 0 ? image : layers[i - 1].output;
    return inputs.length > 1 || inputs[0].name !== before.name;
  });
  if (branching) {
    throw new RangeError(
      `Network '${network.name}' has branches (layer ${branching.number} '${branching.name}'): only layers in one row have a mirror, such as those of lenet or compact.`,
    );
  }
  const scored = layers.findIndex(({ output }) => output.name === scoresOf(network).name);
  const head =
    lossesOf(network).length > 0
      ? layers.findLastIndex(({ parameters }, i) => i <= scored && parameters.length > 0)
      : layers.length;
  let end = Math.max(head, 0);
  while (end > 0 && head < layers.length && isLeftOut(layers[end - 1])) end--;
  const kept = layers.slice(0, end);
  if (kept.some(({ parameters }) => parameters.length > 0)) return kept;
  throw new RangeError(
    `Network '${network.name}' has no layer with weights before the one that gives its scores: there is no encoder in it.`,
  );
}

/** A layer with its name, which reads another variable. */
export const reading = (placed: PlacedLayer, variable: string): Wired => ({ ...wireLayer(placed), inputs: [variable] });
